//! Prowlarr: a Torznab address for each site, links by way of itself that redirect to magnets, and JSON.

use serde_json::{Value, json};

use super::ask::Ask;
use super::torznab::{self, Element, leaf, xml};
use super::tracker::{Handed, Listed, Tracker};
use super::upstream::Site;
use crate::support::debrid::Reply;
use crate::support::http::escape;

const FEED: &str = "application/rss+xml";

/// A Prowlarr with its key and its sites, whose ids are numbers.
pub(crate) struct Prowlarr {
    key: String,
    /// The sites.
    pub(crate) trackers: Vec<Tracker>,
    /// Ids of sites that are for usenet.
    pub(crate) usenet: Vec<String>,
}

impl Prowlarr {
    /// Wants this key in every request.
    pub(crate) fn new(key: &str, trackers: impl IntoIterator<Item = Tracker>) -> Self {
        Self { key: key.to_owned(), trackers: trackers.into_iter().collect(), usenet: Vec::new() }
    }

    fn has_key(&self, ask: &Ask) -> bool {
        ask.get("apikey").as_ref() == Some(&self.key) || ask.header("x-api-key") == self.key
    }

    fn torznab(&self, id: &str, ask: &Ask) -> Reply {
        let Some(function) = ask.get("t") else { return refusal(400, 200, "Missing parameter (t)") };
        let imdb = ask.get("imdbid").map(|id| id.trim_start_matches('t').to_owned());
        if imdb.is_some_and(|id| id.parse::<u32>().unwrap_or(0) == 0) {
            return refusal(400, 201, "Incorrect parameter (imdbid)");
        }
        let Some(tracker) = self.trackers.iter().find(|tracker| tracker.id == id) else {
            return Reply::json(404, &json!({"message": "Indexer Not Found"}));
        };
        if !tracker.enabled {
            return refusal(410, 410, "Indexer is disabled").noting(Some("a disabled site".to_owned()));
        }
        match function.as_str() {
            "caps" => xml(200, FEED, &torznab::caps("Prowlarr", &tracker.caps)),
            "search" | "tvsearch" | "movie" => {
                let items =
                    tracker.search(ask).into_iter().map(|listed| self.item(tracker, listed, &ask.base));
                let own = Element::new("atom:link")
                    .attribute("rel", &"self")
                    .attribute("type", &"application/rss+xml");
                let channel =
                    Element::new("channel").child(own).child(leaf("title", &"Prowlarr")).children(items);
                xml(200, FEED, &torznab::feed("1.0", channel)).noting(tracker.caps.objection(ask))
            }
            other => refusal(400, 202, &format!("No such function ({other})")),
        }
    }

    /// Whatever the site hands out, the link is Prowlarr's, and there is no `magneturl`.
    fn item(&self, tracker: &Tracker, listed: &Listed, base: &str) -> Element {
        let link = self.link(tracker, listed, base);
        let origin =
            leaf("prowlarrindexer", &tracker.name).attribute("id", &tracker.id).attribute("type", &"public");
        let item = Element::new("item")
            .child(leaf("title", &listed.title))
            .child(Element::new("description"))
            .child(leaf("guid", &format!("https://site{}.invalid/{}", tracker.id, listed.info_hash)))
            .child(origin)
            .child(leaf("pubDate", &listed.published.0))
            .child(leaf("size", &listed.size))
            .child(leaf("link", &link))
            .child(leaf("category", &listed.category()))
            .child(torznab::enclosure(&link, listed, "application/x-bittorrent"))
            .attr("category", &listed.category());
        let item = match listed.imdb_digits() {
            Some(digits) => item.attr("imdb", &digits),
            None => item,
        };
        let item = item.attr("seeders", &listed.seeders).attr("peers", &(listed.seeders + listed.leechers));
        match listed.handed {
            Handed::Magnet => item.attr("infohash", &listed.info_hash),
            _ => item,
        }
    }

    fn link(&self, tracker: &Tracker, listed: &Listed, base: &str) -> String {
        let (id, key) = (&tracker.id, &self.key);
        format!("{base}/{id}/download?apikey={key}&link={}&file={}", listed.info_hash, escape(&listed.title))
    }

    fn download(&self, id: &str, ask: &Ask) -> Reply {
        let wanted = ask.get("link").unwrap_or_default();
        let Some(tracker) = self.trackers.iter().find(|tracker| tracker.id == id) else {
            return Reply::json(404, &json!({"message": "Indexer Not Found"}));
        };
        if !tracker.enabled {
            return refusal(410, 410, "Indexer is disabled");
        }
        match tracker.listed.iter().find(|listed| listed.info_hash == wanted) {
            None => refusal(410, 410, "Release is no longer available"),
            Some(listed) if listed.handed == Handed::File => {
                let named = format!("attachment; filename=\"{}.torrent\"", listed.info_hash);
                Reply::typed(200, "application/x-bittorrent", listed.torrent.to_vec())
                    .with("content-disposition", &named)
            }
            Some(listed) => Reply::empty(301).with("location", &listed.magnet()),
        }
    }

    fn list(&self) -> Value {
        let indexers = self.trackers.iter().map(|tracker| {
            let protocol = if self.usenet.contains(&tracker.id) { "usenet" } else { "torrent" };
            let upper = |function: &str| {
                let parameters = tracker.caps.parameters(function).unwrap_or_default();
                parameters.iter().map(|name| camel(name)).collect::<Vec<_>>()
            };
            json!({
                "id": number(&tracker.id), "name": tracker.name, "sortName": tracker.name.to_lowercase(),
                "definitionName": tracker.name, "description": "", "language": "en-US", "encoding": "UTF-8",
                "enable": tracker.enabled, "redirect": false, "supportsRss": true, "supportsSearch": true,
                "supportsRedirect": false, "supportsPagination": false, "appProfileId": 1,
                "protocol": protocol, "privacy": "public", "priority": 25, "downloadClientId": 0,
                "indexerUrls": ["https://site.invalid/"], "legacyUrls": [], "tags": [], "fields": [],
                "implementation": "Cardigann", "configContract": "CardigannSettings",
                "added": "2024-01-01T00:00:00Z",
                "capabilities": {"limitsMax": tracker.caps.limit, "limitsDefault": tracker.caps.limit,
                    "supportsRawSearch": false, "searchParams": upper("search"),
                    "movieSearchParams": upper("movie"), "tvSearchParams": upper("tvsearch"),
                    "musicSearchParams": [], "bookSearchParams": [],
                    "categories": [{"id": 2000, "name": "Movies", "subCategories": []},
                        {"id": 5000, "name": "TV", "subCategories": []}]},
            })
        });
        indexers.collect()
    }

    /// `/api/v1/search`.
    fn search(&self, ask: &Ask) -> Reply {
        let ids = ask.all("indexerIds");
        // -2 stands for every torrent indexer, -1 for every usenet one.
        let is_asked = |tracker: &&Tracker| {
            tracker.enabled && (ids.is_empty() || ids.iter().any(|id| *id == tracker.id || id == "-2"))
        };
        let question = untangle(ask);
        let found = self.trackers.iter().filter(is_asked).flat_map(|tracker| {
            let found = tracker.search(&question).into_iter();
            found.map(|listed| self.release(tracker, listed, &ask.base))
        });
        Reply::json(200, &found.collect())
    }

    fn release(&self, tracker: &Tracker, listed: &Listed, base: &str) -> Value {
        let link = self.link(tracker, listed, base);
        let is_magnet = listed.handed != Handed::File;
        let usenet = self.usenet.contains(&tracker.id);
        let imdb = listed.imdb_digits().and_then(|digits| digits.parse::<u32>().ok());
        let mut release = json!({
            "guid": format!("https://site{}.invalid/{}", tracker.id, listed.info_hash), "age": 9, "ageHours": 216.5,
            "ageMinutes": 12990.1, "size": listed.size, "files": 1, "grabs": 0,
            "indexerId": number(&tracker.id), "indexer": tracker.name, "title": listed.title,
            "sortTitle": listed.title.to_lowercase(), "imdbId": imdb.unwrap_or(0), "tmdbId": 0, "tvdbId": 0,
            "tvMazeId": 0, "publishDate": listed.published.1, "indexerFlags": [], "fileName": format!("{}.torrent", listed.title),
            "categories": [{"id": listed.category(), "name": "Movies", "subCategories": []}],
            "protocol": if usenet { "usenet" } else { "torrent" },
            "seeders": listed.seeders, "leechers": listed.leechers,
        });
        release[if is_magnet { "magnetUrl" } else { "downloadUrl" }] = json!(link);
        if listed.handed == Handed::Magnet {
            release["infoHash"] = json!(listed.info_hash);
        }
        release
    }
}

impl Site for Prowlarr {
    fn answer(&mut self, ask: &Ask) -> Reply {
        if !self.has_key(ask) {
            return Reply::empty(401).noting(Some("without the key".to_owned()));
        }
        let segments = ask.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match *parts.as_slice() {
            [id, "api"] | ["api", "v1", "indexer", id, "newznab"] => self.torznab(id, ask),
            [id, "download"] | ["api", "v1", "indexer", id, "download"] => self.download(id, ask),
            ["api", "v1", "indexer"] => Reply::json(200, &self.list()),
            ["api", "v1", "indexerstatus"] => Reply::json(200, &json!([])),
            ["api", "v1", "system", "status"] => Reply::json(
                200,
                &json!({"appName": "Prowlarr", "instanceName": "Prowlarr", "version": "1.30.2.4939"}),
            ),
            ["api", "v1", "search"] => self.search(ask),
            _ => Reply::empty(404).noting(Some("no such path".to_owned())),
        }
    }

    /// The JSON search is as slow as the slowest of its sites.
    fn waits_for(&self, ask: &Ask) -> Vec<String> {
        let is_search = ask.path == "/api/v1/search";
        let enabled = self.trackers.iter().filter(|tracker| is_search && tracker.enabled);
        enabled.map(|tracker| format!("/{}/", tracker.id)).collect()
    }

    fn too_many(&self, retry_after: Option<u64>) -> Reply {
        let reply =
            refusal(429, 429, "User configurable Indexer Query Limit of 10 in last 24 hour(s) reached.");
        match retry_after {
            Some(seconds) => reply.with("retry-after", &seconds),
            None => reply,
        }
    }
}

fn refusal(status: u16, code: u32, description: &str) -> Reply {
    xml(status, FEED, &torznab::error("code", code, description))
}

fn number(id: &str) -> u32 {
    id.parse().expect("Prowlarr counts its indexers")
}

/// `imdbid` is written `imdbId` in JSON.
fn camel(name: &str) -> String {
    name.strip_suffix("id").map_or_else(|| name.to_owned(), |stem| format!("{stem}Id"))
}

/// The JSON search takes ids within the words, as `{imdbid:tt1254207}`, for the types that know them.
fn untangle(ask: &Ask) -> Ask {
    let mut query = ask.get("query").unwrap_or_default();
    let mut pairs = Vec::new();
    while let Some((start, end)) =
        query.find('{').and_then(|start| Some((start, query[start..].find('}')? + start)))
    {
        let token = query[start + 1..end].to_ascii_lowercase();
        if let Some((name, value)) = token.split_once(':') {
            let name = if name == "episode" { "ep" } else { name };
            pairs.push((name.to_owned(), value.trim().to_owned()));
        }
        query.replace_range(start..=end, "");
    }
    pairs.push(("q".to_owned(), query.trim().to_owned()));
    pairs.push(("cat".to_owned(), ask.all("categories").join(",")));
    pairs.extend(ask.get("limit").map(|limit| ("limit".to_owned(), limit)));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Ask { query, ..ask.clone() }
}
