//! Seeds that others wrote: what the engine says to its own kind proves nothing.

use headwater::source::Request;

use super::rig::{KIB, MIB, Rig, bare, noise, read_all, within};
use crate::support::swarm::{Aria2, Libtorrent, Share, Tracker, Transmission};

/// A season pack whose files share pieces, announced to a real tracker.
fn pack(tracker: &Tracker) -> Share {
    let files = [
        (vec!["Season 1", "Show S01E01.mkv"], noise(3 * MIB + 1, 11)),
        (vec!["Season 1", "Show S01E02.mkv"], noise(2 * MIB + 12_345, 12)),
        (vec!["notes.txt"], noise(300, 13)),
    ];
    Share::multi("Show", &files, 256 * KIB, &[tracker.http(), tracker.udp()])
}

/// Fetches an episode knowing only the hash and the tracker.
async fn fetch(share: &Share, tracker: &Tracker) {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path()).await;
    let trackers = vec![tracker.http().parse().unwrap(), tracker.udp().parse().unwrap()];
    let request = Request { trackers, ..bare(share.info_hash.parse().unwrap(), 1) };
    let opened = within(60, rig.open(&request)).await.unwrap();
    assert_eq!(opened.file.name(), "Show S01E02.mkv");
    assert!(within(60, read_all(&opened.file)).await == share.files[1]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn libtorrent_delivers() {
    let tracker = Tracker::start();
    let share = pack(&tracker);
    let _seed = Libtorrent::start(&share, None);
    fetch(&share, &tracker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transmission_delivers() {
    let tracker = Tracker::start();
    let share = pack(&tracker);
    let seed = Transmission::start(&share, None).await;
    tracker.wait_for(&share.info_hash, seed.port);
    fetch(&share, &tracker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn aria2_delivers() {
    let tracker = Tracker::start();
    let share = pack(&tracker);
    let seed = Aria2::start(&share, None);
    tracker.wait_for(&share.info_hash, seed.port);
    fetch(&share, &tracker).await;
}
