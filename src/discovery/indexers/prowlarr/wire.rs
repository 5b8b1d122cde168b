//! Prowlarr's JSON: its indexers, its own search and its state.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::discovery::indexers::reading;
use crate::discovery::indexers::torznab::{Caps, Mode};
use crate::discovery::indexers::wording::{Named, anime_number, episode_code, season_code, words};
use crate::discovery::{Found, Query};
use crate::domain::TitleKind;
use crate::source::torrent::{parse_magnet, parse_web_address};

/// An indexer as `/api/v1/indexer` lists it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default = "yes")]
    pub(super) enable: bool,
    /// `torrent` or `usenet`.
    #[serde(default)]
    protocol: String,
    /// `public`, `semiPrivate` or `private`.
    #[serde(default)]
    pub(super) privacy: String,
    #[serde(default)]
    pub(super) capabilities: Option<Capabilities>,
}

/// What an indexer can do: the same as its Torznab caps.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Capabilities {
    #[serde(default)]
    limits_max: Option<u32>,
    #[serde(default)]
    supports_raw_search: bool,
    #[serde(default)]
    search_params: Option<Vec<String>>,
    #[serde(default)]
    tv_search_params: Option<Vec<String>>,
    #[serde(default)]
    movie_search_params: Option<Vec<String>>,
    #[serde(default)]
    categories: Option<Vec<Category>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Category {
    #[serde(default)]
    id: Option<i64>,
    #[serde(default)]
    sub_categories: Option<Vec<Category>>,
}

/// `/api/v1/system/status`.
#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) version: String,
}

/// A release as `/api/v1/search` finds it. Numbers and texts are taken as they come.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct Row {
    title: Option<String>,
    indexer: Option<String>,
    protocol: Option<String>,
    info_hash: Option<String>,
    magnet_url: Option<String>,
    download_url: Option<String>,
    guid: Option<String>,
    publish_date: Option<String>,
    size: Value,
    seeders: Value,
    imdb_id: Value,
}

const fn yes() -> bool {
    true
}

impl Listed {
    pub(super) fn is_torrent(&self) -> bool {
        !self.protocol.eq_ignore_ascii_case("usenet")
    }
}

impl Capabilities {
    /// As caps; nothing if it says nothing, as in lists of old versions.
    pub(super) fn into_caps(self) -> Option<Caps> {
        let mode = |params: Option<Vec<String>>| {
            let params = params.unwrap_or_default();
            Mode::new(!params.is_empty(), params.iter().map(String::as_str), self.supports_raw_search)
        };
        let caps = Caps {
            title: None,
            most_results: self.limits_max,
            search: mode(self.search_params),
            tv: mode(self.tv_search_params),
            movie: mode(self.movie_search_params),
            categories: flat(self.categories.unwrap_or_default()),
        };
        let says_something = [&caps.search, &caps.tv, &caps.movie].iter().any(|mode| mode.takes(&["q"]));
        says_something.then_some(caps)
    }
}

/// Categories with those below them, which are never more than one level deep.
fn flat(categories: Vec<Category>) -> Vec<u32> {
    let ids = categories.into_iter().flat_map(|category| {
        let below = category.sub_categories.unwrap_or_default().into_iter().filter_map(|below| below.id);
        category.id.into_iter().chain(below)
    });
    ids.filter_map(|id| u32::try_from(id).ok()).collect()
}

/// What Prowlarr's own search is asked: ids and numbers stand in the text as `{imdbid:tt1}`, and Prowlarr passes on to
/// each indexer what that one takes.
pub(super) fn searches(query: &Query) -> Vec<Vec<(&'static str, String)>> {
    let named = Named::of(query).map(|named| words(named.title)).unwrap_or_default();
    let imdb = query.imdb().map(|id| format!("{{imdbid:{id}}}"));
    let year = query.title.as_ref().and_then(|title| title.year).map(|year| year.to_string());
    let mut texts = Vec::new();
    let (kind, category) = match query.title_kind() {
        TitleKind::Movie => {
            texts.extend(imdb);
            texts.extend((!named.is_empty()).then(|| format!("{named} {}", year.unwrap_or_default())));
            ("movie", "2000")
        }
        TitleKind::Series => {
            if let Some((season, episode)) = query.episode {
                texts.extend(imdb.map(|imdb| format!("{imdb}{{season:{season}}}{{episode:{episode}}}")));
                let codes = [episode_code(season, episode), season_code(season)];
                texts
                    .extend(codes.iter().filter(|_| !named.is_empty()).map(|code| format!("{named} {code}")));
            }
            let number = anime_number(query).filter(|_| !named.is_empty());
            texts.extend(number.map(|number| format!("{named} {number:02}")));
            ("tvsearch", "5000")
        }
    };
    let asked = |text: String| {
        // Ids are for the search of the kind; words are understood by all.
        let kind = if text.contains('{') { kind } else { "search" };
        let text = text.trim().to_owned();
        vec![("query", text), ("type", kind.to_owned()), ("categories", category.to_owned())]
    };
    texts.into_iter().map(asked).collect()
}

impl Row {
    /// What it says of a release; nothing if that is no torrent.
    pub(super) fn into_found(self) -> Option<Found> {
        let is_usenet =
            self.protocol.as_deref().is_some_and(|protocol| protocol.eq_ignore_ascii_case("usenet"));
        let text = |value: &Value| match value {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
        let addresses = [self.magnet_url, self.download_url, self.guid];
        let magnet = addresses.iter().flatten().find_map(|address| parse_magnet(address).ok());
        // The guid is a page for people.
        let torrent: Option<Url> =
            addresses[..2].iter().rev().flatten().find_map(|address| parse_web_address(address));
        let hash = self.info_hash.and_then(|hash| hash.trim().parse().ok());
        let info_hash = magnet.as_ref().map(|magnet| magnet.info_hash).or(hash);
        let name = self.title.as_deref().map(reading::name).filter(|name| !name.is_empty())?;
        if is_usenet || info_hash.is_none() && torrent.is_none() {
            return None;
        }
        let (trackers, web_seeds) =
            magnet.map(|magnet| (magnet.trackers, magnet.web_seeds)).unwrap_or_default();
        Some(Found {
            info_hash,
            torrent,
            name,
            size: text(&self.size).and_then(|size| reading::bytes(&size)).filter(|size| *size > 0),
            seeders: text(&self.seeders)
                .and_then(|seeders| reading::count(&seeders))
                .map(|seeders| seeders.try_into().unwrap_or(u32::MAX)),
            trackers,
            web_seeds,
            published: self.publish_date.as_deref().and_then(reading::moment),
            by: self.indexer.as_deref().map(reading::name).filter(|name| !name.is_empty()),
            imdb: text(&self.imdb_id).and_then(|id| reading::imdb(&id)),
            ..Found::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HEX: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

    fn row(value: Value) -> Option<Found> {
        serde_json::from_value::<Row>(value).unwrap().into_found()
    }

    #[test]
    fn rows_of_torrents_are_read_and_those_of_usenet_dropped() {
        let found = row(json!({
            "guid": "https://site.example/1", "title": "Big Buck Bunny 2008 1080p", "indexer": "One",
            "protocol": "torrent", "size": 276445467, "seeders": 12, "leechers": 3, "imdbId": 1254207,
            "infoHash": HEX.to_uppercase(), "publishDate": "2024-10-02T13:00:00Z",
            "magnetUrl": "http://p.example/1/download?link=m", "downloadUrl": "http://p.example/1/download?link=d",
        }));
        let found = found.unwrap();
        assert_eq!(found.info_hash, Some(HEX.parse().unwrap()));
        assert_eq!(found.torrent.unwrap().as_str(), "http://p.example/1/download?link=d");
        assert_eq!((found.size, found.seeders), (Some(276_445_467), Some(12)));
        assert_eq!((found.by.as_deref(), found.imdb.as_deref()), (Some("One"), Some("tt1254207")));
        assert!(found.published.is_some());
        assert_eq!(
            row(json!({"title": "A", "protocol": "usenet", "downloadUrl": "http://p.example/1"})),
            None
        );
        assert_eq!(row(json!({"title": "A", "protocol": "torrent", "guid": "http://p.example/1"})), None);
        let sparse = row(json!({"title": "A", "infoHash": HEX, "seeders": null, "imdbId": 0})).unwrap();
        assert_eq!((sparse.seeders, sparse.imdb), (None, None));
    }

    #[test]
    fn capabilities_say_the_same_as_caps() {
        let listed: Listed = serde_json::from_value(json!({
            "id": 4, "name": "One", "enable": true, "protocol": "torrent", "privacy": "private",
            "capabilities": {
                "limitsMax": 100, "limitsDefault": 100, "supportsRawSearch": true,
                "categories": [{"id": 2000, "name": "Movies", "subCategories": [{"id": 2040, "name": "HD"}]}],
                "searchParams": ["q"], "tvSearchParams": ["q", "season", "ep", "imdbId"],
                "movieSearchParams": ["q", "imdbId"],
            },
        }))
        .unwrap();
        assert!(listed.is_torrent());
        let caps = listed.capabilities.unwrap().into_caps().unwrap();
        assert!(caps.tv.takes(&["imdbid", "season", "ep"]));
        assert!(caps.movie.is_raw());
        assert_eq!(caps.categories, [2000, 2040]);
        let silent: Listed =
            serde_json::from_value(json!({"id": 5, "capabilities": {"categories": []}})).unwrap();
        assert!(silent.capabilities.unwrap().into_caps().is_none());
    }
}
