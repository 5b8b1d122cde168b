//! Clients that want as much as they can get.

use std::io;
use std::time::{Duration, Instant};

use socket2::SockRef;
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::rivals::{FILE_LENGTH, Rival};
use crate::support::dice::Dice;

/// `recv` throws the bytes away instead of copying them (tcp(7)).
const MSG_TRUNC: i32 = 0x20;
/// Most bytes that are thrown away in one call.
const GULP: usize = 1 << 20;
/// More than any head of an answer here.
const LARGEST_HEAD: usize = 4 << 10;

/// What the clients ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    /// Ranges of one length at random places, one after the other on each connection.
    Ranges { connections: usize, length: u64 },
    /// The file from its first to its last byte, again and again on one connection.
    Whole,
}

/// What the clients have got.
#[derive(Debug, Default)]
pub(crate) struct Load {
    /// Bytes of bodies.
    pub(crate) bytes: u64,
    /// How long it took.
    pub(crate) seconds: f64,
    /// From each request to the last byte of its answer, in seconds, shortest first.
    pub(crate) latencies: Vec<f64>,
}

/// Lets clients ask `rival` for about `time`.
pub(crate) async fn run(rival: &Rival, work: Work, time: Duration) -> Load {
    let connections = match work {
        Work::Ranges { connections, .. } => connections,
        Work::Whole => 1,
    };
    let mut clients = Vec::new();
    for number in 0..connections {
        clients.push((Client::connect(rival).await, Dice::new(number as u64)));
    }
    let (begun, mut tasks) = (Instant::now(), JoinSet::new());
    for (client, dice) in clients {
        tasks.spawn(ask(client, dice, work, begun + time));
    }
    let mut load = Load::default();
    for (bytes, latencies) in tasks.join_all().await {
        load.bytes += bytes;
        load.latencies.extend(latencies);
    }
    load.seconds = begun.elapsed().as_secs_f64();
    load.latencies.sort_unstable_by(f64::total_cmp);
    load
}

async fn ask(mut client: Client, mut dice: Dice, work: Work, deadline: Instant) -> (u64, Vec<f64>) {
    let (mut bytes, mut latencies) = (0, Vec::new());
    while Instant::now() < deadline {
        let (from, length) = match work {
            Work::Ranges { length, .. } => (dice.below(FILE_LENGTH - length), length),
            Work::Whole => (0, FILE_LENGTH),
        };
        let begun = Instant::now();
        let mut left = client.open(from, from + length - 1).await;
        bytes += length - left;
        while left > 0 {
            let got = client.skip(left).await;
            (left, bytes) = (left - got, bytes + got);
        }
        latencies.push(begun.elapsed().as_secs_f64());
    }
    (bytes, latencies)
}

/// A connection that is kept.
pub(crate) struct Client {
    stream: TcpStream,
    path: String,
    /// Never written to: the system is only told that there is room.
    scratch: Vec<u8>,
}

impl Client {
    /// Connects to `rival`.
    pub(crate) async fn connect(rival: &Rival) -> Self {
        let stream = TcpStream::connect(rival.address).await.expect("the server listens");
        stream.set_nodelay(true).expect("it is a TCP socket");
        Self { stream, path: rival.path.clone(), scratch: Vec::with_capacity(GULP) }
    }

    /// Lets the system hold little for this client.
    pub(crate) fn hold_little(&self, bytes: usize) {
        SockRef::from(&self.stream).set_recv_buffer_size(bytes).expect("a buffer may be small");
    }

    /// Asks for `from` to `to`, inclusive, and reads the head. Returns how many bytes of the body are still to come.
    pub(crate) async fn open(&mut self, from: u64, to: u64) -> u64 {
        let Self { stream, path, .. } = self;
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nRange: bytes={from}-{to}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("the server reads");
        let (mut head, mut filled) = ([0; LARGEST_HEAD], 0);
        let end = loop {
            stream.readable().await.expect("the server is there");
            match stream.try_read(&mut head[filled..]) {
                Ok(0) => panic!("the server has closed, or its head is too long"),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => panic!("the server is gone: {error}"),
            }
            if let Some(at) = memchr::memmem::find(&head[..filled], b"\r\n\r\n") {
                break at + 4;
            }
        };
        assert!(head.starts_with(b"HTTP/1.1 206"), "{}", String::from_utf8_lossy(&head[..end]));
        to + 1 - from - (filled - end) as u64
    }

    /// Waits for some of the next `most` bytes and throws them away; returns how many there were.
    pub(crate) async fn skip(&mut self, most: u64) -> u64 {
        let Self { stream, scratch, .. } = self;
        let room = scratch.spare_capacity_mut();
        let room = &mut room[..usize::try_from(most).map_or(GULP, |most| most.min(GULP))];
        let receive = || SockRef::from(&*stream).recv_with_flags(room, MSG_TRUNC);
        let got = stream.async_io(Interest::READABLE, receive).await.expect("the server is there");
        assert!(got > 0, "the server has closed in the middle");
        got as u64
    }
}
