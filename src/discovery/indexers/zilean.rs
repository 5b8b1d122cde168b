//! Zilean: an index of hash lists that people have shared. It knows names, sizes and IMDb ids, and no seeders.

use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use http::header::HeaderValue;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::address::{below, key, split};
use super::exchange::ask;
use super::outcome::{Sink, worst};
use super::reading;
use super::wording::{Named, words};
use crate::discovery::{Found, Indexer, IndexerError, Probe, Query};
use crate::domain::TitleKind;
use crate::profile::{IndexerSettings, Secret};

/// Its searches go through a database on a small machine.
const LIMIT: Duration = Duration::from_secs(12);
const BUDGET: Duration = Duration::from_secs(25);
const MOST_BYTES: usize = 8 << 20;

/// What a test search looks for. Nothing found is an answer, too.
const TRIAL: &str = "Big Buck Bunny";

const EXPECTED: &str = "a Zilean";

/// A Zilean.
pub(super) struct Zilean {
    name: String,
    client: reqwest::Client,
    base: Url,
    key: Option<Secret>,
}

/// One release. Fields have changed between texts, numbers and null over Zilean's versions.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Row {
    raw_title: Value,
    info_hash: Value,
    size: Value,
    imdb_id: Value,
}

impl Zilean {
    /// The Zilean of these settings.
    pub(super) fn new(settings: &IndexerSettings, client: &reqwest::Client) -> Self {
        let inner =
            |part: &str| matches!(part, "dmm" | "imdb" | "torznab" | "scalar" | "swagger" | "healthchecks");
        let (base, _) = split(&settings.url, inner);
        Self { name: settings.name.clone(), client: client.clone(), base, key: key(settings) }
    }

    async fn filtered(&self, params: &[(&str, String)]) -> Result<Vec<Found>, IndexerError> {
        let mut url = below(&self.base, &["dmm", "filtered"]);
        url.query_pairs_mut().extend_pairs(params);
        self.rows(self.client.get(url)).await
    }

    async fn by_words(&self, text: &str) -> Result<Vec<Found>, IndexerError> {
        let url = below(&self.base, &["dmm", "search"]);
        self.rows(self.client.post(url).json(&json!({ "queryText": text }))).await
    }

    async fn rows(&self, mut request: reqwest::RequestBuilder) -> Result<Vec<Found>, IndexerError> {
        if let Some(mut key) = self.key.as_ref().and_then(|key| HeaderValue::from_str(key.expose()).ok()) {
            key.set_sensitive(true);
            request = request.header("X-API-KEY", key);
        }
        let rows: Vec<Value> = ask(request, LIMIT, MOST_BYTES).await?.json(EXPECTED)?;
        let rows = rows.into_iter().filter_map(|row| serde_json::from_value::<Row>(row).ok());
        Ok(rows.filter_map(Row::into_found).collect())
    }

    async fn find(&self, query: &Query, sink: Sink<'_>) -> Result<(), IndexerError> {
        let searches = searches(query);
        let named = Named::of(query);
        if searches.is_empty() && named.is_none() {
            return Err(IndexerError::Unsupported);
        }
        let mut outcomes = join_all(searches.iter().map(|params| async {
            let found = self.filtered(params).await?;
            let count = found.len();
            if count > 0 {
                sink(found);
            }
            Ok(count)
        }))
        .await;
        // What fails inside of it is an empty list as well, so the other door is tried. It is the only one that very
        // old versions have.
        let may_go_on = |outcome: &Result<usize, IndexerError>| {
            matches!(outcome, Ok(0) | Err(IndexerError::Malformed(_)))
        };
        if let Some(named) = named.filter(|_| outcomes.iter().all(may_go_on)) {
            outcomes.push(self.by_words(&words(named.title)).await.map(|found| {
                let count = found.len();
                sink(found);
                count
            }));
        }
        worst(outcomes)
    }
}

/// What is asked at once: by the id, and by the title for what has none. An episode brings the packs with it.
fn searches(query: &Query) -> Vec<Vec<(&'static str, String)>> {
    let mut numbers = Vec::new();
    if let Some((season, episode)) = query.episode {
        numbers.extend([("Season", season.to_string()), ("Episode", episode.to_string())]);
    }
    let with = |key: &'static str, value: String| [vec![(key, value)], numbers.clone()].concat();
    let mut searches = Vec::new();
    // It counts by seasons only.
    let is_numbered = query.episode.is_some() || query.title_kind() == TitleKind::Movie;
    searches.extend(query.imdb().filter(|_| is_numbered).map(|id| with("ImdbId", id.to_owned())));
    if let Some(named) = Named::of(query).filter(|_| is_numbered) {
        let mut by_title = with("Query", words(named.title));
        // The year of an episode's release is seldom in its name.
        by_title.extend(named.year.filter(|_| numbers.is_empty()).map(|year| ("Year", year.to_string())));
        searches.push(by_title);
    }
    searches
}

impl Row {
    fn into_found(self) -> Option<Found> {
        let text = |value: Value| match value {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let name = reading::name(&text(self.raw_title)?);
        Some(Found {
            info_hash: Some(text(self.info_hash)?.trim().parse().ok()?),
            size: text(self.size).and_then(|size| reading::bytes(&size)).filter(|size| *size > 0),
            imdb: text(self.imdb_id).and_then(|id| reading::imdb(&id)),
            name: Some(name).filter(|name| !name.is_empty())?,
            ..Found::default()
        })
    }
}

impl Indexer for Zilean {
    fn name(&self) -> &str {
        &self.name
    }

    fn budget(&self) -> Duration {
        BUDGET
    }

    fn search<'a>(&'a self, query: &'a Query, sink: Sink<'a>) -> BoxFuture<'a, Result<(), IndexerError>> {
        self.find(query, sink).boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<Probe, IndexerError>> {
        async {
            let results = self.by_words(TRIAL).await?.len();
            Ok(Probe { title: "Zilean".to_owned(), indexers: None, results })
        }
        .boxed()
    }
}
