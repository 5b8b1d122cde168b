//! Clients that others wrote as the only ones who have a film, and all of them together: the server knows what a magnet
//! link says, and its small client fetches metadata and film. A tap before each of them hears who asks for what.

use std::net::SocketAddr;

use super::citizen::{Field, Tap, came, field};
use super::rig::{KIB, MIB, Tracker, noise};
use crate::support::http::escape;
use crate::support::media::assert_same_bytes;
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{Aria2, Libtorrent, Qbittorrent, Rtorrent, Share, Transmission};

const PIECE: usize = 256 * KIB;
const LENGTH: usize = 40 * MIB + 4321;

/// How much of a hundred bytes may come more than once. Held to a rate, clients go on with what lies in their buffers
/// although it was taken back.
const MOST_AGAIN: u64 = 15;

/// A film, and where its torrent says it can be had: nowhere, so that only the taps lead to the seeds.
pub(super) fn film(seed: u64) -> (Share, Field) {
    let share = Share::single("Film.mp4", noise(LENGTH, seed), PIECE, &[]);
    let field = field(&share, PIECE);
    (share, field)
}

/// The path that plays a film which these peers are said to have, and the tracker that says so.
pub(super) async fn magnet(share: &Share, peers: &[SocketAddr]) -> (String, Tracker) {
    let tracker = Tracker::new(peers, true).await;
    let query = escape(tracker.url.as_str());
    (format!("/stream/proxy/{}?fileIndex=0&tr={query}", share.info_hash), tracker)
}

async fn compare(server: &Headwater, path: &str, share: &Share, from: usize, to: usize) {
    let answer = server.range(path, from as u64, to as u64 - 1).await;
    assert_eq!(answer.status, 206, "{}", answer.text());
    assert_same_bytes(&answer.body, &share.files[0][from..to], "the film");
}

/// Nothing was said against the rules, and who fetched: bytes over the small client's connections and the engine's.
fn judge(taps: &[Tap]) -> (u64, u64) {
    let (mut by_small, mut by_engine) = (0, 0);
    for tap in taps {
        assert_eq!(tap.breaches(), Vec::<String>::new());
        by_small += came(tap.acts()).0;
        by_engine += tap.engine(|referee| came(referee.acts().iter().copied()).0).iter().sum::<u64>();
    }
    (by_small, by_engine)
}

/// Plays the head, seeks to 60 %, and reads the end, as players do; `port` is where the only seed listens.
async fn plays_from(port: u16, share: &Share, field: &Field) {
    let tap = Tap::before(port, field).await;
    let (path, _tracker) = magnet(share, &[tap.addr]).await;
    let server = Setup::new().env("HEADWATER_PRIVATE_ADDRESSES", "true").start();
    let seek = LENGTH / 5 * 3;
    compare(&server, &path, share, 0, MIB).await;
    compare(&server, &path, share, seek, seek + MIB).await;
    compare(&server, &path, share, LENGTH - 64 * KIB, LENGTH).await;
    let taps = [tap];
    let (by_small, by_engine) = judge(&taps);
    let parts: usize =
        taps[0].small(|referee| referee.metadata_parts()).into_iter().max().unwrap_or_default();
    assert_eq!(parts, field.info.len().div_ceil(16 * KIB), "the small client has fetched the metadata");
    assert!(by_small >= 2 * MIB as u64 + 64 * KIB as u64, "{by_small}");
    assert_eq!(by_engine, 0, "the engine has fetched something");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transmission_alone() {
    let (share, field) = film(101);
    let seed = Transmission::start(&share, None).await;
    plays_from(seed.port, &share, &field).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aria2_alone() {
    let (share, field) = film(102);
    let seed = Aria2::start(&share, None);
    seed.ready(&share).await;
    plays_from(seed.port, &share, &field).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn libtorrent_alone() {
    let (share, field) = film(103);
    let seed = Libtorrent::start(&share, None);
    plays_from(seed.port, &share, &field).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn qbittorrent_alone() {
    let (share, field) = film(104);
    let seed = Qbittorrent::start(&share, None).await;
    plays_from(seed.port, &share, &field).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rtorrent_alone() {
    let (share, field) = film(105);
    let seed = Rtorrent::start(&share, None).await;
    plays_from(seed.port, &share, &field).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_five_together() {
    let (share, field) = film(106);
    // The quickest would be done before the others have opened.
    let limit = Some(1_500_000);
    let transmission = Transmission::start(&share, limit).await;
    let (aria2, libtorrent) = (Aria2::start(&share, limit), Libtorrent::start(&share, limit));
    aria2.ready(&share).await;
    let (qbittorrent, rtorrent) =
        (Qbittorrent::start(&share, limit).await, Rtorrent::start(&share, limit).await);
    let ports = [transmission.port, aria2.port, libtorrent.port, qbittorrent.port, rtorrent.port];
    let mut taps = Vec::new();
    for port in ports {
        taps.push(Tap::before(port, &field).await);
    }
    let peers: Vec<SocketAddr> = taps.iter().map(|tap| tap.addr).collect();
    let (path, _tracker) = magnet(&share, &peers).await;
    let server = Setup::new().env("HEADWATER_PRIVATE_ADDRESSES", "true").start();
    compare(&server, &path, &share, LENGTH / 5 * 3, LENGTH).await;
    compare(&server, &path, &share, 0, LENGTH).await;
    let (by_small, by_engine) = judge(&taps);
    let again = by_small.checked_sub(LENGTH as u64).expect("the small client has fetched all of it");
    assert!(again * 100 <= LENGTH as u64 * MOST_AGAIN, "{again} bytes came again");
    assert_eq!(by_engine, 0, "the engine has fetched something");
    let served = taps.iter().filter(|tap| came(tap.acts()).0 > 0).count();
    assert!(served >= 3, "{served}");
}
