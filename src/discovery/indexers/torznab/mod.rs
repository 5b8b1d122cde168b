//! Torznab and Newznab: one address that answers in RSS.

mod caps;
mod endpoint;
mod item;
mod plan;
mod refusal;
mod xml;

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use url::Url;

use super::outcome::Sink;
use crate::discovery::{Indexer, IndexerError, Probe, Query};
use crate::profile::{IndexerSettings, Secret};

pub(super) use caps::{Caps, Mode};
pub(super) use endpoint::{Endpoint, KeyPlace, SEARCH_LIMIT, TRIAL_LIMIT};
pub use xml::{TorznabDocument, read_torznab};

/// Two waves of questions at most.
const BUDGET: Duration = Duration::from_secs(30);

/// What an address may hold that is part of a question and not of the address.
const QUESTION: [&str; 14] = [
    "t",
    "q",
    "cat",
    "limit",
    "offset",
    "extended",
    "imdbid",
    "tmdbid",
    "tvdbid",
    "season",
    "ep",
    "year",
    "configured",
    "maxage",
];

/// An indexer at one Torznab address.
pub(super) struct Torznab {
    name: String,
    endpoint: Endpoint,
}

impl Torznab {
    /// The indexer of these settings.
    pub(super) fn new(settings: &IndexerSettings, client: &reqwest::Client) -> Self {
        let (url, key) = (bare(&settings.url), key(settings));
        Self::at(&settings.name, Endpoint::new(client, url, key, "a Torznab address"))
    }

    /// The indexer at an endpoint.
    pub(super) fn at(name: &str, endpoint: Endpoint) -> Self {
        Self { name: name.to_owned(), endpoint }
    }
}

impl Indexer for Torznab {
    fn name(&self) -> &str {
        &self.name
    }

    fn budget(&self) -> Duration {
        BUDGET
    }

    fn search<'a>(&'a self, query: &'a Query, sink: Sink<'a>) -> BoxFuture<'a, Result<(), IndexerError>> {
        self.endpoint.search(query, sink).boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<Probe, IndexerError>> {
        async {
            let title = self.endpoint.caps().await?.title.unwrap_or_else(|| self.name.clone());
            let results = self.endpoint.try_out().await?;
            Ok(Probe { title, indexers: None, results })
        }
        .boxed()
    }
}

/// The address without what belongs to a question: people copy it from where it stood.
fn bare(url: &Url) -> Url {
    let mut bare = url.clone();
    bare.set_fragment(None);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !QUESTION.contains(&name.to_ascii_lowercase().as_str()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    bare.set_query(None);
    if !kept.is_empty() {
        bare.query_pairs_mut().extend_pairs(kept);
    }
    bare
}

/// The key of the settings, unless the address has one.
fn key(settings: &IndexerSettings) -> Option<(KeyPlace, Secret)> {
    let has_one = settings.url.query_pairs().any(|(name, _)| name.eq_ignore_ascii_case("apikey"));
    let key = settings.api_key.clone().filter(|key| !has_one && !key.expose().is_empty())?;
    Some((KeyPlace::Query, key))
}
