//! One Torznab address: asked what it can do, then only for that.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use http::header::HeaderValue;
use url::Url;

use super::caps::Caps;
use super::plan::{Search, newest, plan};
use super::refusal::meaning;
use super::xml::{ListedIndexer, MOST_BYTES, TorznabDocument, read_torznab};
use crate::discovery::indexers::exchange::{Answer, ask, late, not, unavailable};
use crate::discovery::indexers::kept::Kept;
use crate::discovery::indexers::outcome::{Sink, worst};
use crate::discovery::{Found, IndexerError, Query};
use crate::profile::Secret;

/// What a server can do changes with its version.
const CAPS_LIFE: Duration = Duration::from_secs(12 * 3_600);

/// Caps come from memory; only a machine that just wakes up needs seconds.
const CAPS_LIMIT: Duration = Duration::from_secs(8);

/// Sites behind a front may take long. Whoever has not answered by then has lost its viewer, but not the next one.
pub(in crate::discovery::indexers) const SEARCH_LIMIT: Duration = Duration::from_secs(20);

/// A test is for one who waits before a page.
pub(in crate::discovery::indexers) const TRIAL_LIMIT: Duration = Duration::from_secs(6);

/// How the key is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::discovery::indexers) enum KeyPlace {
    /// As `apikey` in the query, as Torznab says.
    Query,
    /// As `X-Api-Key`, which no proxy writes into its log.
    Header,
}

/// One Torznab address. Cheap to clone.
#[derive(Clone)]
pub(in crate::discovery::indexers) struct Endpoint {
    client: reqwest::Client,
    url: Url,
    key: Option<(KeyPlace, Secret)>,
    /// What it is said to be, for errors: `a Torznab address`.
    expected: &'static str,
    server: Arc<Kept<Server>>,
}

/// Where the server really is, and what it can do.
#[derive(Clone)]
struct Server {
    url: Url,
    caps: Caps,
}

impl Endpoint {
    /// The endpoint at `url`, whose query may hold a key already.
    pub(in crate::discovery::indexers) fn new(
        client: &reqwest::Client,
        url: Url,
        key: Option<(KeyPlace, Secret)>,
        expected: &'static str,
    ) -> Self {
        Self { client: client.clone(), url, key, expected, server: Arc::new(Kept::new(CAPS_LIFE)) }
    }

    /// Spares the question what it can do: somebody else has told.
    pub(in crate::discovery::indexers) fn knows(self, caps: Caps) -> Self {
        self.server.put(Server { url: self.url.clone(), caps });
        self
    }

    /// What it can do.
    ///
    /// # Errors
    /// As [`Endpoint::search`].
    pub(in crate::discovery::indexers) async fn caps(&self) -> Result<Caps, IndexerError> {
        Ok(self.server().await?.caps.clone())
    }

    /// Searches for a video.
    ///
    /// # Errors
    /// `Unsupported` if it knows neither the ids nor the kind of the video; else what went wrong with all questions.
    pub(in crate::discovery::indexers) async fn search(
        &self,
        query: &Query,
        sink: Sink<'_>,
    ) -> Result<(), IndexerError> {
        let server = self.server().await?;
        let plan = plan(query, &server.caps).ok_or(IndexerError::Unsupported)?;
        let mut outcomes = self.run(&server, &plan.first, sink).await;
        let brought_nothing = outcomes.iter().all(|outcome| !matches!(outcome, Ok(1..)));
        let may_go_on =
            |outcome: &Result<usize, IndexerError>| matches!(outcome, Ok(_) | Err(IndexerError::Unsupported));
        if brought_nothing && outcomes.iter().any(may_go_on) {
            outcomes.extend(self.run(&server, &plan.otherwise, sink).await);
        }
        if outcomes.contains(&Err(IndexerError::Unsupported)) {
            // It was asked for nothing that it did not offer, so the offer must have changed.
            self.server.forget();
        }
        worst(outcomes)
    }

    /// A test search: how many releases it shows to one who asks for the newest.
    ///
    /// # Errors
    /// What went wrong.
    pub(in crate::discovery::indexers) async fn try_out(&self) -> Result<usize, IndexerError> {
        let trial = async {
            let server = self.server().await?;
            let (found, _) = self.ask_for(&server.url, &newest()).await?;
            Ok(found.len())
        };
        let in_time = tokio::time::timeout(TRIAL_LIMIT, trial).await;
        in_time.unwrap_or_else(|_| Err(late()))
    }

    /// The indexers behind a front.
    ///
    /// # Errors
    /// `Unsupported` if it is no front.
    pub(in crate::discovery::indexers) async fn listed(&self) -> Result<Vec<ListedIndexer>, IndexerError> {
        let params = [("t", "indexers"), ("configured", "true")];
        let (_, document) = self.question(&self.url, &params, CAPS_LIMIT).await?;
        match document {
            TorznabDocument::Indexers(listed) => Ok(listed),
            _ => Err(not(self.expected, "it does not list its indexers")),
        }
    }

    async fn run(
        &self,
        server: &Server,
        searches: &[Search],
        sink: Sink<'_>,
    ) -> Vec<Result<usize, IndexerError>> {
        join_all(searches.iter().map(|search| async {
            let (found, is_whole) = self.ask_for(&server.url, search).await?;
            let count = found.len();
            if count > 0 {
                sink(found);
            }
            if is_whole { Ok(count) } else { Err(unavailable("its answer broke off")) }
        }))
        .await
    }

    /// What it finds, and whether its answer came to an end.
    async fn ask_for(&self, url: &Url, search: &Search) -> Result<(Vec<Found>, bool), IndexerError> {
        let mut params = vec![("t", search.function)];
        params.extend(search.params.iter().map(|(name, value)| (*name, value.as_str())));
        let (answer, document) = self.question(url, &params, SEARCH_LIMIT).await?;
        match document {
            TorznabDocument::Results { items, is_whole } => {
                let found = items.into_iter().filter_map(|item| item.into_found()).collect();
                Ok((found, is_whole && answer.is_whole))
            }
            _ => Err(not(self.expected, "it answered with something else")),
        }
    }

    async fn server(&self) -> Result<Arc<Server>, IndexerError> {
        let endpoint = self.clone();
        self.server
            .get(move || -> BoxFuture<'static, _> { async move { endpoint.find_server().await }.boxed() })
            .await
    }

    /// Asks what it can do; if there is nothing at its address, at the one that people mean when they leave out `api`.
    async fn find_server(&self) -> Result<Server, IndexerError> {
        let there = self.caps_at(&self.url).await;
        let missed = matches!(there, Err(IndexerError::Malformed(_))) && !self.url.path().ends_with("/api");
        if missed {
            let mut url = self.url.clone();
            url.set_path(&format!("{}/api", url.path().trim_end_matches('/')));
            if let Ok(caps) = self.caps_at(&url).await {
                return Ok(Server { url, caps });
            }
        }
        Ok(Server { url: self.url.clone(), caps: there? })
    }

    async fn caps_at(&self, url: &Url) -> Result<Caps, IndexerError> {
        match self.question(url, &[("t", "caps")], CAPS_LIMIT).await {
            Ok((_, TorznabDocument::Caps(caps))) => Ok(caps),
            Ok(_) => Err(not(self.expected, "it answered with something else")),
            // It speaks Torznab, but not about itself.
            Err(IndexerError::Unsupported) => Ok(Caps::unknown()),
            Err(error) => Err(error),
        }
    }

    /// Asks, and judges the answer by its root element before its status.
    async fn question(
        &self,
        url: &Url,
        params: &[(&str, &str)],
        limit: Duration,
    ) -> Result<(Answer, TorznabDocument), IndexerError> {
        let mut url = url.clone();
        url.query_pairs_mut().extend_pairs(params);
        let mut header = None;
        match &self.key {
            Some((KeyPlace::Query, key)) => {
                url.query_pairs_mut().append_pair("apikey", key.expose());
            }
            Some((KeyPlace::Header, key)) => header = HeaderValue::from_str(key.expose()).ok(),
            None => {}
        }
        let mut request = self.client.get(url);
        if let Some(mut key) = header {
            key.set_sensitive(true);
            request = request.header("X-Api-Key", key);
        }
        let answer = ask(request, limit, MOST_BYTES).await?;
        let document = read_torznab(&answer.body);
        match &document {
            TorznabDocument::Refusal { code, description } => {
                let error = meaning(*code, description, answer.status, answer.pause());
                // No such item: nothing was found.
                error
                    .map_or(Ok((answer, TorznabDocument::Results { items: Vec::new(), is_whole: true })), Err)
            }
            TorznabDocument::WebPage | TorznabDocument::Unknown => {
                Err(answer.refusal(self.expected).unwrap_or_else(|| self.foreign(&document)))
            }
            TorznabDocument::Caps(_) | TorznabDocument::Results { .. } | TorznabDocument::Indexers(_) => {
                Ok((answer, document))
            }
        }
    }

    fn foreign(&self, document: &TorznabDocument) -> IndexerError {
        let is_page = matches!(document, TorznabDocument::WebPage);
        not(
            self.expected,
            if is_page { "it answered with a web page" } else { "it answered with something else" },
        )
    }
}
