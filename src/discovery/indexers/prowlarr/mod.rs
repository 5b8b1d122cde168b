//! Prowlarr: each of its enabled torrent indexers is asked by itself.

mod wire;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use http::header::HeaderValue;
use serde::de::DeserializeOwned;
use url::Url;

use super::address::{below, key, split};
use super::exchange::ask;
use super::kept::Kept;
use super::outcome::{Sink, worst};
use super::parts::{Part, Rests, search_all, try_all};
use super::torznab::{Endpoint, KeyPlace, SEARCH_LIMIT, TRIAL_LIMIT};
use crate::discovery::{Indexer, IndexerError, Probe, Query};
use crate::profile::{IndexerSettings, Secret};

/// Indexers are set up once in a while.
const LIST_LIFE: Duration = Duration::from_secs(3 * 3_600);

/// The slowest indexer, twice.
const BUDGET: Duration = Duration::from_secs(30);

/// Lists and states come from Prowlarr's own database.
const LIST_LIMIT: Duration = Duration::from_secs(8);

/// A list of two hundred indexers with all their fields has about 4 MB.
const MOST_BYTES: usize = 16 << 20;

const EXPECTED: &str = "a Prowlarr";

/// A Prowlarr with all its enabled indexers.
pub(super) struct Prowlarr {
    name: String,
    front: Arc<Front>,
    list: Kept<Behind>,
    rests: Rests,
}

/// What is behind a Prowlarr.
enum Behind {
    /// These.
    Parts(Vec<Part>),
    /// It does not list them, as when a proxy lets only searches through; so they are asked together.
    Unlisted,
}

/// Where a Prowlarr is.
struct Front {
    client: reqwest::Client,
    base: Url,
    key: Option<Secret>,
    /// The only indexer that is meant, where the address names one.
    only: Option<u64>,
}

impl Prowlarr {
    /// The Prowlarr of these settings. Its address may be any that Prowlarr shows or offers for copying.
    pub(super) fn new(settings: &IndexerSettings, client: &reqwest::Client) -> Self {
        let (base, only) = place(&settings.url);
        Self {
            name: settings.name.clone(),
            front: Arc::new(Front { client: client.clone(), base, key: key(settings), only }),
            list: Kept::new(LIST_LIFE),
            rests: Rests::default(),
        }
    }

    async fn behind(&self) -> Result<Arc<Behind>, IndexerError> {
        let front = self.front.clone();
        self.list.get(move || async move { front.behind().await }.boxed()).await
    }
}

impl Front {
    async fn behind(&self) -> Result<Behind, IndexerError> {
        let listed: Vec<wire::Listed> = match self.get(&["api", "v1", "indexer"], &[], LIST_LIMIT).await {
            Ok(listed) => listed,
            Err(IndexerError::Malformed(_)) if self.only.is_none() && self.status().await.is_ok() => {
                return Ok(Behind::Unlisted);
            }
            Err(error) => return Err(error),
        };
        let wanted = |one: &wire::Listed| {
            one.enable && one.is_torrent() && self.only.is_none_or(|only| only == one.id)
        };
        Ok(Behind::Parts(listed.into_iter().filter(wanted).map(|one| self.part(one)).collect()))
    }

    fn part(&self, listed: wire::Listed) -> Part {
        let id = listed.id.to_string();
        let key = self.key.clone().map(|key| (KeyPlace::Header, key));
        let endpoint = Endpoint::new(&self.client, below(&self.base, &[&id, "api"]), key, EXPECTED);
        let endpoint = match listed.capabilities.and_then(wire::Capabilities::into_caps) {
            Some(caps) => endpoint.knows(caps),
            None => endpoint,
        };
        let private = listed.privacy.eq_ignore_ascii_case("private");
        Part { id, name: listed.name, private, endpoint }
    }

    /// Searches all indexers with Prowlarr's own search, which waits for the slowest.
    async fn search_together(&self, query: &Query, sink: Sink<'_>) -> Result<(), IndexerError> {
        let searches = wire::searches(query);
        if searches.is_empty() {
            return Err(IndexerError::Unsupported);
        }
        worst(
            join_all(searches.iter().map(|params| async {
                let rows: Vec<wire::Row> = self.get(&["api", "v1", "search"], params, SEARCH_LIMIT).await?;
                let found: Vec<_> = rows.into_iter().filter_map(wire::Row::into_found).collect();
                if !found.is_empty() {
                    sink(found);
                }
                Ok(())
            }))
            .await,
        )
    }

    async fn status(&self) -> Result<wire::Status, IndexerError> {
        self.get(&["api", "v1", "system", "status"], &[], LIST_LIMIT).await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        params: &[(&str, String)],
        limit: Duration,
    ) -> Result<T, IndexerError> {
        let mut url = below(&self.base, path);
        if !params.is_empty() {
            url.query_pairs_mut().extend_pairs(params);
        }
        let mut request = self.client.get(url);
        if let Some(mut key) = self.key.as_ref().and_then(|key| HeaderValue::from_str(key.expose()).ok()) {
            key.set_sensitive(true);
            request = request.header("X-Api-Key", key);
        }
        ask(request, limit, MOST_BYTES).await?.json(EXPECTED)
    }
}

impl Indexer for Prowlarr {
    fn name(&self) -> &str {
        &self.name
    }

    fn budget(&self) -> Duration {
        BUDGET
    }

    fn search<'a>(&'a self, query: &'a Query, sink: Sink<'a>) -> BoxFuture<'a, Result<(), IndexerError>> {
        async move {
            match &*self.behind().await? {
                Behind::Parts(parts) => search_all(&self.name, parts, &self.rests, query, sink).await,
                Behind::Unlisted => self.front.search_together(query, sink).await,
            }
        }
        .boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<Probe, IndexerError>> {
        async {
            let (status, behind) = futures::try_join!(self.front.status(), self.front.behind())?;
            let (indexers, results) = match behind {
                Behind::Parts(parts) => (Some(parts.len()), try_all(&parts).await?),
                Behind::Unlisted => {
                    let newest = [("type", "search".to_owned())];
                    let path = ["api", "v1", "search"];
                    (None, self.front.get::<Vec<wire::Row>>(&path, &newest, TRIAL_LIMIT).await?.len())
                }
            };
            Ok(Probe {
                title: format!("Prowlarr {}", status.version).trim_end().to_owned(),
                indexers,
                results,
            })
        }
        .boxed()
    }
}

/// The server's address, and the only indexer that is meant where one is named.
fn place(url: &Url) -> (Url, Option<u64>) {
    const PAGES: [&str; 8] =
        ["api", "indexers", "search", "history", "settings", "system", "login", "indexer"];
    let (base, inner) = split(url, |part| PAGES.contains(&part));
    let after = inner.iter().position(|part| part == "indexer");
    if let Some(only) = after.and_then(|after| inner.get(after + 1)?.parse().ok()) {
        return (base, Some(only));
    }
    // `/3/api`, and the same without `api` as other programs want it: no base path is a number.
    let last = base.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty()));
    match last.and_then(|last| Some((last.to_owned(), last.parse().ok()?))) {
        Some((last, only)) => (split(&base, |part| part == last).0, Some(only)),
        None => (base, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_that_prowlarr_shows_leads_to_the_same_place() {
        for (pasted, base, only) in [
            ("http://host:9696", "http://host:9696/", None),
            ("http://host:9696/api/v1/", "http://host:9696/", None),
            ("http://host:9696/api/v1/search?apikey=k", "http://host:9696/", None),
            ("http://host:9696/settings/general", "http://host:9696/", None),
            ("https://host/prowlarr/", "https://host/prowlarr/", None),
            ("https://host/prowlarr/api", "https://host/prowlarr/", None),
            ("http://host:9696/3/api?apikey=k", "http://host:9696/", Some(3)),
            ("http://host:9696/3/", "http://host:9696/", Some(3)),
            ("https://host/prowlarr/12/api", "https://host/prowlarr/", Some(12)),
            ("http://host:9696/api/v1/indexer/7/newznab", "http://host:9696/", Some(7)),
            ("http://host:9696/api/v1/indexer", "http://host:9696/", None),
        ] {
            let (found, named) = place(&pasted.parse().unwrap());
            assert_eq!((found.as_str(), named), (base, only), "{pasted}");
        }
    }
}
