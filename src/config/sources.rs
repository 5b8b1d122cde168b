//! In which order sources are used, and which ones there are beside peers and debrid services.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

use super::addresses::{Placeholders, base_url, base_url_text, templates, templates_text};
use super::layers::{Given, Layers};
use super::values::{duration_text, flag, positive_duration};

/// Which source is tried first, and whether the others wait for it. What is in the cache always comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourcePolicy {
    /// Peers, then debrid services, then HTTP.
    P2pFirst,
    /// Debrid services, then peers, then HTTP.
    DebridFirst,
    /// All at once.
    Race,
    /// Debrid services, then HTTP; no peer learns of this server.
    NeverP2p,
}

/// The text names no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be p2p-first, debrid-first, race or never-p2p")]
pub struct UnknownSourcePolicy;

/// The `sources` section.
#[derive(Clone, PartialEq, Eq)]
pub struct SourcesConfig {
    /// `HEADWATER_SOURCE_POLICY`: which source is tried first. Default peers.
    pub policy: SourcePolicy,
    /// `HEADWATER_HEDGE_AFTER`: how long a wanted byte may be missing without progress until the next source
    /// starts beside the first. Default 2.5 s, never zero.
    pub hedge_after: Duration,
    /// `HEADWATER_WEB_SEEDS`: whether web seeds that torrents and magnets name are used (BEP 19). Default on.
    pub web_seeds: bool,
    /// `HEADWATER_CONTENT_URLS`: where the operator's own servers hold the files. Every template is an http or
    /// https address once its placeholders `{infohash}`, `{INFOHASH}` (upper case), `{name}`, `{path}`,
    /// `{fileIdx}` and `{size}` (bytes) are filled with percent-encoded text; all of them stand after the
    /// host. The query may hold a key, so a template is for no log. Default none.
    pub content_urls: Vec<String>,
    /// `HEADWATER_METAINFO_URLS`: where .torrent files are found; as `content_urls`, with the placeholders
    /// `{infohash}` and `{INFOHASH}` only, and one of them in every template. Default none.
    pub metainfo_urls: Vec<String>,
    /// `HEADWATER_WEBTOR_URL`: the REST API of a self-hosted webtor; append to it with `path_segments_mut`.
    pub webtor_url: Option<Url>,
    /// `HEADWATER_PRIVATE_ADDRESSES`: whether addresses that magnets and torrents name may lie on this machine
    /// or in private networks. Default no, because anybody can write a magnet.
    pub private_addresses: bool,
}

impl SourcePolicy {
    /// Every policy.
    pub const ALL: [Self; 4] = [Self::P2pFirst, Self::DebridFirst, Self::Race, Self::NeverP2p];

    /// The name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P2pFirst => "p2p-first",
            Self::DebridFirst => "debrid-first",
            Self::Race => "race",
            Self::NeverP2p => "never-p2p",
        }
    }
}

impl FromStr for SourcePolicy {
    type Err = UnknownSourcePolicy;

    /// Reads [`SourcePolicy::name`], in either case.
    fn from_str(text: &str) -> Result<Self, UnknownSourcePolicy> {
        let named = |policy: &Self| policy.name().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(named).ok_or(UnknownSourcePolicy)
    }
}

impl fmt::Display for SourcePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Default for SourcesConfig {
    fn default() -> Self {
        Self {
            policy: SourcePolicy::P2pFirst,
            hedge_after: Duration::from_millis(2_500),
            web_seeds: true,
            content_urls: Vec::new(),
            metainfo_urls: Vec::new(),
            webtor_url: None,
            private_addresses: false,
        }
    }
}

// A template may hold a key in its query.
impl fmt::Debug for SourcesConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.describe()).finish()
    }
}

impl SourcesConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let default = Self::default();
        Self {
            policy: layers.value("HEADWATER_SOURCE_POLICY", default.policy, policy),
            hedge_after: layers.value("HEADWATER_HEDGE_AFTER", default.hedge_after, |given| {
                positive_duration(given, Duration::from_millis(1))
            }),
            web_seeds: layers.value("HEADWATER_WEB_SEEDS", default.web_seeds, flag),
            content_urls: layers.value("HEADWATER_CONTENT_URLS", default.content_urls, content_urls),
            metainfo_urls: layers.value("HEADWATER_METAINFO_URLS", default.metainfo_urls, metainfo_urls),
            webtor_url: layers.value("HEADWATER_WEBTOR_URL", None, |given| base_url(given).map(Some)),
            private_addresses: layers.value("HEADWATER_PRIVATE_ADDRESSES", default.private_addresses, flag),
        }
    }

    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        vec![
            ("HEADWATER_SOURCE_POLICY", self.policy.to_string()),
            ("HEADWATER_HEDGE_AFTER", duration_text(self.hedge_after)),
            ("HEADWATER_WEB_SEEDS", self.web_seeds.to_string()),
            ("HEADWATER_CONTENT_URLS", templates_text(&self.content_urls)),
            ("HEADWATER_METAINFO_URLS", templates_text(&self.metainfo_urls)),
            ("HEADWATER_WEBTOR_URL", self.webtor_url.as_ref().map(base_url_text).unwrap_or_default()),
            ("HEADWATER_PRIVATE_ADDRESSES", self.private_addresses.to_string()),
        ]
    }
}

fn policy(given: &Given) -> Result<SourcePolicy, String> {
    given.text.parse().map_err(|error: UnknownSourcePolicy| format!("`{}` {error}", given.text))
}

fn content_urls(given: &Given) -> Result<Vec<String>, String> {
    templates(
        given,
        &Placeholders {
            known: &["infohash", "INFOHASH", "name", "path", "fileIdx", "size"],
            // Index and size alone are those of many files.
            telling: &["infohash", "INFOHASH", "name", "path"],
        },
    )
}

fn metainfo_urls(given: &Given) -> Result<Vec<String>, String> {
    let hash = &["infohash", "INFOHASH"];
    templates(given, &Placeholders { known: hash, telling: hash })
}
