//! Two readers who seek at random over a swarm of real clients, one who lies and one who falls silent: no wrong byte,
//! nobody who waits for long, and no word against the rules. `HEADWATER_SOAK_SECONDS=600 tests/run soak` is the long form.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::citizen::{Habits, Scripted, Tap, came, field};
use super::real::magnet;
use super::rig::{KIB, MIB, noise};
use crate::support::dice::Dice;
use crate::support::media::assert_same_bytes;
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{Aria2, Libtorrent, Share, Transmission};

const PIECE: usize = 512 * KIB;
const LENGTH: usize = 96 * MIB + 17;

/// Nobody who has been told that bytes come may wait for longer.
const LONGEST: Duration = Duration::from_secs(12);

#[expect(clippy::disallowed_methods, reason = "the length of the soak is a matter of the one who runs it")]
fn seconds() -> u64 {
    std::env::var("HEADWATER_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30)
}

/// Seeks until the time is over; the bytes he has read, and the longest wait.
async fn reader(server: Arc<Headwater>, path: String, share: Arc<Share>, seed: u64) -> (usize, Duration) {
    let (mut dice, mut read, mut longest) = (Dice::new(seed), 0, Duration::ZERO);
    let end = Instant::now() + Duration::from_secs(seconds());
    while Instant::now() < end {
        let length = 1 + dice.below(MIB as u64);
        let from = dice.below(LENGTH as u64 - length);
        let begun = Instant::now();
        let answer = server.range(&path, from, from + length - 1).await;
        longest = longest.max(begun.elapsed());
        assert_eq!(answer.status, 206, "{}", answer.text());
        let wanted = &share.files[0][from as usize..(from + length) as usize];
        assert_same_bytes(&answer.body, wanted, "after a seek");
        read += wanted.len();
    }
    (read, longest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn soak_random_seeks_over_a_mixed_swarm() {
    let share = Arc::new(Share::single("Film.mp4", noise(LENGTH, 130), PIECE, &[]));
    let (field, data) = (field(&share, PIECE), Arc::new(share.files[0].clone()));
    let (libtorrent, aria2) =
        (Libtorrent::start(&share, Some(1_000_000)), Aria2::start(&share, Some(600_000)));
    let transmission = Transmission::start(&share, Some(500_000)).await;
    aria2.ready(&share).await;
    let liar = Habits { rate: 1e6, lies_after: Some(40), ..Habits::default() };
    let staller = Habits { rate: 1e6, stalls_after: Some(60), ..Habits::default() };
    let scripted = [
        Scripted::start(&field, data.clone(), liar).await,
        Scripted::start(&field, data.clone(), staller).await,
    ];
    let ports =
        [libtorrent.port, aria2.port, transmission.port, scripted[0].addr.port(), scripted[1].addr.port()];
    let mut taps = Vec::new();
    for port in ports {
        taps.push(Tap::before(port, &field).await);
    }
    let peers: Vec<SocketAddr> = taps.iter().map(|tap| tap.addr).collect();
    let (path, _tracker) = magnet(&share, &peers).await;
    let server = Arc::new(Setup::new().env("HEADWATER_PRIVATE_ADDRESSES", "true").start());
    // The first answer takes as long as it takes to find out what there is.
    server.range(&path, 0, 0).await;

    let mut readers = JoinSet::new();
    for seed in [1, 2] {
        readers.spawn(reader(server.clone(), path.clone(), share.clone(), seed));
    }
    while let Some(ended) = readers.join_next().await {
        let (read, longest) = ended.unwrap();
        assert!(longest < LONGEST, "{longest:?}");
        assert!(read > 4 * MIB, "{read}");
    }
    let names = ["libtorrent", "aria2", "transmission", "liar", "staller"];
    for (tap, name) in taps.iter().zip(names) {
        assert_eq!(tap.breaches(), Vec::<String>::new(), "to {name}");
        assert!(came(tap.acts()).0 > 0, "{name} has never been asked for anything");
    }
    // What the liar has spoilt comes again, too.
    let (all, again) = came(taps.iter().flat_map(Tap::acts));
    assert!(again * 4 <= all, "{again} of {all} bytes came again");
}
