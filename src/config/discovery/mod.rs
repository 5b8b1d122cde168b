//! Where releases are searched, and how long an answer waits for it.

mod rows;

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub(super) use rows::SETTINGS;

use super::addresses::{base_url, base_url_text, web_addresses, web_addresses_text};
use super::layers::{Given, Layers};
use super::values::{duration_text, number, positive_duration};
use crate::profile::{IndexerKind, IndexerSettings, Secret};

/// Characters of the shortest key that nobody guesses, if it is made as the documents say.
const SHORTEST_KEY: usize = 16;

/// More films than that cannot be made ready ahead of a click without being in each other's way.
const MOST_PREWARMED: u32 = 10;

/// The word that turns off what has an address by default.
const OFF: &str = "off";

/// The `discovery` section.
#[derive(Clone)]
pub struct DiscoveryConfig {
    /// `HEADWATER_JACKETT_URL`: a Jackett; append to it with `path_segments_mut`. Default none.
    pub jackett_url: Option<Url>,
    /// `HEADWATER_JACKETT_API_KEY`: its key; there is one if there is an address.
    pub jackett_api_key: Option<SecretString>,
    /// `HEADWATER_PROWLARR_URL`: a Prowlarr. Default none.
    pub prowlarr_url: Option<Url>,
    /// `HEADWATER_PROWLARR_API_KEY`: its key; there is one if there is an address.
    pub prowlarr_api_key: Option<SecretString>,
    /// `HEADWATER_BITMAGNET_URL`: a Bitmagnet. Default none.
    pub bitmagnet_url: Option<Url>,
    /// `HEADWATER_ZILEAN_URL`: a Zilean. Default none.
    pub zilean_url: Option<Url>,
    /// `HEADWATER_TORZNAB_URLS`: Torznab APIs, keys in their queries included. For no log.
    pub torznab_urls: Vec<Url>,
    /// `HEADWATER_ADDON_URLS`: manifests of other addons, whose paths may hold keys. For no log.
    pub addon_urls: Vec<Url>,
    /// `HEADWATER_ARCHIVE_COLLECTIONS`: collections of the Internet Archive that are searched. Default none.
    pub archive_collections: Vec<String>,
    /// `HEADWATER_ARCHIVE_URL`: where the Internet Archive is.
    pub archive_url: Url,
    /// `HEADWATER_MEDIA_DIR`: a folder with videos of the operator's own, which is only read. Default none.
    pub media_dir: Option<PathBuf>,
    /// `HEADWATER_TITLES_URL`: the addon that knows the names of films and series; `None` if it is `off`.
    pub titles_url: Option<Url>,
    /// `HEADWATER_SEARCH_DEADLINE`: how long a list of streams waits for indexers. Default 4 s, never zero.
    pub deadline: Duration,
    /// `HEADWATER_SOURCE_SECURITY_KEY`: what search results and profiles are sealed with. Without it, a key that
    /// is made from the one of links.
    pub source_security_key: Option<SecretString>,
    /// `HEADWATER_PREWARM`: how many of the best streams of a list are made ready before a click. Default 2.
    pub prewarm: u32,
}

impl Default for DiscoveryConfig {
    fn default() -> Self {
        let fixed = |text: &str| text.parse().expect("a constant that a test reads");
        Self {
            jackett_url: None,
            jackett_api_key: None,
            prowlarr_url: None,
            prowlarr_api_key: None,
            bitmagnet_url: None,
            zilean_url: None,
            torznab_urls: Vec::new(),
            addon_urls: Vec::new(),
            archive_collections: Vec::new(),
            archive_url: fixed("https://archive.org"),
            media_dir: None,
            titles_url: Some(fixed("https://v3-cinemeta.strem.io")),
            deadline: Duration::from_secs(4),
            source_security_key: None,
            prewarm: 2,
        }
    }
}

// Its addresses may hold keys.
impl std::fmt::Debug for DiscoveryConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.describe()).finish()
    }
}

impl DiscoveryConfig {
    /// The operator's indexers, in the order of the settings. Several of a kind are told apart by their hosts.
    pub fn indexers(&self) -> Vec<IndexerSettings> {
        let key =
            |key: &Option<SecretString>| key.as_ref().map(|key| Secret::from(key.expose_secret().to_owned()));
        let fronts = [
            (IndexerKind::Jackett, &self.jackett_url, key(&self.jackett_api_key)),
            (IndexerKind::Prowlarr, &self.prowlarr_url, key(&self.prowlarr_api_key)),
            (IndexerKind::Bitmagnet, &self.bitmagnet_url, None),
            (IndexerKind::Zilean, &self.zilean_url, None),
        ];
        let mut all: Vec<IndexerSettings> = Vec::new();
        for (kind, url, api_key) in fronts {
            let Some(url) = url.clone() else { continue };
            all.push(IndexerSettings { kind, name: kind.label().to_owned(), url, api_key, enabled: true });
        }
        let lists = [(IndexerKind::Torznab, &self.torznab_urls), (IndexerKind::Addon, &self.addon_urls)];
        for (kind, url) in lists.into_iter().flat_map(|(kind, urls)| urls.iter().map(move |url| (kind, url)))
        {
            let host = url.host_str().unwrap_or(kind.label());
            let twins = all.iter().filter(|other| other.url.host_str() == url.host_str()).count();
            let name = if twins == 0 { host.to_owned() } else { format!("{host} {}", twins + 1) };
            all.push(IndexerSettings { kind, name, url: url.clone(), api_key: None, enabled: true });
        }
        all
    }

    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let default = Self::default();
        let url = |given: &Given| base_url(given).map(Some);
        let read = Self {
            jackett_url: layers.value("HEADWATER_JACKETT_URL", None, url),
            jackett_api_key: layers.value("HEADWATER_JACKETT_API_KEY", None, api_key),
            prowlarr_url: layers.value("HEADWATER_PROWLARR_URL", None, url),
            prowlarr_api_key: layers.value("HEADWATER_PROWLARR_API_KEY", None, api_key),
            bitmagnet_url: layers.value("HEADWATER_BITMAGNET_URL", None, url),
            zilean_url: layers.value("HEADWATER_ZILEAN_URL", None, url),
            torznab_urls: layers.value("HEADWATER_TORZNAB_URLS", Vec::new(), web_addresses),
            addon_urls: layers.value("HEADWATER_ADDON_URLS", Vec::new(), web_addresses),
            archive_collections: layers.value("HEADWATER_ARCHIVE_COLLECTIONS", Vec::new(), collections),
            archive_url: layers.value("HEADWATER_ARCHIVE_URL", default.archive_url, base_url),
            media_dir: layers
                .value("HEADWATER_MEDIA_DIR", None, |given| Ok(Some(PathBuf::from(&given.text)))),
            titles_url: layers.value("HEADWATER_TITLES_URL", default.titles_url, |given| {
                if given.text.eq_ignore_ascii_case(OFF) { Ok(None) } else { base_url(given).map(Some) }
            }),
            deadline: layers.value("HEADWATER_SEARCH_DEADLINE", default.deadline, |given| {
                positive_duration(given, Duration::from_secs(1))
            }),
            source_security_key: layers.value("HEADWATER_SOURCE_SECURITY_KEY", None, security_key),
            prewarm: layers
                .value("HEADWATER_PREWARM", default.prewarm, |given| number(given, 0, MOST_PREWARMED)),
        };
        for (url, key, name) in [
            (&read.jackett_url, &read.jackett_api_key, "HEADWATER_JACKETT_API_KEY"),
            (&read.prowlarr_url, &read.prowlarr_api_key, "HEADWATER_PROWLARR_API_KEY"),
        ] {
            if url.is_some() && key.is_none() {
                layers.mistake(name, "is needed, because it answers nobody without its key".to_owned());
            }
        }
        read
    }

    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let url = |url: &Option<Url>| url.as_ref().map(base_url_text).unwrap_or_default();
        let hidden = |key: &Option<SecretString>| if key.is_some() { "(hidden)" } else { "" }.to_owned();
        let folder = self.media_dir.as_ref().map(|folder| folder.display().to_string());
        vec![
            ("HEADWATER_JACKETT_URL", url(&self.jackett_url)),
            ("HEADWATER_JACKETT_API_KEY", hidden(&self.jackett_api_key)),
            ("HEADWATER_PROWLARR_URL", url(&self.prowlarr_url)),
            ("HEADWATER_PROWLARR_API_KEY", hidden(&self.prowlarr_api_key)),
            ("HEADWATER_BITMAGNET_URL", url(&self.bitmagnet_url)),
            ("HEADWATER_ZILEAN_URL", url(&self.zilean_url)),
            ("HEADWATER_TORZNAB_URLS", web_addresses_text(&self.torznab_urls)),
            ("HEADWATER_ADDON_URLS", web_addresses_text(&self.addon_urls)),
            ("HEADWATER_ARCHIVE_COLLECTIONS", self.archive_collections.join(",")),
            ("HEADWATER_ARCHIVE_URL", base_url_text(&self.archive_url)),
            ("HEADWATER_MEDIA_DIR", folder.unwrap_or_default()),
            ("HEADWATER_TITLES_URL", self.titles_url.as_ref().map_or(OFF.to_owned(), base_url_text)),
            ("HEADWATER_SEARCH_DEADLINE", duration_text(self.deadline)),
            ("HEADWATER_SOURCE_SECURITY_KEY", hidden(&self.source_security_key)),
            ("HEADWATER_PREWARM", self.prewarm.to_string()),
        ]
    }
}

/// A key travels in a query or a header.
fn api_key(given: &Given) -> Result<Option<SecretString>, String> {
    if given.text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Some(SecretString::from(given.text.clone())))
    } else {
        Err("must be made of printable ASCII characters without spaces".to_owned())
    }
}

fn security_key(given: &Given) -> Result<Option<SecretString>, String> {
    if given.text.chars().count() < SHORTEST_KEY {
        return Err(format!(
            "must have at least {SHORTEST_KEY} characters; `openssl rand -hex 32` makes a good one"
        ));
    }
    Ok(Some(SecretString::from(given.text.clone())))
}

/// Identifiers of collections, as the Internet Archive writes them in its addresses.
fn collections(given: &Given) -> Result<Vec<String>, String> {
    let names = given.text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let check = |name: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.bytes().all(plain) {
            Ok(name.to_owned())
        } else {
            Err(format!(
                "`{name}` is no identifier of a collection; one is made of letters, digits, `-`, `_` and `.`"
            ))
        }
    };
    names.map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> Given {
        Given { place: "X".to_owned(), alias: None, text: text.to_owned() }
    }

    #[test]
    fn indexers_of_one_host_have_names_of_their_own() {
        let urls = ["http://a.example/1?apikey=hush", "http://a.example/2?apikey=hush", "http://b.example/"];
        let config = DiscoveryConfig {
            zilean_url: Some("http://zilean.example".parse().unwrap()),
            torznab_urls: urls.iter().map(|url| url.parse().unwrap()).collect(),
            addon_urls: vec!["https://c.example/hush/manifest.json".parse().unwrap()],
            ..DiscoveryConfig::default()
        };
        let indexers = config.indexers();
        let names: Vec<&str> = indexers.iter().map(|indexer| indexer.name.as_str()).collect();
        assert_eq!(names, ["Zilean", "a.example", "a.example 2", "b.example", "c.example"]);
        assert!(!format!("{config:?}{indexers:?}").contains("hush"));
    }

    #[test]
    fn keys_that_can_be_guessed_and_collections_that_cannot_be_are_refused() {
        assert!(security_key(&given("fifteen letters")).is_err());
        assert!(security_key(&given("sixteen letters!")).is_ok());
        assert_eq!(collections(&given("feature_films, prelinger,")).unwrap(), ["feature_films", "prelinger"]);
        assert!(collections(&given("a OR b")).is_err());
    }
}
