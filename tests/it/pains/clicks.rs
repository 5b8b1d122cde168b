//! What players do on one click: many requests at once, and questions for the length alone.

use std::time::{Duration, Instant};

use reqwest::Method;

use super::scene::{Film, Scene};
use super::services::{Service, for_each_service, named};
use crate::support::debrid::{Call, Fault};
use crate::support::http;
use crate::support::media;

/// Bytes of a film.
const LENGTH: usize = 3_000_000;

/// Ten requests, as a player sends them on one tap: probes, the tail with the index, several of the body at once,
/// two of which are given up and sent again.
async fn tap(scene: &Scene, film: &Film) {
    let given_up = async || {
        let (client, url) = (http::client(), scene.server.url(&film.path()));
        // Whether it came to an answer or not is the same to this player.
        let _ = http::send(&client, Method::GET, &url, &[], Vec::new(), Duration::from_millis(40)).await;
    };
    let head = async || {
        let answer = scene.ask(film, Method::HEAD, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-length")), (200, "3000000"));
    };
    tokio::join!(
        head(),
        scene.seek(film, 0, 2),
        scene.seek(film, LENGTH - 1000, 1000),
        given_up(),
        given_up(),
        scene.play(film),
        scene.seek(film, LENGTH / 2, 70_000),
    );
    tokio::join!(scene.play(film), scene.seek(film, 0, 2), head());
}

fn count(calls: &[Call], is_it: fn(&Call) -> bool) -> usize {
    calls.iter().filter(|call| is_it(call)).count()
}

/// The calls by method and path. Numbers of items differ, and a torrent may be added by magnet or as a file.
fn shapes(service: &Service, calls: &[Call]) -> Vec<String> {
    let shape = |call: &Call| {
        if (service.submits)(call) {
            return "a submission".to_owned();
        }
        let is_word = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let path: Vec<&str> =
            call.path.split('/').map(|part| if is_word(part) { part } else { "…" }).collect();
        format!("{} {}", call.method, path.join("/"))
    };
    calls.iter().map(shape).collect()
}

async fn ten_requests(name: &str) {
    let service: &'static Service = named(name);
    let scene = Scene::plain(&[service]);
    let mut expected = None;
    for (seed, is_introduced, is_tapped) in [(21, false, false), (22, false, true), (23, true, true)] {
        let film = scene.held_film(seed, LENGTH);
        let before = scene.fake(service).journal().len();
        if is_introduced {
            scene.introduce(&film).await;
        }
        if is_tapped {
            tap(&scene, &film).await;
        } else {
            scene.play(&film).await;
        }
        let calls = scene.calls_since(service, before);
        assert_eq!(count(&calls, service.submits), usize::from(service.adds), "{calls:#?}");
        assert_eq!(count(&calls, service.links), 1, "{calls:#?}");
        // Whatever else one request needs, ten need no more.
        let shapes = shapes(service, &calls);
        assert_eq!(*expected.get_or_insert_with(|| shapes.clone()), shapes);
        assert_eq!(scene.links_used(service).len(), seed as usize - 20);
    }
    scene.nobody_was_annoyed();
}

for_each_service! {
    ten_requests:
    pain_02_ten_requests_are_one_submit_and_one_link_at_realdebrid "realdebrid",
    pain_02_ten_requests_are_one_submit_and_one_link_at_torbox "torbox",
    pain_02_ten_requests_are_one_submit_and_one_link_at_alldebrid "alldebrid",
    pain_02_ten_requests_are_one_submit_and_one_link_at_premiumize "premiumize",
    pain_02_ten_requests_are_one_submit_and_one_link_at_debridlink "debridlink",
    pain_02_ten_requests_are_one_submit_and_one_link_at_offcloud "offcloud",
    pain_02_ten_requests_are_one_submit_and_one_link_at_putio "putio",
    pain_02_ten_requests_are_one_submit_and_one_link_at_stremthru "stremthru",
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_02_a_failure_is_remembered_for_the_requests_that_follow() {
    let service = named("torbox");
    let scene = Scene::plain(&[service]);
    let film = scene.film(31, LENGTH);
    let refused = async || {
        let asked = Instant::now();
        let answer = scene.ask(&film, Method::GET, &[("range", "bytes=0-1")]).await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(answer.text().contains("does not hold this torrent"), "{}", answer.text());
        asked.elapsed()
    };
    tokio::join!(refused(), refused(), refused(), refused(), refused());
    let calls = scene.calls_since(service, 0);
    assert_eq!(calls.iter().filter(|call| call.path == "/torrents/checkcached").count(), 1, "{calls:#?}");
    for _ in 0..5 {
        let took = refused().await;
        assert!(took < Duration::from_secs(1), "a known failure took {took:?}");
    }
    assert_eq!(scene.calls_since(service, 0).len(), calls.len(), "{:#?}", scene.calls_since(service, 0));
    scene.nobody_was_annoyed();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_03_head_tells_the_length_from_the_file_table_while_the_service_is_silent() {
    let service = named("realdebrid");
    let scene = Scene::plain(&[service]);
    scene.fake(service).fault(Fault::Hang { prefix: "/torrents" });
    let film = scene.held_film(41, LENGTH);
    scene.introduce(&film).await;
    let asked = Instant::now();
    let answer = scene.ask(&film, Method::HEAD, &[]).await;
    assert_eq!(answer.status, 200, "{}", scene.server.transcript());
    assert!(asked.elapsed() < Duration::from_secs(1), "it took {:?}", asked.elapsed());
    assert_eq!(answer.header("content-length"), LENGTH.to_string());
    assert_eq!(answer.header("accept-ranges"), "bytes");
    assert_eq!(answer.header("content-type"), "video/x-matroska");
    let part = scene.ask(&film, Method::HEAD, &[("range", "bytes=100-299")]).await;
    assert!([200, 206].contains(&part.status.as_u16()), "{}", part.status);
    assert_eq!(scene.cdn.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_03_head_and_get_tell_the_same_length_where_nobody_knows_the_file_table() {
    let service = named("realdebrid");
    let scene = Scene::plain(&[service]);
    let film = scene.held_film(42, LENGTH);
    let head = scene.ask(&film, Method::HEAD, &[]).await;
    assert_eq!((head.status.as_u16(), head.header("content-length")), (200, "3000000"));
    let get = scene.ask(&film, Method::GET, &[]).await;
    media::assert_same_bytes(&get.body, film.bytes(), "after HEAD");
    assert_eq!(head.header("etag"), get.header("etag"));
    assert_eq!(scene.links_used(service).len(), 1);
    scene.nobody_was_annoyed();
}
