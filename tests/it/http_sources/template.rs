//! An operator's own servers.

use bytes::Bytes;
use headwater::domain::FileChoice;
use headwater::net::Guard;
use headwater::source::http::HttpSettings;
use headwater::source::{Known, Request, SourceError, Wanted};

use super::nginx::Nginx;
use super::rig::{Plan, Rig, read_all, request};
use super::server::{Page, Server};
use super::torrents::{KIB, Recipe, Torrent};
use crate::support::media::assert_same_bytes;

async fn rig(templates: &[String]) -> Rig {
    let settings = HttpSettings { content_urls: templates.to_vec(), ..HttpSettings::default() };
    // An operator's servers may lie anywhere.
    Rig::new(Plan { settings, guard: Guard::PublicOnly, ..Plan::default() }).await
}

fn show() -> Torrent {
    let files = [("S01/a #1.mp4", 300 * KIB + 11), ("S01/b 50%.mp4", 500 * KIB + 5)];
    Torrent::new(&Recipe { name: "A Show", files: &files, ..Recipe::default() })
}

fn with_torrent(torrent: &Torrent, file: u32) -> Request {
    Request { metainfo: Some(Bytes::from(torrent.bytes.clone())), ..request(torrent.info_hash, file) }
}

#[tokio::test]
async fn a_file_is_found_by_every_blank_and_its_pieces_are_proved() {
    let nginx = Nginx::start();
    let torrent = show();
    let hash = torrent.info_hash;
    nginx.seed(&torrent);
    nginx.put(&format!("by-index/{hash}/1-{}", torrent.files[1].1.len()), &torrent.files[1].1);
    for template in ["{name}/{path}", "by-index/{infohash}/{fileIdx}-{size}"] {
        let rig = rig(&[nginx.url(template)]).await;
        let opened = rig.open("template", &with_torrent(&torrent, 1)).await.unwrap();
        assert_eq!(opened.file.key().file.0, 1);
        assert_same_bytes(&read_all(&opened).await, &torrent.files[1].1, template);
    }
}

#[tokio::test]
async fn the_next_template_is_asked_and_another_version_is_refused() {
    let nginx = Nginx::start();
    let torrent = show();
    nginx.seed(&torrent);
    nginx.put("other/S01/b 50%.mp4", &[7; 1000]);
    let templates = [nginx.url("none/{path}"), nginx.url("other/{path}"), nginx.url("{name}/{path}")];
    let all = rig(&templates).await;
    let opened = all.open("template", &with_torrent(&torrent, 1)).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, &torrent.files[1].1, "the second episode");
    let refusal = rig(&templates[..2]).await.refusal("template", &with_torrent(&torrent, 1)).await;
    assert!(refusal.contains("1000 bytes"), "{refusal}");
}

#[tokio::test]
async fn without_a_file_table_the_server_says_how_long_the_film_is() {
    let nginx = Nginx::start();
    let torrent = Torrent::new(&Recipe { files: &[("", 300 * KIB + 1)], ..Recipe::default() });
    nginx.put(&format!("{}.mp4", torrent.info_hash), &torrent.files[0].1);
    let rig = rig(&[nginx.url("{infohash}.mp4")]).await;
    let largest = Request::new(torrent.info_hash, FileChoice::Largest);
    let opened = rig.open("template", &largest).await.unwrap();
    assert!(opened.metainfo.is_none());
    assert_eq!(opened.file.key().file, FileChoice::Largest.stand_in().unwrap());
    assert_eq!(opened.file.name(), format!("{}.mp4", torrent.info_hash));
    assert_same_bytes(&read_all(&opened).await, &torrent.files[0].1, "the film");
    // It says nothing about which file of the torrent this is.
    for choice in [request(torrent.info_hash, 0).file, FileChoice::Episode { season: 1, episode: 1 }] {
        let refusal = rig.refusal("template", &Request::new(torrent.info_hash, choice)).await;
        assert!(refusal.contains("file table"), "{refusal}");
    }
}

#[tokio::test]
async fn a_template_with_an_index_needs_no_file_table() {
    let nginx = Nginx::start();
    let torrent = show();
    nginx.put(&format!("{}/1.mp4", torrent.info_hash), &torrent.files[1].1);
    let rig = rig(&[nginx.url("{infohash}/{path}"), nginx.url("{infohash}/{fileIdx}.mp4")]).await;
    let opened = rig.open("template", &request(torrent.info_hash, 1)).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, &torrent.files[1].1, "the second episode");
    let refusal = rig.refusal("template", &request(torrent.info_hash, 0)).await;
    assert!(refusal.contains("404"), "{refusal}");
}

#[tokio::test]
async fn another_length_than_that_of_the_file_in_use_is_another_version() {
    let nginx = Nginx::start();
    let torrent = Torrent::new(&Recipe { files: &[("", 300 * KIB)], ..Recipe::default() });
    let place = format!("{}.mp4", torrent.info_hash);
    nginx.put(&place, &torrent.files[0].1);
    let rig = rig(&[nginx.url("{infohash}.mp4")]).await;
    let largest = Request::new(torrent.info_hash, FileChoice::Largest);
    let opened = rig.open("template", &largest).await.unwrap();
    nginx.put(&place, &torrent.files[0].1[..200 * KIB]);
    let known = Some(Known { file: opened.file.clone(), metainfo: None });
    let error = rig.open_beside("template", Wanted { request: largest.clone(), known }).await.err().unwrap();
    assert!(matches!(&error, SourceError::NotHere(why) if why.contains("version")), "{error:?}");
    let refusal = rig.refusal("template", &largest).await;
    assert!(refusal.contains("version"), "{refusal}");
}

#[tokio::test]
async fn a_web_page_is_no_film() {
    let torrent = Torrent::new(&Recipe { files: &[("", 300 * KIB)], ..Recipe::default() });
    let page = Page { content_type: "text/html", ..Page::of("<html>not here</html>") };
    let server = Server::start([(format!("/{}", torrent.info_hash), page)]).await;
    let rig = rig(&[server.url("/{infohash}")]).await;
    let largest = Request::new(torrent.info_hash, FileChoice::Largest);
    let refusal = rig.refusal("template", &largest).await;
    assert!(refusal.contains("web page"), "{refusal}");
}
