//! The documented preparation API: routes, statuses, and every field of every answer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::media::{self, assert_same_bytes};
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{Libtorrent, Seeded, Share, Tracker};

const SOON: Duration = Duration::from_secs(40);

/// Asserts that an object has exactly these keys.
fn assert_keys(object: &Value, wanted: &[&str]) {
    let mut keys: Vec<_> = object.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let mut wanted = wanted.to_vec();
    keys.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(keys, wanted, "{object}");
}

fn milliseconds_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    u64::try_from(since.as_millis()).expect("the year is not that far")
}

/// Asserts that an object has these keys at least: reports may tell more than the documents ask for.
fn assert_reports(object: &Value, wanted: &[&str]) {
    let missing: Vec<_> = wanted.iter().filter(|key| object.get(**key).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?} missing in {object}");
}

/// A torrent that a tracker lists but nobody has: its preparation stays under way.
fn share_without_seeds(tracker: &Tracker) -> Share {
    Share::single("film.mp4", media::random(60, 500_000), 16 * 1024, &[tracker.http()])
}

#[tokio::test(flavor = "multi_thread")]
async fn prepare_answers_at_once_with_the_documented_fields() {
    let tracker = Tracker::start();
    let share = share_without_seeds(&tracker);
    let server = Headwater::start();
    let asked = std::time::Instant::now();
    let (status, job) = server.post(&Headwater::prepare(&share, 0), "").await;
    assert!(asked.elapsed() < Duration::from_secs(1), "it took {:?}", asked.elapsed());
    assert!(status.is_success(), "{status} {job}");
    let id = job["jobId"].as_str().expect("the job has an id");
    assert_eq!(
        job,
        json!({
            "success": true,
            "jobId": id,
            "infoHash": share.info_hash,
            "fileIndex": 0,
            "statusUrl": format!("/stream/status/{id}"),
            "streamUrl": format!("/stream/ready/{id}"),
            "estimatedTime": "30-90 seconds",
            "message": "Stream preparation started. Poll statusUrl for progress.",
        })
    );
    let parts: Vec<_> = id.split(':').collect();
    assert_eq!(parts[..2], [share.info_hash.as_str(), "0"], "{id}");
    let started: u64 = parts[2].parse().expect("the id ends in milliseconds");
    assert!(started.abs_diff(milliseconds_now()) < 60_000, "{id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_under_way_reports_status_and_its_stream_says_202() {
    let tracker = Tracker::start();
    let share = share_without_seeds(&tracker);
    let server = Headwater::start();
    let (_, job) = server.post(&Headwater::prepare(&share, 0), "").await;
    let status_url = job["statusUrl"].as_str().expect("the answer names it");

    let (status, report) = server.json(status_url).await;
    assert_eq!(status, 200);
    assert_reports(&report, &["success", "jobId", "status", "progress", "message"]);
    assert_eq!((&report["success"], &report["jobId"]), (&json!(true), &job["jobId"]), "{report}");
    assert_progress_fits(&report);

    let answer = server.get(job["streamUrl"].as_str().expect("the answer names it")).await;
    let body = answer.json();
    assert_eq!(answer.status, 202, "{body}");
    assert_keys(&body, &["success", "status", "message", "progress", "statusUrl"]);
    assert_eq!((&body["success"], &body["statusUrl"]), (&json!(false), &json!(status_url)), "{body}");
    assert_progress_fits(&body);

    let (status, jobs) = server.json("/api/admin/jobs").await;
    assert_eq!((status.as_u16(), &jobs["activeJobs"]), (200, &json!(1)), "{jobs}");
    let entry = &jobs["jobs"][0];
    assert_eq!((&entry["jobId"], &entry["infoHash"]), (&job["jobId"], &json!(share.info_hash)), "{jobs}");
    assert!(entry["status"].is_string() && entry["progress"].is_number(), "{jobs}");
    let started = entry["startedAt"].as_u64().expect("it says when");
    assert!(started.abs_diff(milliseconds_now()) < 60_000, "{jobs}");
}

/// Asserts that the progress lies in the documented band of its status.
fn assert_progress_fits(report: &Value) {
    let progress =
        report["progress"].as_u64().unwrap_or_else(|| panic!("progress is a whole number: {report}"));
    let band = match report["status"].as_str() {
        Some("preparing") => 0..=10,
        Some("connecting") => 10..=50,
        Some("downloading") => 50..=100,
        Some("ready") => 100..=100,
        Some("failed") => 0..=0,
        _ => panic!("an unknown status: {report}"),
    };
    assert!(band.contains(&progress), "{report}");
    assert!(report["message"].as_str().is_some_and(|message| !message.is_empty()), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ready_job_names_its_file_and_streams_it() {
    let swarm = Seeded::start("A Film (2026).mp4", media::random(61, 2_000_000), Some(2_000_000));
    let server = Headwater::start();
    let (_, job) = server.post(&Headwater::prepare(&swarm.share, 0), "").await;
    let status_url = job["statusUrl"].as_str().expect("the answer names it");
    let ready = server
        .job(status_url, SOON, |report| {
            assert_progress_fits(report);
            report["status"] == "ready"
        })
        .await;
    let fields = [
        "success",
        "jobId",
        "status",
        "progress",
        "message",
        "streamUrl",
        "method",
        "fileName",
        "fileSize",
        "expiresAt",
    ];
    assert_reports(&ready, &fields);
    assert_eq!(ready["fileName"], "A Film (2026).mp4");
    assert_eq!(ready["fileSize"], swarm.data().len());
    assert!(ready["peers"]["seen"].as_u64().is_some_and(|seen| seen >= 1), "{ready}");
    assert_eq!((&ready["streamUrl"], &ready["jobId"]), (&job["streamUrl"], &job["jobId"]));
    assert!(ready["message"].as_str().is_some_and(|it| it.starts_with("Stream ready via ")), "{ready}");
    assert!(ready["method"].as_str().is_some_and(|it| !it.is_empty()), "{ready}");
    // Five minutes of life, less what the polling took.
    let left = ready["expiresAt"].as_u64().expect("it says when").saturating_sub(milliseconds_now());
    assert!((200_000..=300_000).contains(&left), "{left} ms");

    let stream = job["streamUrl"].as_str().expect("the answer names it");
    let head = server.send(Method::HEAD, stream, &[], Vec::new()).await;
    assert_eq!((head.status.as_u16(), head.header("content-length")), (200, "2000000"));
    assert_same_bytes(&server.get(stream).await.body, swarm.data(), "the stream");
    let part = server.range(stream, 1_999_990, 5_000_000).await;
    assert_eq!((part.status.as_u16(), part.header("content-range")), (206, "bytes 1999990-1999999/2000000"));
    assert_same_bytes(&part.body, &swarm.data()[1_999_990..], "the end of the stream");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_share_one_job() {
    let swarm = Seeded::start("film.mp4", media::random(62, 1_000_000), Some(1_000_000));
    let server = Headwater::start();
    let prepare = Headwater::prepare(&swarm.share, 0);
    let mut asked = Vec::new();
    for _ in 0..8 {
        asked.push(server.post(&prepare, "").await.1["jobId"].clone());
    }
    assert!(asked.iter().all(|id| id == &asked[0]), "{asked:?}");
    let status_url = format!("/stream/status/{}", asked[0].as_str().expect("the job has an id"));
    server.job(&status_url, SOON, |report| report["status"] == "ready").await;
    let stream = format!("/stream/ready/{}", asked[0].as_str().expect("the job has an id"));
    let bodies = futures::future::join_all((0..8).map(|_| server.get(&stream))).await;
    for body in bodies {
        assert_same_bytes(&body.body, swarm.data(), "one of eight streams");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_jobs_are_404_with_the_documented_body() {
    let server = Headwater::start();
    let id = format!("{}:0:1700512345678", "ab".repeat(20));
    for path in
        [format!("/stream/status/{id}"), format!("/stream/ready/{id}"), "/stream/status/nonsense".to_owned()]
    {
        let (status, body) = server.json(&path).await;
        assert_eq!(status, 404, "{path}");
        let wanted = json!({
            "success": false,
            "error": "Job not found",
            "message": "Job may have expired or never existed",
        });
        assert_eq!(body, wanted, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_says_why() {
    let server = Setup::new().env("TORRENT_TIMEOUT", "3000").start();
    let (_, job) = server.post(&format!("/stream/prepare/{}", "cd".repeat(20)), "").await;
    let status_url = job["statusUrl"].as_str().expect("the answer names it");
    let failed = server.job(status_url, SOON, |report| report["status"] == "failed").await;
    assert_reports(&failed, &["success", "status", "progress", "error", "message"]);
    assert_eq!((&failed["success"], &failed["progress"]), (&json!(true), &json!(0)), "{failed}");
    let error = failed["error"].as_str().expect("it says why");
    assert_eq!(failed["message"], format!("Failed: {error}"));

    let answer = server.get(job["streamUrl"].as_str().expect("the answer names it")).await;
    assert!(answer.status.is_server_error(), "{} {}", answer.status, answer.text());
    assert_eq!(answer.json()["success"], false, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_magnet_with_a_peer_address_alone_is_enough() {
    let mut swarm = Seeded::start("film.mp4", media::random(67, 300_000), None);
    let port = swarm.seed.port;
    let server = Headwater::start();
    let magnet = format!("magnet:?xt=urn:btih:{}&x.pe=127.0.0.1:{port}", swarm.share.info_hash);
    let (status, job) = server.post("/stream/prepare", magnet).await;
    assert!(status.is_success(), "{job}");
    assert_eq!(job["infoHash"], swarm.share.info_hash);
    let status_url = job["statusUrl"].as_str().expect("the answer names it");
    server.job(status_url, SOON, |report| report["status"] == "ready").await;
    let stream = job["streamUrl"].as_str().expect("the answer names it");
    assert_same_bytes(&server.get(stream).await.body, swarm.data(), "from the peer of the magnet");
    assert!(swarm.seed.uploaded() > 0);
    let (status, refused) = server.post("/stream/prepare", "").await;
    assert_eq!((status.as_u16(), &refused["success"]), (400, &false.into()), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn season_and_episode_choose_the_file_and_never_another() {
    let tracker = Tracker::start();
    let episodes = [
        (vec!["Show S01E01.mkv"], media::random(68, 200_000)),
        (vec!["Show S01E02.mkv"], media::random(69, 150_000)),
    ];
    let share = Share::multi("Show S01", &episodes, 32 * 1024, &[tracker.http()]);
    let seed = Libtorrent::start(&share, None);
    tracker.wait_for(&share.info_hash, seed.port);
    let server = Headwater::start();
    let path = |query: &str| format!("/stream/proxy/{}?{query}&{}", share.info_hash, share.tracker_query());
    let second = server.get(&path("season=1&episode=2")).await;
    assert_same_bytes(&second.body, &share.files[1], "the second episode");
    let largest = server.get(&path("")).await;
    assert_same_bytes(&largest.body, &share.files[0], "the largest video");
    assert_eq!(server.get(&path("season=1&episode=3")).await.status, 404);
    assert_eq!(server.get(&path("season=1")).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_magnet_or_a_torrent_may_be_the_body_and_the_hash_may_be_base32() {
    let swarm = Seeded::start("film.mp4", media::random(63, 700_000), None);
    let Seeded { share, .. } = &swarm;
    let bodies: [(&str, &str, Vec<u8>); 4] = [
        ("a magnet", &share.info_hash, share.magnet().into_bytes()),
        ("a .torrent", &share.info_hash, share.torrent.clone()),
        ("base32", &share.base32(), share.magnet().into_bytes()),
        ("upper case", &share.info_hash.to_uppercase(), share.magnet().into_bytes()),
    ];
    for (what, hash, body) in bodies {
        // A new server each time: what one has learnt would hide what another cannot do.
        let server = Headwater::start();
        let (status, job) = server.post(&format!("/stream/prepare/{hash}"), body).await;
        assert!(status.is_success(), "{what}: {status} {job}");
        assert_eq!(job["infoHash"], share.info_hash, "{what}");
        let status_url = job["statusUrl"].as_str().expect("the answer names it");
        server.job(status_url, SOON, |report| report["status"] == "ready").await;
        let stream = job["streamUrl"].as_str().expect("the answer names it");
        assert_same_bytes(&server.get(stream).await.body, swarm.data(), what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn file_index_and_repeated_trackers_are_taken_on_prepare_and_proxy_alike() {
    let tracker = Tracker::start();
    let files = [
        (vec!["Show", "Show.S01E01.mkv"], media::random(64, 600_000)),
        (vec!["Show", "Show.S01E02.mkv"], media::random(65, 500_000)),
    ];
    // The first tracker is a closed port: only a server that takes every `tr` finds the seed.
    let trackers = ["http://127.0.0.1:9/announce".to_owned(), tracker.udp()];
    let share = Share::multi("Show", &files, 64 * 1024, &trackers);
    let seed = crate::support::swarm::Libtorrent::start(&share, None);
    tracker.wait_for(&share.info_hash, seed.port);
    for file in [1, 0] {
        let server = Headwater::start();
        let answer = server.get(&Headwater::proxy(&share, file)).await;
        assert_same_bytes(&answer.body, &share.files[file], "through the proxy route");
    }
    let server = Headwater::start();
    let (_, job) = server.post(&Headwater::prepare(&share, 1), "").await;
    assert_eq!(job["fileIndex"], 1);
    let status_url = job["statusUrl"].as_str().expect("the answer names it");
    let ready = server.job(status_url, SOON, |report| report["status"] == "ready").await;
    assert!(ready["fileName"].as_str().is_some_and(|name| name.ends_with("Show.S01E02.mkv")), "{ready}");
}
