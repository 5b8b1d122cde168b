//! The proxy does what it is told, and nothing else.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use super::*;

/// The upstream greets each connection with 100,000 bytes, then sends back what it hears.
struct Rig {
    chaos: Chaos,
    _upstream: Background,
}

impl std::ops::Deref for Rig {
    type Target = Chaos;

    fn deref(&self) -> &Chaos {
        &self.chaos
    }
}

fn chaos() -> Rig {
    let background = Background::start("upstream");
    let (listener, addr) = background.listen();
    let tasks = background.handle();
    background.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tasks.spawn(async move {
                let (mut from, mut to) = stream.split();
                // Cut connections end in errors, as they should.
                if to.write_all(&[7; 100_000]).await.is_ok() {
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                }
            });
        }
    });
    Rig { chaos: Chaos::start(addr), _upstream: background }
}

fn connect(chaos: &Chaos) -> TcpStream {
    let stream = TcpStream::connect(chaos.addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn greeted(chaos: &Chaos) -> TcpStream {
    let mut stream = connect(chaos);
    stream.read_exact(&mut [0; 100_000]).unwrap();
    stream
}

#[test]
fn everything_passes_in_both_directions() {
    let chaos = chaos();
    let mut stream = greeted(&chaos);
    stream.write_all(b"hello").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut echo = String::new();
    stream.read_to_string(&mut echo).unwrap();
    assert_eq!(echo, "hello");
}

#[test]
fn cutting_resets_what_is_open_and_nothing_else() {
    let chaos = chaos();
    let mut stream = greeted(&chaos);
    assert_eq!(chaos.connections(), 1);
    chaos.cut_all();
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    greeted(&chaos);
}

#[test]
fn connections_are_cut_after_so_many_bytes() {
    let chaos = chaos();
    chaos.cut_after(Some(30_000));
    let (mut stream, mut received) = (connect(&chaos), Vec::new());
    let ended = stream.read_to_end(&mut received).unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::ConnectionReset);
    assert!(received.len() <= 30_000, "{}", received.len());
    chaos.cut_after(None);
    greeted(&chaos);
}

#[test]
fn a_stalled_connection_is_silent_and_goes_on() {
    let chaos = chaos();
    let mut stream = greeted(&chaos);
    chaos.stall(true);
    stream.write_all(b"hello").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(stream.read(&mut [0]).is_err());
    chaos.stall(false);
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut echo = [0; 5];
    stream.read_exact(&mut echo).unwrap();
    assert_eq!(&echo, b"hello");
}

#[test]
fn a_throttled_connection_keeps_its_pace() {
    let chaos = chaos();
    chaos.throttle(Some(200_000));
    let start = Instant::now();
    greeted(&chaos);
    assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
}

#[test]
fn refused_connections_find_nobody_and_open_ones_go_on() {
    let chaos = chaos();
    let mut open = greeted(&chaos);
    chaos.refuse(true);
    let refused = TcpStream::connect(chaos.addr).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    open.write_all(b"x").unwrap();
    open.read_exact(&mut [0]).unwrap();
    chaos.refuse(false);
    greeted(&chaos);
}
