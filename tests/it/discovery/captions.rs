//! Subtitles of what was chosen from a list: of the operator's own files, and by way of a profile.

use std::sync::Arc;

use headwater::config::SourcePolicy;
use headwater::domain::DebridService;
use headwater::profile::{Profile, ServiceAccount};
use serde_json::Value;

use super::stage::{FILM, Row, SHOW, list_at, setup, start_with, titles, until};
use crate::support::cdn::Cdn;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Fake, FakeAccount, Title, TitleFile, World};
use crate::support::http::escape;
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Handed, Listed, Tracker as Site, Upstream};
use crate::support::media;
use crate::support::server::Headwater;
use crate::support::swarm::{PIECE, Share};

const TOKEN: &str = "token-of-one-viewer";
const GERMAN: &str = "1\n00:00:01,000 --> 00:00:02,000\nGrüße, über die Brücke\n\n";
const RUSSIAN: &str = "1\n00:00:01,000 --> 00:00:02,000\nДобрый вечер, как дела у маяка?\n\n";

const SPANISH: &str = "[Events]\nFormat: Layer, Start, End, Style, Text\n\
    Dialogue: 0,0:00:01.00,0:00:02.00,Default,{\\i1}Buenas noches{\\i0}\n";

/// The path below which an install plays and reads.
fn path<'a>(server: &Headwater, url: &'a str) -> &'a str {
    url.strip_prefix(server.base()).unwrap_or_else(|| panic!("another server's: {url}"))
}

/// What a client is offered that plays a row.
async fn offered(server: &Headwater, install: &str, id: &str, row: &Row) -> Vec<Value> {
    let hints = &row.value["behaviorHints"];
    let name = escape(hints["filename"].as_str().expect("the name is known"));
    let extra = format!("filename={name}&videoSize={}", hints["videoSize"]);
    let kind = if id.contains(':') { "series" } else { "movie" };
    let (status, answer) = server.json(&format!("{install}/subtitles/{kind}/{id}/{extra}.json")).await;
    assert_eq!(status, 200, "{answer}");
    answer["subtitles"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

/// Language, media type and text of each, by language.
async fn texts(server: &Headwater, offered: &[Value]) -> Vec<(String, String, String)> {
    let mut texts = Vec::new();
    for one in offered {
        let url = one["url"].as_str().unwrap_or_else(|| panic!("{one}"));
        let answer = server.get(path(server, url)).await;
        assert_eq!(answer.status, 200, "{}\n{}", answer.text(), server.transcript());
        let lang = one["lang"].as_str().unwrap_or_default().to_owned();
        texts.push((lang, answer.header("content-type").to_owned(), answer.text()));
    }
    texts.sort();
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_in_the_operators_folder_are_read_in_any_charset_and_told_by_language() {
    let titles = titles();
    let setup = setup(&titles);
    let folder = setup.home().join("films");
    let put = |name: &str, bytes: &[u8]| {
        let file = folder.join("Harbour Lights (2019)").join(name);
        std::fs::create_dir_all(file.parent().expect("it is in a folder")).unwrap();
        std::fs::write(file, bytes).unwrap();
    };
    put("Harbour Lights (2019).mp4", &media::clip("faststart.mp4"));
    put("Harbour Lights (2019).de.srt", &encoding_rs::WINDOWS_1252.encode(GERMAN).0);
    put("Harbour Lights (2019).Russian.srt", &encoding_rs::WINDOWS_1251.encode(RUSSIAN).0);
    let french = "WEBVTT\n\n00:01.000 --> 00:02.000\nBonne nuit\n".encode_utf16();
    let french: Vec<u8> = std::iter::once(0xfeff).chain(french).flat_map(u16::to_le_bytes).collect();
    put("Subs/Harbour Lights (2019).fr.vtt", &french);
    put("Harbour Lights (2019).spa.ass", SPANISH.as_bytes());
    put("Another film.en.srt", GERMAN.as_bytes());
    let server = setup.env("HEADWATER_MEDIA_DIR", &folder.display().to_string()).start();

    let film = until(&server, FILM, |list| list.rows.len() == 1).await;
    let row = &film.rows[0];
    let patience = std::time::Duration::from_secs(20);
    let too_early = tokio::time::timeout(patience, offered(&server, "", FILM, row)).await;
    assert!(too_early.expect("nobody waits for ever").is_empty(), "nobody plays it yet");
    assert_eq!(server.range(path(&server, &row.url), 0, 99).await.status, 206);
    let found = offered(&server, "", FILM, row).await;
    let srt = "application/x-subrip; charset=utf-8".to_owned();
    let vtt = "text/vtt; charset=utf-8".to_owned();
    let expected = [
        ("fre".to_owned(), vtt, "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nBonne nuit\n\n".to_owned()),
        ("ger".to_owned(), srt.clone(), GERMAN.to_owned()),
        ("rus".to_owned(), srt.clone(), RUSSIAN.to_owned()),
        ("spa".to_owned(), srt, "1\n00:00:01,000 --> 00:00:02,000\nBuenas noches\n\n".to_owned()),
    ];
    assert_eq!(texts(&server, &found).await, expected, "{found:#?}");
    for one in &found {
        assert!(!one.to_string().contains("films"), "the folder is nobody's business: {one}");
    }
}

/// An episode with its text, in a torrent that has no peers.
fn pack() -> Share {
    let mut film = media::random(631, 300_000);
    film[..4].copy_from_slice(&[0x1a, 0x45, 0xdf, 0xa3]);
    let files = [
        (vec!["Lantern.Street.S01E01.mkv"], film),
        (vec!["Lantern.Street.S01E01.de.srt"], encoding_rs::WINDOWS_1252.encode(GERMAN).0.into_owned()),
    ];
    Share::multi("Lantern.Street.S01E01.1080p.WEB.H264-AA", &files, PIECE, &[])
}

/// A TorBox that holds the first `count` files of a torrent.
fn torbox(share: &Share, count: usize) -> (Fake, Cdn) {
    let cdn = Cdn::start();
    let names = ["Lantern.Street.S01E01.mkv", "Lantern.Street.S01E01.de.srt"];
    let bytes = share.files.iter().cloned().map(Arc::new);
    let served: Vec<(&str, Arc<Vec<u8>>)> = names.into_iter().zip(bytes).take(count).collect();
    cdn.add_title(&share.info_hash, share.name(), &served);
    let world = World::new(cdn.links(TORBOX.name));
    let files = served.into_iter().map(|(name, bytes)| TitleFile { path: name.to_owned(), bytes });
    let (info_hash, name) = (share.info_hash.clone(), share.name().to_owned());
    world.add_title(Title { info_hash, name, files: files.collect() });
    let fake = Fake::start(&world, TORBOX, vec![FakeAccount::fine(TOKEN)]);
    fake.set_cached(&share.info_hash, true);
    (fake, cdn)
}

/// Plays the episode with an account at this TorBox, and returns the server with the address of the text for it.
async fn watch(share: &Share, torbox: &Fake) -> (Headwater, String) {
    let listed = Listed::of(share).imdb(SHOW).season(1, &[1]).handed(Handed::File);
    let site = Site::new("one", "One", Caps::IDS).with([listed]);
    let jackett = Upstream::start(Jackett::new("KEY", [site]));
    let titles = titles();
    let setup = setup(&titles)
        .env("HEADWATER_TORBOX_URL", &torbox.base)
        .env("HEADWATER_PRIVATE_ADDRESSES", "true")
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY");
    let account = ServiceAccount { service: DebridService::TorBox, token: TOKEN.to_owned().into() };
    let policy = Some(SourcePolicy::NeverP2p);
    let profile = Profile { services: vec![account], policy, ..Profile::default() };
    let (server, installs) = start_with(setup, vec![profile]).await;
    let (install, id) = (installs[0].as_str(), format!("{SHOW}:1:1"));
    let found = list_at(&server, install, &id).await;
    let row = found.row(&share.info_hash);
    let played = server.get(path(&server, &row.url)).await;
    assert_eq!(played.status, 200, "{}\n{}", played.text(), server.transcript());
    media::assert_same_bytes(&played.body, &share.files[0], "the episode");
    let found = offered(&server, install, &id, row).await;
    assert_eq!((found.len(), &found[0]["lang"]), (1, &Value::from("ger")), "{found:#?}");
    let url = found[0]["url"].as_str().unwrap_or_default().to_owned();
    assert!(url.starts_with(&server.url(&format!("{install}/captions/"))) && !url.contains(TOKEN), "{url}");
    (server, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_a_torrent_come_by_the_rules_and_from_the_accounts_of_a_profile() {
    let share = pack();
    let (torbox, _cdn) = torbox(&share, 2);
    let (server, url) = watch(&share, &torbox).await;
    let text = server.get(path(&server, &url)).await;
    assert_eq!((text.status.as_u16(), text.text().as_str()), (200, GERMAN), "{}", server.transcript());
    assert_eq!(text.header("content-type"), "application/x-subrip; charset=utf-8");
    let tokens: Vec<_> = torbox.journal().into_iter().filter_map(|call| call.token).collect();
    assert!(!tokens.is_empty() && tokens.iter().all(|token| token == TOKEN), "{tokens:?}");
    assert!(torbox.unexpected().is_empty(), "{:#?}", torbox.unexpected());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_nobody_has_is_refused_as_soon_as_that_is_known() {
    let share = pack();
    let (torbox, _cdn) = torbox(&share, 1);
    let (server, url) = watch(&share, &torbox).await;
    let text = server.get(path(&server, &url)).await;
    assert_eq!(text.status, 503, "{}", text.text());
    let why = text.text();
    assert!(why.contains("not among those it offers") && !why.contains("in time"), "{why}");
    assert!(torbox.unexpected().is_empty(), "{:#?}", torbox.unexpected());
}
