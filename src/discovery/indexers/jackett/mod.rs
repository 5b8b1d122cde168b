//! Jackett: each of its configured indexers is asked by itself, because `all` waits for the slowest.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use url::Url;

use super::address::{below, key, split};
use super::kept::Kept;
use super::outcome::Sink;
use super::parts::{Part, Rests, search_all, try_all};
use super::torznab::{Endpoint, KeyPlace};
use crate::discovery::{Indexer, IndexerError, Probe, Query};
use crate::profile::{IndexerSettings, Secret};

/// Indexers are set up once in a while; the list itself takes Jackett a moment.
const LIST_LIFE: Duration = Duration::from_secs(3 * 3_600);

/// The slowest indexer, twice.
const BUDGET: Duration = Duration::from_secs(30);

/// A Jackett with all its configured indexers.
pub(super) struct Jackett {
    name: String,
    front: Arc<Front>,
    list: Kept<Vec<Part>>,
    rests: Rests,
}

/// Where a Jackett is.
struct Front {
    client: reqwest::Client,
    base: Url,
    key: Option<Secret>,
    /// Which of its indexers: `all`, a filter such as `test:passed`, or a single one.
    which: String,
}

impl Jackett {
    /// The Jackett of these settings. Its address may be any that Jackett shows or offers for copying.
    pub(super) fn new(settings: &IndexerSettings, client: &reqwest::Client) -> Self {
        let (base, which) = place(&settings.url);
        let front = Front { client: client.clone(), base, key: key(settings), which };
        Self {
            name: settings.name.clone(),
            front: Arc::new(front),
            list: Kept::new(LIST_LIFE),
            rests: Rests::default(),
        }
    }

    async fn parts(&self) -> Result<Arc<Vec<Part>>, IndexerError> {
        let front = self.front.clone();
        self.list.get(move || async move { front.parts().await }.boxed()).await
    }
}

impl Front {
    fn endpoint(&self, id: &str) -> Endpoint {
        let url = below(&self.base, &["api", "v2.0", "indexers", id, "results", "torznab", "api"]);
        let key = self.key.clone().map(|key| (KeyPlace::Query, key));
        Endpoint::new(&self.client, url, key, "a Jackett")
    }

    /// The configured indexers. A Jackett that does not list them is asked as one: a single indexer by its own
    /// address, or a very old Jackett.
    async fn parts(&self) -> Result<Vec<Part>, IndexerError> {
        let whole = self.endpoint(&self.which);
        let listed = match whole.listed().await {
            Ok(listed) => listed,
            Err(IndexerError::Unsupported | IndexerError::Malformed(_)) => {
                let caps = whole.caps().await?;
                let name = caps.title.unwrap_or_else(|| self.which.clone());
                return Ok(vec![Part { id: self.which.clone(), name, private: false, endpoint: whole }]);
            }
            Err(error) => return Err(error),
        };
        let parts = listed.into_iter().filter(|one| one.configured && one.id != "all").map(|one| {
            let endpoint = self.endpoint(&one.id);
            let endpoint = match one.caps {
                Some(caps) => endpoint.knows(caps),
                None => endpoint,
            };
            Part { private: one.kind == "private", id: one.id, name: one.title, endpoint }
        });
        Ok(parts.collect())
    }
}

impl Indexer for Jackett {
    fn name(&self) -> &str {
        &self.name
    }

    fn budget(&self) -> Duration {
        BUDGET
    }

    fn search<'a>(&'a self, query: &'a Query, sink: Sink<'a>) -> BoxFuture<'a, Result<(), IndexerError>> {
        async move {
            let parts = self.parts().await?;
            search_all(&self.name, &parts, &self.rests, query, sink).await
        }
        .boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<Probe, IndexerError>> {
        async {
            let parts = self.front.parts().await?;
            let results = try_all(&parts).await?;
            Ok(Probe { title: "Jackett".to_owned(), indexers: Some(parts.len()), results })
        }
        .boxed()
    }
}

/// The server's address and which of its indexers are meant.
fn place(url: &Url) -> (Url, String) {
    let (base, inner) = split(url, |part| matches!(part, "api" | "ui"));
    let after = inner.iter().position(|part| part.eq_ignore_ascii_case("indexers"));
    let which = after.and_then(|after| inner.get(after + 1));
    let decoded =
        which.map(|which| percent_encoding::percent_decode_str(which).decode_utf8_lossy().into_owned());
    (base, decoded.unwrap_or_else(|| "all".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_that_jackett_shows_leads_to_the_same_place() {
        for (pasted, base, which) in [
            ("http://host:9117", "http://host:9117/", "all"),
            ("http://host:9117/", "http://host:9117/", "all"),
            ("http://host:9117/UI/Dashboard#search", "http://host:9117/", "all"),
            ("http://host:9117/api", "http://host:9117/", "all"),
            ("http://host:9117/api/v2.0/", "http://host:9117/", "all"),
            ("http://host:9117/api/v2.0/indexers/all/results/torznab/", "http://host:9117/", "all"),
            (
                "http://host:9117/api/v2.0/indexers/all/results/torznab/api?apikey=k",
                "http://host:9117/",
                "all",
            ),
            ("https://host/jackett", "https://host/jackett/", "all"),
            (
                "https://host/a/jackett/api/v2.0/indexers/one/results/torznab",
                "https://host/a/jackett/",
                "one",
            ),
            (
                "http://host:9117/api/v2.0/indexers/test%3Apassed/results/torznab",
                "http://host:9117/",
                "test:passed",
            ),
            ("http://host:9117/api/v2.0/indexers/test:passed/results", "http://host:9117/", "test:passed"),
        ] {
            let (found, named) = place(&pasted.parse().unwrap());
            assert_eq!((found.as_str(), named.as_str()), (base, which), "{pasted}");
        }
    }
}
