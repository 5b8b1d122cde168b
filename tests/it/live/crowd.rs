//! Very many viewers of one channel on sockets of their own, one of whom stops reading for longer than anything is kept.

use std::slice::from_ref;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant as Deadline, timeout_at};

use super::packets::Look;
use super::proxy::PATIENCE;
use crate::support::engine::{Broadcast, Channel, Engine, Film, Kind, Manner};
use crate::support::onlooker::{Pauses, bare};
use crate::support::server::{Headwater, Setup};

/// Viewers beside the frozen one.
const OTHERS: usize = 200;
/// What the engine delivers at once. With it the ring, which holds 30 s, is half full from the beginning.
const BURST: Duration = Duration::from_secs(14);
/// How long all of them watch: with the burst longer than the ring and the sockets of the frozen one can bridge.
const WATCHED: Duration = Duration::from_secs(21);
/// How much longer than somebody at the engine itself a viewer may be without a packet that says something. Players hold
/// several seconds.
const LONGEST: Duration = Duration::from_millis(700);
/// What a viewer may cost in memory, the ring apart.
const MEMORY_OF_ONE: u64 = 64 << 10;
/// What the system holds for viewers who read, and for the one who does not.
const UNREAD: usize = 64 << 10;
const HARDLY_ANY: usize = 4 << 10;

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_frozen_for_longer_than_the_ring_lasts_costs_two_hundred_others_nothing() {
    let channel = Channel::new("Open Garden", &Broadcast::of(Film::Mpeg2));
    let manner = Manner { kind: Kind::Leased, burst: BURST, ..Manner::default() };
    let engine = Engine::with(manner, from_ref(&channel));
    let server = Setup::new()
        .env("HEADWATER_ENGINES", &engine.url())
        .env("HEADWATER_LOG", "warn")
        .env("HEADWATER_CLIENT_TIMEOUT", "3s")
        .env("HEADWATER_STREAM_BUFFER_SIZE", "256KiB")
        .start();
    let path = format!("/ace/getstream?id={}", channel.content_id);
    let mut frozen = bare(server.base(), &path, HARDLY_ANY).await;
    let (before, held_before) = (memory(&server), report(&server, &channel).await["buffered_bytes"].clone());
    let raw = format!("{}ace/getstream?content_id={}", engine.url(), channel.content_id);
    let at_the_engine = server.open_for(&raw, WATCHED * 4).await;
    let mut others = JoinSet::new();
    for _ in 0..OTHERS {
        others.spawn(watch(bare(server.base(), &path, UNREAD).await));
    }
    let (source, others) = tokio::join!(watch_engine(at_the_engine), others.join_all());
    let longest = others.iter().map(|(_, pause)| *pause).max().unwrap();
    assert!(longest < source + LONGEST, "{longest:?}, and {source:?} at the engine");

    let crowded = report(&server, &channel).await;
    assert_eq!((&crowded["viewers"][0]["counted"], &crowded["skips"]), (&false.into(), &0.into()));
    assert_eq!(crowded["client_count"], OTHERS, "all others are still there");
    let held = crowded["buffered_bytes"].as_u64().unwrap() - held_before.as_u64().unwrap();
    let grown = memory(&server).saturating_sub(before).saturating_sub(held);
    assert!(grown < OTHERS as u64 * MEMORY_OF_ONE, "{} KiB more", grown >> 10);
    drop(others);

    let look = thaw(&mut frozen).await;
    look.assert_clean();
    let thawed = report(&server, &channel).await;
    let row = &thawed["viewers"][0];
    assert!(row["skips"].as_u64().is_some_and(|skips| skips >= 1), "{thawed:#}");
    assert_eq!(row["counted"], true, "{row:#}");
    assert_eq!(engine.readers(), 1, "the witness is gone, and the session has one reader");
}

/// Watches for as long as everybody does, and tells the longest pause. The connection is left open.
async fn watch(mut stream: TcpStream) -> (TcpStream, Duration) {
    let (mut pauses, mut buffer) = (Pauses::new(), vec![0; 32 << 10]);
    let end = Deadline::now() + WATCHED;
    while let Ok(read) = timeout_at(end, stream.read(&mut buffer)).await {
        let length = read.expect("the connection stays");
        assert!(length > 0, "the channel has ended");
        pauses.saw(&buffer[..length]);
    }
    (stream, pauses.longest())
}

/// The same at the engine itself.
async fn watch_engine(mut response: reqwest::Response) -> Duration {
    let mut pauses = Pauses::new();
    let end = Deadline::now() + WATCHED;
    while let Ok(piece) = timeout_at(end, response.chunk()).await {
        pauses.saw(&piece.expect("the connection stays").expect("the engine goes on"));
    }
    pauses.longest()
}

/// Reads what was left for the frozen one, and on until what was missed has been announced and pictures follow.
async fn thaw(stream: &mut TcpStream) -> Look {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let length = stream.read(&mut buffer).await.expect("the connection stays");
        assert!(length > 0 && Instant::now() < deadline, "{} bytes, and nothing announced", bytes.len());
        bytes.extend_from_slice(&buffer[..length]);
        let look = Look::at(&bytes[..bytes.len() / 188 * 188]);
        if look.announced > 0 && look.pictures.len() > 100 {
            return look;
        }
    }
}

async fn report(server: &Headwater, channel: &Channel) -> Value {
    server.json(&format!("/proxy/sessions/{}", channel.infohash)).await.1
}

/// Bytes of memory that the server occupies.
fn memory(server: &Headwater) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process_id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}
