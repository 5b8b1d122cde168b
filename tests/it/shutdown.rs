//! SIGTERM: running bodies finish, then the process ends.

use std::time::Duration;

use crate::support::http;
use crate::support::media::{self, assert_same_bytes};
use crate::support::server::Headwater;
use crate::support::swarm::Seeded;

#[tokio::test(flavor = "multi_thread")]
async fn a_running_body_finishes_after_sigterm() {
    let data = media::random(41, 8_000_000);
    let swarm = Seeded::start("film.mp4", data, Some(2_000_000));
    let mut server = Headwater::start();
    let mut response = server.open(&Headwater::proxy(&swarm.share, 0)).await;
    let mut body = response.chunk().await.expect("the body begins").expect("it is not empty").to_vec();
    assert!(body.len() < swarm.data().len() / 2, "the body must be running when the signal comes");

    server.terminate();
    while let Some(chunk) = response.chunk().await.expect("a running body is not cut off") {
        body.extend_from_slice(&chunk);
    }
    assert_same_bytes(&body, swarm.data(), "the body that ran across the signal");
    server.stopped();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_new_is_served_after_sigterm() {
    let swarm = Seeded::start("film.mp4", media::random(42, 8_000_000), Some(2_000_000));
    let mut server = Headwater::start();
    let mut response = server.open(&Headwater::proxy(&swarm.share, 0)).await;
    response.chunk().await.expect("the body begins");

    server.terminate();
    let url = server.url("/health");
    // Each time a new client, which has no connection yet: only those can be refused.
    let refused = async {
        while http::client().get(&url).send().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), refused).await.expect("the listener closes at once");
    drop(response);
    server.stopped();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_downloads_for_nobody_ends_within_seconds() {
    let swarm = Seeded::start("film.mp4", media::random(43, 8_000_000), Some(500_000));
    let mut server = Headwater::start();
    let path = Headwater::proxy(&swarm.share, 0);
    assert_eq!(server.range(&path, 0, 999).await.status, 206);
    let asked = std::time::Instant::now();
    server.terminate();
    server.stopped();
    assert!(asked.elapsed() < Duration::from_secs(8), "it took {:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_server_ends_at_once() {
    let mut server = Headwater::start();
    assert_eq!(server.get("/health").await.status, 200);
    let asked = std::time::Instant::now();
    server.terminate();
    server.stopped();
    assert!(asked.elapsed() < Duration::from_secs(10), "it took {:?}", asked.elapsed());
}
