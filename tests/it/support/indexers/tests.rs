//! The sites themselves, as a client sees them: right and with every trouble.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::addon::Description;
use super::archive::{Archive, Item};
use super::bitmagnet::Bitmagnet;
use super::cinemeta::Cinemeta;
use super::jackett::Jackett;
use super::prowlarr::Prowlarr;
use super::zilean::Zilean;
use super::{Caps, Handed, Listed, Site, Tracker, Trouble, Upstream};
use crate::support::http::{self, Answer};

const HASH: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";
const OTHER: &str = "08ada5a7a6183aae1e09d831df6748d566095a10";
const BUNNY: &str = "tt1254207";

async fn try_get(url: &str) -> Result<Answer, reqwest::Error> {
    http::send(&http::unmoved(), Method::GET, url, &[], Vec::new(), Duration::from_secs(10)).await
}

async fn get(url: &str) -> Answer {
    try_get(url).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// The first address in a feed that begins so.
fn link_in(feed: &Answer, start: &str) -> String {
    let feed = String::from_utf8_lossy(&feed.body);
    let at = feed.find(start).unwrap_or_else(|| panic!("no {start} in {feed}"));
    feed[at..].split('<').next().unwrap_or_default().replace("&amp;", "&")
}

fn bunny() -> Listed {
    Listed::new("Big.Buck.Bunny.2008.1080p.BluRay.x264-OPEN", HASH).imdb(BUNNY)
}

fn show() -> Listed {
    Listed::new("Show.S02E03.720p.WEB.x264-OPEN", OTHER).season(2, &[3])
}

fn jackett() -> Upstream<Jackett> {
    let ids = Tracker::new("ids", "Site with ids", Caps::IDS).with([bunny(), show()]);
    let plain = Tracker::new("plain", "Plain site", Caps::PLAIN).with([bunny().handed(Handed::File)]);
    let absent = Tracker::new("absent", "Absent site", Caps::IDS).disabled();
    Upstream::start(Jackett::new("KEY", [ids, plain, absent]))
}

#[tokio::test]
async fn jackett_lists_its_sites_and_answers_for_one_of_them() {
    let jackett = jackett();
    let api = |id: &str, query: &str| {
        jackett.url(&format!("/api/v2.0/indexers/{id}/results/torznab/api?apikey=KEY&{query}"))
    };
    let list = get(&api("all", "t=indexers&configured=true")).await.text();
    assert!(list.contains("<indexer id=\"ids\" configured=\"true\">") && !list.contains("absent"), "{list}");
    let caps = get(&api("ids", "t=caps")).await.text();
    assert!(caps.contains("<movie-search available=\"yes\" supportedParams=\"q,imdbid,year\" />"), "{caps}");
    let found = get(&api("ids", "t=movie&imdbid=tt1254207")).await.text();
    assert!(found.contains("<title>Big.Buck.Bunny.2008"), "{found}");
    assert!(found.contains(&format!("name=\"infohash\" value=\"{}\"", HASH.to_uppercase())), "{found}");
    assert!(found.contains("&amp;dn=") && !found.contains("Show"), "{found}");
    let episode = get(&api("ids", "t=tvsearch&q=show&season=2&ep=3")).await.text();
    assert!(episode.contains("Show.S02E03") && !episode.contains("Bunny"), "{episode}");
    let none = get(&api("ids", "t=tvsearch&q=show&season=2&ep=4")).await.text();
    assert!(!none.contains("<item>"), "{none}");
    jackett.assert_well_asked();
}

#[tokio::test]
async fn jackett_says_its_errors_as_documented_and_notes_who_ignores_caps() {
    let jackett = jackett();
    let api = |query: &str| jackett.url(&format!("/api/v2.0/indexers/plain/results/torznab/api?{query}"));
    let answer = get(&api("t=search&q=bunny")).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.text().contains("<error code=\"100\" description=\"Invalid API Key\" />"),
        "{}",
        answer.text()
    );
    let answer = get(&api("apikey=KEY&t=movie&imdbid=tt1254207")).await;
    assert!(answer.status == 200 && answer.text().contains("code=\"201\""), "{}", answer.text());
    assert_eq!(jackett.unexpected(), ["without the key", "t=movie is not available"]);
    jackett.trouble_times("", Trouble::TooMany { retry_after: Some(7) }, 1);
    let answer = get(&api("apikey=KEY&t=search")).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "7"));
    assert!(answer.text().contains("code=\"900\""), "{}", answer.text());
}

#[tokio::test]
async fn jackett_passes_torrents_on_and_waits_for_the_slowest_of_all() {
    let jackett = jackett();
    jackett.with(|jackett| jackett.trackers[1].listed[0].torrent = b"d4:infod4:name1:aee".to_vec().into());
    let all = jackett.url("/api/v2.0/indexers/all/results/torznab/api?apikey=KEY&t=search&q=bunny");
    let link = link_in(&get(&all).await, &jackett.url("/dl/plain/?"));
    assert_eq!(get(&link).await.body, b"d4:infod4:name1:aee");
    jackett.trouble(&Jackett::below("plain"), Trouble::Hang);
    let (slow, healed) = tokio::join!(get(&all), async {
        jackett.until("/api/v2.0/indexers/all/", |asked| asked.len() == 2).await;
        let began = Instant::now();
        jackett.heal("");
        began
    });
    assert_eq!(slow.status, 200);
    assert!(jackett.asked("/api/v2.0/indexers/all/")[1].at <= healed);
    let manual =
        get(&jackett.url("/api/v2.0/indexers/all/results?apikey=KEY&Query=bunny&Tracker[]=plain")).await;
    let manual = manual.json();
    assert_eq!(manual["Results"].as_array().map(Vec::len), Some(1), "{manual}");
    assert_eq!(manual["Results"][0]["InfoHash"], Value::Null);
    assert_eq!(manual["Indexers"][0]["ID"], "plain");
}

#[tokio::test]
async fn prowlarr_redirects_to_magnets_and_never_names_one() {
    let site = Tracker::new("3", "A site", Caps::IDS).with([bunny().handed(Handed::Redirect), show()]);
    let off = Tracker::new("4", "Another site", Caps::IDS).disabled();
    let prowlarr = Upstream::start(Prowlarr::new("KEY", [site, off]));
    let found = get(&prowlarr.url("/3/api?apikey=KEY&t=movie&imdbid=1254207")).await;
    assert!(!found.text().contains("magnet") && !found.text().contains("infohash"), "{}", found.text());
    let answer = get(&link_in(&found, &prowlarr.url("/3/download?"))).await;
    assert_eq!(answer.status, 301);
    assert!(answer.header("location").starts_with(&format!("magnet:?xt=urn:btih:{HASH}&")));
    let gone = get(&prowlarr.url("/4/api?apikey=KEY&t=caps")).await;
    assert_eq!(gone.status, 410);
    let list = get(&prowlarr.url("/api/v1/indexer?apikey=KEY")).await.json();
    assert_eq!((&list[0]["id"], &list[1]["enable"]), (&json!(3), &json!(false)), "{list}");
    assert_eq!(list[0]["capabilities"]["movieSearchParams"], json!(["q", "imdbId", "year"]));
    let query = "query=%7Bseason:2%7D%7Bepisode:3%7D%20show&type=tvsearch&indexerIds=3";
    let json = get(&prowlarr.url(&format!("/api/v1/search?apikey=KEY&{query}"))).await.json();
    assert_eq!((&json[0]["infoHash"], json.as_array().map(Vec::len)), (&json!(OTHER), Some(1)), "{json}");
}

#[tokio::test]
async fn bitmagnet_and_zilean_speak_as_they_do() {
    let bitmagnet = Upstream::start(Bitmagnet::new([bunny(), show()]));
    let error = get(&bitmagnet.url("/torznab/api")).await;
    assert_eq!(error.status, 200);
    assert!(error.text().contains("<error error=\"200\""), "{}", error.text());
    let found = get(&bitmagnet.url("/torznab/default/api?t=movie&imdbid=tt1254207")).await.text();
    assert!(found.contains("<enclosure url=\"magnet:?xt=urn:btih:") && !found.contains("<link>"), "{found}");
    assert_eq!(get(&bitmagnet.url("/torznab/nobody/api?t=caps")).await.status, 404);
    let zilean = Upstream::start(Zilean::new([bunny(), show()]));
    let found = get(&zilean.url("/dmm/filtered?Query=show&Season=2&Episode=3")).await.json();
    assert_eq!(found[0]["info_hash"], OTHER);
    assert_eq!(found[0]["size"], "1500000000", "text, not a number");
    assert_eq!(get(&zilean.url("/dmm/filtered?ImdbId=tt0000001")).await.json(), json!([]));
    zilean.assert_well_asked();
}

#[tokio::test]
async fn the_archive_searches_tells_and_points_to_its_node() {
    let film = Item::film("bunny", "Big Buck Bunny", 2008, "films").imdb(BUNNY);
    let archive = Archive::start([film.file("a b.mp4", "MPEG4", "original", (0..200).collect())]);
    let query = http::escape("external-identifier:\"urn:imdb:tt1254207\" AND mediatype:movies");
    let search =
        format!("/advancedsearch.php?q={query}&fl[]=identifier&fl[]=external-identifier&rows=5&output=json");
    let found = get(&archive.desk.url(&search)).await.json();
    assert_eq!(
        found["response"]["docs"],
        json!([{"identifier": "bunny", "external-identifier": "urn:imdb:tt1254207"}])
    );
    let metadata = get(&archive.desk.url("/metadata/bunny")).await.json();
    assert_eq!(
        (&metadata["files"][0]["size"], &metadata["metadata"]["year"]),
        (&json!("200"), &json!("2008"))
    );
    assert_eq!(get(&archive.desk.url("/metadata/nothing")).await.json(), json!({}));
    let moved = get(&archive.desk.url("/download/bunny/a%20b.mp4")).await;
    assert_eq!(moved.status, 302);
    let headers = [("Range", "bytes=10-19")];
    let patience = Duration::from_secs(10);
    let (client, node) = (http::unmoved(), moved.header("location"));
    let part = http::send(&client, Method::GET, node, &headers, Vec::new(), patience).await.unwrap();
    assert_eq!((part.status.as_u16(), part.header("content-range")), (206, "bytes 10-19/200"));
    assert_eq!(part.body, (10..20).collect::<Vec<u8>>());
    let mut dark = Item::film("bunny", "Big Buck Bunny", 2008, "films");
    dark.is_dark = true;
    archive.put(dark);
    assert_eq!(get(&archive.desk.url("/metadata/bunny")).await.json()["is_dark"], true);
    assert_eq!(get(moved.header("location")).await.status, 404);
}

#[tokio::test]
async fn cinemeta_tells_films_series_and_nothing_of_unknown_ids() {
    let titles =
        Cinemeta::new().movie(BUNNY, "Big Buck Bunny", 2008).series("tt2", "Show", "2000–2001", &[2, 1]);
    let titles = Upstream::start(titles);
    assert_eq!(get(&titles.url("/meta/movie/tt1254207.json")).await.json()["meta"]["year"], "2008");
    let show = get(&titles.url("/meta/series/tt2.json")).await.json();
    assert_eq!(show["meta"]["videos"][2]["id"], "tt2:2:1");
    assert_eq!(get(&titles.url("/meta/movie/tt3.json")).await.json(), json!({}));
    titles.with(|titles| titles.says_null = true);
    assert_eq!(get(&titles.url("/meta/movie/tt3.json")).await.json(), json!({"meta": null}));
}

#[tokio::test]
async fn an_addon_of_the_official_sdk_answers_through_its_gate() {
    let stream = json!({"infoHash": HASH, "fileIdx": 1, "title": "Big Buck Bunny"});
    let addon =
        Description::new("Other").streams("movie", BUNNY, [stream.clone()]).configurable().cache_max_age(60);
    let addon = addon.start();
    let config = http::escape("{\"token\":\"SECRET\"}");
    let manifest = get(&addon.url(&format!("/{config}/manifest.json"))).await.json();
    assert_eq!(manifest["name"], "Other");
    let answer = get(&addon.url(&format!("/{config}/stream/movie/{BUNNY}.json"))).await;
    assert_eq!(answer.json()["streams"], json!([stream]));
    assert!(answer.header("cache-control").contains("max-age=60"));
    assert_eq!(addon.asked("/").len(), 2);
    addon.trouble("", Trouble::Status { status: 503, retry_after: None });
    assert_eq!(get(&addon.url("/manifest.json")).await.status, 503);
}

#[tokio::test]
async fn every_trouble_looks_as_it_is_named_and_ends_when_it_is_healed() {
    let site = Upstream::start(Zilean::new([bunny()]));
    let url = site.url("/dmm/filtered?ImdbId=tt1254207");
    let right = get(&url).await;
    let strike = |trouble: Trouble| site.trouble_times("/dmm", trouble, 1);
    strike(Trouble::Status { status: 500, retry_after: None });
    assert_eq!(get(&url).await.status, 500);
    strike(Trouble::Html);
    let page = get(&url).await;
    assert!(page.status == 200 && page.header("content-type").starts_with("text/html"));
    strike(Trouble::Cut);
    assert!(try_get(&url).await.is_err(), "the body ends early");
    strike(Trouble::Torn);
    assert_eq!(get(&url).await.body, right.body[..right.body.len() / 2]);
    strike(Trouble::Garbage);
    assert!(serde_json::from_slice::<Value>(&get(&url).await.body).is_err());
    strike(Trouble::Mistyped("text/plain"));
    let mistyped = get(&url).await;
    assert_eq!((mistyped.header("content-type"), &mistyped.body), ("text/plain", &right.body));
    strike(Trouble::Instead { kind: "application/json", body: "{}".to_owned() });
    assert_eq!(get(&url).await.json(), json!({}));
    strike(Trouble::Drip(Duration::from_micros(10)));
    assert_eq!(get(&url).await.body, right.body);
    strike(Trouble::Late(Duration::from_millis(50)));
    let began = Instant::now();
    assert_eq!(get(&url).await.body, right.body);
    assert!(began.elapsed() >= Duration::from_millis(50));
    strike(Trouble::Endless);
    let mut endless = http::unmoved().get(&url).send().await.unwrap();
    let mut length = 0;
    while length < 8 << 20 {
        length += endless.chunk().await.unwrap().expect("it does not end").len();
    }
    assert_eq!(get(&url).await.body, right.body, "nothing is wrong any more");
}

#[tokio::test]
async fn whoever_hangs_is_counted_and_answered_when_it_is_over() {
    let site = Upstream::start(Zilean::new([bunny()]));
    site.trouble("/dmm", Trouble::Hang);
    let url = site.url("/dmm/filtered?ImdbId=tt1254207");
    let (one, other, ()) = tokio::join!(get(&url), get(&url), async {
        site.until("/dmm", |asked| asked.len() == 2).await;
        assert_eq!((site.waiting(), site.most_at_once()), (2, 2));
        site.heal("/dmm");
    });
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    site.forget();
    assert!(site.asked("/dmm").is_empty());
}

#[tokio::test]
async fn a_client_that_leaves_waits_no_longer() {
    let site = Upstream::start(Zilean::new([]));
    site.trouble("", Trouble::Hang);
    let hurry = http::unmoved().get(site.url("/dmm/filtered")).timeout(Duration::from_millis(100)).send();
    assert!(hurry.await.is_err());
    let deadline = Instant::now() + Duration::from_secs(10);
    while site.waiting() > 0 {
        assert!(Instant::now() < deadline, "it still waits");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(site.journal()[0].status, None);
}

/// A site is nothing but its answers.
#[test]
fn a_magnet_names_its_hash_in_hex_or_in_base32() {
    assert!(bunny().magnet().starts_with(&format!("magnet:?xt=urn:btih:{HASH}&dn=Big%2EBuck")));
    let old = bunny().handed(Handed::OldMagnet).magnet();
    assert!(old.starts_with("magnet:?xt=urn:btih:3WBFL3G4PSSV7MF37AJSHWDQMLNR63I4&"), "{old}");
    let _: &dyn Site = &Zilean::new([]);
}
