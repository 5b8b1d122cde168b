use serde_json::{Value, json};

use crate::domain::FileIndex;
use crate::stremio::Resource;
use crate::stremio::manifest::MAX_BYTES;
use crate::stremio::resource;

use super::*;

fn base(text: &str) -> PublicUrl {
    text.parse().unwrap()
}

/// What the addon answers to a raw path, as JSON; null for "not found".
fn get(path: &str) -> Value {
    let addon = Addon::new();
    match resource::parse(path).unwrap().resource {
        Resource::Manifest => serde_json::to_value(addon.manifest(&base("https://tv.example"), None)),
        Resource::Catalog { kind, id, extra } => serde_json::to_value(addon.catalog(&kind, &id, &extra)),
        Resource::Meta { kind, id } => serde_json::to_value(addon.meta(&kind, &id)),
        other => panic!("{other:?}"),
    }
    .unwrap()
}

fn names(path: &str) -> Vec<String> {
    let answer = get(path);
    let metas = answer["metas"].as_array().unwrap().iter();
    metas.map(|meta| meta["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_manifest_is_complete_and_small_enough_for_an_account() {
    let manifest = get("/manifest.json");
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["logo"], "https://tv.example/logo.png");
    assert_eq!(manifest["background"], "https://tv.example/background.jpg");
    assert_eq!(manifest["resources"][1]["idPrefixes"].as_array().unwrap().len(), 4);
    assert_eq!(
        manifest["catalogs"][0]["extra"][1],
        json!({ "name": "genre", "options": ["Animation", "Comedy", "Fantasy", "Sci-Fi", "Short"] })
    );
    assert!(manifest.to_string().len() <= MAX_BYTES);
}

#[test]
fn the_manifest_declares_each_resource_once_with_its_types() {
    let manifest = Addon::new().manifest(&base("http://10.0.0.2:7000"), None);
    let mut names: Vec<_> = manifest.resources.iter().map(|entry| entry.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["catalog", "meta", "stream", "subtitles"]);
    for entry in &manifest.resources {
        assert!(!entry.types.is_empty() && entry.types.iter().all(|kind| manifest.types.contains(kind)));
    }
    // The viewer's device only ever speaks HTTP to us, so the client need not warn of peers.
    assert!(!manifest.behavior_hints.p2p);
    assert!(manifest.behavior_hints.configurable);
}

#[test]
fn the_manifest_of_a_profile_has_its_name_and_a_gear() {
    let profile = Profile { name: " Bedroom ".to_owned(), ..Profile::default() };
    let manifest = Addon::new().manifest(&base("https://tv.example"), Some(&profile));
    assert_eq!(manifest.name, "Headwater Bedroom");
    assert!(manifest.behavior_hints.configurable && !manifest.behavior_hints.configuration_required);
    assert_eq!(
        Addon::new().manifest(&base("https://tv.example"), Some(&Profile::default())).name,
        "Headwater"
    );
}

#[test]
fn the_pictures_are_what_the_manifest_says() {
    assert!(LOGO.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(&LOGO[16..24], [0, 0, 1, 0, 0, 0, 1, 0]);
    assert!(BACKGROUND.starts_with(&[0xff, 0xd8, 0xff]));
    assert!(LOGO.len() + BACKGROUND.len() < 64 * 1024);
}

#[test]
fn the_catalogue_pages_searches_and_filters() {
    let all = ["Big Buck Bunny", "Sintel", "Tears of Steel", "Cosmos Laundromat"];
    assert_eq!(names("/catalog/movie/open-movies.json"), all);
    assert_eq!(names("/profile/catalog/movie/open-movies/skip=3.json"), all[3..]);
    assert!(names("/catalog/movie/open-movies/skip=4.json").is_empty());
    assert!(names("/catalog/movie/open-movies/skip=18446744073709551615.json").is_empty());
    assert_eq!(names("/catalog/movie/open-movies/search=STEEL+of.json"), ["Tears of Steel"]);
    assert_eq!(names("/catalog/movie/open-movies/search=colin%20levy.json"), ["Sintel"]);
    assert!(names("/catalog/movie/open-movies/search=matrix.json").is_empty());
    assert_eq!(names("/catalog/movie/open-movies/genre=Fantasy&skip=1.json"), ["Cosmos Laundromat"]);
    assert!(names("/catalog/movie/other.json").is_empty());
    assert!(names("/catalog/series/open-movies.json").is_empty());
}

#[test]
fn a_title_of_ours_has_a_meta_and_no_other_has() {
    let answer = get("/meta/movie/tt1727587.json");
    assert_eq!(answer["meta"]["id"], "tt1727587");
    assert_eq!(answer["meta"]["type"], "movie");
    assert_eq!(answer["meta"]["releaseInfo"], "2010");
    assert_eq!(answer["meta"]["runtime"], "15 min");
    assert_eq!(answer["meta"]["director"], json!(["Colin Levy"]));
    assert_eq!(answer["meta"]["behaviorHints"]["defaultVideoId"], "tt1727587");
    assert_eq!(answer["cacheMaxAge"], 86_400);
    for path in ["/meta/movie/tt0000001.json", "/meta/series/tt1727587.json", "/meta/movie/tt17275871.json"] {
        assert_eq!(get(path), Value::Null, "{path}");
    }
}

#[test]
fn the_play_room_learns_trackers_and_name_from_the_hash() {
    let addon = Addon::new();
    let hash = "209c8226b299b308beaf2b9cd3fb49212dbd13ec".parse().unwrap();
    let movie = addon.known(hash).unwrap();
    assert_eq!((movie.file, movie.file_name.as_str()), (FileIndex(8), "Tears of Steel.webm"));
    assert!(!movie.trackers.is_empty());
    assert!(movie.trackers.iter().all(|tracker| matches!(tracker.scheme(), "udp" | "http" | "https")));
    assert_eq!(movie.web_seed.as_ref().unwrap().as_str(), "https://webtorrent.io/torrents/");
    assert!(addon.known(InfoHash::new([0; 20])).is_none());
}
