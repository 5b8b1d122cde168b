//! A viewer of a live channel on a bare socket, and what it notices.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of a packet of a transport stream.
const PACKET: usize = 188;

/// Asks for a stream as a player of old does, so that nothing but the stream comes after the head, and returns when the
/// head has come. The system takes about `unread` bytes for a viewer who does not read.
///
/// # Panics
/// If the answer is not 200.
pub(crate) async fn bare(base: &str, path: &str, unread: usize) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("the machine has sockets left");
    socket.set_recv_buffer_size(unread).expect("a buffer may be small");
    let address: SocketAddr =
        base.trim_start_matches("http://").trim_end_matches('/').parse().expect("it is a number");
    socket.connect(&address.into()).expect("the server listens");
    socket.set_nonblocking(true).expect("sockets need not block");
    let mut stream = TcpStream::from_std(socket.into()).expect("a runtime is entered");
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("the server answers"));
    }
    let head = String::from_utf8(head).expect("heads are text");
    assert!(head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200"), "{head}");
    stream
}

/// The longest time without a packet that says something. Null packets keep a connection alive and show nothing, so a
/// viewer who gets only those has nothing to see.
pub(crate) struct Pauses {
    longest: Duration,
    last: Instant,
    /// The beginning of a packet.
    rest: Vec<u8>,
}

impl Pauses {
    /// From now on, at the beginning of a packet.
    pub(crate) fn new() -> Self {
        Self { longest: Duration::ZERO, last: Instant::now(), rest: Vec::new() }
    }

    /// What was noticed so far does not count.
    pub(crate) fn forget(&mut self) {
        (self.longest, self.last) = (Duration::ZERO, Instant::now());
    }

    /// These bytes came now.
    pub(crate) fn saw(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        let whole = self.rest.len() / PACKET * PACKET;
        let says_something = |packet: &[u8]| packet[1] & 0x1F != 0x1F || packet[2] != 0xFF;
        if self.rest[..whole].chunks_exact(PACKET).any(says_something) {
            self.longest = self.longest();
            self.last = Instant::now();
        }
        self.rest.drain(..whole);
    }

    /// The longest pause, the present one included.
    pub(crate) fn longest(&self) -> Duration {
        self.longest.max(self.last.elapsed())
    }
}

#[tokio::test]
async fn null_packets_end_no_pause() {
    let mut pauses = Pauses::new();
    let pause = Duration::from_millis(60);
    let mut null = [0xFF; PACKET];
    null[1] = 0x1F;
    let mut picture = null;
    picture[1] = 0x41;
    for _ in 0..3 {
        tokio::time::sleep(pause / 3).await;
        pauses.saw(&null);
    }
    pauses.saw(&picture[..100]);
    assert!(pauses.longest() >= pause);
    pauses.forget();
    pauses.saw(&picture[100..]);
    assert!(pauses.longest() < pause, "the second half completes a packet");
}
