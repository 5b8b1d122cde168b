//! Reading the streams of other addons, as generously as clients do.

use std::collections::HashMap;

use serde_json::Value;
use url::Url;

use super::lines::{plain, release_name, seeders, size};
use crate::discovery::Found;
use crate::domain::{FileIndex, InfoHash};
use crate::release::is_video;
use crate::source::torrent::parse_magnet;

/// More rows than any list that people look through.
const MOST_ROWS: usize = 500;

/// More trackers than any torrent needs.
const MOST_TRACKERS: usize = 50;

/// More headers than any file server wants.
const MOST_HEADERS: usize = 20;

/// The releases of an answer to a `stream` question; `None` if it is no such answer. Rows that nobody here could play
/// are left out.
pub(super) fn read(answer: &Value) -> Option<Vec<Found>> {
    match answer.get("streams")? {
        Value::Array(rows) => Some(rows.iter().take(MOST_ROWS).filter_map(row).collect()),
        Value::Null => Some(Vec::new()),
        _ => None,
    }
}

fn row(row: &Value) -> Option<Found> {
    // As in clients an address goes before a torrent.
    let mut found = match row.get("url").and_then(Value::as_str).map(str::trim) {
        Some(magnet) if magnet.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("magnet:")) => {
            of_magnet(magnet)?
        }
        Some(url) if !url.is_empty() => at_address(url, row)?,
        _ => of_torrent(row)?,
    };
    let shown = Shown::of(row);
    found.seeders = shown.text().find_map(seeders);
    found.size = shown.text().find_map(size);
    found.file_name = shown.file_name.clone().or(found.file_name);
    found.file_size = hint(row, "videoSize").and_then(Value::as_u64).filter(|size| *size > 0);
    if let Some(name) = shown.name() {
        found.name = name;
    } else if found.name.is_empty() {
        found.name = found.file_name.clone().or_else(|| shown.text().next().map(str::to_owned))?;
    }
    Some(found)
}

fn of_torrent(row: &Value) -> Option<Found> {
    let info_hash: InfoHash = row.get("infoHash")?.as_str()?.trim().parse().ok()?;
    let file = number(row.get("fileIdx")).map(FileIndex);
    let sources = row.get("sources").or(row.get("announce")).and_then(Value::as_array);
    let named = sources.into_iter().flatten().filter_map(Value::as_str);
    let trackers = named.filter_map(|source| tracker(source.strip_prefix("tracker:").unwrap_or(source)));
    Some(Found {
        info_hash: Some(info_hash),
        file,
        trackers: trackers.take(MOST_TRACKERS).collect(),
        // Only who keeps files by id knows which one of a torrent it is.
        is_exact: file.is_some(),
        ..Found::default()
    })
}

fn of_magnet(text: &str) -> Option<Found> {
    let magnet = parse_magnet(text).ok()?;
    Some(Found {
        info_hash: Some(magnet.info_hash),
        torrent: magnet.exact_sources.into_iter().next(),
        trackers: magnet.trackers,
        web_seeds: magnet.web_seeds,
        name: magnet.name.unwrap_or_default(),
        ..Found::default()
    })
}

fn at_address(text: &str, row: &Value) -> Option<Found> {
    let url: Url = text.parse().ok()?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return None;
    }
    let last = url.path_segments()?.next_back().unwrap_or_default();
    let last = percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned();
    Some(Found {
        file_name: is_video(&last).then_some(last),
        headers: headers(row),
        place: Some(url),
        is_exact: true,
        ..Found::default()
    })
}

/// What the server wants to see in requests. The names may come in any case, and only one of each is sent.
fn headers(row: &Value) -> Vec<(String, String)> {
    let wanted =
        hint(row, "proxyHeaders").and_then(|headers| headers.get("request")).and_then(Value::as_object);
    let texts = wanted
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.as_str()?.to_owned())));
    let mut headers: Vec<(String, String)> = texts.collect::<HashMap<_, _>>().into_iter().collect();
    headers.sort();
    headers.truncate(MOST_HEADERS);
    headers
}

/// What a row shows to people.
struct Shown<'a> {
    file_name: Option<String>,
    /// `description`, or `title` as it was called before, and `name`.
    texts: Vec<&'a str>,
}

impl<'a> Shown<'a> {
    fn of(row: &'a Value) -> Self {
        let text = |key| row.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let file_name = hint(row, "filename").and_then(Value::as_str);
        let file_name = file_name.and_then(|name| name.trim().rsplit(['/', '\\']).next());
        let texts = [text("description").or(text("title")), text("name")];
        Self {
            file_name: file_name.filter(|name| !name.is_empty()).map(str::to_owned),
            texts: texts.into_iter().flatten().collect(),
        }
    }

    /// Line by line.
    fn text(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.texts.clone().into_iter().flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty())
    }

    /// The name of the release: that of the file, if it says more than a number, else the line that reads like one.
    fn name(&self) -> Option<String> {
        let file = self.file_name.as_deref().map(plain);
        let lines = file.into_iter().chain(self.text());
        release_name(lines).map(str::to_owned)
    }
}

fn hint<'a>(row: &'a Value, key: &str) -> Option<&'a Value> {
    row.get("behaviorHints")?.get(key)
}

fn tracker(text: &str) -> Option<Url> {
    let url: Url = text.trim().parse().ok()?;
    (matches!(url.scheme(), "udp" | "http" | "https") && url.has_host()).then_some(url)
}

/// Some addons write numbers as text.
fn number(value: Option<&Value>) -> Option<u32> {
    let value = value?;
    value.as_u64().map_or_else(|| value.as_str()?.trim().parse().ok(), |number| number.try_into().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HASH: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

    fn only(row: &Value) -> Found {
        let mut found = read(&json!({ "streams": [row] })).unwrap();
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    #[test]
    fn a_torrent_is_read_with_its_file_trackers_counts_and_name() {
        let found = only(&json!({
            "name": "Other\n1080p", "title": "A.Film.2011.1080p.WEB.x264-ABC\n👤 12 💾 1.5 GB",
            "infoHash": HASH.to_uppercase(), "fileIdx": 3,
            "sources": ["tracker:udp://t.example:1337/announce", "dht:aa", "tracker:wss://t.example", "tracker:"],
            "behaviorHints": { "bingeGroup": "x", "filename": "folder/a.film.2011.mkv", "videoSize": 1234 }
        }));
        assert_eq!(found.info_hash, HASH.parse().ok());
        assert_eq!(found.name, "A.Film.2011.1080p.WEB.x264-ABC");
        assert_eq!((found.file, found.file_name.as_deref()), (Some(FileIndex(3)), Some("a.film.2011.mkv")));
        assert_eq!((found.seeders, found.size, found.file_size), (Some(12), Some(1_610_612_736), Some(1234)));
        assert_eq!(found.trackers.len(), 1);
        assert!(found.is_exact);
    }

    #[test]
    fn without_a_file_the_torrent_is_only_a_suggestion() {
        let found = only(&json!({ "infoHash": HASH, "description": "A Film", "fileIdx": null }));
        assert!(!found.is_exact);
        assert_eq!(found.name, "A Film");
        assert_eq!(only(&json!({ "infoHash": HASH, "name": "x", "fileIdx": "2" })).file, Some(FileIndex(2)));
    }

    #[test]
    fn an_address_goes_before_a_torrent_and_brings_its_headers() {
        let found = only(&json!({
            "url": "https://cdn.example/k3y/A%20Film.2011.720p.mkv", "infoHash": HASH, "name": "Site",
            "behaviorHints": { "notWebReady": true, "proxyHeaders": { "request": { "Referer": "https://a.example", "X": 1 } } }
        }));
        assert_eq!((found.info_hash, found.is_exact), (None, true));
        assert_eq!(found.file_name.as_deref(), Some("A Film.2011.720p.mkv"));
        assert_eq!(found.headers, [("referer".to_owned(), "https://a.example".to_owned())]);
        assert!(!format!("{found:?}").contains("k3y"));
    }

    #[test]
    fn a_magnet_is_a_torrent() {
        let magnet = format!("magnet:?xt=urn:btih:{HASH}&dn=A+Film&tr=udp%3A%2F%2Ft.example%3A1");
        let found = only(&json!({ "url": magnet }));
        assert_eq!((found.info_hash, found.name.as_str()), (HASH.parse().ok(), "A Film"));
        assert_eq!((found.trackers.len(), found.place), (1, None));
    }

    #[test]
    fn rows_that_nobody_here_could_play_are_left_out() {
        let rows = json!({ "streams": [
            { "externalUrl": "https://shop.example/" }, { "ytId": "x" }, { "name": "no link" }, null, 7,
            { "infoHash": "nonsense" }, { "url": "file:///etc/passwd" }, { "url": "rtmp://a.example/x" },
            { "url": "/relative" }, { "url": "magnet:?dn=x" }, { "infoHash": HASH }
        ]});
        assert_eq!(read(&rows), Some(Vec::new()));
        assert_eq!(read(&json!({ "streams": null })), Some(Vec::new()));
        for wrong in [json!({}), json!({ "streams": {} }), json!([]), json!({ "err": "handler error" })] {
            assert_eq!(read(&wrong), None, "{wrong}");
        }
    }
}
