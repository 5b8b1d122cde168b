//! Asking for one entry once, however many want it, and keeping the answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use moka::sync::Cache as Moka;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::meta::Known;
use super::subject::{Part, Subject};
use crate::changes::Changes;
use crate::db::{Database, StoredTitle};
use crate::discovery::IndexerError;
use crate::discovery::upstream::Upstream;
use crate::net::Clients;
use crate::stremio::Hops;

/// How long one question may take, whoever waits for it.
const QUESTION: Duration = Duration::from_secs(5);

/// Names do not change; what does is the list of episodes.
const FRESH: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// For how long a list of episodes is believed that lacks the wanted one.
const FRESH_WITHOUT: Duration = Duration::from_secs(6 * 60 * 60);

/// For how long nobody asks again for an id that the catalogue does not know.
const UNKNOWN: Duration = Duration::from_secs(10 * 60);

/// For how long nobody asks again after a question that failed.
const FAILED: Duration = Duration::from_secs(30);

/// After so many failures in a row nobody is kept waiting any more, until an answer comes.
const PATIENT_FAILURES: u32 = 3;

/// Entries in memory.
const MOST: u64 = 2_000;

/// A question under way.
type Flight = Shared<BoxFuture<'static, Option<Arc<Known>>>>;

/// The catalogues, and what they said.
pub(super) struct Lookup(Arc<Inner>);

struct Inner {
    /// Answers for IMDb ids.
    catalogue: Option<Upstream>,
    /// May answer for others.
    addons: Vec<Upstream>,
    db: Database,
    known: Moka<Subject, Entry>,
    /// Entries that are not in the database, so that it is not asked at each request for an id that nobody knows.
    unstored: Moka<Subject, ()>,
    /// Ids without an entry.
    unknown: Moka<Subject, ()>,
    /// Questions that failed a moment ago.
    failed: Moka<Subject, ()>,
    flights: Mutex<HashMap<Subject, Flight>>,
    failures: Mutex<u32>,
    changes: Changes,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// What was said of an entry, and when, in Unix seconds.
#[derive(Clone)]
struct Entry {
    known: Arc<Known>,
    stored: u64,
}

impl Entry {
    fn has(&self, part: Part) -> bool {
        match part {
            Part::Whole => true,
            Part::Episode(Some(season), episode) => {
                self.known.title.episode(season, episode).is_some()
                    || self.known.on_imdb(Some(season), episode).is_some()
            }
            Part::Episode(None, episode) => {
                let is_it = |own: u32| own == episode;
                self.known.on_imdb(None, episode).is_some()
                    || self.known.title.episodes.iter().any(|one| is_it(one.episode))
            }
        }
    }

    fn is_fresh(&self, part: Part) -> bool {
        let limit = if self.has(part) { FRESH } else { FRESH_WITHOUT };
        now().saturating_sub(self.stored) < limit.as_secs()
    }
}

impl Lookup {
    pub(super) fn new(base: Option<&Url>, addons: &[Url], clients: &Clients, db: Database) -> Self {
        let upstream = |url: &Url| Upstream::new(url, clients.own().clone(), QUESTION);
        Self(Arc::new(Inner {
            catalogue: base.map(upstream),
            addons: addons.iter().map(upstream).collect(),
            db,
            known: Moka::new(MOST),
            unstored: Moka::builder().time_to_live(UNKNOWN).max_capacity(MOST).build(),
            unknown: Moka::builder().time_to_live(UNKNOWN).max_capacity(MOST).build(),
            failed: Moka::builder().time_to_live(FAILED).max_capacity(MOST).build(),
            flights: Mutex::default(),
            failures: Mutex::default(),
            changes: Changes::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }))
    }

    /// What is known of an entry by `until`. What is old is told at once if it holds the wanted part, and asked for
    /// anew in the background.
    pub(super) async fn find(&self, subject: &Subject, part: Part, until: Instant) -> Option<Arc<Known>> {
        let inner = &self.0;
        let entry = inner.recall(subject).await;
        let old = match &entry {
            Some(entry) if entry.is_fresh(part) => return Some(entry.known.clone()),
            Some(entry) => Some(entry.known.clone()),
            None => None,
        };
        let Some(flight) = self.join(subject, entry.as_ref().map(|entry| entry.stored)) else { return old };
        if entry.is_some_and(|entry| entry.has(part)) || *inner.failures() >= PATIENT_FAILURES {
            return old;
        }
        timeout_at(until, flight).await.ok().flatten().or(old)
    }

    /// How often an entry was learned.
    pub(super) fn changes(&self) -> u64 {
        self.0.changes.count()
    }

    pub(super) async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
        self.0.flights().clear();
    }

    /// The question under way, or a new one, which a task of ours carries. `None` if there is nobody to ask. `seen` is
    /// when the answer was stored that the caller knows: another one may have landed since he looked.
    fn join(&self, subject: &Subject, seen: Option<u64>) -> Option<Flight> {
        let inner = &self.0;
        if !inner.has_catalogue(subject) || inner.stop.is_cancelled() {
            return None;
        }
        let mut flights = inner.flights();
        if let Some(flight) = flights.get(subject) {
            return Some(flight.clone());
        }
        if let Some(landed) = inner.known.get(subject).filter(|entry| Some(entry.stored) != seen) {
            return Some(futures::future::ready(Some(landed.known)).boxed().shared());
        }
        if inner.unknown.contains_key(subject) || inner.failed.contains_key(subject) {
            return None;
        }
        let flight = fetch(Arc::clone(inner), subject.clone()).boxed().shared();
        flights.insert(subject.clone(), flight.clone());
        drop(flights);
        let (stop, carried) = (inner.stop.clone(), flight.clone());
        inner.tasks.spawn(async move { stop.run_until_cancelled(carried).await });
        Some(flight)
    }
}

impl Inner {
    fn flights(&self) -> MutexGuard<'_, HashMap<Subject, Flight>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failures(&self) -> MutexGuard<'_, u32> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_catalogue(&self, subject: &Subject) -> bool {
        if is_imdb(subject) { self.catalogue.is_some() } else { !self.addons.is_empty() }
    }

    async fn recall(&self, subject: &Subject) -> Option<Entry> {
        if let Some(entry) = self.known.get(subject) {
            return Some(entry);
        }
        if self.unstored.contains_key(subject) {
            return None;
        }
        let stored = match self.db.title(&subject.key()).await {
            Ok(Some(stored)) => stored,
            Ok(None) => {
                self.unstored.insert(subject.clone(), ());
                return None;
            }
            Err(error) => {
                tracing::warn!(%error, "stored titles cannot be read");
                return None;
            }
        };
        let known = Arc::new(serde_json::from_str(&stored.body).ok()?);
        let entry = Entry { known, stored: stored.stored };
        self.known.insert(subject.clone(), entry.clone());
        Some(entry)
    }

    async fn remember(&self, subject: &Subject, known: &Arc<Known>) {
        let stored = now();
        self.known.insert(subject.clone(), Entry { known: known.clone(), stored });
        self.changes.note();
        let Ok(body) = serde_json::to_string(&**known) else { return };
        if let Err(error) = self.db.remember_title(&subject.key(), &StoredTitle { body, stored }).await {
            tracing::warn!(%error, "a title cannot be stored; it will be asked for again");
        }
        self.unstored.invalidate(subject);
    }

    async fn ask(&self, subject: &Subject) -> Result<Option<Known>, IndexerError> {
        if is_imdb(subject) {
            return match &self.catalogue {
                Some(catalogue) => read(catalogue, &subject.kind, &subject.id).await,
                None => Ok(None),
            };
        }
        let mut failure = None;
        for addon in &self.addons {
            match ask_addon(addon, subject).await {
                Ok(None) => {}
                Err(error) => failure = Some(error),
                found => return found,
            }
        }
        failure.map_or(Ok(None), Err)
    }
}

/// Asks, and keeps whatever comes of it.
async fn fetch(inner: Arc<Inner>, subject: Subject) -> Option<Arc<Known>> {
    let answer = inner.ask(&subject).await;
    let failures = if answer.is_ok() { 0 } else { inner.failures().saturating_add(1) };
    *inner.failures() = failures;
    let known = match answer {
        Ok(Some(known)) => {
            let known = Arc::new(known);
            inner.remember(&subject, &known).await;
            Some(known)
        }
        Ok(None) => {
            inner.unknown.insert(subject.clone(), ());
            None
        }
        Err(error) => {
            tracing::warn!(id = subject.id, %error, "the catalogue of titles cannot be asked");
            inner.failed.insert(subject.clone(), ());
            None
        }
    };
    inner.flights().remove(&subject);
    known
}

/// Addons are asked under the type that the viewer's client used, or under one of their own: some keep films of a
/// catalogue under a type of its name.
async fn ask_addon(addon: &Upstream, subject: &Subject) -> Result<Option<Known>, IndexerError> {
    let manifest = addon.manifest().await?;
    let own = manifest.kinds("meta").iter().map(String::as_str);
    let mut kinds = std::iter::once(subject.kind.as_str()).chain(own);
    match kinds.find(|kind| manifest.serves("meta", kind, &subject.id)) {
        Some(kind) => read(addon, kind, &subject.id).await,
        None => Ok(None),
    }
}

async fn read(catalogue: &Upstream, kind: &str, id: &str) -> Result<Option<Known>, IndexerError> {
    let answer = catalogue.ask("meta", (kind, id), &Hops::default()).await?;
    Ok(answer.and_then(|answer| Known::read(&answer, kind)))
}

fn is_imdb(subject: &Subject) -> bool {
    subject.id.starts_with("tt") && !subject.id.contains(':')
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
