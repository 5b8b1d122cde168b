//! `/subtitles/{type}/{id}/{extra}.json` and the texts it names.

use std::fs;

use futures::future::join;
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
    let answer = server.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let listed =
        answer.json()["subtitles"].as_array().cloned().unwrap_or_else(|| panic!("{}", answer.text()));
    // What is not known yet may be known a moment later, so nobody keeps that.
    let seconds = if listed.is_empty() { 0 } else { 60 };
    assert_eq!(answer.json()["cacheMaxAge"], seconds, "{}", answer.text());
    let kept = answer.header("cache-control");
    assert!(kept.starts_with(&format!("max-age={seconds},")), "{kept}");
    listed
}

/// Asks for the texts of a video, and for the video as soon as the server waits for it. Returns the texts.
async fn listed_before(server: &Headwater, texts: &str, video: &str) -> Vec<Value> {
    let playing = async {
        server.until_printed(|line| line.contains("subtitles are asked for before their video")).await;
        server.range(video, 0, 99).await
    };
    let (found, played) = join(listed(server, texts), playing).await;
    assert_eq!(played.status, 206, "{}\n{}", played.text(), server.transcript());
    found
}

async fn text(server: &Headwater, subtitle: &Value) -> (String, String) {
    let url = subtitle["url"].as_str().unwrap_or_else(|| panic!("{subtitle}"));
    let answer = server.get(url.strip_prefix(server.base()).unwrap_or(url)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    (answer.header("content-type").to_owned(), answer.text())
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_are_asked_for_first_come_when_their_episode_is_opened() {
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
    let wanted = asked("Kite.Fair.S01E01.mkv", film.len());
    let found = listed_before(&server, &wanted, &Headwater::proxy(&share, 0)).await;
    assert_eq!(listed(&server, &wanted).await.len(), found.len(), "the same while it is played");
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
    let found = listed_before(&server, &asked(&video, 1_200_000), &format!("/stream/proxy/{hash}")).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["lang"], "ger");
    assert_eq!(text(&server, &found[0]).await.1, GERMAN);
}
