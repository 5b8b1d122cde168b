//! Seeds that take encrypted connections only. The engine cannot make any: what comes, the small client has fetched.

use crate::support::media::{self, assert_same_bytes};
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{Aria2, Libtorrent, Share, Tracker, Transmission};

/// A film and the tracker that lists it, waiting for its only seed.
fn film(seed: u64) -> (Tracker, Share) {
    let tracker = Tracker::start();
    let share = Share::single("film.mkv", media::random(seed, 3_000_000), 64 * 1024, &[tracker.http()]);
    (tracker, share)
}

/// Plays the end of the film and then all of it, on a new server that knows nothing but the hash and the tracker.
async fn plays(share: &Share) {
    // The small client goes to no loopback address that anybody else names.
    let server = Setup::new().env("HEADWATER_PRIVATE_ADDRESSES", "true").start();
    let (path, film) = (Headwater::proxy(share, 0), &share.files[0]);
    let end = film.len() as u64 - 65_536;
    let answer = server.range(&path, end, film.len() as u64 - 1).await;
    assert_eq!(answer.status, 206, "{}", answer.text());
    assert_same_bytes(&answer.body, &film[film.len() - 65_536..], "the end");
    let answer = server.get(&path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_same_bytes(&answer.body, film, "the film");
}

#[tokio::test(flavor = "multi_thread")]
async fn transmission_that_insists_on_encryption_delivers() {
    let (tracker, share) = film(171);
    let seed = Transmission::encrypted(&share).await;
    tracker.wait_for(&share.info_hash, seed.port);
    plays(&share).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn libtorrent_that_insists_on_encryption_delivers() {
    let (tracker, share) = film(172);
    let seed = Libtorrent::encrypted(&share, "rc4");
    tracker.wait_for(&share.info_hash, seed.port);
    plays(&share).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn libtorrent_that_encrypts_the_handshake_alone_delivers() {
    let (tracker, share) = film(173);
    let seed = Libtorrent::encrypted(&share, "plaintext");
    tracker.wait_for(&share.info_hash, seed.port);
    plays(&share).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aria2_that_insists_on_encryption_delivers() {
    let (tracker, share) = film(174);
    let seed = Aria2::encrypted(&share);
    tracker.wait_for(&share.info_hash, seed.port);
    plays(&share).await;
}
