//! The documented client programs, against a real job. Each knows nothing but the base URL and the info-hash.
//!
//! They follow the documentation step by step (prepare, poll every three seconds, take `streamUrl`) and read exactly
//! the fields that it reads; they print the address of the stream, which is then fetched and compared.

use std::process::Command;
use std::time::Duration;

use crate::support::media::{self, assert_same_bytes};
use crate::support::player;
use crate::support::process::run;
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::Seeded;
use crate::support::tools;

/// A server that knows the tracker by its settings: the documented clients have no way to name one.
fn scene(clip: &str) -> (Seeded, Headwater) {
    let swarm = Seeded::start(clip, media::clip(clip), Some(4_000_000));
    let server = Setup::new().env("HEADWATER_TRACKERS", &swarm.tracker.http()).start();
    (swarm, server)
}

async fn client_gets_the_stream(name: &str, program: impl FnOnce() -> Command) {
    let (swarm, server) = scene("faststart.mp4");
    let mut command = program();
    command.args([server.base(), &swarm.share.info_hash]);
    let label = name.to_owned();
    let finished = tokio::task::spawn_blocking(move || run(&label, command, Duration::from_secs(60)));
    let finished = finished.await.expect("the process runner does not panic");
    assert_eq!(finished.code(), Some(0), "{}", finished.story());
    let url = finished.stdout.lines().find_map(|line| line.strip_prefix("URL: "));
    let url = url.unwrap_or_else(|| panic!("no address: {}", finished.story()));
    let path = url.strip_prefix(server.base()).expect("the stream is on this server");
    assert!(path.starts_with("/stream/ready/"), "{path}");
    assert_same_bytes(&server.get(path).await.body, swarm.data(), "the stream of the client");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_client_runs() {
    client_gets_the_stream("bash", || {
        let mut command = Command::new("bash");
        command.arg(tools::test_source("prepare/examples/client.sh"));
        command
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_runs() {
    client_gets_the_stream("python", || {
        let mut command = Command::new(tools::python());
        command.arg(tools::test_source("prepare/examples/client.py"));
        command
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_client_runs() {
    client_gets_the_stream("node", || {
        let mut command = Command::new("node");
        command.arg(tools::test_source("prepare/examples/client.mjs"));
        command
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_client_plays_from_another_origin() {
    let (swarm, server) = scene("faststart.mp4");
    let query = format!("base={}&infoHash={}", server.base(), swarm.share.info_hash);
    let play = move || player::chromium_opens_page("prepare/examples/player.html", &query, 75.0);
    let report = tokio::task::spawn_blocking(play).await;
    let report = report.unwrap_or_else(|_| panic!("{}", server.transcript()));
    assert!(report["seeked"].as_f64().is_some_and(|at| at > 75.0), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_client_reports_a_failure() {
    let server = Setup::new().env("TORRENT_TIMEOUT", "3000").start();
    let mut command = Command::new("bash");
    command.arg(tools::test_source("prepare/examples/client.sh")).args([server.base(), &"ab".repeat(20)]);
    let finished = tokio::task::spawn_blocking(move || run("bash", command, Duration::from_secs(60)));
    let finished = finished.await.expect("the process runner does not panic");
    assert_eq!(finished.code(), Some(1), "{}", finished.story());
    let reason = finished.stdout.lines().find_map(|line| line.strip_prefix("Failed: ")).unwrap_or_default();
    assert!(!reason.is_empty() && reason != "null", "{}", finished.story());
}
