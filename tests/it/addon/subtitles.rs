//! `/subtitles/{type}/{id}/{extra}.json` and the texts it names.

use std::fs;

use serde_json::Value;

use crate::support::http::escape;
use crate::support::media;
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{Libtorrent, Share, Tracker};

const GERMAN: &str = "1\n00:00:01,000 --> 00:00:02,000\nGrüße, über die Brücke\n\n";

/// What a client asks when it plays a file of this name and length.
fn asked(name: &str, length: usize) -> String {
    format!("/subtitles/series/tt0000001%3A1%3A1/filename={}&videoSize={length}.json", escape(name))
}

async fn listed(server: &Headwater, path: &str) -> Vec<Value> {
    let (status, answer) = server.json(path).await;
    assert_eq!(status, 200, "{answer}");
    answer["subtitles"].as_array().cloned().unwrap_or_else(|| panic!("{answer}"))
}

async fn text(server: &Headwater, subtitle: &Value) -> (String, String) {
    let url = subtitle["url"].as_str().unwrap_or_else(|| panic!("{subtitle}"));
    let answer = server.get(url.strip_prefix(server.base()).unwrap_or(url)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    (answer.header("content-type").to_owned(), answer.text())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_played_episode_has_the_texts_that_its_torrent_holds_for_it() {
    let tracker = Tracker::start();
    let film = media::random(301, 700_000);
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(GERMAN);
    let files = [
        (vec!["Kite.Fair.S01E01.mkv"], film.clone()),
        (vec!["Kite.Fair.S01E02.mkv"], media::random(302, 700_000)),
        (vec!["Kite.Fair.S01E01.de.srt"], latin.into_owned()),
        (vec!["Kite.Fair.S01E02.de.srt"], GERMAN.as_bytes().to_vec()),
        (
            vec!["Subs", "Kite.Fair.S01E01", "2_English.vtt"],
            b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n".to_vec(),
        ),
    ];
    let share = Share::multi("Kite.Fair.S01", &files, 32 * 1024, &[tracker.http()]);
    let _seed = Libtorrent::start(&share, None);
    let server = Headwater::start();
    assert!(
        listed(&server, &asked("Kite.Fair.S01E01.mkv", film.len())).await.is_empty(),
        "nobody plays it yet"
    );

    let played =
        server.get(&format!("/stream/proxy/{}?fileIndex=0&{}", share.info_hash, share.tracker_query())).await;
    assert_eq!(played.status, 200);
    let found = listed(&server, &asked("Kite.Fair.S01E01.mkv", film.len())).await;
    let langs: Vec<&str> = found.iter().filter_map(|one| one["lang"].as_str()).collect();
    assert_eq!(langs, ["ger", "eng"], "{found:?}");
    let (kind, german) = text(&server, &found[0]).await;
    assert_eq!((kind.as_str(), german.as_str()), ("application/x-subrip; charset=utf-8", GERMAN));
    let (kind, english) = text(&server, &found[1]).await;
    assert_eq!(kind, "text/vtt; charset=utf-8");
    assert_eq!(english, "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n\n");

    assert!(listed(&server, &asked("Kite.Fair.S01E01.mkv", 5)).await.is_empty(), "that is another file");
    assert!(listed(&server, "/subtitles/series/tt0000001%3A1%3A1.json").await.is_empty(), "no file is named");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_only_given_to_the_holder_of_its_link() {
    let server = Headwater::start();
    let hash = "abcdef0123456789abcdef0123456789abcdef01";
    let answer = server.get(&format!("/captions/AAAA/{hash}/0/a.srt")).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_beside_a_file_of_the_operator_are_offered() {
    let hash = "abcdef0123456789abcdef0123456789abcdef01";
    let setup = Setup::new();
    let folder = setup.home().join("films");
    fs::create_dir_all(&folder).expect("the home is writable");
    let video = format!("Harbour {hash}.mkv");
    fs::write(folder.join(&video), media::random(303, 1_200_000)).expect("the home is writable");
    fs::write(folder.join(format!("Harbour {hash}.de.srt")), GERMAN).expect("the home is writable");
    fs::write(folder.join("Other film.de.srt"), GERMAN).expect("the home is writable");
    let server = setup.env("TORRENT_DOWNLOAD_PATH", &folder.display().to_string()).start();
    assert_eq!(server.range(&format!("/stream/proxy/{hash}"), 0, 99).await.status, 206);
    let found = listed(&server, &asked(&video, 1_200_000)).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["lang"], "ger");
    assert_eq!(text(&server, &found[0]).await.1, GERMAN);
}
