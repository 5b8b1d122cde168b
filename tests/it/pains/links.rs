//! Links: kept while they work, replaced when they end.

use std::time::{Duration, Instant};

use reqwest::Method;
use tokio::sync::oneshot;

use super::scene::{Film, Scene};
use super::services::{Service, for_each_service, named};
use crate::support::cdn::{Fault, Gone, Scope};
use crate::support::debrid::{LinkLife, Mode};
use crate::support::{http, media};

const LENGTH: usize = 12_000_000;

/// Jumps about in a film: forwards, backwards, and in several places at once.
async fn jump_about(scene: &Scene, film: &Film) {
    for place in [9, 2, 7, 11, 4] {
        scene.seek(film, place * 1_000_000, 70_000).await;
    }
    let seek = |place: usize| scene.seek(film, place * 500_000, 70_000);
    futures::future::join_all([3, 21, 11, 17, 7, 13].map(seek)).await;
}

/// Deletes what nobody watches. A server hears a little after its viewers that they have hung up, so it is asked until
/// something goes.
async fn forget(scene: &Scene) {
    for _ in 0..50 {
        let (status, freed) = scene.server.post("/admin/cleanup", "").await;
        assert!(status.is_success(), "{freed}");
        if freed["freedBytes"].as_u64() > Some(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nothing could be deleted\n{}", scene.server.transcript());
}

async fn seeks(name: &str) {
    let service: &'static Service = named(name);
    let scene = Scene::plain(&[service]);
    // Slow enough that every jump leads to where nothing has arrived yet.
    let slow = Fault::Slow { bytes_per_second: 2_000_000 };
    scene.cdn.set_fault(Scope::All, Some(slow));
    let known = scene.held_film(11, LENGTH);
    scene.introduce(&known).await;
    for (number, film) in [known, scene.held_film(12, LENGTH)].iter().enumerate() {
        jump_about(&scene, film).await;
        // Whatever was in the cache goes, and the job with it. The link stays.
        let fetched = scene.cdn.bytes_sent();
        forget(&scene).await;
        jump_about(&scene, film).await;
        assert!(scene.cdn.bytes_sent() > fetched, "the second time everything was in the cache");
        let calls = scene.calls_since(service, 0);
        let count = |is_it: fn(&crate::support::debrid::Call) -> bool| {
            calls.iter().filter(|call| is_it(call)).count()
        };
        assert_eq!((count(service.submits), count(service.links)), (number + 1, number + 1), "{calls:#?}");
        assert_eq!(scene.links_used(service).len(), number + 1);
    }
    scene.nobody_was_annoyed();
}

for_each_service! {
    seeks:
    pain_01_a_seek_does_not_regenerate_the_link_at_realdebrid "realdebrid",
    pain_01_a_seek_does_not_regenerate_the_link_at_torbox "torbox",
}

/// The link in use ends in the middle of a play, and its connections break.
async fn expires(name: &str) {
    let service: &'static Service = named(name);
    let scene = Scene::plain(&[service]);
    scene.cdn.set_fault(Scope::Group(service.kind.name), Some(Fault::Slow { bytes_per_second: 5_000_000 }));
    for (seed, knows) in [(13, true), (14, false)] {
        let (film, before) = (scene.held_film(seed, LENGTH), scene.links_used(service));
        if knows {
            scene.introduce(&film).await;
        }
        let (quarter, at_quarter) = oneshot::channel();
        let ending = async {
            at_quarter.await.expect("the play gets that far");
            let used = scene.links_used(service);
            end(&scene, used.difference(&before).next().expect("a link is in use"), service).await;
        };
        let (gap, ()) = tokio::join!(watch(&scene, &film, quarter), ending);
        assert!(gap < Duration::from_secs(3), "nothing for {gap:?}\n{}", scene.server.transcript());
        assert_eq!(scene.links_used(service).len(), before.len() + 2, "one link, and one in its place");
    }
    let calls = scene.calls_since(service, 0);
    let submits = calls.iter().filter(|call| (service.submits)(call)).count();
    assert_eq!(submits, if service.adds { 2 } else { 0 }, "a fresh link needs no new item: {calls:#?}");
    scene.nobody_was_annoyed();
}

/// Plays a film, says when a quarter of it has come, and returns the longest time without a byte.
async fn watch(scene: &Scene, film: &Film, quarter: oneshot::Sender<()>) -> Duration {
    let mut response = scene.server.open(&film.path()).await;
    assert_eq!(response.status(), 200, "{}", scene.server.transcript());
    let (mut seen, mut last, mut gap, mut quarter) = (Vec::new(), None, Duration::ZERO, Some(quarter));
    while let Some(chunk) = response.chunk().await.expect("the body goes on") {
        let now = Instant::now();
        gap = gap.max(now - last.replace(now).unwrap_or(now));
        seen.extend_from_slice(&chunk);
        if seen.len() > LENGTH / 4
            && let Some(quarter) = quarter.take()
        {
            quarter.send(()).expect("somebody waits for this");
        }
    }
    media::assert_same_bytes(&seen, film.bytes(), &film.path());
    gap
}

/// Ends the link with this path as the service's file servers do, once its connections have broken.
async fn end(scene: &Scene, path: &str, service: &Service) {
    let id = path.split('/').nth(2).expect("the path of a link has its random part");
    let sent = || {
        let requests = scene.cdn.requests();
        requests.iter().filter(|request| request.path == path).map(|request| request.bytes_sent).sum::<u64>()
    };
    scene.cdn.set_fault(Scope::Link(id), Some(Fault::Cut { after: 0 }));
    // Answers under way move every 50 ms, those that are cut never again.
    let (mut before, deadline) = (u64::MAX, Instant::now() + Duration::from_secs(5));
    while before != sent() {
        assert!(Instant::now() < deadline, "it goes on: {:#?}", scene.cdn.requests());
        before = sent();
        tokio::time::sleep(Duration::from_millis(120)).await;
    }
    let (status, x_error) = service.ended;
    let gone = Gone { status, x_error: x_error.map(str::to_owned) };
    scene.cdn.set_fault(Scope::Link(id), Some(Fault::Gone(gone)));
}

for_each_service! {
    expires:
    pain_04_a_link_that_expires_mid_film_is_renewed_at_realdebrid "realdebrid",
    pain_04_a_link_that_expires_mid_film_is_renewed_at_torbox "torbox",
    pain_04_a_link_that_expires_mid_film_is_renewed_at_alldebrid "alldebrid",
    pain_04_a_link_that_expires_mid_film_is_renewed_at_premiumize "premiumize",
    pain_04_a_link_that_expires_mid_film_is_renewed_at_debridlink "debridlink",
    pain_04_a_link_that_expires_mid_film_is_renewed_at_offcloud "offcloud",
    pain_04_a_link_that_expires_mid_film_is_renewed_at_putio "putio",
    pain_04_a_link_that_expires_mid_film_is_renewed_at_stremthru "stremthru",
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_04_links_that_end_again_and_again_are_not_asked_for_again_and_again() {
    let (first, second) = (named("alldebrid"), named("torbox"));
    let scene = Scene::plain(&[first, second]);
    let film = scene.held_film(15, LENGTH);
    // Every link delivers half a megabyte, once.
    scene.fake(first).set_modes(&film.share.info_hash, vec![Mode::LinkExpires(LinkLife::Requests(1))]);
    scene.cdn.set_fault(Scope::Group("alldebrid"), Some(Fault::Cut { after: 500_000 }));
    scene.introduce(&film).await;
    scene.play(&film).await;
    let links = scene.calls_since(first, 0).into_iter().filter(|call| (first.links)(call)).count();
    assert!((1..=4).contains(&links), "{links} links were asked for\n{}", scene.server.transcript());
    assert_eq!(scene.links_used(second).len(), 1);
    let answer = scene.ask(&film, Method::HEAD, &[]).await;
    assert_eq!(answer.header("content-length"), LENGTH.to_string());
    scene.nobody_was_annoyed();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_04_the_only_service_is_not_flooded_either_when_its_links_keep_ending() {
    let service = named("alldebrid");
    let scene = Scene::plain(&[service]);
    let film = scene.held_film(16, LENGTH);
    scene.fake(service).set_modes(&film.share.info_hash, vec![Mode::LinkExpires(LinkLife::Requests(1))]);
    scene.cdn.set_fault(Scope::Group("alldebrid"), Some(Fault::Cut { after: 500_000 }));
    scene.introduce(&film).await;
    let url = scene.server.url(&film.path());
    let played =
        http::send(&http::client(), Method::GET, &url, &[], Vec::new(), Duration::from_secs(6)).await;
    assert!(played.is_err(), "half a megabyte every ten seconds is no film");
    let links = scene.calls_since(service, 0).into_iter().filter(|call| (service.links)(call)).count();
    assert!((1..=4).contains(&links), "{links} links were asked for\n{}", scene.server.transcript());
    scene.nobody_was_annoyed();
}
