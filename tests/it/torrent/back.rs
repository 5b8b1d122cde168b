//! What the small client has fetched is given back: the engine serves it to a client that others wrote, and no faster
//! than the operator allows.

use std::time::Duration;

use super::citizen::{Tap, came, field};
use super::real::magnet;
use super::rig::{KIB, MIB, noise};
use crate::support::media::assert_same_bytes;
use crate::support::server::Setup;
use crate::support::swarm::{Libtorrent, Share, free_port, leech};

const LENGTH: usize = 5 * MIB + 99;

/// Bytes per second.
const LIMIT: f64 = 1e6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_film_that_the_small_client_brought_goes_to_others_within_the_limit() {
    let share = Share::single("Film.mp4", noise(LENGTH, 120), 256 * KIB, &[]);
    let seed = Libtorrent::start(&share, None);
    let tap = Tap::before(seed.port, &field(&share, 256 * KIB)).await;
    let (path, _tracker) = magnet(&share, &[tap.addr]).await;
    let port = free_port();
    let server = Setup::new()
        .env("HEADWATER_PRIVATE_ADDRESSES", "true")
        .env("HEADWATER_P2P_PORT", &port.to_string())
        .env("HEADWATER_UPLOAD_LIMIT", &(LIMIT / 1e6).to_string())
        .start();
    let answer = server.get(&path).await;
    assert_same_bytes(&answer.body, &share.files[0], "the film");
    assert_eq!(came(tap.acts()).0, LENGTH as u64, "the small client has brought it");
    drop((seed, tap));

    let (fetched, share) =
        tokio::task::spawn_blocking(move || (leech::fetch(&share, port), share)).await.unwrap();
    assert_same_bytes(&fetched.data, &share.files[0], "what another got from us");
    // What one second allows goes at once.
    let least = Duration::from_secs_f64(LENGTH as f64 / LIMIT - 1.5);
    assert!(fetched.took >= least, "{:?}, and {least:?} was the least", fetched.took);
    assert!(fetched.took <= 3 * least, "{:?}: it gives what it may", fetched.took);
}
