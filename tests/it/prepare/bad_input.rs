//! Requests that cannot be served: a clear error, the right status, and a server that goes on.

use std::path::Path;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::support::http::{Answer, escape};
use crate::support::media::{self, assert_same_bytes};
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{Libtorrent, Seeded, Share, Tracker, free_port};

/// Asserts that an answer is an error in our form, with one of these statuses, and that the server lives.
async fn assert_refused(server: &Headwater, answer: &Answer, statuses: &[u16], what: &str) -> Value {
    assert!(statuses.contains(&answer.status.as_u16()), "{what}: {} {}", answer.status, answer.text());
    let body = answer.json();
    assert_eq!(body["success"], false, "{what}: {body}");
    for field in ["error", "message"] {
        assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{what}: {body}");
    }
    assert_eq!(server.get("/health").await.status, 200, "{what}");
    body
}

async fn post(server: &Headwater, path: &str, body: Vec<u8>) -> Answer {
    server.send(Method::POST, path, &[], body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_hashes_are_400() {
    let server = Headwater::start();
    let hashes =
        ["xyz", &"ab".repeat(19), &"ab".repeat(21), &"zz".repeat(20), "..%2F..%2Fetc%2Fpasswd", "%00", "%ff"];
    for hash in hashes {
        let answer = server.get(&format!("/stream/proxy/{hash}")).await;
        assert_refused(&server, &answer, &[400], hash).await;
        let answer = post(&server, &format!("/stream/prepare/{hash}"), Vec::new()).await;
        assert_refused(&server, &answer, &[400], hash).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_queries_are_400() {
    let server = Headwater::start();
    let hash = "ab".repeat(20);
    for query in ["fileIndex=-1", "fileIndex=one", "fileIndex=99999999999999999999"] {
        let answer = server.get(&format!("/stream/proxy/{hash}?{query}")).await;
        assert_refused(&server, &answer, &[400], query).await;
        let answer = post(&server, &format!("/stream/prepare/{hash}?{query}"), Vec::new()).await;
        assert_refused(&server, &answer, &[400], query).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_index_out_of_range_is_404() {
    let swarm = Seeded::start("film.mp4", media::random(81, 300_000), None);
    let server = Headwater::start();
    let answer = server.get(&Headwater::proxy(&swarm.share, 7)).await;
    assert_refused(&server, &answer, &[404], "index 7 of one file").await;
    // The mistake of one client must not stand in the way of the next.
    let answer = server.get(&Headwater::proxy(&swarm.share, 0)).await;
    assert_same_bytes(&answer.body, swarm.data(), "the file that exists");
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_instead_of_a_torrent_is_refused() {
    let server = Headwater::start();
    let path = format!("/stream/prepare/{}", "ab".repeat(20));
    let megabytes = media::random(82, 10 * 1024 * 1024);
    assert_refused(&server, &post(&server, &path, megabytes).await, &[400, 413], "10 MiB of garbage").await;
    let nested = [vec![b'l'; 200_000], vec![b'e'; 200_000]].concat();
    assert_refused(&server, &post(&server, &path, nested).await, &[400], "200,000 nested lists").await;
    let huge = b"d4:infod6:lengthi9223372036854775807e4:name1:a12:piece lengthi16384e6:pieces0:ee".to_vec();
    assert_refused(&server, &post(&server, &path, huge).await, &[400], "a length without its pieces").await;
    assert_refused(&server, &post(&server, &path, b"magnet:?dn=x".to_vec()).await, &[400], "no hash").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_for_another_hash_is_400() {
    let share = Share::single("film.mp4", media::random(83, 100_000), 16 * 1024, &[]);
    let server = Headwater::start();
    let path = format!("/stream/prepare/{}", "ab".repeat(20));
    assert_refused(&server, &post(&server, &path, share.torrent.clone()).await, &[400], "a .torrent").await;
    assert_refused(&server, &post(&server, &path, share.magnet().into_bytes()).await, &[400], "a magnet")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_point_out_of_the_folder_write_nothing_there() {
    let tracker = Tracker::start();
    let secret = media::random(84, 400_000);
    let files =
        [(vec!["..", "..", "..", "escaped.mp4"], secret), (vec!["/", "absolute.mkv"], vec![7; 50_000])];
    let share = Share::multi("..", &files, 32 * 1024, &[tracker.http()]);
    let seed = Libtorrent::start(&share, None);
    tracker.wait_for(&share.info_hash, seed.port);
    let server = Headwater::start();
    for file in 0..2 {
        let answer = server.get(&Headwater::proxy(&share, file)).await;
        if answer.status == 200 {
            assert_same_bytes(&answer.body, &share.files[file], "a file with a bad name");
            let name = answer.header("content-disposition");
            assert!(!name.contains("..") && !name.contains('/'), "{name}");
        } else {
            assert_refused(&server, &answer, &[400, 422, 502], "a torrent with bad names").await;
        }
    }
    let mut strays = Vec::new();
    find(server.setup().home(), &mut |name| {
        if name.contains("escaped") || name.contains("absolute") {
            strays.push(name.to_owned());
        }
    });
    assert!(strays.is_empty(), "files are stored under names out of the torrent: {strays:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unicode_and_quotes_in_names_survive_into_the_headers() {
    let name = "Crème \"brûlée\"\r\n; 映画.mp4";
    let swarm = Seeded::start(name, media::random(85, 200_000), None);
    let server = Headwater::start();
    let answer = server.get(&Headwater::proxy(&swarm.share, 0)).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "video/mp4"));
    let disposition = answer.header("content-disposition");
    assert!(disposition.starts_with("inline;") && disposition.contains(&escape("映画")), "{disposition}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_nobody_has_fails_in_time() {
    let tracker = Tracker::start();
    let server =
        Setup::new().env("TORRENT_TIMEOUT", "3000").env("HEADWATER_TRACKERS", &tracker.http()).start();
    let path = format!("/stream/proxy/{}", "ef".repeat(20));
    let asked = std::time::Instant::now();
    let answer = server.get(&path).await;
    assert_refused(&server, &answer, &[502, 503, 504], "nobody has it").await;
    assert!(asked.elapsed() < Duration::from_secs(30), "it took {:?}", asked.elapsed());
    assert!(answer.header("cache-control").contains("no-store"), "the next click may succeed");
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_trackers_fail_in_time_and_do_not_hide_a_working_one() {
    let dead = [
        format!("http://127.0.0.1:{}/announce", free_port()),
        format!("udp://127.0.0.1:{}/announce", free_port()),
        "http://tracker.invalid/announce".to_owned(),
    ];
    let server = Setup::new().env("TORRENT_TIMEOUT", "4000").start();
    let share = Share::single("film.mp4", media::random(86, 200_000), 16 * 1024, &dead);
    let answer = server.get(&Headwater::proxy(&share, 0)).await;
    assert_refused(&server, &answer, &[502, 503, 504], "no tracker answers").await;

    let tracker = Tracker::start();
    let trackers = [&dead[..], &[tracker.http()]].concat();
    let share = Share::single("film.mp4", media::random(87, 200_000), 16 * 1024, &trackers);
    let seed = Libtorrent::start(&share, None);
    tracker.wait_for(&share.info_hash, seed.port);
    let answer = server.get(&Headwater::proxy(&share, 0)).await;
    assert_same_bytes(&answer.body, &share.files[0], "one working tracker of four");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_wrong_methods_are_errors_in_our_form() {
    let server = Headwater::start();
    assert_refused(&server, &server.get("/no/such/route").await, &[404], "no such route").await;
    let hash = "ab".repeat(20);
    let answer = server.get(&format!("/stream/prepare/{hash}")).await;
    assert_refused(&server, &answer, &[405], "GET on a POST route").await;
    let answer = post(&server, &format!("/stream/proxy/{hash}"), Vec::new()).await;
    assert_refused(&server, &answer, &[405], "POST on a GET route").await;
}

/// Shows every path below a folder to `see`.
fn find(folder: &Path, see: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        see(&entry.path().display().to_string());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            find(&entry.path(), see);
        }
    }
}
