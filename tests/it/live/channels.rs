//! The operator's list of channels, as Stremio and other players see it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use headwater::access::{Access, AccessSettings};
use headwater::db::Database;
use headwater::profile::Profile;
use headwater::seal::Sealer;
use serde_json::{Value, json};

use crate::addon::official_clients::ask;
use crate::support::background::Background;
use crate::support::server::{Headwater, Setup};

const HARBOUR: &str = "94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209";
const KITES: &str = "0000000000000000000000000000000000000002";

/// How long a change may take to show: files are looked at every five seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// The list of most tests, as an editor of Windows writes it.
fn list() -> String {
    [
        "#EXTM3U",
        "#EXTINF:-1 tvg-id=\"harbour.tv\" tvg-logo=\"https://tv.example/h.png\" group-title=\"Slow television\",Größe & \"Hafen\"",
        &format!("acestream://{HARBOUR}"),
        "#EXTINF:-1 group-title=\"Sport\",Kites",
        &format!("http://127.0.0.1:6878/ace/getstream?infohash={KITES}"),
        "#EXTINF:-1,A film",
        "https://tv.example/film.m3u8",
    ]
    .join("\r\n")
}

/// A server with this list in a file.
fn with_file(bytes: &[u8]) -> (Setup, PathBuf) {
    let setup = Setup::new();
    let path = setup.home().join("channels.m3u");
    fs::write(&path, bytes).unwrap();
    (setup.env("HEADWATER_CHANNELS", path.to_str().unwrap()), path)
}

/// Asks for the catalogue until it shows channels of these names.
async fn until_names(server: &Headwater, wanted: &[&str]) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (_, answer) = server.json("/catalog/tv/live-channels.json").await;
        let metas = answer["metas"].as_array().unwrap_or_else(|| panic!("{answer}"));
        if metas.iter().filter_map(|meta| meta["name"].as_str()).eq(wanted.iter().copied()) {
            return;
        }
        assert!(Instant::now() < deadline, "{answer}\n{}", server.transcript());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until the log says that the last list stays, and why.
async fn until_logged(server: &Headwater, why: &str) {
    server.until_printed(|line| line.contains("the last one stays") && line.contains(why)).await;
}

#[test]
fn stremios_own_programs_accept_the_channels() {
    let text = list();
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
    let (setup, _) = with_file(&latin);
    let server = setup.start();
    let report = ask("addon/lint.mjs", &server.url("/manifest.json"));
    assert_eq!((&report["valid"], &report["warnings"]), (&json!(true), &json!([])), "{report}");
    assert!(report["bytes"].as_u64().is_some_and(|bytes| bytes <= 8192), "{report}");

    let seen = ask("addon/walk.mjs", &server.url("/manifest.json"));
    let is_tv = |title: &&Value| title["type"] == "tv";
    let channels: Vec<&Value> = seen["titles"].as_array().unwrap().iter().filter(is_tv).collect();
    let names: Vec<_> = channels.iter().filter_map(|channel| channel["name"].as_str()).collect();
    assert_eq!(names, ["Größe & \"Hafen\"", "Kites"]);
    let harbour = channels[0];
    assert_eq!(harbour["id"], format!("ace:{HARBOUR}"));
    assert_eq!(harbour["meta"]["poster"], "https://tv.example/h.png");
    assert_eq!(harbour["meta"]["posterShape"], "square");
    let urls: Vec<_> = harbour["streams"].as_array().unwrap().iter().map(|stream| &stream["url"]).collect();
    let expected = [
        server.url(&format!("/ace/getstream?id={HARBOUR}")),
        server.url(&format!("/ace/manifest.m3u8?id={HARBOUR}")),
    ];
    assert_eq!(urls, expected.iter().collect::<Vec<_>>());
    assert_eq!(harbour["streams"][0]["behaviorHints"]["notWebReady"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_list_there_is_no_television() {
    let server = Headwater::start();
    let (_, manifest) = server.json("/manifest.json").await;
    assert!(!manifest.to_string().contains("\"tv\"") && !manifest.to_string().contains("ace:"), "{manifest}");
    let (status, answer) = server.json("/channels.m3u").await;
    assert_eq!(status, 404, "{answer}");
    assert_eq!(server.json("/catalog/tv/live-channels.json").await.1["metas"], json!([]));
    assert_eq!(server.json(&format!("/stream/tv/ace:{HARBOUR}.json")).await.1["streams"], json!([]));
    assert_eq!(server.get(&format!("/meta/tv/ace:{HARBOUR}.json")).await.status, 404);
}

/// The id of a profile without wishes, in a data folder that no server uses at the moment.
async fn new_profile(data: &Path, key: &str) -> String {
    fs::create_dir_all(data).unwrap();
    let db = Database::open(data).await.unwrap();
    let settings = AccessSettings { password: None, chosen_key: true };
    let access = Access::new(db.clone(), Sealer::new(key.as_bytes()), settings);
    let profile = access.create(Profile::default()).await.unwrap();
    db.close().await;
    profile
}

#[tokio::test(flavor = "multi_thread")]
async fn installs_with_a_profile_have_the_channels_too() {
    let (setup, _) = with_file(list().as_bytes());
    let setup = setup.env("HEADWATER_SOURCE_SECURITY_KEY", "a key of the tests");
    let profile = new_profile(&setup.data(), "a key of the tests").await;
    let server = setup.start();
    let (_, manifest) = server.json(&format!("/{profile}/manifest.json")).await;
    assert_eq!(manifest["catalogs"][1]["id"], "live-channels", "{manifest}");
    let genres = &manifest["catalogs"][1]["extra"][1]["options"];
    assert_eq!(*genres, json!(["Slow television", "Sport"]), "{manifest}");
    let path = format!("/{profile}/catalog/tv/live-channels/genre=Sport.json");
    assert_eq!(server.json(&path).await.1["metas"][0]["name"], "Kites");
    let (_, answer) = server.json(&format!("/{profile}/stream/tv/ace%3A{KITES}.json")).await;
    let url = server.url(&format!("/ace/getstream?infohash={KITES}"));
    assert_eq!(answer["streams"][0]["url"], url, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_players_get_an_m3u_with_links_of_this_server() {
    let (setup, _) = with_file(list().as_bytes());
    let server = setup.env("HEADWATER_PUBLIC_URL", "https://tv.example/hw").start();
    let answer = server.get("/channels.m3u").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "audio/x-mpegurl; charset=utf-8");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let text = String::from_utf8(answer.body).unwrap();
    assert_eq!(
        text,
        format!(
            "#EXTM3U\n\
             #EXTINF:-1 tvg-id=\"harbour.tv\" tvg-name=\"Größe & 'Hafen'\" tvg-logo=\"https://tv.example/h.png\" \
             group-title=\"Slow television\",Größe & 'Hafen'\n\
             https://tv.example/hw/ace/getstream?id={HARBOUR}\n\
             #EXTINF:-1 tvg-name=\"Kites\" group-title=\"Sport\",Kites\n\
             https://tv.example/hw/ace/getstream?infohash={KITES}\n"
        )
    );
    let hls = server.get("/channels.m3u?format=hls").await.text();
    assert!(hls.contains(&format!("https://tv.example/hw/ace/manifest.m3u8?id={HARBOUR}\n")), "{hls}");
    assert_eq!(server.get("/channels.m3u?format=dash").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_seen_and_a_broken_one_changes_nothing() {
    let (setup, path) = with_file(format!("[{{\"name\": \"One\", \"id\": \"{HARBOUR}\"}}]").as_bytes());
    let server = setup.start();
    until_names(&server, &["One"]).await;
    fs::write(&path, format!("{{\"channels\": [{{\"name\": \"Two\", \"content_id\": \"{KITES}\"}}]}}"))
        .unwrap();
    until_names(&server, &["Two"]).await;
    fs::remove_file(&path).unwrap();
    until_logged(&server, "No such file or directory").await;
    until_names(&server, &["Two"]).await;
}

/// What the site of a list answers: the list, or nothing good.
type Site = Arc<Mutex<Option<String>>>;

async fn answer(State(site): State<Site>, headers: HeaderMap) -> Response {
    match site.lock().unwrap().clone() {
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(_) if headers.contains_key(header::IF_NONE_MATCH) => StatusCode::NOT_MODIFIED.into_response(),
        Some(list) => ([(header::ETAG, "\"1\"")], list).into_response(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_an_address_outlives_a_restart_without_it_and_the_address_stays_secret() {
    let background = Background::start("list");
    let (listener, address) = background.listen();
    let site = Site::new(Mutex::new(Some(list())));
    let app = Router::new().route("/{key}/list.m3u", get(answer)).with_state(Arc::clone(&site));
    background.spawn(async move { axum::serve(listener, app).await.unwrap() });

    let url = format!("http://{address}/hush-hush/list.m3u");
    let mut server = Setup::new().env("HEADWATER_CHANNELS", &url).env("HEADWATER_LOG", "trace").start();
    until_names(&server, &["Größe & \"Hafen\"", "Kites"]).await;
    *site.lock().unwrap() = None;
    server.terminate();
    server.stopped();
    assert!(!server.transcript().contains("hush-hush"), "{}", server.transcript());
    server.restart();
    until_logged(&server, "status 503").await;
    until_names(&server, &["Größe & \"Hafen\"", "Kites"]).await;
    assert!(!server.transcript().contains("hush-hush"), "{}", server.transcript());
}

#[test]
fn an_address_of_another_kind_is_a_mistake_that_is_not_repeated() {
    let finished = Setup::new().env("HEADWATER_CHANNELS", "ftp://me:hush@tv.example/list").refused();
    assert_eq!(finished.code(), Some(64), "{}", finished.story());
    assert!(finished.stderr.contains("HEADWATER_CHANNELS"), "{}", finished.story());
    assert!(!finished.story().contains("hush"), "{}", finished.story());
}
