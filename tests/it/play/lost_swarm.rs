//! A swarm that vanishes in the middle of a play, on the real server.

use std::time::{Duration, Instant};

use crate::support::media;
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::Seeded;

#[tokio::test(flavor = "multi_thread")]
async fn a_body_whose_swarm_has_died_is_cut_and_the_job_says_why() {
    let swarm = Seeded::start("film.mp4", media::random(64, 6_000_000), Some(600_000));
    let server = Setup::new().env("TORRENT_TIMEOUT", "3000").start();
    let path = Headwater::proxy(&swarm.share, 0);
    let mut response = server.open(&path).await;
    let film = swarm.data().to_vec();
    let mut seen = response.chunk().await.expect("the body begins").expect("it is not empty").to_vec();
    let info_hash = swarm.share.info_hash.clone();
    drop(swarm);
    let died = Instant::now();
    let cut = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => seen.extend_from_slice(&chunk),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(cut, "a body of {} bytes ended as if it were whole", seen.len());
    assert!(died.elapsed() < Duration::from_secs(60), "it took {:?}", died.elapsed());
    media::assert_same_bytes(&seen, &film[..seen.len()], "what was sent before the cut");
    let log = server.transcript();
    assert!(log.contains("gone silent") && log.contains(&info_hash), "{log}");
}
