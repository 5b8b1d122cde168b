//! Contents that no torrent describes.

use headwater::domain::{FileChoice, FileIndex};
use headwater::net::Guard;
use headwater::source::{Place, Request, SourceError, Wanted, place_hash};

use super::nginx::Nginx;
use super::rig::{Plan, Rig, read_all, request};
use super::server::{Page, Server};
use super::torrents::{KIB, Recipe, Torrent};
use crate::support::media::assert_same_bytes;

fn at(url: &str) -> Request {
    let place =
        Place { url: url.parse().unwrap(), headers: Vec::new(), name: "A Film.mp4".to_owned(), size: None };
    let first = FileChoice::Index(FileIndex(0));
    Request { place: Some(place.clone()), ..Request::new(place_hash(&place.url), first) }
}

fn film() -> Vec<u8> {
    let torrent = Torrent::new(&Recipe { files: &[("", 700 * KIB + 3)], ..Recipe::default() });
    torrent.files[0].1.clone()
}

#[tokio::test]
async fn a_file_at_an_address_is_fetched_by_ranges_under_its_given_name() {
    let (nginx, film) = (Nginx::start(), film());
    nginx.put("x/1.bin", &film);
    let rig = Rig::new(Plan::default()).await;
    let wanted = at(&nginx.url("x/1.bin?key=1"));
    let opened = rig.open("direct", &wanted).await.unwrap();
    assert_eq!(opened.file.name(), "A Film.mp4");
    assert_eq!(opened.file.key().info_hash, wanted.info_hash);
    assert_same_bytes(&read_all(&opened).await, &film, "the film");
}

#[tokio::test]
async fn all_other_sources_leave_it_alone_and_it_leaves_torrents_alone() {
    let nginx = Nginx::start();
    let mut plan = Plan::default();
    plan.settings.content_urls = vec![nginx.url("{infohash}")];
    let rig = Rig::new(plan).await;
    nginx.put("film.mp4", &film());
    let wanted = at(&nginx.url("film.mp4"));
    for source in ["template", "webseed"] {
        let refusal = rig.refusal(source, &wanted).await;
        assert!(refusal.contains("not a torrent"), "{refusal}");
    }
    let refusal = rig.refusal("direct", &request(wanted.info_hash, 0)).await;
    assert!(refusal.contains("no address"), "{refusal}");
}

#[tokio::test]
async fn what_is_no_file_or_cannot_be_sought_in_is_refused_with_the_reason() {
    let page = |content_type, body: &str| Page { content_type, ..Page::of(body) };
    let server = Server::start([
        ("/page".to_owned(), page("text/html; charset=utf-8", "<html>")),
        ("/list".to_owned(), page("application/vnd.apple.mpegurl", "#EXTM3U")),
        ("/whole".to_owned(), page("video/mp4", "a film that is sent whole only")),
    ])
    .await;
    let rig = Rig::new(Plan::default()).await;
    for (path, reason) in [("/page", "web page"), ("/list", "HLS"), ("/whole", "parts"), ("/none", "404")] {
        let refusal = rig.refusal("direct", &at(&server.url(path))).await;
        assert!(refusal.contains(reason), "{path}: {refusal}");
    }
}

#[tokio::test]
async fn addresses_in_private_networks_are_asked_only_if_the_operator_says_so() {
    let nginx = Nginx::start();
    nginx.put("film.mp4", &film());
    let rig = Rig::new(Plan { guard: Guard::PublicOnly, ..Plan::default() }).await;
    let refusal = rig.refusal("direct", &at(&nginx.url("film.mp4"))).await;
    assert!(refusal.contains("private network"), "{refusal}");
    for url in ["file:///etc/passwd", "ftp://a.example/film.mp4"] {
        let refusal = rig.refusal("direct", &at(url)).await;
        assert!(refusal.contains("http"), "{refusal}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_may_be_asked_again_and_nobody_reads_the_address() {
    let rig = Rig::new(Plan::default()).await;
    let wanted = Wanted { request: at("http://127.0.0.1:1/s3cret/film.mp4"), known: None };
    let error = rig.open_beside("direct", wanted.clone()).await.unwrap_err();
    assert!(matches!(error, SourceError::Transient(_)), "{error:?}");
    for text in [error.to_string(), format!("{wanted:?}")] {
        assert!(!text.contains("s3cret"), "{text}");
    }
}
