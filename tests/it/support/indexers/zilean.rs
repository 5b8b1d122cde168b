//! Zilean: hashes that debrid users have shared, as JSON and as Torznab. What fails inside of it becomes `[]`.

use serde_json::{Value, json};

use super::ask::Ask;
use super::torznab::{self, Element, leaf, xml};
use super::tracker::{Caps, Listed, Tracker, words};
use super::upstream::Site;
use crate::support::debrid::Reply;

const CAPS: Caps = Caps {
    search: true,
    movie: Some(&["q", "imdbid", "year"]),
    tv: Some(&["q", "season", "ep", "imdbid", "year"]),
    limit: 5000,
};

/// The parameters of `/dmm/filtered`.
const FILTERS: [&str; 8] =
    ["query", "season", "episode", "year", "language", "resolution", "category", "imdbid"];

/// A Zilean with what it has.
pub(crate) struct Zilean {
    index: Tracker,
}

impl Zilean {
    /// Holds these.
    pub(crate) fn new(listed: impl IntoIterator<Item = Listed>) -> Self {
        Self { index: Tracker::new("zilean", "Zilean Indexer", CAPS).with(listed) }
    }

    fn filtered(&self, ask: &Ask) -> Reply {
        let number = |name: &str| ask.get(name).and_then(|value| value.parse::<u32>().ok());
        let (query, imdb) = (words(&ask.get("query").unwrap_or_default()), ask.get("imdbid"));
        let (season, episode) = (number("season"), number("episode"));
        let fits = |listed: &&Listed| {
            let title = words(&listed.title);
            let is_named = query.iter().all(|word| title.contains(word));
            let is_imdb = imdb.is_none() || imdb == listed.imdb;
            let is_season = season.is_none() || season == listed.season;
            let is_episode = episode.is_none_or(|episode| listed.has_episode(episode));
            listed.everywhere || is_named && is_imdb && is_season && is_episode
        };
        let found = self.index.listed.iter().filter(fits).map(torrent).collect();
        let stranger = ask.parameters().into_iter().map(|(name, _)| name);
        let mut stranger = stranger.filter(|name| !FILTERS.contains(&name.to_ascii_lowercase().as_str()));
        Reply::json(200, &found).noting(stranger.next().map(|name| format!("{name} is ignored")))
    }

    fn search(&self, ask: &Ask) -> Reply {
        let body: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
        let wanted = words(body["queryText"].as_str().unwrap_or_default());
        let named = |listed: &&Listed| {
            let title = words(&listed.title);
            !wanted.is_empty() && wanted.iter().all(|word| title.contains(word))
        };
        Reply::json(200, &self.index.listed.iter().filter(named).map(torrent).collect())
    }

    fn torznab(&self, ask: &Ask) -> Reply {
        match ask.get("t").as_deref() {
            Some("caps") => xml(200, "application/xml", &torznab::caps("Zilean", &CAPS)),
            Some("search" | "movie" | "tvsearch") => {
                let items = self.index.search(ask).into_iter().map(item);
                let channel = Element::new("channel").child(leaf("title", &"Zilean Indexer"));
                let feed = torznab::feed("2.0", channel.children(items));
                xml(200, "application/xml", &feed).noting(CAPS.objection(ask))
            }
            _ => {
                let error = torznab::error("code", 201, "Unsupported query type or parameters.");
                xml(400, "application/xml", &error)
            }
        }
    }
}

impl Site for Zilean {
    fn answer(&mut self, ask: &Ask) -> Reply {
        match (ask.method.as_str(), ask.path.as_str()) {
            ("GET", "/dmm/filtered") => self.filtered(ask),
            ("POST", "/dmm/search") => self.search(ask),
            ("GET", "/torznab/api") => self.torznab(ask),
            ("GET", "/healthchecks/ping") => Reply::text(200, "Pong!"),
            _ => Reply::empty(404).noting(Some("no such path".to_owned())),
        }
    }
}

/// What is not so of any torrent here, and what is not known of it.
const FALSE: [&str; 18] = [
    "trash",
    "complete",
    "dubbed",
    "subbed",
    "extended",
    "converted",
    "hardcoded",
    "ppv",
    "_3d",
    "proper",
    "repack",
    "retail",
    "upscaled",
    "remastered",
    "unrated",
    "documentary",
    "torrent",
    "adult",
];
const UNKNOWN: [&str; 14] = [
    "year",
    "date",
    "group",
    "edition",
    "bit_depth",
    "bitrate",
    "network",
    "region",
    "site",
    "episode_code",
    "country",
    "container",
    "extension",
    "imdb",
];

/// Sizes are text, and there is no word of seeders.
fn torrent(listed: &Listed) -> Value {
    let mut torrent = json!({
        "raw_title": listed.title, "parsed_title": listed.title.replace('.', " "), "normalized_title": "",
        "cleaned_parsed_title": "", "resolution": "1080p", "episodes": listed.episodes,
        "seasons": listed.season.into_iter().collect::<Vec<_>>(), "volumes": [], "languages": [],
        "quality": "WEB-DL", "hdr": [], "codec": "avc", "audio": ["AAC"], "channels": ["5.1"],
        "size": listed.size.to_string(), "imdb_id": listed.imdb, "info_hash": listed.info_hash,
        "category": if listed.category() == 5000 { "tvSeries" } else { "movie" }, "ingested_at": listed.published.1
    });
    for name in FALSE {
        torrent[name] = json!(false);
    }
    for name in UNKNOWN {
        torrent[name] = Value::Null;
    }
    torrent
}

/// The counts of peers are always the same, because nothing is known of them.
fn item(listed: &Listed) -> Element {
    let magnet = format!("magnet:?xt=urn:btih:{}", listed.info_hash);
    let item = Element::new("item")
        .child(leaf("title", &listed.title))
        .child(leaf("guid", &listed.info_hash))
        .child(leaf("type", &"public"))
        .child(leaf("pubDate", &listed.published.0))
        .child(leaf("size", &listed.size))
        .child(leaf("link", &magnet))
        .child(leaf("category", &listed.category()))
        .child(torznab::enclosure(&magnet, listed, "application/x-bittorrent"))
        .attr("category", &listed.category());
    let item = match listed.imdb_digits() {
        Some(digits) => item.attr("imdb", &digits).attr("imdbid", &format!("tt{digits}")),
        None => item,
    };
    item.attr("seeders", &999)
        .attr("peers", &999)
        .attr("infohash", &listed.info_hash)
        .attr("magneturl", &magnet)
}
