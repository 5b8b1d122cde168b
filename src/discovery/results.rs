//! What indexers have said, in memory and on disk.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use moka::sync::Cache as Moka;
use serde::{Deserialize, Serialize};

use super::member::Fingerprint;
use super::{Found, Query};
use crate::changes::Changes;
use crate::db::Database;
use crate::domain::Date;
use crate::seal::Sealer;

/// For how long an answer is as good as a new one.
const FRESH: Duration = Duration::from_secs(15 * 60);

/// The same for an episode of these days, of which new releases appear by the minute, and for an empty answer, which
/// some indexers give when they fail.
const FRESH_NEWS: Duration = Duration::from_secs(5 * 60);

/// For how long an answer is better than none.
pub(super) const STALE: Duration = Duration::from_secs(24 * 3_600);

/// Days after its first showing during which an episode is new.
const NEW_DAYS: i64 = 7;

/// Bytes of answers in memory, as they are on disk; it is about twice that.
const MOST_MEMORY: u64 = 12 << 20;

/// One answer of one indexer to one query.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    /// Releases.
    pub(super) found: Vec<Found>,
    /// When they were found, Unix seconds.
    pub(super) at: u64,
    /// When it last answered in full, Unix seconds; 0 if it never did.
    pub(super) asked: u64,
}

/// How old an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// As good as new.
    Fresh,
    /// To be shown while a new one is fetched.
    Stale,
    /// Of no use any more.
    Gone,
}

/// Keeps answers. Cheap to clone.
#[derive(Clone)]
pub(super) struct Results {
    memory: Moka<Fingerprint, Arc<Kept>>,
    db: Database,
    sealer: Sealer,
    changes: Changes,
}

struct Kept {
    entry: Arc<Entry>,
    bytes: u32,
}

impl Results {
    /// `changes` counts what searches bring.
    pub(super) fn new(db: Database, sealer: Sealer, changes: Changes) -> Self {
        let weigh = |_: &Fingerprint, kept: &Arc<Kept>| kept.bytes.saturating_add(200);
        let memory = Moka::builder().weigher(weigh).max_capacity(MOST_MEMORY).time_to_live(STALE).build();
        Self { memory, db, sealer, changes }
    }

    /// The answer under `key`, from memory.
    pub(super) fn at_hand(&self, key: &Fingerprint) -> Option<Arc<Entry>> {
        self.memory.get(key).map(|kept| kept.entry.clone())
    }

    /// The answer under `key`, from memory or disk. Where there is none, an empty one is kept in memory, so that the
    /// disk is not asked at each request about an indexer that rests.
    pub(super) async fn get(&self, key: &Fingerprint) -> Option<Arc<Entry>> {
        if let Some(entry) = self.at_hand(key) {
            return Some(entry);
        }
        let sealed = match self.db.search(key).await {
            Ok(sealed) => sealed,
            Err(error) => {
                tracing::warn!(%error, "earlier searches cannot be read");
                return None;
            }
        };
        let (entry, bytes) = sealed.and_then(|sealed| self.read(key, &sealed)).unwrap_or_default();
        let kept = Arc::new(Kept { entry: Arc::new(entry), bytes: u32::try_from(bytes).unwrap_or(u32::MAX) });
        // A search may have landed meanwhile, and what it brought is newer.
        let kept = self.memory.entry_by_ref(key).or_insert(kept).into_value();
        Some(kept.entry.clone())
    }

    /// An answer from disk, and how long it is there.
    fn read(&self, key: &Fingerprint, sealed: &[u8]) -> Option<(Entry, usize)> {
        let Ok(text) = self.sealer.open(&HEXLOWER.encode(key), sealed) else {
            tracing::debug!("an earlier search was sealed with another key; it is made again");
            return None;
        };
        Some((serde_json::from_slice(&text).ok()?, text.len()))
    }

    /// Keeps an answer in memory.
    pub(super) fn hold(&self, key: &Fingerprint, entry: &Arc<Entry>, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let is_known = self.memory.get(key).is_some_and(|kept| Arc::ptr_eq(&kept.entry, entry));
        self.memory.insert(*key, Arc::new(Kept { entry: entry.clone(), bytes }));
        if !is_known {
            self.changes.note();
        }
    }

    /// Keeps an answer on disk, as [`Entry::to_text`] gives it.
    pub(super) async fn write(&self, key: &Fingerprint, entry: &Entry, text: &[u8]) {
        let sealed = self.sealer.seal(&HEXLOWER.encode(key), text);
        if let Err(error) = self.db.remember_search(key, &sealed, entry.at).await {
            tracing::warn!(%error, "a search cannot be stored; it will be made again after a restart");
        }
    }

    /// Forgets on disk what is of no use any more.
    pub(super) async fn tidy(&self, now: u64) {
        if let Err(error) = self.db.forget_searches(now.saturating_sub(STALE.as_secs())).await {
            tracing::warn!(%error, "earlier searches cannot be deleted");
        }
    }
}

impl Entry {
    /// The entry after an indexer has answered with `found` at `now`. An empty answer does not wipe out what it said
    /// a short time ago: some indexers say nothing when they fail.
    pub(super) fn answered(found: Vec<Found>, now: u64, before: Option<&Self>) -> Self {
        match before.filter(|before| before.is_of_use(now)) {
            Some(before) if found.is_empty() => {
                Self { found: before.found.clone(), at: before.at, asked: now }
            }
            _ => Self { found, at: now, asked: now },
        }
    }

    /// The entry after an indexer has failed at `now`, with `found` before that. What is known stays.
    pub(super) fn failed(found: Vec<Found>, now: u64, before: Option<&Self>) -> Self {
        match before.filter(|before| before.is_of_use(now)) {
            Some(before) => before.clone(),
            None => Self { found, at: now, asked: 0 },
        }
    }

    /// As it is stored.
    pub(super) fn to_text(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("every field has a form in JSON")
    }

    /// How old it is at `now` for a query that wants answers of the last `fresh`.
    pub(super) fn age(&self, now: u64, fresh: Duration) -> Age {
        let fresh = if self.found.is_empty() { fresh.min(FRESH_NEWS) } else { fresh };
        if self.asked != 0 && now.saturating_sub(self.asked) < fresh.as_secs() {
            Age::Fresh
        } else if self.is_of_use(now) {
            Age::Stale
        } else {
            Age::Gone
        }
    }

    fn is_of_use(&self, now: u64) -> bool {
        !self.found.is_empty() && now.saturating_sub(self.at) < STALE.as_secs()
    }
}

/// For how long answers to `query` are fresh at `now`.
pub(super) fn freshness(query: &Query, now: u64) -> Duration {
    let (title, numbers) = (query.title.as_deref(), query.episode);
    let episode = title.zip(numbers).and_then(|(title, (season, episode))| title.episode(season, episode));
    let is_new = episode.and_then(|episode| episode.released).is_some_and(|day| {
        let today = i64::try_from(now / 86_400).unwrap_or(i64::MAX);
        today - days_since_1970(day) <= NEW_DAYS
    });
    if is_new { FRESH_NEWS } else { FRESH }
}

/// Days from 1 January 1970 to `date`.
fn days_since_1970(date: Date) -> i64 {
    // Years that begin in March have their leap day at the end.
    let (year, month) = (i64::from(date.year()), i64::from(date.month()));
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * month + 2) / 5 + i64::from(date.day()) - 1;
    let of_all = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year;
    of_all - 719_468
}

/// Unix seconds.
pub(super) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
