//! What an impatient player gets while nothing can be played yet: the signed loop, then an error.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{Libtorrent, Share, Tracker};
use crate::support::{http, media};

const PLAYER: (&str, &str) = ("User-Agent", "Stremio/1.6 (Linux;Android 11) ExoPlayerLib/2.18.1");

/// Longer than any answer may be silent.
const PATIENCE: Duration = Duration::from_secs(85);

/// A tracker that takes the connection and never answers, so that the search for peers goes on.
fn silent_tracker() -> (std::net::TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    (listener, format!("tr=http%3A%2F%2F{address}%2Fannounce"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_is_sent_round_within_its_patience_and_told_the_end() {
    let (_tracker, query) = silent_tracker();
    let server = Setup::new().env("TORRENT_TIMEOUT", "9000").start();
    let path = format!("/stream/proxy/{}?fileIndex=0&{query}", "fa".repeat(20));
    let asked = Instant::now();
    let client = http::unmoved();
    let get = |path: String| {
        let (client, url) = (client.clone(), server.url(&path));
        async move {
            let answer = http::send(&client, Method::GET, &url, &[PLAYER], Vec::new(), PATIENCE).await;
            answer.unwrap_or_else(|error| panic!("{url}: {error}"))
        }
    };
    let first = get(path.clone()).await;
    assert_eq!(first.status, 307, "{}", first.text());
    assert!(asked.elapsed() < Duration::from_secs(8), "ExoPlayer gives up after 8 s");
    assert_eq!(first.header("cache-control"), "no-store");
    let location = first.header("location").to_owned();
    assert!(location.starts_with(&format!("{path}&w=")), "{location}");
    let second = get(location).await;
    assert_eq!(second.status, 503, "{}", second.text());
    let told = second.json();
    assert_eq!(told["success"], false, "{told}");
    assert!(told["message"].as_str().is_some_and(|message| message.contains("no peer")), "{told}");
    assert!(asked.elapsed() < Duration::from_secs(20), "the whole took {:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_that_was_sent_round_gets_the_bytes_when_they_come() {
    let tracker = Tracker::start();
    let data = media::random(63, 700_000);
    // One piece takes about ten seconds at this rate: longer than this player waits for one answer.
    let share = Share::single("film.mp4", data.clone(), 512 * 1024, &[tracker.http()]);
    let seed = Libtorrent::start(&share, Some(50_000));
    tracker.wait_for(&share.info_hash, seed.port);
    let server = Headwater::start();
    let client = http::unmoved();
    let mut path = Headwater::proxy(&share, 0);
    let range = ("Range", "bytes=0-65535");
    for sent_round in 0..18 {
        let (url, headers) = (server.url(&path), [PLAYER, range]);
        let answer = http::send(&client, Method::GET, &url, &headers, Vec::new(), PATIENCE).await;
        let answer = answer.expect("the server answers");
        if answer.status == 307 {
            answer.header("location").clone_into(&mut path);
            continue;
        }
        assert!(sent_round > 0, "the first answer came too quickly to show anything");
        assert_eq!(answer.status, 206, "{}", answer.text());
        media::assert_same_bytes(&answer.body, &data[..65_536], "what came after the redirects");
        return;
    }
    panic!("sent round for ever: {}", server.transcript());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torrent_file_uploaded_meanwhile_ends_everybodys_search() {
    let (_silent, query) = silent_tracker();
    let tracker = Tracker::start();
    let data = media::random(65, 300_000);
    let share = Share::single("film.mp4", data.clone(), 64 * 1024, &[tracker.http()]);
    let seed = Libtorrent::start(&share, None);
    tracker.wait_for(&share.info_hash, seed.port);
    let server = Headwater::start();
    let path = format!("/stream/proxy/{}?fileIndex=0&{query}", share.info_hash);
    let searching = server.get(&path);
    let upload = async {
        let path = format!("/stream/prepare/{}?fileIndex=0", share.info_hash);
        let (status, job) = server.post(&path, share.torrent.clone()).await;
        assert!(status.is_success(), "{job}");
    };
    let (found, ()) = tokio::join!(searching, upload);
    assert_eq!(found.status, 200, "{}", found.text());
    media::assert_same_bytes(&found.body, &data, "for the one who was still searching");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_request_does_not_hold_its_client_for_the_whole_search() {
    let (_tracker, query) = silent_tracker();
    let server = Headwater::start();
    let path = format!("/stream/proxy/{}?fileIndex=0&{query}", "fb".repeat(20));
    let asked = Instant::now();
    let answer = server.send(Method::HEAD, &path, &[PLAYER], Vec::new()).await;
    assert_eq!(answer.status, 503);
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
}
