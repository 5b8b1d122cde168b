//! A self-hosted webtor.

use bytes::Bytes;
use headwater::source::http::HttpSettings;
use headwater::source::{Request, SourceError};

use super::nginx::Nginx;
use super::rig::{Plan, Rig, read_all, request};
use super::torrents::{KIB, Recipe, Torrent};
use super::webtor_fake::{Manner, Webtor};
use crate::support::media::assert_same_bytes;

async fn rig(webtor: &Webtor) -> Rig {
    let settings = HttpSettings { webtor_url: Some(webtor.url()), ..HttpSettings::default() };
    Rig::new(Plan { settings, ..Plan::default() }).await
}

fn show() -> Torrent {
    let files = [("S01/a.mp4", 300 * KIB + 11), ("S01/b.mp4", 300 * KIB + 11), ("c.mp4", 200 * KIB)];
    Torrent::new(&Recipe { name: "Show", files: &files, ..Recipe::default() })
}

fn with_torrent(torrent: &Torrent, file: u32) -> Request {
    Request { metainfo: Some(Bytes::from(torrent.bytes.clone())), ..request(torrent.info_hash, file) }
}

/// An nginx that holds the torrent's files, and the pattern of its addresses.
fn shelf(torrent: &Torrent) -> (Nginx, String) {
    let nginx = Nginx::start();
    nginx.seed(torrent);
    let link = format!("{}?token=x", nginx.url("{path}").replace("/{path}", "{path}"));
    (nginx, link)
}

#[tokio::test]
async fn a_torrent_is_handed_in_and_the_wanted_file_comes_back() {
    let torrent = show();
    let (_nginx, link) = shelf(&torrent);
    for tells_index in [true, false] {
        let webtor = Webtor::start(Manner { tells_index, ..Manner::of(&torrent, link.clone()) }).await;
        let rig = rig(&webtor).await;
        let opened = rig.open("webtor", &with_torrent(&torrent, 1)).await.unwrap();
        assert_same_bytes(
            &read_all(&opened).await,
            &torrent.files[1].1,
            "the second of two equally long files",
        );
        assert_eq!(webtor.calls(), ["store torrent", "list 0", "export"]);
    }
}

#[tokio::test]
async fn without_a_file_table_a_magnet_is_handed_in_and_the_torrent_comes_from_webtor() {
    let torrent = show();
    let (_nginx, link) = shelf(&torrent);
    let webtor = Webtor::start(Manner::of(&torrent, link)).await;
    let rig = rig(&webtor).await;
    let opened = rig.open("webtor", &request(torrent.info_hash, 2)).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, &torrent.files[2].1, "the third file");
    assert_eq!(webtor.calls(), ["store magnet", "torrent", "list 0", "export"]);
    assert!(rig.db.metainfo(torrent.info_hash).await.unwrap().is_some(), "it is remembered");
}

#[tokio::test]
async fn a_torrent_file_of_webtor_is_not_believed() {
    let (torrent, other) = (show(), Torrent::new(&Recipe { files: &[("", 9)], ..Recipe::default() }));
    let manner = Manner::of(&torrent, "http://127.0.0.1:1{path}".to_owned());
    let webtor = Webtor::start(Manner { torrent: other.bytes, ..manner }).await;
    let refusal = rig(&webtor).await.refusal("webtor", &request(torrent.info_hash, 0)).await;
    assert!(refusal.contains("something else"), "{refusal}");
}

#[tokio::test]
async fn a_single_file_needs_no_list() {
    let torrent = Torrent::new(&Recipe { files: &[("", 200 * KIB)], ..Recipe::default() });
    let (_nginx, link) = shelf(&torrent);
    let webtor = Webtor::start(Manner::of(&torrent, link)).await;
    let opened = rig(&webtor).await.open("webtor", &with_torrent(&torrent, 0)).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, &torrent.files[0].1, "the film");
    assert_eq!(webtor.calls(), ["store torrent", "export"]);
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page() {
    let names: Vec<String> = (0..2300).map(|number| format!("{number}.mp4")).collect();
    let files: Vec<(&str, usize)> = names.iter().map(|name| (name.as_str(), 100)).collect();
    let torrent = Torrent::new(&Recipe { name: "Many", files: &files, ..Recipe::default() });
    let (_nginx, link) = shelf(&torrent);
    let webtor = Webtor::start(Manner::of(&torrent, link)).await;
    let opened = rig(&webtor).await.open("webtor", &with_torrent(&torrent, 2250)).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, &torrent.files[2250].1, "one of many");
    assert_eq!(webtor.calls(), ["store torrent", "list 0", "list 1000", "list 2000", "export"]);
}

#[tokio::test]
async fn an_address_that_has_expired_is_asked_for_again() {
    let torrent = show();
    let (nginx, link) = shelf(&torrent);
    let gone = nginx.url("gone");
    let webtor =
        Webtor::start(Manner { links: vec![gone, link], ..Manner::of(&torrent, String::new()) }).await;
    let opened = rig(&webtor).await.open("webtor", &with_torrent(&torrent, 1)).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, &torrent.files[1].1, "the second file");
    assert_eq!(webtor.calls().iter().filter(|call| *call == "export").count(), 2);
}

#[tokio::test]
async fn addresses_that_never_work_are_not_asked_for_without_end() {
    let torrent = show();
    let nginx = Nginx::start();
    let webtor = Webtor::start(Manner::of(&torrent, nginx.url("gone"))).await;
    let error = rig(&webtor).await.open("webtor", &with_torrent(&torrent, 1)).await.err().unwrap();
    assert!(error.to_string().contains("404"), "{error:?}");
    assert_eq!(webtor.calls().iter().filter(|call| *call == "export").count(), 3);
}

#[tokio::test]
async fn a_webtor_that_lists_another_length_has_not_got_the_file() {
    let torrent = show();
    let mut manner = Manner::of(&torrent, "http://127.0.0.1:1{path}".to_owned());
    manner.files[1].1 += 1;
    let webtor = Webtor::start(manner).await;
    let refusal = rig(&webtor).await.refusal("webtor", &with_torrent(&torrent, 1)).await;
    assert!(refusal.contains("does not list"), "{refusal}");
}

#[tokio::test]
async fn a_private_torrent_is_not_given_away() {
    let torrent = Torrent::new(&Recipe { files: &[("", 9)], private: true, ..Recipe::default() });
    let webtor = Webtor::start(Manner::of(&torrent, "http://127.0.0.1:1{path}".to_owned())).await;
    let refusal = rig(&webtor).await.refusal("webtor", &with_torrent(&torrent, 0)).await;
    assert!(refusal.contains("private"), "{refusal}");
    assert_eq!(webtor.calls(), [""; 0]);
}

#[tokio::test]
async fn a_webtor_that_does_not_answer_may_be_asked_later() {
    let torrent = show();
    let webtor = Webtor::start(Manner::of(&torrent, String::new())).await;
    let rig = rig(&webtor).await;
    drop(webtor);
    let error = rig.open("webtor", &with_torrent(&torrent, 1)).await.err().unwrap();
    assert!(matches!(error, SourceError::Transient(_)), "{error:?}");
}
