//! The CDN does what its faults say, and nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};

use super::{Cdn, Fault, Gone, LinkPolicy, Scope};
use crate::support::debrid::debridlink::DEBRID_LINK;
use crate::support::debrid::{Fake, FakeAccount, LinkLife, Mode, Title, TitleFile, World};
use crate::support::http::{self, Answer};
use crate::support::media;

const HASH: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";
const PATH: &str = "Season 1/An épisode #1.mkv";
const LENGTH: usize = 300_000;

fn film() -> Vec<u8> {
    media::random(5, LENGTH)
}

fn cdn() -> Cdn {
    let cdn = Cdn::start();
    cdn.add_title(HASH, "A show", &[(PATH, Arc::new(film())), ("read me.txt", Arc::new(b"hello".to_vec()))]);
    cdn
}

fn policy(group: &str) -> LinkPolicy {
    LinkPolicy { group: group.to_owned(), ..LinkPolicy::default() }
}

async fn get(url: &str, range: Option<&str>) -> Result<Answer, reqwest::Error> {
    let headers: Vec<_> = range.map(|range| ("range", range)).into_iter().collect();
    http::send(&http::unmoved(), Method::GET, url, &headers, Vec::new(), Duration::from_secs(20)).await
}

async fn faulty(fault: Fault, range: Option<&str>) -> (Cdn, Result<Answer, reqwest::Error>) {
    let cdn = cdn();
    let url = cdn.link(HASH, PATH, LinkPolicy { fault: Some(fault), ..LinkPolicy::default() });
    let answer = get(&url, range).await;
    (cdn, answer)
}

#[tokio::test]
async fn a_link_serves_ranges_as_nginx_does_and_is_journalled() {
    let cdn = cdn();
    let url = cdn.link(HASH, PATH, policy("one"));
    assert!(url.ends_with("/An%20%C3%A9pisode%20%231.mkv"), "{url}");
    let answer = get(&url, Some("bytes=100-199")).await.unwrap();
    assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.header("content-range"), "bytes 100-199/300000");
    assert_eq!(answer.header("content-type"), "video/x-matroska");
    assert_eq!(answer.body, film()[100..200]);
    let seen = &cdn.requests()[0];
    assert_eq!((seen.group.as_str(), seen.method.as_str(), seen.status), ("one", "GET", 206));
    assert_eq!((seen.range.as_deref(), seen.bytes_sent), (Some("bytes=100-199"), 100));
    assert!(url.contains(&seen.path) && seen.client_port != 0);
    assert_eq!(cdn.bytes_sent(), 100);
}

#[tokio::test]
async fn links_differ_and_others_are_not_found() {
    let cdn = cdn();
    let (one, other) = (cdn.link(HASH, PATH, policy("")), cdn.link(HASH, PATH, policy("")));
    assert_ne!(one, other);
    let guessed = one.replace("/d/", "/d/0");
    assert_eq!(get(&guessed, None).await.unwrap().status, StatusCode::NOT_FOUND);
    assert_eq!(cdn.requests()[0].status, 404);
}

#[tokio::test]
async fn a_link_ends_after_its_requests_or_its_time() {
    let cdn = cdn();
    let gone = Gone { status: 410, x_error: Some("link_expired".to_owned()) };
    let twice = LinkPolicy { requests: Some(2), afterwards: gone, ..LinkPolicy::default() };
    let url = cdn.link(HASH, PATH, twice);
    for _ in 0..2 {
        assert_eq!(get(&url, None).await.unwrap().body.len(), LENGTH);
    }
    let answer = get(&url, None).await.unwrap();
    assert_eq!((answer.status, answer.header("x-error")), (StatusCode::GONE, "link_expired"));
    let late = LinkPolicy { lifetime: Some(Duration::ZERO), ..LinkPolicy::default() };
    assert_eq!(get(&cdn.link(HASH, PATH, late), None).await.unwrap().status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn statuses_in_place_of_the_film() {
    let (_cdn, answer) = faulty(Fault::TooManyRequests { retry_after: Some(7) }, None).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "7"));
    let (_cdn, answer) = faulty(Fault::Unavailable, None).await;
    assert_eq!(answer.unwrap().status, StatusCode::SERVICE_UNAVAILABLE);
    let (_cdn, answer) = faulty(Fault::Gone(Gone { status: 403, x_error: None }), None).await;
    assert_eq!(answer.unwrap().status, StatusCode::FORBIDDEN);
    let (_cdn, answer) = faulty(Fault::Html, Some("bytes=0-99")).await;
    let answer = answer.unwrap();
    assert!(answer.status == StatusCode::OK && answer.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn a_cut_answer_ends_short_of_its_length() {
    let (cdn, answer) = faulty(Fault::Cut { after: 5000 }, None).await;
    assert!(answer.is_err());
    assert_eq!(cdn.bytes_sent(), 5000);
}

#[tokio::test]
async fn a_stalled_answer_goes_on_when_it_is_healed() {
    let cdn = cdn();
    cdn.set_fault(Scope::All, Some(Fault::Stall { after: 1000 }));
    let url = cdn.link(HASH, PATH, policy(""));
    let mut answer = http::unmoved().get(&url).send().await.unwrap();
    let mut body = answer.chunk().await.unwrap().unwrap().to_vec();
    while body.len() < 1000 {
        body.extend(answer.chunk().await.unwrap().unwrap());
    }
    let silence = tokio::time::timeout(Duration::from_millis(200), answer.chunk()).await;
    assert!(silence.is_err() && cdn.open_connections() == 1);
    cdn.set_fault(Scope::All, None);
    while let Some(bytes) = answer.chunk().await.unwrap() {
        body.extend(bytes);
    }
    media::assert_same_bytes(&body, &film(), "healed");
}

#[tokio::test]
async fn a_slow_answer_keeps_its_pace() {
    let start = Instant::now();
    let (_cdn, answer) = faulty(Fault::Slow { bytes_per_second: 100_000 }, Some("bytes=0-49999")).await;
    assert_eq!(answer.unwrap().body, film()[..50_000]);
    assert!(start.elapsed() >= Duration::from_millis(450), "{:?}", start.elapsed());
}

#[tokio::test]
async fn other_bytes_than_the_film() {
    let (_cdn, answer) = faulty(Fault::WrongTotal { length: 400_000 }, Some("bytes=0-9")).await;
    assert_eq!(answer.unwrap().header("content-range"), "bytes 0-9/400000");
    let (_cdn, answer) = faulty(Fault::WrongBytes, None).await;
    let wrong = answer.unwrap().body;
    assert_eq!(wrong.len(), LENGTH);
    let differences = wrong.iter().zip(film()).filter(|(wrong, right)| *wrong != right).count();
    assert_eq!(differences, (LENGTH - 1000).div_ceil(4096));
    let (_cdn, answer) = faulty(Fault::ErrorClip, None).await;
    let clip = answer.unwrap().body;
    assert!(&clip[4..8] == b"ftyp" && clip.len() < 20_000, "{}", clip.len());
}

#[tokio::test]
async fn ranges_are_ignored_or_moved() {
    let (_cdn, answer) = faulty(Fault::IgnoreRange, Some("bytes=100-199")).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, LENGTH));
    let (_cdn, answer) = faulty(Fault::WrongRangeStart, Some("bytes=100-199")).await;
    assert_eq!(answer.unwrap().header("content-range"), "bytes 99-199/300000");
}

#[tokio::test]
async fn more_than_the_allowed_number_at_a_time_are_refused() {
    let cdn = cdn();
    cdn.set_fault(Scope::All, Some(Fault::ConnectionLimit(1)));
    let url = cdn.link(HASH, PATH, policy(""));
    // Far more than the buffers on the way hold, so that the first one is certainly still open.
    let long = cdn.link_to(&Arc::new(vec![7; 40 << 20]), "long.mkv", policy(""));
    let first = http::unmoved().get(&long).send().await.unwrap();
    assert_eq!(get(&url, None).await.unwrap().status, StatusCode::SERVICE_UNAVAILABLE);
    drop(first);
    let deadline = Instant::now() + Duration::from_secs(10);
    while get(&url, None).await.unwrap().status != StatusCode::OK {
        assert!(Instant::now() < deadline, "the place was never given back");
    }
}

#[tokio::test]
async fn a_fault_may_come_later_and_strikes_its_scope_only() {
    let cdn = cdn();
    let later = Fault::LaterOn { bytes: 100_000, fault: Box::new(Fault::Cut { after: 0 }) };
    cdn.set_fault(Scope::Group("one"), Some(later));
    let (one, other) = (cdn.link(HASH, PATH, policy("one")), cdn.link(HASH, PATH, policy("two")));
    assert_eq!(get(&one, Some("bytes=0-59999")).await.unwrap().body.len(), 60_000);
    assert!(get(&one, Some("bytes=60000-159999")).await.is_err());
    assert_eq!(cdn.bytes_sent(), 100_000);
    assert!(get(&cdn.link(HASH, PATH, policy("one")), None).await.is_err(), "it is for the whole group");
    assert_eq!(get(&other, None).await.unwrap().body.len(), LENGTH);
    cdn.set_fault(Scope::Link(&other), Some(Fault::Unavailable));
    assert_eq!(get(&other, None).await.unwrap().status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_web_seed_serves_by_name_and_path() {
    let cdn = cdn();
    cdn.add_title("00", "single.mkv", &[("single.mkv", Arc::new(vec![9; 10]))]);
    let (plain, frail) = (cdn.web_seed_url(), cdn.frail_web_seed_url());
    for root in [&plain, &frail] {
        let several = get(&format!("{root}A%20show/Season%201/An%20%C3%A9pisode%20%231.mkv"), None).await;
        media::assert_same_bytes(&several.unwrap().body, &film(), root);
        assert_eq!(get(&format!("{root}single.mkv"), None).await.unwrap().body, [9; 10]);
        assert_eq!(get(&format!("{root}nothing"), None).await.unwrap().status, StatusCode::NOT_FOUND);
    }
    cdn.set_fault(Scope::WebSeed, Some(Fault::WrongBytes));
    let file = "A%20show/Season%201/An%20%C3%A9pisode%20%231.mkv";
    assert_ne!(get(&format!("{frail}{file}"), None).await.unwrap().body, film());
    assert_eq!(get(&format!("{plain}{file}"), None).await.unwrap().body, film());
}

#[tokio::test]
async fn services_hand_out_its_links_each_in_a_group_of_its_own() {
    let cdn = Cdn::start();
    let world = World::new(cdn.links("one"));
    let files = vec![TitleFile { path: "film.mkv".to_owned(), bytes: Arc::new(film()) }];
    world.add_title(Title { info_hash: HASH.to_owned(), name: "film.mkv".to_owned(), files });
    let fake = Fake::start(&world, DEBRID_LINK, vec![FakeAccount::fine("token")]);
    fake.set_cached(HASH, true);
    fake.set_modes(HASH, vec![Mode::LinkExpires(LinkLife::Requests(1))]);
    let headers = [("authorization", "Bearer token"), ("content-type", "application/json")];
    let (url, body) = (format!("{}/seedbox/add", fake.base), format!("{{\"url\":\"{HASH}\"}}").into_bytes());
    let added =
        http::send(&http::unmoved(), Method::POST, &url, &headers, body, Duration::from_secs(20)).await;
    let torrent = added.unwrap().json();
    let link = torrent["value"]["files"][0]["downloadUrl"].as_str().unwrap();
    media::assert_same_bytes(&get(link, None).await.unwrap().body, &film(), "behind the link");
    assert_eq!(get(link, None).await.unwrap().status, StatusCode::NOT_FOUND);
    assert_eq!(cdn.requests()[0].group, "one");
}

#[tokio::test]
async fn nothing_answers_when_the_last_clone_is_gone() {
    let cdn = cdn();
    let (url, seed) = (cdn.link(HASH, PATH, policy("")), cdn.web_seed_url());
    drop(cdn.clone());
    assert_eq!(get(&url, None).await.unwrap().status, StatusCode::OK);
    drop(cdn);
    assert!(get(&url, None).await.is_err() && get(&seed, None).await.is_err());
}
