//! How many answers a server on one core gives in a second.
//!
//! The client is one thread on another core. It keeps a few connections, has a request under way on each, and takes
//! the answers in turns; all but the first bytes of an answer are thrown away inside the system. What it computes is
//! told beside what the server computes, so that it shows which of the two was the limit.

use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::support::server::Headwater;
use crate::times::quantiles;
use crate::usage;

/// `recv` throws the bytes away instead of copying them (tcp(7)), and waits for all of them (recv(2)).
const DISCARD_ALL: i32 = 0x20 | 0x100;
/// More than any head of an answer here.
const LARGEST_HEAD: usize = 2 << 10;
/// More than any body of an answer here.
const LARGEST_BODY: usize = 4 << 20;
/// How long each measurement takes. Processor time is told in hundredths of a second.
const TURN: Duration = Duration::from_secs(4);
/// Whoever computes for so much of the time was the limit.
const BUSY: f64 = 0.9;

/// A connection that is kept, and asks for one thing.
pub(crate) struct Client {
    stream: TcpStream,
    request: String,
    asked: Instant,
    /// Never read.
    scratch: Vec<MaybeUninit<u8>>,
}

/// Prints what the server does with requests for `path` on so many connections at once.
pub(crate) fn measure(server: &Headwater, path: &str, connections: usize) {
    let address = server.base().trim_start_matches("http://");
    let connect = |_| Client::connect(address, path).expect("the server listens");
    let mut clients: Vec<Client> = (0..connections).map(connect).collect();
    let length = clients.iter_mut().map(|client| client.turn().1).max().unwrap_or_default();
    let mut taken = Vec::new();
    let (process, this) = (server.process_id(), std::process::id());
    let figures = || [usage::processor(process), usage::waiting(process), usage::processor(this)];
    let before = figures();
    let begun = Instant::now();
    clients.iter_mut().for_each(Client::ask);
    while begun.elapsed() < TURN {
        for client in &mut clients {
            taken.push(client.take().0);
            client.ask();
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let after = figures();
    let [server, waited, client] = [0, 1, 2].map(|figure| (after[figure] - before[figure]) / seconds);
    let requests = taken.len() as f64 / seconds;
    println!(
        "  {connections:2} at once: {requests:6.0} a second, {:6.1} us of the server's processor each ({:.0} a second if \
         it has the core to itself), {}",
        server / requests * 1e6,
        requests / server,
        quantiles(&mut taken)
    );
    println!(
        "              {length} bytes; server busy {:.0} %, kept from its core by others {:.0} %, client busy {:.0} \
         %: {}",
        server * 100.0,
        waited * 100.0,
        client * 100.0,
        limit(server + waited, client)
    );
    for client in &mut clients {
        client.take();
    }
}

fn limit(server: f64, client: f64) -> &'static str {
    match (server > BUSY, client > BUSY) {
        (true, _) => "the server is the limit",
        (false, true) => "the CLIENT is the limit",
        (false, false) => "neither is the limit, but the way between them",
    }
}

impl Client {
    /// Connects to a server that will be asked for `path`; `None` if it does not listen.
    pub(crate) fn connect(address: &str, path: &str) -> Option<Self> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nodelay(true).expect("it is a TCP socket");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\n\r\n");
        let scratch = vec![MaybeUninit::uninit(); LARGEST_BODY];
        Some(Self { stream, request, asked: Instant::now(), scratch })
    }

    /// Asks and takes the answer; returns how long it took and how long its body is.
    pub(crate) fn turn(&mut self) -> (Duration, usize) {
        self.ask();
        self.take()
    }

    fn ask(&mut self) {
        self.asked = Instant::now();
        self.stream.write_all(self.request.as_bytes()).expect("the server reads");
    }

    fn take(&mut self) -> (Duration, usize) {
        let (mut head, mut filled) = ([0; LARGEST_HEAD], 0);
        let end = loop {
            let read = self.stream.read(&mut head[filled..]).expect("the server is there");
            assert!(read > 0, "the server has closed, or its head is too long");
            filled += read;
            if let Some(at) = memchr::memmem::find(&head[..filled], b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = std::str::from_utf8(&head[..end]).expect("heads are ASCII");
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).expect(text);
        let length: usize = length.parse().expect("a length is a number");
        let mut left = length - (filled - end);
        while left > 0 {
            let room = &mut self.scratch[..left];
            let got = SockRef::from(&self.stream).recv_with_flags(room, DISCARD_ALL);
            left -= got.ok().filter(|got| *got > 0).expect("the server is there");
        }
        (self.asked.elapsed(), length)
    }
}
