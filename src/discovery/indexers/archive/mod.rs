//! The Internet Archive as an indexer: films of the collections that the operator chose, as plain files and as
//! torrents that the Archive itself seeds.

mod wire;

use std::fmt;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use http::HeaderMap;
use tokio::sync::Semaphore;
use url::Url;

use self::wire::{Held, HeldVideo, Listed};
use crate::discovery::exchange::{Allowance, get_json};
use crate::discovery::{Found, Indexer, IndexerError, Probe, Query};
use crate::domain::{Title, TitleKind};
use crate::release::{Fit, Release, Vouched, Wanted};

/// It takes its time, above all for items that nobody has looked at lately.
const BUDGET: Duration = Duration::from_secs(30);

/// One question. Items with thousands of files have long answers.
const ALLOWANCE: Allowance = Allowance { time: Duration::from_secs(12), bytes: 8 << 20 };

/// More questions at once and the Archive shuts its door.
const AT_ONCE: usize = 5;

/// Items that a search lists, and of those the ones that are looked into.
const ROWS: usize = 20;
const MOST_ITEMS: usize = 5;

/// The fields that a search answers with.
const FIELDS: [&str; 4] = ["identifier", "title", "year", "external-identifier"];

/// The Internet Archive.
pub struct Archive {
    base: Url,
    collections: Vec<String>,
    client: reqwest::Client,
    /// Shared by all searches.
    room: Semaphore,
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("collections", &self.collections).finish_non_exhaustive()
    }
}

impl Archive {
    /// The Archive at `base`, restricted to these collections.
    pub fn new(base: Url, collections: Vec<String>, client: reqwest::Client) -> Self {
        Self { base, collections, client, room: Semaphore::new(AT_ONCE) }
    }

    async fn look(
        &self,
        query: &Query,
        sink: &(dyn Fn(Vec<Found>) + Send + Sync),
    ) -> Result<(), IndexerError> {
        if query.title_kind() != TitleKind::Movie {
            return Err(IndexerError::Unsupported);
        }
        let items = self.items(query).await?;
        let mut looks: FuturesUnordered<_> =
            items.iter().take(MOST_ITEMS).map(|item| self.look_into(item, query)).collect();
        let (mut failure, mut is_told) = (None, false);
        while let Some(found) = looks.next().await {
            match found {
                Ok(found) if found.is_empty() => {}
                Ok(found) => {
                    is_told = true;
                    sink(found);
                }
                Err(error) => failure = Some(error),
            }
        }
        // An item that cannot be read is no reason to doubt the others.
        failure.filter(|_| !is_told).map_or(Ok(()), Err)
    }

    /// The items that are the wanted film: by its id if the Archive knows that, else by title and year.
    async fn items(&self, query: &Query) -> Result<Vec<Listed>, IndexerError> {
        if let Some(imdb) = query.imdb() {
            let items = self.list(&format!("external-identifier:\"urn:imdb:{imdb}\"")).await?;
            let is_it = |item: &Listed| item.imdb.iter().any(|id| id.as_str() == imdb);
            let items: Vec<Listed> = items.into_iter().filter(is_it).collect();
            if !items.is_empty() {
                return Ok(items);
            }
        }
        let Some(title) = query.title.as_deref() else { return Ok(Vec::new()) };
        let Some(words) = words(title) else { return Ok(Vec::new()) };
        let wanted = Wanted::new(Some(title), TitleKind::Movie, None, None);
        let is_it = |item: &Listed| {
            let release = Release { title: item.title.clone(), year: item.year, ..Release::default() };
            let is_another = query.imdb().is_some() && !item.imdb.is_empty();
            !is_another && item.year.is_some() && wanted.fit(&release, Vouched::Nothing) == Fit::Exact
        };
        Ok(self.list(&words).await?.into_iter().filter(is_it).collect())
    }

    async fn list(&self, what: &str) -> Result<Vec<Listed>, IndexerError> {
        let collections = self.collections.join(" OR ");
        let q = format!("({what}) AND mediatype:movies AND collection:({collections})");
        let mut url = self.address(&["advancedsearch.php"]);
        {
            let mut pairs = url.query_pairs_mut();
            pairs.append_pair("q", &q);
            for field in FIELDS {
                pairs.append_pair("fl[]", field);
            }
            pairs
                .append_pair("rows", &ROWS.to_string())
                .append_pair("page", "1")
                .append_pair("output", "json");
        }
        let answer = self.ask(url).await?;
        let items = answer.as_ref().and_then(wire::listed);
        items
            .ok_or_else(|| IndexerError::Malformed("does not answer as the Internet Archive does".to_owned()))
    }

    async fn look_into(&self, item: &Listed, query: &Query) -> Result<Vec<Found>, IndexerError> {
        let Some(answer) = self.ask(self.address(&["metadata", &item.id])).await? else {
            return Ok(Vec::new());
        };
        let held = wire::held(&answer);
        Ok(held.map_or_else(Vec::new, |held| self.tell(item, &held, query)))
    }

    async fn ask(&self, url: Url) -> Result<Option<serde_json::Value>, IndexerError> {
        // The semaphore is never closed.
        let _room = self.room.acquire().await;
        get_json(&self.client, url, HeaderMap::new(), ALLOWANCE).await
    }

    /// The videos of an item as files at their addresses, and once more as a torrent: of its files the original is
    /// the largest, so that it is the one which is played.
    fn tell(&self, item: &Listed, held: &Held, query: &Query) -> Vec<Found> {
        let is_exact = query.imdb().is_some_and(|imdb| item.imdb.iter().any(|id| id.as_str() == imdb));
        let common = |video: &HeldVideo| Found {
            name: name(item, video),
            file_name: video.name.rsplit('/').next().map(str::to_owned),
            file_size: video.size,
            imdb: query.imdb().filter(|_| is_exact).map(str::to_owned),
            is_exact,
            ..Found::default()
        };
        let mut found: Vec<Found> = held
            .videos
            .iter()
            .map(|video| {
                let path = ["download", item.id.as_str()].into_iter().chain(video.name.split('/'));
                let place = Some(self.address(&path.collect::<Vec<_>>()));
                Found { place, size: video.size, ..common(video) }
            })
            .collect();
        let largest = held.videos.iter().max_by_key(|video| video.size);
        if let (Some((info_hash, torrent)), Some(video)) = (&held.torrent, largest) {
            found.push(Found {
                info_hash: Some(*info_hash),
                torrent: Some(self.address(&["download", &item.id, torrent])),
                web_seeds: vec![self.address(&["download", ""])],
                size: held.size,
                ..common(video)
            });
        }
        found
    }

    fn address(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn try_out(&self) -> Result<Probe, IndexerError> {
        let items = self.list("*:*").await?;
        Ok(Probe { title: self.name().to_owned(), indexers: None, results: items.len() })
    }
}

/// The question for a title of a year, or of the years beside it; `None` if a title without a year would mean
/// anything.
fn words(title: &Title) -> Option<String> {
    let year = title.year?;
    let names = std::iter::once(&title.name).chain(&title.aliases).take(3);
    // Quotes and backslashes would end the phrase.
    let phrases = names.map(|name| format!("title:\"{}\"", name.replace(['"', '\\'], " ")));
    let phrases: Vec<String> = phrases.collect();
    Some(format!("({}) AND year:[{} TO {}]", phrases.join(" OR "), year - 1, year + 1))
}

/// A name as releases have them, so that people and rules read it like all others.
fn name(item: &Listed, video: &HeldVideo) -> String {
    let mut name = item.title.clone();
    if let Some(year) = item.year {
        name.push_str(&format!(" ({year})"));
    }
    if let Some(height) = video.height {
        name.push_str(&format!(" {height}p"));
    }
    name
}

impl Indexer for Archive {
    fn name(&self) -> &str {
        "Internet Archive"
    }

    fn budget(&self) -> Duration {
        BUDGET
    }

    fn search<'a>(
        &'a self,
        query: &'a Query,
        sink: &'a (dyn Fn(Vec<Found>) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), IndexerError>> {
        self.look(query, sink).boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<Probe, IndexerError>> {
        self.try_out().boxed()
    }
}

#[cfg(test)]
mod tests;
