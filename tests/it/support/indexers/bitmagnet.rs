//! Bitmagnet (`/torznab`): magnets of its own index, and errors whose attribute is not named as everybody's.

use super::ask::Ask;
use super::torznab::{self, Element, leaf, xml};
use super::tracker::{Caps, Listed, Tracker};
use super::upstream::Site;
use crate::support::debrid::Reply;

const XML: &str = "application/xml; charset=utf-8";

/// What every Bitmagnet can search by.
const CAPS: Caps = Caps {
    search: true,
    movie: Some(&["q", "imdbid", "tmdbid"]),
    tv: Some(&["q", "imdbid", "tmdbid", "season", "ep"]),
    limit: 100,
};

/// A Bitmagnet with what it has seen in the DHT.
pub(crate) struct Bitmagnet {
    index: Tracker,
}

impl Bitmagnet {
    /// Holds these.
    pub(crate) fn new(listed: impl IntoIterator<Item = Listed>) -> Self {
        Self { index: Tracker::new("default", "bitmagnet", CAPS).with(listed) }
    }
}

impl Site for Bitmagnet {
    fn answer(&mut self, ask: &Ask) -> Reply {
        let segments = ask.segments();
        // The first part behind `torznab` picks a profile, and anything may follow.
        let known = ["", "api", "default"];
        match (segments[0].as_str(), segments.get(1).map_or("", String::as_str)) {
            ("torznab", profile) if known.contains(&profile.to_lowercase().as_str()) => {}
            ("torznab", profile) => return Reply::text(404, &format!("profile not found: {profile}\n")),
            _ => return Reply::empty(404).noting(Some("no such path".to_owned())),
        }
        match ask.get("t").as_deref() {
            None => refusal(200, "missing parameter (t)"),
            Some("caps") => xml(200, XML, &torznab::caps("bitmagnet", &CAPS)),
            Some("search" | "movie" | "tvsearch") => {
                let channel = Element::new("channel").child(leaf("title", &"bitmagnet"));
                let items = self.index.search(ask).into_iter().map(item);
                let feed = torznab::feed("2.0", channel.children(items));
                // `t=search` takes an IMDb id too, whatever other programs do.
                let is_search = ask.get("t").as_deref() == Some("search");
                xml(200, XML, &feed).noting(CAPS.objection(ask).filter(|_| !is_search))
            }
            Some(other) => refusal(202, &format!("failed to search: no such function ({other})")),
        }
    }
}

/// Status 200, and `error` where others write `code`.
fn refusal(code: u32, description: &str) -> Reply {
    xml(200, XML, &torznab::error("error", code, description))
}

fn item(listed: &Listed) -> Element {
    let magnet = listed.magnet();
    let item = Element::new("item")
        .child(leaf("title", &listed.title))
        .child(leaf("guid", &listed.info_hash))
        .child(leaf("pubDate", &listed.published.0))
        .child(leaf("category", &if listed.category() == 5000 { "TV Show" } else { "Movie" }))
        .child(leaf("size", &listed.size))
        .child(torznab::enclosure(&magnet, listed, "application/x-bittorrent;x-scheme-handler/magnet"))
        .attr("infohash", &listed.info_hash)
        .attr("magneturl", &magnet)
        .attr("category", &listed.category())
        .attr("size", &listed.size)
        .attr("publishdate", &listed.published.0)
        .attr("seeders", &listed.seeders)
        .attr("leechers", &listed.leechers)
        .attr("peers", &(listed.seeders + listed.leechers));
    let item = match (listed.season, listed.episodes.first()) {
        (Some(season), Some(episode)) => item.attr("season", &season).attr("episode", episode),
        (Some(season), None) => item.attr("season", &season),
        _ => item,
    };
    match listed.imdb_digits() {
        Some(digits) => item.attr("imdb", &digits),
        None => item,
    }
}
