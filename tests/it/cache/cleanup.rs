//! What leaves the cache, when, and what stays (`torrent-streaming`).

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use reqwest::Method;

use crate::support::media::{self, assert_same_bytes};
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::Seeded;

const LENGTH: usize = 2_000_000;

fn contents(server: &Headwater) -> Vec<PathBuf> {
    let folder = server.setup().data().join("cache/contents");
    let entries = std::fs::read_dir(folder).expect("the server has made its cache folder");
    entries.filter_map(Result::ok).map(|entry| entry.path()).collect()
}

async fn clean(server: &Headwater) -> serde_json::Value {
    let answer = server.send(Method::POST, "/admin/cleanup", &[], Vec::new()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Waits until the folder of a content is gone.
async fn vanishes(path: &Path, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while path.exists() {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_up_on_demand_deletes_at_once_what_nobody_watches() {
    let swarm = Seeded::start("film.mkv", media::random(91, LENGTH), None);
    let server = Headwater::start();
    let path = Headwater::proxy(&swarm.share, 0);
    assert_same_bytes(&server.get(&path).await.body, swarm.data(), "before");
    let report = clean(&server).await;
    assert!(report["freedBytes"].as_u64().is_some_and(|bytes| bytes >= LENGTH as u64), "{report}");
    assert_eq!(report["contents"], 0, "{report}");
    assert!(contents(&server).is_empty());
    assert_same_bytes(&server.get(&path).await.body, swarm.data(), "fetched again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_up_on_demand_spares_a_film_that_is_playing() {
    let swarm = Seeded::start("film.mkv", media::random(92, LENGTH), Some(700_000));
    let server = Headwater::start();
    let mut response = server.open(&Headwater::proxy(&swarm.share, 0)).await;
    let mut seen = response.chunk().await.expect("the body begins").expect("it is not empty").to_vec();
    clean(&server).await;
    assert_eq!(contents(&server).len(), 1);
    while let Some(chunk) = response.chunk().await.expect("the body goes on") {
        seen.extend_from_slice(&chunk);
    }
    assert_same_bytes(&seen, swarm.data(), "a body that lived through a clean-up");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_film_is_deleted_by_itself() {
    let swarm = Seeded::start("film.mkv", media::random(93, LENGTH), None);
    let server = Setup::new()
        .env("TORRENT_CLEANUP_INTERVAL", "1000")
        .env("CACHE_CLEANUP_INTERVAL", "1")
        .env("LINK_GENERATION_TIMEOUT", "500")
        .start();
    assert_same_bytes(&server.get(&Headwater::proxy(&swarm.share, 0)).await.body, swarm.data(), "the film");
    let folder = contents(&server).pop().expect("the film is in the cache");
    assert!(vanishes(&folder, Duration::from_secs(30)).await, "{}", server.transcript());
}

#[tokio::test(flavor = "multi_thread")]
async fn in_persistent_mode_nothing_is_deleted_and_the_film_needs_no_peers() {
    let swarm = Seeded::start("film.mkv", media::random(94, LENGTH), None);
    let mut server = Setup::new()
        .env("TORRENT_CLEANUP_INTERVAL", "0")
        .env("CACHE_CLEANUP_INTERVAL", "1")
        .env("LINK_GENERATION_TIMEOUT", "500")
        .start();
    let path = Headwater::proxy(&swarm.share, 0);
    assert_same_bytes(&server.get(&path).await.body, swarm.data(), "the film");
    let folder = contents(&server).pop().expect("the film is in the cache");
    assert!(!vanishes(&folder, Duration::from_secs(5)).await, "deleted in persistent mode");
    let film = swarm.data().to_vec();
    drop(swarm);
    server.terminate();
    server.stopped();
    server.restart();
    assert_same_bytes(&server.get(&path).await.body, &film, "after a restart, without a swarm");
}
