//! Folders that let the server down: read-only, taken by another process, full.

use std::time::{Duration, Instant};

use crate::support::media::{self, assert_same_bytes};
use crate::support::server::{Headwater, Setup};
use crate::support::skipped;
use crate::support::swarm::Seeded;

/// Asserts that a start was refused with a message that holds all of these.
fn assert_refused_to_start(setup: &Setup, said: &[&str]) {
    let finished = setup.refused();
    let code = finished.code();
    assert!(code.is_some_and(|code| code != 0), "it should have refused to start: {}", finished.story());
    assert!(!finished.stderr.contains("panicked"), "{}", finished.story());
    for word in said {
        let output = format!("{}{}", finished.stdout, finished.stderr).to_lowercase();
        assert!(output.contains(&word.to_lowercase()), "no word of {word:?}: {}", finished.story());
    }
}

#[test]
fn a_folder_in_use_by_another_process_is_refused_with_its_name() {
    let setup = Setup::new();
    let first = setup.clone().start();
    let folder = setup.data().display().to_string();
    assert_refused_to_start(&setup, &["in use", &folder]);
    let elsewhere = setup.home().join("other-cache").display().to_string();
    let same_data = setup.clone().env("HEADWATER_CACHE_DIR", &elsewhere);
    assert_refused_to_start(&same_data, &["data folder", "in use", &folder]);
    drop(first);
    // With the first one gone, also by a kill, the folder is free again.
    let mut second = setup.clone().start();
    second.kill9();
    drop(setup.start());
}

#[test]
fn a_cache_folder_that_cannot_be_written_is_refused_with_its_name() {
    // Not even root can create a folder here, or below a file.
    assert_refused_to_start(
        &Setup::new().env("HEADWATER_CACHE_DIR", "/proc/headwater"),
        &["/proc/headwater"],
    );
    let setup = Setup::new();
    let file = setup.home().join("a-file");
    std::fs::write(&file, "").expect("the temporary folder is writable");
    let below = file.join("cache").display().to_string();
    assert_refused_to_start(&setup.env("HEADWATER_CACHE_DIR", &below), &[&below]);
}

#[test]
fn a_read_only_disk_is_refused_with_its_name() {
    if !Setup::can_mount() {
        skipped("this machine does not let tests mount a disk: a read-only one");
        return;
    }
    let setup = Setup::new().cache_on_disk("size=20m,ro");
    let folder = setup.home().join("disk").display().to_string();
    assert_refused_to_start(&setup, &[&folder]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_in_mid_play_cuts_the_body_and_is_forgiven_once_there_is_room() {
    if !Setup::can_mount() {
        skipped("this machine does not let tests mount a disk: one that fills up");
        return;
    }
    let film = Seeded::start("film.mp4", media::random(93, 6_000_000), Some(1_000_000));
    let server = Setup::new().cache_on_disk("size=9m").env("HEADWATER_CACHE_FREE_FLOOR", "0").start();
    let path = Headwater::proxy(&film.share, 0);
    let mut response = server.open(&path).await;
    assert_eq!(response.status(), 200);
    response.chunk().await.expect("the body begins");
    // The server alone has the disk mounted; this is how others on the machine reach it.
    let disk = format!("/proc/{}/root{}", server.process_id(), server.setup().home().join("disk").display());
    let filler = std::path::Path::new(&disk).join("filler");
    let mut file = std::fs::File::create(&filler).expect("the disk is reached through the server");
    let filled = std::io::copy(&mut std::io::repeat(1), &mut file);
    assert!(filled.is_err(), "an endless file fitted");
    drop(file);
    let cut = async {
        while response.chunk().await?.is_some() {}
        Ok::<_, reqwest::Error>(())
    };
    assert!(cut.await.is_err(), "the body ended as if it were whole");
    let answer = server.get(&path).await;
    assert_eq!(answer.status, 507, "{}", answer.text());
    assert_eq!(server.get("/health").await.status, 200);
    std::fs::remove_file(&filler).expect("the filler is ours");
    // The refusal is remembered for a few seconds.
    let deadline = Instant::now() + Duration::from_secs(30);
    let answer = loop {
        let answer = server.get(&path).await;
        if answer.status == 200 || Instant::now() > deadline {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    assert_same_bytes(&answer.body, film.data(), "the film once there is room");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_a_clear_error_and_the_server_goes_on() {
    if !Setup::can_mount() {
        skipped("this machine does not let tests mount a disk: a full one");
        return;
    }
    let big = Seeded::start("big.mp4", media::random(91, 12_000_000), None);
    let small = Seeded::start("small.mp4", media::random(92, 500_000), None);
    let server = Setup::new().cache_on_disk("size=6m").env("HEADWATER_CACHE_FREE_FLOOR", "0").start();

    let path = Headwater::proxy(&big.share, 0);
    let asked = Instant::now();
    match server.open(&path).await {
        response if response.status().is_success() => {
            // The film was accepted; then its body must be cut off, never end as if it were whole.
            let body = response.bytes().await;
            assert!(
                body.is_err(),
                "{} bytes came off a full disk as if all was well",
                body.map_or(0, |it| it.len())
            );
        }
        response => {
            assert_eq!(response.status(), 507);
            let body = response.text().await.expect("the error has a body");
            assert!(body.contains("space") || body.contains("full"), "{body}");
        }
    }
    assert!(asked.elapsed() < Duration::from_secs(60), "it took {:?}", asked.elapsed());

    // The next click is told so in words.
    let answer = server.get(&path).await;
    assert!(answer.status.is_server_error(), "{} {}", answer.status, answer.text());
    let message = answer.text().to_lowercase();
    assert!(message.contains("space") || message.contains("full"), "{message}");

    assert_eq!(server.get("/health").await.status, 200);
    let cleaned = server.send(reqwest::Method::POST, "/admin/cleanup", &[], Vec::new()).await;
    assert_eq!(cleaned.status, 200, "{}", cleaned.text());
    let answer = server.get(&Headwater::proxy(&small.share, 0)).await;
    assert_same_bytes(&answer.body, small.data(), "a film that fits after the clean-up");
}
