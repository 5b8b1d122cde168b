//! Links to files: kept for as long as they live, and replaced when they stop working, but not too often.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::flights::FileKey;
use super::flow::Found;
use super::service::ItemId;
use super::times::Times;

/// Fresh links for one file within [`Times::refresh_window`].
pub(super) const MOST_REFRESHES: usize = 3;

/// Beyond this many files those without a living link are forgotten, unless links were of no use there.
const MOST_FILES: usize = 10_000;

/// The links of one service.
pub(super) struct Links {
    gap: Duration,
    window: Duration,
    /// Never held across an await.
    slots: Mutex<HashMap<FileKey, Slot>>,
}

#[derive(Default)]
struct Slot {
    found: Option<(Found, Instant)>,
    /// When links were replaced lately, oldest first.
    refreshes: VecDeque<Instant>,
    /// Not before this is another link asked for, by nobody.
    barred: Option<Instant>,
}

impl Slot {
    fn is_of_use(&self, now: Instant) -> bool {
        self.found.as_ref().is_some_and(|(_, until)| *until > now)
            || self.barred.is_some_and(|until| until > now)
    }
}

/// Whether a fresh link may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refresh {
    /// Yes; there was none lately.
    First,
    /// Yes, but a short while ago there was one already.
    Again,
    /// No: fresh links do not help, or not for long.
    TooOften,
}

impl Links {
    /// No links yet.
    pub(super) fn new(times: &Times) -> Self {
        Self { gap: times.refresh_gap, window: times.refresh_window, slots: Mutex::default() }
    }

    /// The link to a file, if it can still be relied upon.
    pub(super) fn get(&self, key: &FileKey) -> Option<Found> {
        let slots = self.slots();
        let (found, until) = slots.get(key)?.found.as_ref()?;
        (*until > Instant::now()).then(|| found.clone())
    }

    /// How long nobody may ask for a link to a file, because fresh ones did not help. `None` if anybody may.
    pub(super) fn barred(&self, key: &FileKey) -> Option<Duration> {
        let until = self.slots().get(key)?.barred?;
        Some(until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    /// Keeps a link for as long as it lives.
    pub(super) fn put(&self, key: FileKey, found: &Found) {
        let now = Instant::now();
        let mut slots = self.slots();
        if slots.len() >= MOST_FILES {
            slots.retain(|_, slot| slot.is_of_use(now));
        }
        slots.entry(key).or_default().found = Some((found.clone(), now + found.link.lifetime));
    }

    /// Throws the link to a file away.
    pub(super) fn drop_link(&self, key: &FileKey) {
        if let Some(slot) = self.slots().get_mut(key) {
            slot.found = None;
        }
    }

    /// Throws all links of an item away, which is deleted.
    pub(super) fn drop_item(&self, account: &str, item: &ItemId) {
        for slot in self.slots().values_mut() {
            slot.found.take_if(|(found, _)| found.account.fingerprint() == account && found.item == *item);
        }
    }

    /// Throws the link to a file away, and says whether a fresh one may be asked for.
    pub(super) fn replace(&self, key: &FileKey) -> Refresh {
        let now = Instant::now();
        let mut slots = self.slots();
        let slot = slots.entry(key.clone()).or_default();
        slot.found = None;
        while slot.refreshes.front().is_some_and(|first| now.duration_since(*first) > self.window) {
            slot.refreshes.pop_front();
        }
        let is_close = slot.refreshes.back().is_some_and(|last| now.duration_since(*last) < self.gap);
        if is_close || slot.refreshes.len() >= MOST_REFRESHES {
            let spent = slot.refreshes.front().filter(|_| slot.refreshes.len() >= MOST_REFRESHES);
            let rested = slot.refreshes.back().map(|last| *last + self.gap);
            slot.barred = spent.map(|first| *first + self.window).max(rested);
            return Refresh::TooOften;
        }
        slot.refreshes.push_back(now);
        if slot.refreshes.len() > 1 { Refresh::Again } else { Refresh::First }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<FileKey, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
