//! `kill -9` in the middle of a download: no wrong byte is served afterwards, and finished pieces are kept.

use std::time::Duration;

use crate::support::media::{self, assert_same_bytes};
use crate::support::server::Headwater;
use crate::support::swarm::Seeded;

const LENGTH: usize = 24_000_000;
/// What may be under way when the power goes: requests in the pipeline and pieces without their last block.
const LOST_PER_KILL: u64 = 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_during_a_download_corrupts_nothing_and_keeps_finished_pieces() {
    let kills = kills();
    let mut swarm = Seeded::start("film.mp4", media::random(51, LENGTH), Some(6_000_000));
    let mut server = Headwater::start();
    let path = Headwater::proxy(&swarm.share, 0);
    for round in 0..kills {
        let target = LENGTH * (round + 1) / (kills + 1);
        let got = read(&server, &path, target).await;
        assert_same_bytes(&got, &swarm.data()[..got.len()], &format!("before kill {round}"));
        // Not always at a moment when a reader has just been served.
        tokio::time::sleep(Duration::from_millis(media::random(round as u64, 1)[0].into()) / 4).await;
        server.kill9();
        server.restart();
    }
    let whole = server.get(&path).await;
    assert_eq!(whole.status, 200, "{}", whole.text());
    assert_same_bytes(&whole.body, swarm.data(), "after the last kill");
    let sent = swarm.seed.uploaded();
    let allowed = LENGTH as u64 + kills as u64 * LOST_PER_KILL;
    assert!(sent <= allowed, "{sent} bytes were fetched for {LENGTH} in {kills} kills, {allowed} allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complete_file_is_served_after_a_kill_although_its_swarm_is_gone() {
    let swarm = Seeded::start("film.mp4", media::random(52, 3_000_000), None);
    let mut server = Headwater::start();
    let path = Headwater::proxy(&swarm.share, 0);
    assert_same_bytes(&server.get(&path).await.body, swarm.data(), "before the kill");
    let etag = server.range(&path, 0, 1).await.header("etag").to_owned();
    let Seeded { tracker, share, seed } = swarm;
    drop((tracker, seed));
    server.kill9();
    server.restart();
    let answer = server.get(&path).await;
    assert_same_bytes(&answer.body, &share.files[0], "after the kill");
    assert_eq!(answer.header("etag"), etag, "players come back with If-Match");
}

/// Reads the first `length` bytes, or a little more, and hangs up.
async fn read(server: &Headwater, path: &str, length: usize) -> Vec<u8> {
    let mut response = server.open(path).await;
    assert!(response.status().is_success(), "{}", response.status());
    let mut got = Vec::with_capacity(length);
    while got.len() < length {
        let chunk =
            response.chunk().await.unwrap_or_else(|error| panic!("{error:?}\n{}", server.transcript()));
        got.extend_from_slice(&chunk.expect("the file is longer"));
    }
    got
}

/// How often to kill: fifty times, or as `HEADWATER_TEST_KILLS` says.
#[expect(clippy::disallowed_methods, reason = "this is a setting of the test, not of the server")]
fn kills() -> usize {
    std::env::var("HEADWATER_TEST_KILLS").ok().and_then(|number| number.parse().ok()).unwrap_or(50)
}
