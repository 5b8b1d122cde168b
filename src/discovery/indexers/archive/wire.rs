//! The Internet Archive's answers: what a search lists, and what an item holds.

use serde_json::Value;

use crate::domain::{ImdbId, InfoHash};
use crate::release::{is_extra, is_video};

/// Videos of an item that are told: what it was made from, and a few formats for weak players.
const MOST_VIDEOS: usize = 4;

/// An item as a search lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) year: Option<u16>,
    /// IMDb ids among its external identifiers.
    pub(super) imdb: Vec<ImdbId>,
}

/// What an item holds of one film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// Its videos, the original first, then the largest.
    pub(super) videos: Vec<HeldVideo>,
    /// The torrent of the whole item: info-hash and the name of the .torrent file.
    pub(super) torrent: Option<(InfoHash, String)>,
    /// Bytes of the whole item.
    pub(super) size: Option<u64>,
}

/// A video of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeldVideo {
    /// Its path in the item.
    pub(super) name: String,
    /// Bytes.
    pub(super) size: Option<u64>,
    /// Lines of the picture.
    pub(super) height: Option<u32>,
    is_original: bool,
}

/// The items of a search's answer; `None` if it is no such answer.
pub(super) fn listed(answer: &Value) -> Option<Vec<Listed>> {
    let docs = answer.get("response")?.get("docs")?.as_array()?;
    Some(docs.iter().filter_map(one_listed).collect())
}

fn one_listed(doc: &Value) -> Option<Listed> {
    let texts = |key: &str| doc.get(key).into_iter().flat_map(strings);
    let imdb = texts("external-identifier").filter_map(|id| id.strip_prefix("urn:imdb:")?.parse().ok());
    Some(Listed {
        id: doc.get("identifier")?.as_str().filter(|id| is_identifier(id))?.to_owned(),
        title: texts("title").next()?.trim().to_owned(),
        year: texts("year").next().and_then(|year| year.trim().parse().ok()).or(number(doc.get("year"))),
        imdb: imdb.collect(),
    })
}

/// What an item holds; `None` if it has no video, is not open to everybody, or has several originals, of which nobody
/// can tell which one is the film.
pub(super) fn held(item: &Value) -> Option<Held> {
    if item.get("is_dark").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let files = item.get("files")?.as_array()?;
    let mut videos: Vec<HeldVideo> = files.iter().filter_map(video).collect();
    let originals = videos.iter().filter(|video| video.is_original).count();
    let sources: Vec<&str> =
        files.iter().filter(|file| video(file).is_some()).filter_map(made_from).collect();
    let is_one = originals == 1 || originals == 0 && sources.windows(2).all(|pair| pair[0] == pair[1]);
    if videos.is_empty() || !is_one {
        return None;
    }
    videos.sort_by_key(|video| (!video.is_original, std::cmp::Reverse(video.size)));
    videos.truncate(MOST_VIDEOS);
    Some(Held { videos, torrent: files.iter().find_map(torrent), size: number(item.get("item_size")) })
}

fn video(file: &Value) -> Option<HeldVideo> {
    let name = file.get("name")?.as_str()?;
    let source = file.get("source").and_then(Value::as_str).unwrap_or_default();
    let is_private = file.get("private").is_some_and(|flag| flag == "true" || flag == true);
    let is_one = is_video(name) && !is_extra(name) && is_path(name) && !is_private;
    (is_one && matches!(source, "original" | "derivative")).then(|| HeldVideo {
        name: name.to_owned(),
        size: number(file.get("size")),
        height: number(file.get("height")),
        is_original: source == "original",
    })
}

/// The file that a derivative was made from.
fn made_from(file: &Value) -> Option<&str> {
    strings(file.get("original")?).next()
}

fn torrent(file: &Value) -> Option<(InfoHash, String)> {
    let name =
        file.get("name")?.as_str().filter(|name| name.ends_with("_archive.torrent") && is_path(name))?;
    Some((file.get("btih")?.as_str()?.parse().ok()?, name.to_owned()))
}

/// Identifiers are letters, digits, dots, dashes and underscores.
fn is_identifier(id: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=200).contains(&id.len()) && id.bytes().all(is_part) && !id.starts_with('.')
}

/// A path that leads out of its item is none.
fn is_path(name: &str) -> bool {
    name.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

/// Fields are a text, or a list of texts if there are several.
fn strings(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    list.iter().filter_map(Value::as_str)
}

/// Sizes are written as text, others as numbers.
fn number<T: TryFrom<u64> + std::str::FromStr>(value: Option<&Value>) -> Option<T> {
    let value = value?;
    value.as_u64().map_or_else(|| value.as_str()?.trim().parse().ok(), |number| number.try_into().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_search_lists_items_with_titles_years_and_ids_in_every_form() {
        let answer = json!({ "response": { "numFound": 4, "docs": [
            { "identifier": "TheLongTide", "title": "The Long Tide", "year": "1935", "external-identifier": "urn:imdb:tt0000011" },
            { "identifier": "b", "title": ["B", "Other"], "year": 1936, "external-identifier": ["urn:asin:x", "urn:imdb:tt2"] },
            { "identifier": "../x", "title": "X" },
            { "identifier": "c" }
        ]}});
        let listed = listed(&answer).unwrap();
        let facts: Vec<_> =
            listed.iter().map(|one| (one.id.as_str(), one.title.as_str(), one.year)).collect();
        assert_eq!(facts, [("TheLongTide", "The Long Tide", Some(1935)), ("b", "B", Some(1936))]);
        assert_eq!(listed[1].imdb, ["tt2".parse().unwrap()]);
        assert_eq!(super::listed(&json!({ "error": "x" })), None);
    }

    #[test]
    fn an_item_holds_one_film_in_several_formats() {
        let held = held(&json!({ "item_size": 5000, "files": [
            { "name": "tide_512kb.mp4", "source": "derivative", "original": "tide.mpeg", "size": "500", "height": "240" },
            { "name": "tide.ogv", "source": "derivative", "original": "tide.mpeg", "size": "700", "height": "304" },
            { "name": "tide.mpeg", "source": "original", "size": "3000", "height": "480" },
            { "name": "tide.thumbs/1.jpg", "source": "derivative" },
            { "name": "tide_meta.xml", "source": "metadata" },
            { "name": "TheLongTide_archive.torrent", "source": "metadata", "btih": "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c" }
        ]}))
        .unwrap();
        let names: Vec<_> = held.videos.iter().map(|one| (one.name.as_str(), one.size, one.height)).collect();
        assert_eq!(
            names,
            [
                ("tide.mpeg", Some(3000), Some(480)),
                ("tide.ogv", Some(700), Some(304)),
                ("tide_512kb.mp4", Some(500), Some(240))
            ]
        );
        assert_eq!(held.torrent.unwrap().1, "TheLongTide_archive.torrent");
        assert_eq!(held.size, Some(5000));
    }

    #[test]
    fn what_is_no_single_open_film_is_left_out() {
        let original = |name: &str| json!({ "name": name, "source": "original", "size": "1" });
        let derived =
            |name: &str, from: &str| json!({ "name": name, "source": "derivative", "original": from });
        for item in [
            json!({}),
            json!({ "files": [] }),
            json!({ "is_dark": true, "files": [original("a.mp4")] }),
            json!({ "files": [original("part1.mp4"), original("part2.mp4")] }),
            json!({ "files": [derived("1.mp4", "1.iso"), derived("2.mp4", "2.iso")] }),
            json!({ "files": [original("../../a.mp4")] }),
            json!({ "files": [{ "name": "a.mp4", "source": "original", "private": "true" }] }),
        ] {
            assert_eq!(held(&item), None, "{item}");
        }
        assert!(held(&json!({ "files": [derived("1.mp4", "1.iso"), derived("1.ogv", "1.iso")] })).is_some());
    }
}
