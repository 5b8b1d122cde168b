//! One search of one indexer while it is under way. Whoever wants the same waits for the same flight, and takes what
//! has come so far when his time is up; the flight goes on.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use url::Url;

use super::links::LinkedRelease;
use super::member::Member;
use super::results::Entry;
use super::{Found, IndexerError, Query};

/// The longest time a search may take, whatever its indexer thinks it needs.
const LONGEST: Duration = Duration::from_secs(60);

/// Releases of one search that are kept; nobody reads more.
const MOST_FOUND: usize = 1_000;

/// Releases without a hash whose links are followed in one search: those with the most seeders.
const MOST_LINKS: usize = 40;

/// Links of one indexer that are followed at the same time.
const LINKS_AT_ONCE: usize = 4;

/// What a link leads to.
pub(super) type Follow<'a> =
    &'a (dyn Fn(Url) -> BoxFuture<'static, Option<Arc<LinkedRelease>>> + Send + Sync);

/// Takes note of a link that the indexer named, before it is followed.
pub(super) type Trust<'a> = &'a (dyn Fn(&Url) + Send + Sync);

/// A search under way.
pub(super) struct Flight {
    pub(super) began: Instant,
    gathered: Mutex<Vec<Found>>,
    news: watch::Sender<News>,
    landed: watch::Sender<Option<Landed>>,
}

/// How a search ended.
#[derive(Clone)]
pub(super) struct Landed {
    /// What is to be shown: what it brought, or what was known before.
    pub(super) entry: Arc<Entry>,
    /// Why it is not all.
    pub(super) error: Option<IndexerError>,
}

/// What those who follow links wait for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct News {
    found: usize,
    is_searched: bool,
}

impl Flight {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            gathered: Mutex::default(),
            news: watch::Sender::default(),
            landed: watch::Sender::new(None),
        }
    }

    /// Searches, and follows the links of releases that came without a hash. Ends within the indexer's budget, and
    /// with an error if the indexer hangs or panics; what came until then is kept.
    pub(super) async fn gather(
        &self,
        member: &Member,
        query: &Query,
        trust: Trust<'_>,
        follow: Follow<'_>,
    ) -> Result<(), IndexerError> {
        let limit = member.indexer.budget().min(LONGEST);
        // The semaphore is never closed.
        let turn = member.turns.acquire().await;
        // It may have failed while this search waited, and is not to be asked then. That is not another failure.
        if let Some(error) = member.resting() {
            return Err(error);
        }
        let searching = async {
            let began = Instant::now();
            let done = self.search(member, query, trust, limit).await;
            self.note(member, began, &done);
            // Not before the note, by which the next one knows whether to ask at all.
            drop(turn);
            self.news.send_modify(|news| news.is_searched = true);
            done
        };
        let following = timeout(limit, self.follow_links(follow));
        futures::join!(searching, following).0
    }

    /// What came so far.
    pub(super) fn so_far(&self) -> Vec<Found> {
        self.gathered().clone()
    }

    /// Says how it ended.
    pub(super) fn land(&self, landed: Landed) {
        self.landed.send_replace(Some(landed));
    }

    /// Ends it with an error, unless it has ended: nobody may wait for what does not go on.
    pub(super) fn break_off(&self) {
        self.landed.send_if_modified(|landed| {
            let is_under_way = landed.is_none();
            if is_under_way {
                let entry = Arc::new(Entry { found: self.so_far(), ..Entry::default() });
                *landed = Some(Landed { entry, error: Some(broken_off()) });
            }
            is_under_way
        });
    }

    /// Waits for the end.
    pub(super) async fn landed(&self) -> Landed {
        let mut landed = self.landed.subscribe();
        let found = landed.wait_for(Option::is_some).await.ok().and_then(|landed| landed.clone());
        // The sender is part of this flight, so there is an end.
        found.unwrap_or_else(|| Landed { entry: Arc::default(), error: None })
    }

    async fn search(
        &self,
        member: &Member,
        query: &Query,
        trust: Trust<'_>,
        limit: Duration,
    ) -> Result<(), IndexerError> {
        let sink = |found: Vec<Found>| {
            found.iter().filter_map(|found| found.torrent.as_ref()).for_each(trust);
            self.take(member, found);
        };
        let searching = async { member.indexer.search(query, &sink).await };
        match timeout(limit, AssertUnwindSafe(searching).catch_unwind()).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(broken_off()),
            Err(_) => {
                Err(IndexerError::Unavailable(format!("has not answered within {} s", limit.as_secs_f32())))
            }
        }
    }

    /// Takes note of how the indexer is doing after a search that began at `began`.
    fn note(&self, member: &Member, began: Instant, done: &Result<(), IndexerError>) {
        let now = Instant::now();
        match done {
            Ok(()) => member.vitals().succeeded(now - began, self.gathered().len()),
            Err(IndexerError::Unsupported) => {}
            Err(error) => {
                tracing::warn!(indexer = member.name(), %error, "an indexer failed and is left alone for a while");
                member.vitals().failed(error.clone(), began, now);
            }
        }
    }

    fn take(&self, member: &Member, found: Vec<Found>) {
        let mut gathered = self.gathered();
        let room = MOST_FOUND.saturating_sub(gathered.len());
        if found.len() > room {
            tracing::debug!(
                indexer = member.name(),
                left_out = found.len() - room,
                "an indexer found too much"
            );
        }
        gathered.extend(found.into_iter().filter(|found| is_usable(found, member.is_local)).take(room));
        let count = gathered.len();
        drop(gathered);
        self.news.send_modify(|news| news.found = count);
    }

    /// Follows links as releases without a hash come in, those with the most seeders first.
    async fn follow_links(&self, follow: Follow<'_>) {
        let (mut tried, mut under_way) = (HashSet::new(), FuturesUnordered::new());
        let mut news = self.news.subscribe();
        loop {
            let seen = *news.borrow_and_update();
            while under_way.len() < LINKS_AT_ONCE && tried.len() < MOST_LINKS {
                let Some(url) = self.next_link(&tried) else { break };
                tried.insert(url.clone());
                let following = follow(url.clone());
                under_way.push(async move { (url, following.await) });
            }
            if under_way.is_empty() && seen.is_searched {
                return;
            }
            tokio::select! {
                Some((url, release)) = under_way.next() => {
                    if let Some(release) = release {
                        self.learn(&url, &release);
                    }
                }
                _ = news.changed() => {}
            }
        }
    }

    fn next_link(&self, tried: &HashSet<Url>) -> Option<Url> {
        let gathered = self.gathered();
        let waiting = gathered.iter().filter(|found| found.info_hash.is_none() && found.place.is_none());
        let links = waiting.filter_map(|found| Some((found.seeders, found.torrent.as_ref()?)));
        let best = links.filter(|(_, url)| !tried.contains(*url)).max_by_key(|(seeders, _)| *seeders);
        best.map(|(_, url)| url.clone())
    }

    fn learn(&self, url: &Url, release: &LinkedRelease) {
        let mut gathered = self.gathered();
        for found in gathered.iter_mut().filter(|found| found.torrent.as_ref() == Some(url)) {
            release.add_to(found);
        }
    }

    fn gathered(&self) -> MutexGuard<'_, Vec<Found>> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn broken_off() -> IndexerError {
    IndexerError::Unavailable("its search broke off, which is our fault".to_owned())
}

/// Whether there is anything to show and anything to play. Only this server itself may name files of this machine.
fn is_usable(found: &Found, is_local: bool) -> bool {
    let is_web = |url: &Url| is_local || matches!(url.scheme(), "http" | "https");
    let leads_somewhere = match &found.place {
        Some(place) => is_web(place),
        None => found.info_hash.is_some() || found.torrent.as_ref().is_some_and(is_web),
    };
    let is_named = [Some(&found.name), found.file_name.as_ref()]
        .into_iter()
        .flatten()
        .any(|name| !name.trim().is_empty());
    leads_somewhere && is_named
}
