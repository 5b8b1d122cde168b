//! Files that an operator drops into the cache folder (`streaming-without-p2p`).

use std::fs;

use reqwest::Method;

use crate::support::media::{self, assert_same_bytes};
use crate::support::server::{Headwater, Setup};

const HASH: &str = "abcdef0123456789abcdef0123456789abcdef01";

fn with_file(name: &str, bytes: &[u8]) -> Headwater {
    let setup = Setup::new();
    let folder = setup.home().join("films");
    fs::create_dir_all(&folder).expect("the home is writable");
    fs::write(folder.join(name), bytes).expect("the home is writable");
    setup.env("TORRENT_DOWNLOAD_PATH", &folder.display().to_string()).start()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_whose_name_holds_the_hash_is_served_without_any_peer() {
    let film = media::random(95, 2_000_000);
    let name = format!("My film {}.mkv", HASH.to_uppercase());
    let server = with_file(&name, &film);
    let path = format!("/stream/proxy/{HASH}");
    let head = server.send(Method::HEAD, &path, &[], Vec::new()).await;
    assert_eq!((head.status.as_u16(), head.header("content-length")), (200, "2000000"));
    assert_eq!(head.header("content-type"), "video/x-matroska");
    assert_same_bytes(&server.get(&path).await.body, &film, "the whole file");
    let part = server.range(&path, 1_500_000, 1_599_999).await;
    assert_eq!(part.status, 206);
    assert_same_bytes(&part.body, &film[1_500_000..1_600_000], "a range");
    let (_, started) = server.post(&format!("/stream/prepare/{HASH}"), "").await;
    assert_eq!(started["message"], "Stream is ready.", "{started}");
    let (_, job) = server.json(started["statusUrl"].as_str().unwrap_or_default()).await;
    assert_eq!(
        (&job["status"], &job["method"], &job["fileName"]),
        (&"ready".into(), &"cache".into(), &name.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_gets_another_entity_tag() {
    let name = format!("{HASH}.mp4");
    let server = with_file(&name, &media::random(96, 1_500_000));
    let path = format!("/stream/proxy/{HASH}");
    let before = server.range(&path, 0, 1).await;
    let after = media::random(97, 1_600_000);
    fs::write(server.setup().home().join("films").join(&name), &after).expect("the home is writable");
    server.send(Method::POST, "/admin/cleanup", &[], Vec::new()).await;
    let now = server.get(&path).await;
    assert_ne!(before.header("etag"), now.header("etag"));
    assert_same_bytes(&now.body, &after, "the new file");
    assert!(server.setup().home().join("films").join(&name).exists(), "an operator's file was deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn small_files_and_other_kinds_are_not_taken_for_it() {
    for (name, length) in [(format!("{HASH}.mkv"), 1_000_000), (format!("{HASH}.nfo"), 2_000_000)] {
        let server = with_file(&name, &media::random(98, length));
        let answer = server.get(&format!("/stream/proxy/{HASH}")).await;
        assert_eq!(answer.status, 503, "{name}: {}", answer.text());
    }
}
