//! What an impatient player gets while nothing can be played yet: the signed loop, then an error.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::support::http;
use crate::support::server::{Headwater, Setup};

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
async fn a_head_request_does_not_hold_its_client_for_the_whole_search() {
    let (_tracker, query) = silent_tracker();
    let server = Headwater::start();
    let path = format!("/stream/proxy/{}?fileIndex=0&{query}", "fb".repeat(20));
    let asked = Instant::now();
    let answer = server.send(Method::HEAD, &path, &[PLAYER], Vec::new()).await;
    assert_eq!(answer.status, 503);
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
}
