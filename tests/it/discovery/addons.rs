//! Other addons as indexers: made with the official SDK, by other means, and this very server.

use std::time::Duration;

use serde_json::json;

use super::stage::{FILM, SHOW, hash, list, setup, titles};
use crate::support::http::escape;
use crate::support::indexers::Trouble;
use crate::support::indexers::addon::Description;
use crate::support::media;
use crate::support::server::Setup;
use crate::support::swarm::free_port;

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_an_addon_of_the_official_sdk_are_listed_and_only_what_its_manifest_offers_is_asked() {
    let torrent = |number: u32, file: u32, name: &str| {
        json!({"infoHash": hash(number), "fileIdx": file, "name": "Other\n1080p", "title": format!("{name}\n👤 17 💾 1.4 GB"),
            "sources": ["tracker:udp://127.0.0.1:9/announce", format!("dht:{}", hash(number))],
            "behaviorHints": {"bingeGroup": "other-1080p", "filename": format!("{name}.mkv")}})
    };
    let film = torrent(1, 3, "Harbour.Lights.2019.1080p.WEB-DL.H264-ADD");
    let episode = torrent(2, 1, "Lantern.Street.S02E03.1080p.WEB-DL.H264-ADD");
    let wrong = torrent(3, 0, "Lantern.Street.S02E04.1080p.WEB-DL.H264-ADD");
    let video = json!({"ytId": "aaaaaaaaaaa", "title": "A trailer"});
    let site = json!({"externalUrl": "https://site.invalid/", "title": "Elsewhere"});
    let addon = Description::new("Other")
        .streams("movie", FILM, [film, video, site])
        .streams("series", &format!("{SHOW}:2:3"), [episode, wrong])
        .configurable()
        .start();
    let config = escape("{\"token\":\"SECRET\"}");
    let manifest = addon.url(&format!("/{config}/manifest.json"));
    let titles = titles();
    let server = setup(&titles).env("HEADWATER_ADDON_URLS", &manifest).start();
    let films = list(&server, FILM).await;
    assert_eq!(films.hashes(), [hash(1)], "{:#?}", films.rows);
    assert_eq!(films.rows[0].file, "3");
    let episodes = list(&server, &format!("{SHOW}:2:3")).await;
    assert_eq!(episodes.hashes(), [hash(2)], "{:#?}", episodes.rows);
    // It says that it is about ids with `tt` alone.
    addon.forget();
    let other = server.get("/stream/movie/kitsu:42.json").await.json();
    assert_eq!(other["streams"], json!([]));
    assert!(addon.asked(&format!("/{config}/stream/")).is_empty(), "{:#?}", addon.paths());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_by_address_is_served_from_there_range_by_range() {
    let archive =
        crate::support::indexers::archive::Archive::start([crate::support::indexers::archive::Item::film(
            "film", "Film", 2019, "films",
        )
        .file("film.mp4", "MPEG4", "original", media::clip("faststart.mp4"))]);
    let url = archive.node.url("/27/items/film/film.mp4");
    let stream = json!({"url": url, "name": "Direct", "title": "Harbour.Lights.2019.1080p.WEB-DL.H264-ADD.mp4",
        "behaviorHints": {"filename": "Harbour.Lights.2019.1080p.WEB-DL.H264-ADD.mp4"}});
    let addon = Description::new("Other").streams("movie", FILM, [stream]).start();
    let titles = titles();
    let settings = setup(&titles).env("HEADWATER_ADDON_URLS", &addon.url("/manifest.json"));
    let guarded = settings.clone().start();
    let films = list(&guarded, FILM).await;
    // It is listed, since what its address stands for is not asked before somebody plays it; but an addon must not
    // lead a server into the network that it stands in.
    assert_eq!(films.rows.len(), 1, "{:#?}", films.rows);
    let path = films.rows[0].url.strip_prefix(guarded.base()).expect("it is this server's");
    assert_eq!(guarded.range(path, 0, 99).await.status, 503);
    assert!(archive.node.journal().is_empty(), "{:#?}", archive.node.paths());
    drop(guarded);
    let server = settings.env("HEADWATER_PRIVATE_ADDRESSES", "true").start();
    let films = list(&server, FILM).await;
    assert_eq!(films.rows.len(), 1, "{:#?}", films.rows);
    assert!(
        !films.rows[0].url.contains("27/items"),
        "the address is nobody's business: {}",
        films.rows[0].url
    );
    let path = films.rows[0].url.strip_prefix(server.base()).expect("it is this server's");
    let clip = media::clip("faststart.mp4");
    for (from, to) in [(0, 999), (50_000, 60_000), (clip.len() - 100, clip.len() - 1)] {
        let answer = server.range(path, from as u64, to as u64).await;
        assert_eq!(answer.status, 206, "{}", answer.text());
        media::assert_same_bytes(&answer.body, &clip[from..=to], "the film");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_that_are_each_others_upstream_come_to_an_end() {
    let (one, other) = (free_port(), free_port());
    let titles = titles();
    let start = |own: u16, upstream: u16| {
        let manifest = format!("http://127.0.0.1:{upstream}/manifest.json");
        setup(&titles)
            .env("HEADWATER_LISTEN", &format!("127.0.0.1:{own}"))
            .env("HEADWATER_ADDON_URLS", &manifest)
            .start()
    };
    let (one, other) = (start(one, other), start(other, one));
    for server in [&one, &other] {
        // The open film is here, and it is the other one's, who has it from nobody else.
        for _ in 0..2 {
            let found = list(server, "tt1254207").await;
            assert!(found.took < Duration::from_secs(6), "{:?}", found.took);
            assert!((1..=2).contains(&found.rows.len()), "{:#?}", found.rows);
        }
        assert!(list(server, FILM).await.rows.is_empty());
    }
    let own = free_port();
    let itself = start_alone(own);
    let found = list(&itself, FILM).await;
    assert!(found.rows.is_empty() && found.took < Duration::from_secs(6), "{found:?}");
}

/// A server that was told to ask itself.
fn start_alone(port: u16) -> crate::support::server::Headwater {
    Setup::new()
        .env("HEADWATER_LISTEN", &format!("127.0.0.1:{port}"))
        .env("HEADWATER_ADDON_URLS", &format!("http://127.0.0.1:{port}/manifest.json"))
        .start()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_addon_that_breaks_hides_nothing_of_the_others() {
    let stream =
        |number: u32| json!({"infoHash": hash(number), "title": "Harbour.Lights.2019.1080p.WEB-DL.H264-ADD"});
    let good = Description::new("Good").streams("movie", FILM, [stream(1)]).start();
    let bad = Description::new("Bad").streams("movie", FILM, [stream(2)]).start();
    for trouble in [
        Trouble::Status { status: 403, retry_after: None },
        Trouble::Html,
        Trouble::Torn,
        Trouble::Instead { kind: "application/json", body: "{\"streams\": null}".to_owned() },
        Trouble::Instead {
            kind: "application/json",
            body: "{\"streams\": [null, 7, {}, {\"infoHash\": 3}]}".to_owned(),
        },
        Trouble::Endless,
        Trouble::Hang,
    ] {
        bad.heal("");
        bad.trouble("/stream", trouble.clone());
        let titles = titles();
        let manifests = format!("{},{}", good.url("/manifest.json"), bad.url("/manifest.json"));
        let server = setup(&titles)
            .env("HEADWATER_ADDON_URLS", &manifests)
            .env("HEADWATER_SEARCH_DEADLINE", "4s")
            .start();
        let found = list(&server, FILM).await;
        assert_eq!(found.hashes(), [hash(1)], "{trouble:?}");
        assert!(found.took < Duration::from_secs(6), "{trouble:?}: {:?}", found.took);
    }
}
