//! Jackett (`/api/v2.0`): one Torznab address for each site, one for all of them, and a JSON search.

use serde_json::{Value, json};

use super::ask::Ask;
use super::torznab::{self, Element, leaf, xml};
use super::tracker::{Caps, Handed, Listed, Tracker};
use super::upstream::Site;
use crate::support::debrid::Reply;
use crate::support::http::escape;

const FEED: &str = "application/rss+xml; charset=utf-8";
const XML: &str = "application/xml; charset=utf-8";

/// A Jackett with its key and the sites it knows.
pub(crate) struct Jackett {
    key: String,
    /// The sites.
    pub(crate) trackers: Vec<Tracker>,
}

impl Jackett {
    /// The path below which one site is asked.
    pub(crate) fn below(id: &str) -> String {
        format!("/api/v2.0/indexers/{id}/")
    }

    /// Wants this key in every request.
    pub(crate) fn new(key: &str, trackers: impl IntoIterator<Item = Tracker>) -> Self {
        Self { key: key.to_owned(), trackers: trackers.into_iter().collect() }
    }

    fn tracker(&self, id: &str) -> Option<&Tracker> {
        self.trackers.iter().find(|tracker| tracker.id == id)
    }

    fn enabled(&self) -> impl Iterator<Item = &Tracker> {
        self.trackers.iter().filter(|tracker| tracker.enabled)
    }

    fn torznab(&self, id: &str, ask: &Ask) -> Reply {
        // These two come with status 200: Jackett's filters answer before its handlers do.
        if ask.get("apikey").as_ref() != Some(&self.key) {
            return refusal(200, 100, "Invalid API Key").noting(Some("without the key".to_owned()));
        }
        let function = ask.get("t").unwrap_or_else(|| "search".to_owned());
        if is_group(id) {
            return self.group(&function, ask);
        }
        let Some(tracker) = self.tracker(id) else { return refusal(200, 201, "Indexer is not supported") };
        if !tracker.enabled {
            return refusal(200, 201, "Indexer is not configured")
                .noting(Some("not among the configured".to_owned()));
        }
        if function == "caps" {
            return xml(200, FEED, &torznab::caps("Jackett", &tracker.caps));
        }
        if let Some(objection) = tracker.caps.objection(ask) {
            return unsupported(tracker, &function, ask).noting(Some(objection));
        }
        let items = tracker.search(ask).into_iter().map(|listed| self.item(tracker, listed, &ask.base));
        xml(200, FEED, &torznab::feed("2.0", channel(&tracker.name, ask).children(items)))
    }

    /// `all` and `test:passed` and the like: the sites together.
    fn group(&self, function: &str, ask: &Ask) -> Reply {
        match function {
            "indexers" => {
                let wanted = ask.get("configured");
                let is_wanted = |tracker: &&Tracker| match wanted.as_deref() {
                    Some("true") => tracker.enabled,
                    Some("false") => !tracker.enabled,
                    _ => true,
                };
                let list = self.trackers.iter().filter(is_wanted).map(indexer);
                xml(200, XML, &Element::new("indexers").children(list))
            }
            "caps" => xml(200, FEED, &torznab::caps("Jackett", &Caps::WORDS)),
            _ => {
                let found = self.enabled().flat_map(|tracker| {
                    let found = tracker.search(ask).into_iter();
                    found.map(move |listed| self.item(tracker, listed, &ask.base))
                });
                xml(200, FEED, &torznab::feed("2.0", channel("AggregateSearch", ask).children(found)))
            }
        }
    }

    fn item(&self, tracker: &Tracker, listed: &Listed, base: &str) -> Element {
        let link = self.link(tracker, listed, base);
        let item = Element::new("item")
            .child(leaf("title", &listed.title))
            .child(leaf("guid", &format!("https://{}.invalid/details/{}", tracker.id, listed.info_hash)))
            .child(leaf("jackettindexer", &tracker.name).attribute("id", &tracker.id))
            .child(leaf("type", &"public"))
            .child(leaf("pubDate", &listed.published.0))
            .child(leaf("size", &listed.size))
            .child(Element::new("description"))
            .child(leaf("link", &link))
            .child(leaf("category", &listed.category()))
            .child(torznab::enclosure(&link, listed, "application/x-bittorrent"))
            .attr("category", &listed.category());
        let item = match listed.imdb_digits() {
            Some(digits) => item.attr("imdb", &digits).attr("imdbid", &format!("tt{digits}")),
            None => item,
        };
        let item = item.attr("seeders", &listed.seeders).attr("peers", &(listed.seeders + listed.leechers));
        let item = match listed.handed {
            Handed::Magnet => item.attr("infohash", &listed.info_hash.to_uppercase()),
            _ => item,
        };
        match listed.handed {
            Handed::Magnet | Handed::OldMagnet => item.attr("magneturl", &listed.magnet()),
            Handed::File | Handed::Redirect => item,
        }
    }

    /// Magnets are given as they are, everything else by way of Jackett, with the key in the address.
    fn link(&self, tracker: &Tracker, listed: &Listed, base: &str) -> String {
        match listed.handed {
            Handed::Magnet | Handed::OldMagnet => listed.magnet(),
            Handed::File | Handed::Redirect => format!(
                "{base}/dl/{}/?jackett_apikey={}&path={}&file={}",
                tracker.id,
                self.key,
                listed.info_hash,
                escape(&listed.title)
            ),
        }
    }

    fn download(&self, id: &str, ask: &Ask) -> Reply {
        if ask.get("jackett_apikey").as_ref() != Some(&self.key) {
            return Reply::text(401, "Unauthorized").noting(Some("without the key".to_owned()));
        }
        let wanted = ask.get("path").unwrap_or_default();
        let mut listed = self.tracker(id).into_iter().flat_map(|tracker| &tracker.listed);
        match listed.find(|listed| listed.info_hash == wanted) {
            Some(listed) if listed.handed == Handed::Redirect => {
                Reply::empty(302).with("location", &listed.magnet())
            }
            Some(listed) => Reply::typed(200, "application/x-bittorrent", listed.torrent.to_vec()),
            None => Reply::empty(404),
        }
    }

    /// The search of Jackett's own page.
    fn manual(&self, ask: &Ask) -> Reply {
        if ask.get("apikey").as_ref() != Some(&self.key) {
            return Reply::empty(401).noting(Some("without the key".to_owned()));
        }
        let names: Vec<String> =
            ask.all("Tracker[]").iter().flat_map(|name| name.split(',')).map(str::to_owned).collect();
        let asked = || self.enabled().filter(|tracker| names.is_empty() || names.contains(&tracker.id));
        let by_query = with_name(ask, "Query", "q");
        let results: Vec<Value> = asked()
            .flat_map(|tracker| {
                let found = tracker.search(&by_query).into_iter();
                found.map(move |listed| self.result(tracker, listed, &ask.base))
            })
            .collect();
        let indexers: Vec<Value> = asked()
            .map(|tracker| {
                json!({"ID": tracker.id, "Name": tracker.name, "Status": 2,
                    "Results": tracker.search(&by_query).len(), "Error": null, "ElapsedTime": 12})
            })
            .collect();
        Reply::json(200, &json!({"Results": results, "Indexers": indexers}))
    }

    fn result(&self, tracker: &Tracker, listed: &Listed, base: &str) -> Value {
        let is_magnet = matches!(listed.handed, Handed::Magnet | Handed::OldMagnet);
        let imdb = listed.imdb_digits().and_then(|digits| digits.parse::<u64>().ok());
        json!({
            "FirstSeen": "0001-01-01T00:00:00", "Tracker": tracker.name, "TrackerId": tracker.id,
            "TrackerType": "public", "CategoryDesc": "Movies", "BlackholeLink": null, "Title": listed.title,
            "Guid": format!("https://{}.invalid/details/{}", tracker.id, listed.info_hash),
            "Link": (!is_magnet).then(|| self.link(tracker, listed, base)), "Details": null,
            "PublishDate": listed.published.1, "Category": [listed.category()], "Size": listed.size, "Files": null,
            "Grabs": null, "Description": null, "Imdb": imdb, "TMDb": null, "Seeders": listed.seeders,
            "Peers": listed.leechers, "Poster": null,
            "InfoHash": (listed.handed == Handed::Magnet).then_some(&listed.info_hash),
            "MagnetUri": is_magnet.then(|| listed.magnet()), "MinimumRatio": null, "MinimumSeedTime": null,
            "DownloadVolumeFactor": 0.0, "UploadVolumeFactor": 1.0, "Gain": 1.5
        })
    }
}

impl Site for Jackett {
    fn answer(&mut self, ask: &Ask) -> Reply {
        let segments = ask.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match *parts.as_slice() {
            ["api", "v2.0", "indexers", id, "results", "torznab"]
            | ["api", "v2.0", "indexers", id, "results", "torznab", _] => self.torznab(id, ask),
            ["api", "v2.0", "indexers", _, "results"] => self.manual(ask),
            ["dl", id] | ["dl", id, _] => self.download(id, ask),
            _ => Reply::empty(404).noting(Some("no such path".to_owned())),
        }
    }

    /// A search over all sites is as slow as the slowest of them.
    fn waits_for(&self, ask: &Ask) -> Vec<String> {
        let segments = ask.segments();
        let is_all = segments.get(3).is_some_and(|id| is_group(id));
        let is_search = !["caps", "indexers"].contains(&ask.get("t").unwrap_or_default().as_str());
        let below = |tracker: &Tracker| Self::below(&tracker.id);
        if is_all && is_search { self.enabled().map(below).collect() } else { Vec::new() }
    }

    fn too_many(&self, retry_after: Option<u64>) -> Reply {
        let reply = refusal(429, 900, "Too many requests");
        // Jackett always names a time.
        reply.with("retry-after", &retry_after.unwrap_or(60))
    }
}

fn is_group(id: &str) -> bool {
    id == "all" || id.contains(':')
}

fn refusal(status: u16, code: u32, description: &str) -> Reply {
    xml(status, XML, &torznab::error("code", code, description))
}

/// How a question is refused that a site's caps do not allow.
fn unsupported(tracker: &Tracker, function: &str, ask: &Ask) -> Reply {
    let knows =
        |function: &str| tracker.caps.parameters(function).is_some_and(|allowed| allowed.contains(&"imdbid"));
    if function == "tvsearch" && ask.get("imdbid").is_some() && knows("movie") {
        return refusal(
            400,
            203,
            "Function Not Available: imdbid is not supported for TV search by this indexer",
        );
    }
    let words = format!(
        "{} does not support the requested query. Please check the capabilities (t=caps) and make sure the search \
         mode and parameters are supported.",
        tracker.id
    );
    refusal(200, 201, &words)
}

fn channel(name: &str, ask: &Ask) -> Element {
    let own = Element::new("atom:link")
        .attribute("href", &format!("{}/", ask.base))
        .attribute("rel", &"self")
        .attribute("type", &"application/rss+xml");
    Element::new("channel")
        .child(own)
        .child(leaf("title", &name))
        .child(leaf("description", &format!("{name} in a test")))
        .child(leaf("link", &"https://site.invalid/"))
        .child(leaf("language", &"en-US"))
        .child(leaf("category", &"search"))
}

fn indexer(tracker: &Tracker) -> Element {
    Element::new("indexer")
        .attribute("id", &tracker.id)
        .attribute("configured", &tracker.enabled)
        .child(leaf("title", &tracker.name))
        .child(leaf("description", &format!("{} in a test", tracker.name)))
        .child(leaf("link", &"https://site.invalid/"))
        .child(leaf("language", &"en-US"))
        .child(leaf("type", &"public"))
        .child(torznab::caps("Jackett", &tracker.caps))
}

/// The same question with a parameter under another name.
pub(super) fn with_name(ask: &Ask, from: &str, to: &str) -> Ask {
    let renamed = ask
        .parameters()
        .into_iter()
        .map(|(name, value)| (if name.eq_ignore_ascii_case(from) { to.to_owned() } else { name }, value));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(renamed).finish();
    Ask { query, ..ask.clone() }
}
