//! Cold starts against seeds and trackers that others wrote, and many clients at once.

use std::time::Duration;

use futures::future::join_all;

use crate::support::media::{self, assert_same_bytes, sha256};
use crate::support::server::Headwater;
use crate::support::swarm::{Aria2, Libtorrent, Opentracker, Seeded, Share, Tracker, Transmission};

const LENGTH: usize = 3_000_000;

/// A torrent and the tracker that lists it, waiting for a seed.
fn shared(seed: u64) -> (Tracker, Share) {
    let tracker = Tracker::start();
    let share = Share::single("film.mkv", media::random(seed, LENGTH), 64 * 1024, &[tracker.http()]);
    (tracker, share)
}

/// Downloads the file on a new server and compares its hash.
async fn downloads(share: &Share) {
    let server = Headwater::start();
    let answer = server.get(&Headwater::proxy(share, 0)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(sha256(&answer.body), sha256(&share.files[0]), "{} bytes", answer.body.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn libtorrent_alone_is_enough() {
    let (tracker, share) = shared(71);
    let seed = Libtorrent::start(&share, None);
    tracker.wait_for(&share.info_hash, seed.port);
    downloads(&share).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transmission_alone_is_enough() {
    let (tracker, share) = shared(72);
    let seed = Transmission::start(&share, None).await;
    tracker.wait_for(&share.info_hash, seed.port);
    downloads(&share).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aria2_alone_is_enough() {
    let (tracker, share) = shared(73);
    let seed = Aria2::start(&share, None);
    tracker.wait_for(&share.info_hash, seed.port);
    downloads(&share).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_slow_seeds_of_three_makes_add_up() {
    let (tracker, share) = shared(74);
    let rate = Some(400_000);
    let (first, second) = (Libtorrent::start(&share, rate), Transmission::start(&share, rate).await);
    let third = Aria2::start(&share, rate);
    for port in [first.port, second.port, third.port] {
        tracker.wait_for(&share.info_hash, port);
    }
    downloads(&share).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opentracker_and_a_udp_tracker_lead_to_the_seed() {
    let data = media::random(75, LENGTH);
    let tracker = Opentracker::start(|url| Share::single("film.mkv", data.clone(), 64 * 1024, &[url]));
    let seed = Libtorrent::start(&tracker.share, None);
    downloads(&tracker.share).await;
    drop((seed, tracker));

    let tracker = Tracker::start();
    let share = Share::single("film.mkv", data, 64 * 1024, &[tracker.udp()]);
    let seed = Libtorrent::start(&share, None);
    tracker.wait_for(&share.info_hash, seed.port);
    downloads(&share).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_first_hits_are_one_job_and_one_resolve() {
    let mut swarm = Seeded::start("film.mkv", media::random(76, LENGTH), Some(1_500_000));
    let server = Headwater::start();
    let path = Headwater::proxy(&swarm.share, 0);
    let hits = join_all((0..50_u64).map(|client| {
        let (server, path) = (&server, &path);
        async move {
            let from = client * 50_000;
            (from, server.range(path, from, from + 9_999).await)
        }
    }));
    let jobs = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.json("/api/admin/jobs").await.1
    };
    let (answers, jobs) = tokio::join!(hits, jobs);
    let listed = jobs["jobs"].as_array().map_or(0, Vec::len);
    assert_eq!(listed, 1, "{jobs}");
    for (from, answer) in answers {
        assert_eq!(answer.status, 206, "{}", answer.text());
        let from = usize::try_from(from).expect("it is small");
        assert_same_bytes(&answer.body, &swarm.data()[from..from + 10_000], "one of fifty ranges");
    }
    // Resolving and downloading may each tell the tracker once; fifty of them would be heard fifty times.
    let seed = swarm.seed.port;
    let announces = swarm.tracker.announces(&swarm.share.info_hash);
    let starts = announces.iter().filter(|it| it.event == "start" && it.port != seed).count();
    assert!(starts <= 2, "{announces:?}");
    let whole = server.get(&path).await;
    assert_same_bytes(&whole.body, swarm.data(), "the whole file");
    let sent = swarm.seed.uploaded();
    assert!(sent <= LENGTH as u64 + 1024 * 1024, "{sent} bytes for a file of {LENGTH}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_client_leaving_does_not_stop_the_others() {
    let swarm = Seeded::start("film.mkv", media::random(77, LENGTH), Some(1_000_000));
    let server = Headwater::start();
    let path = Headwater::proxy(&swarm.share, 0);
    // The first client gives up while the server is still looking for peers.
    let first = tokio::time::timeout(Duration::from_millis(30), server.open(&path));
    assert!(first.await.is_err(), "the first client was served too quickly to leave early");
    let second = server.get(&path);
    // The third leaves in the middle of its body.
    let third = async {
        let mut response = server.open(&path).await;
        response.chunk().await.expect("the body begins");
    };
    let (whole, ()) = tokio::join!(second, third);
    assert_same_bytes(&whole.body, swarm.data(), "what the client who stayed received");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preparation_goes_on_without_its_client() {
    let swarm = Seeded::start("film.mkv", media::random(78, LENGTH), Some(2_000_000));
    let server = Headwater::start();
    let (_, job) = server.post(&Headwater::prepare(&swarm.share, 0), "").await;
    let status_url = job["statusUrl"].as_str().expect("the answer names it");
    let ready = |report: &serde_json::Value| report["status"] == "ready";
    server.job(status_url, Duration::from_secs(40), ready).await;
}
