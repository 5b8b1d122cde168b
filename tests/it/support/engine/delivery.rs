//! Sending the video of a session.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::WriteHalf;

use super::broadcast::Broadcast;
use super::fault::{Faults, Kind};
use super::sessions::End;
use super::state::{Reader, State};
use super::wire::{Response, VIDEO_HEAD, chunk, gone, reset};

/// How much comes again and again when a broadcast loops, in microseconds.
const LOOP: u64 = 4_000_000;

/// How the sending ended.
enum Ending {
    Clean,
    Reset,
}

/// Answers a request for the video of a session.
pub(super) async fn play(state: &Arc<State>, stream: &mut TcpStream, token: &str, is_lease: bool) {
    // What cannot be sent has lost its receiver.
    let _ = try_play(state, stream, token, is_lease).await;
}

async fn try_play(
    state: &Arc<State>,
    stream: &mut TcpStream,
    token: &str,
    is_lease: bool,
) -> std::io::Result<()> {
    let found = state.sessions().get(token).map(|s| (s.seen.ended, s.channel.clone(), s.began));
    let Some((None, channel, began)) = found else {
        return refusal(state.manner.kind, found.and_then(|found| found.0)).send(stream).await;
    };
    let infohash = Some(channel.infohash);
    tokio::select! {
        () = state.until_not(infohash, |faults| faults.held_headers) => {}
        () = gone(stream) => return Ok(()),
    }
    let faults = state.faults(infohash);
    if faults.html {
        return Response::text(200, "<html>Not now</html>").send(stream).await;
    }
    let Some(reader) = state.reader(token, is_lease) else {
        // What 3.2.3 does: two heads in one.
        return stream.write_all(b"HTTP/1.1 200 OK\r\nHTTP/1.1 500 Internal Server Error\r\n\r\n").await;
    };
    stream.write_all(VIDEO_HEAD).await?;
    if faults.empty {
        stream.write_all(&chunk(&[])).await?;
        return stream.shutdown().await;
    }
    let begin = began + state.manner.prebuffer;
    let mut delivery =
        Delivery { state, reader, broadcast: &channel.broadcast, infohash, from: None, looped: None };
    let ending = {
        let (mut from_client, to_client) = stream.split();
        let mut waste = [0; 256];
        let left = async {
            use tokio::io::AsyncReadExt;
            while from_client.read(&mut waste).await.is_ok_and(|length| length > 0) {}
        };
        tokio::select! {
            ending = delivery.run(to_client, begin) => ending?,
            () = left => return Ok(()),
        }
    };
    if matches!(ending, Ending::Reset) {
        reset(stream);
    }
    Ok(())
}

/// What the address of a session that is over says; `None` for one that was never there.
fn refusal(kind: Kind, end: Option<End>) -> Response {
    match (kind, end) {
        (Kind::Leased, _) | (_, None | Some(End::Expired)) => Response::text(404, "Not Found"),
        (_, Some(End::Superseded)) => Response::text(403, "Forbidden"),
        (_, Some(End::Stopped)) => Response::text(500, "Internal Server Error"),
    }
}

struct Delivery<'a> {
    state: &'a Arc<State>,
    reader: Reader,
    broadcast: &'a Broadcast,
    infohash: Option<headwater::domain::InfoHash>,
    /// Up to where it has delivered, in microseconds of the broadcast.
    from: Option<u64>,
    /// Where the broadcast began to loop.
    looped: Option<u64>,
}

impl Delivery<'_> {
    async fn run(&mut self, mut to: WriteHalf<'_>, begin: Instant) -> std::io::Result<Ending> {
        let (connected, mut sent) = (Instant::now(), 0_u64);
        let mut beat = tokio::time::interval(self.state.manner.beat);
        loop {
            beat.tick().await;
            match self.reader.session() {
                Some(None) => {}
                Some(Some(End::Stopped)) => {
                    to.write_all(&chunk(&[])).await?;
                    to.shutdown().await?;
                    return Ok(Ending::Clean);
                }
                _ => return Ok(Ending::Reset),
            }
            let faults = self.state.faults(self.infohash);
            let mut bytes = self.next(&faults, begin);
            if faults.unaligned && sent == 0 && bytes.len() > 100 {
                bytes.drain(..100);
            }
            let cut = faults.cut.filter(|cut| connected.elapsed() >= cut.time);
            if let Some(cut) = cut {
                bytes.truncate(usize::try_from(cut.bytes.saturating_sub(sent)).unwrap_or(usize::MAX));
            }
            if !bytes.is_empty() {
                sent += bytes.len() as u64;
                self.reader.sent(bytes.len() as u64);
                to.write_all(&chunk(&bytes)).await?;
            }
            match cut.filter(|cut| sent >= cut.bytes) {
                Some(cut) if cut.is_clean => {
                    to.write_all(&chunk(&[])).await?;
                    to.shutdown().await?;
                    return Ok(Ending::Clean);
                }
                Some(_) => return Ok(Ending::Reset),
                None => {}
            }
        }
    }

    /// What is due now.
    fn next(&mut self, faults: &Faults, begin: Instant) -> Vec<u8> {
        let mut bytes = Vec::new();
        if faults.silent || faults.no_peers || Instant::now() < begin {
            return bytes;
        }
        let now = self.broadcast.micros() - micros(self.state.manner.lag);
        let from = self.from.unwrap_or(now - micros(self.state.manner.burst));
        if !faults.looping {
            self.looped = None;
            self.broadcast.packets(from.min(now), now, &mut bytes);
            self.from = Some(now);
            return bytes;
        }
        let end = *self.looped.get_or_insert(now);
        let place = end - LOOP + (now - end) % LOOP;
        if from > place {
            self.broadcast.packets(from, end, &mut bytes);
            self.broadcast.packets(end - LOOP, place, &mut bytes);
        } else {
            self.broadcast.packets(from, place, &mut bytes);
        }
        self.from = Some(place);
        bytes
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).expect("no test runs for ages")
}
