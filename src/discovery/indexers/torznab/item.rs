//! One result, and what it says of a release.

use std::collections::BTreeMap;

use url::Url;

use crate::discovery::Found;
use crate::discovery::indexers::reading;
use crate::source::torrent::{MagnetHints, parse_magnet, parse_web_address};

/// What is wanted of a result: its elements, `attr:…` for `torznab:attr` and `newznab:attr`, `enclosure:…` for the
/// attributes of its enclosure. Anything else is not kept.
const WANTED: [&str; 21] = [
    "title",
    "guid",
    "pubdate",
    "size",
    "link",
    "type",
    "jackettindexer",
    "prowlarrindexer",
    "indexer:type",
    "enclosure:url",
    "enclosure:length",
    "enclosure:type",
    "attr:infohash",
    "attr:magneturl",
    "attr:seeders",
    "attr:peers",
    "attr:leechers",
    "attr:size",
    "attr:imdb",
    "attr:imdbid",
    "attr:usenetdate",
];

/// One result as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    values: BTreeMap<&'static str, String>,
}

impl Item {
    /// Whether the text of an element is of any use.
    pub(super) fn wants(name: &str) -> bool {
        WANTED.contains(&name)
    }

    /// Notes a value. The first one counts: an element of a foreign namespace may have the name of ours.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if let Some(name) = WANTED.iter().find(|wanted| **wanted == name && !value.is_empty()) {
            self.values.entry(name).or_insert_with(|| value.to_owned());
        }
    }

    /// What it says of a release; nothing if that is no torrent or has no name.
    pub(in crate::discovery::indexers) fn into_found(self) -> Option<Found> {
        let magnet = self.magnet();
        let hash = self.get("attr:infohash").and_then(|text| text.parse().ok());
        let torrent = self.torrent();
        if magnet.is_none() && hash.is_none() && (self.is_usenet() || torrent.is_none()) {
            return None;
        }
        let name = self.get("title").map(reading::name).filter(|name| !name.is_empty());
        let mut found = Found {
            info_hash: magnet.as_ref().map(|magnet| magnet.info_hash).or(hash),
            name: name.or_else(|| Some(reading::name(magnet.as_ref()?.name.as_deref()?)))?,
            size: self.size(),
            seeders: self.seeders(),
            published: self.get("pubdate").and_then(reading::moment),
            by: self.get("jackettindexer").or_else(|| self.get("prowlarrindexer")).map(reading::name),
            imdb: self.get("attr:imdbid").or_else(|| self.get("attr:imdb")).and_then(reading::imdb),
            private: self.is_private(),
            torrent,
            ..Found::default()
        };
        if let Some(magnet) = magnet {
            found.trackers = magnet.trackers;
            found.web_seeds = magnet.web_seeds;
            found.torrent = found.torrent.or_else(|| magnet.exact_sources.into_iter().next());
        }
        Some(found)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Every address that it gives, the likeliest first.
    fn addresses(&self) -> impl Iterator<Item = &str> {
        ["attr:magneturl", "enclosure:url", "link", "guid"].into_iter().filter_map(|name| self.get(name))
    }

    fn magnet(&self) -> Option<MagnetHints> {
        self.addresses().find_map(|address| parse_magnet(address).ok())
    }

    /// Where the .torrent file lies. Prowlarr's `magneturl` is such an address, too: it redirects to the magnet. A
    /// link counts only where there is no enclosure, because it may be a page for people, and a guid never.
    fn torrent(&self) -> Option<Url> {
        if self.is_usenet() {
            return None;
        }
        ["enclosure:url", "link", "attr:magneturl"]
            .into_iter()
            .filter_map(|name| self.get(name))
            .find_map(parse_web_address)
    }

    fn is_usenet(&self) -> bool {
        let declared =
            self.get("enclosure:type").is_some_and(|kind| kind.to_ascii_lowercase().contains("nzb"));
        declared || self.get("attr:usenetdate").is_some()
    }

    fn size(&self) -> Option<u64> {
        ["size", "attr:size", "enclosure:length"]
            .into_iter()
            .filter_map(|name| self.get(name))
            .find_map(|text| reading::bytes(text).filter(|size| *size > 0))
    }

    fn seeders(&self) -> Option<u32> {
        let count = |name: &str| reading::count(self.get(name)?);
        // `peers` counts seeders and leechers together.
        let seeders =
            count("attr:seeders").or_else(|| count("attr:peers")?.checked_sub(count("attr:leechers")?))?;
        Some(seeders.try_into().unwrap_or(u32::MAX))
    }

    fn is_private(&self) -> bool {
        let kind = self.get("type").or_else(|| self.get("indexer:type"));
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("private"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

    fn item(values: &[(&str, &str)]) -> Item {
        let mut item = Item::default();
        for (name, value) in values {
            item.set(name, value);
        }
        item
    }

    #[test]
    fn a_magnet_anywhere_names_the_torrent_and_its_trackers() {
        let magnet = format!("magnet:?xt=urn:btih:{HEX}&tr=udp%3A%2F%2Ftracker.example%3A80&dn=Named");
        for place in ["attr:magneturl", "enclosure:url", "link", "guid"] {
            let found = item(&[(place, &magnet)]).into_found().unwrap();
            assert_eq!(found.info_hash, Some(HEX.parse().unwrap()), "{place}");
            assert_eq!(found.trackers.len(), 1);
            assert_eq!(found.name, "Named");
            assert_eq!(found.torrent, None);
        }
    }

    #[test]
    fn a_download_link_stays_a_link_even_where_a_magnet_is_promised() {
        let link = "http://prowlarr.example/3/download?apikey=k&link=abc";
        let found = item(&[("title", "A"), ("attr:magneturl", link)]).into_found().unwrap();
        assert_eq!((found.info_hash, found.torrent), (None, Some(link.parse().unwrap())));
        let found = item(&[("title", "A"), ("enclosure:url", link), ("link", "https://site.example/page")]);
        assert_eq!(found.into_found().unwrap().torrent, Some(link.parse().unwrap()));
    }

    #[test]
    fn what_is_no_torrent_or_has_no_name_is_dropped() {
        let link = ("enclosure:url", "http://a.example/1.nzb");
        assert_eq!(item(&[("title", "A"), link, ("enclosure:type", "application/x-nzb")]).into_found(), None);
        assert_eq!(item(&[("title", "A"), ("link", link.1), ("attr:usenetdate", "x")]).into_found(), None);
        assert_eq!(item(&[("title", "A"), ("guid", "https://site.example/1")]).into_found(), None);
        assert_eq!(item(&[("attr:infohash", HEX)]).into_found(), None);
        assert_eq!(item(&[("title", "A"), ("attr:infohash", "nonsense")]).into_found(), None);
        let kept = [("title", "A"), ("attr:infohash", HEX), ("enclosure:type", "application/x-nzb"), link];
        assert_eq!(item(&kept).into_found().unwrap().torrent, None);
    }

    #[test]
    fn numbers_are_read_however_they_are_written() {
        let base = [("title", "A"), ("attr:infohash", HEX)];
        let with = |more: &[(&str, &str)]| item(&[&base, more].concat()).into_found().unwrap();
        assert_eq!(with(&[("size", "1,234,567")]).size, Some(1_234_567));
        assert_eq!(with(&[("size", "0"), ("enclosure:length", "7")]).size, Some(7));
        assert_eq!(with(&[("size", "-1")]).size, None);
        assert_eq!(with(&[("attr:seeders", "1,024")]).seeders, Some(1024));
        assert_eq!(with(&[("attr:peers", "12"), ("attr:leechers", "5")]).seeders, Some(7));
        assert_eq!(with(&[("attr:peers", "5"), ("attr:leechers", "12")]).seeders, None);
        assert_eq!(with(&[("attr:seeders", "99999999999")]).seeders, Some(u32::MAX));
        assert_eq!(with(&[("attr:imdb", "1254207")]).imdb.as_deref(), Some("tt1254207"));
        assert_eq!(with(&[("attr:imdb", "0000000")]).imdb, None);
        assert!(with(&[("type", "private")]).private);
        assert!(!with(&[("type", "semi-private")]).private);
    }
}
