//! Which torrents are at work. Changes to one torrent happen one after another; different torrents do
//! not wait for each other.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Semaphore, watch};

use super::Inner;
use super::active::{ActiveTorrent, Recipe, Remains};
use crate::cache::CacheFile;
use crate::domain::{FileIndex, InfoHash};
use crate::source::{Duty, SourceError, Writer};

/// The torrents at work.
pub(super) struct Registry {
    slots: Mutex<HashMap<InfoHash, Weak<Slot>>>,
    places: Arc<Semaphore>,
    limit: usize,
}

/// The place of one torrent, kept for as long as somebody uses it.
#[derive(Default)]
struct Slot {
    /// Held while the torrent is started, changed or stopped. An async lock that is held across awaits on
    /// purpose: the second who wants a torrent waits until the first has started it.
    turn: tokio::sync::Mutex<()>,
    active: Mutex<Option<Arc<ActiveTorrent>>>,
}

impl Registry {
    pub(super) fn new(limit: usize) -> Self {
        Self { slots: Mutex::default(), places: Arc::new(Semaphore::new(limit)), limit }
    }

    /// The torrent, if it is at work.
    pub(super) fn get(&self, info_hash: InfoHash) -> Option<Arc<ActiveTorrent>> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.get(&info_hash)?.upgrade()?.active()
    }

    fn slot(&self, info_hash: InfoHash) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&info_hash).and_then(Weak::upgrade) {
            return slot;
        }
        slots.retain(|_, slot| slot.strong_count() > 0);
        let slot = Arc::new(Slot::default());
        slots.insert(info_hash, Arc::downgrade(&slot));
        slot
    }
}

impl Slot {
    fn active(&self) -> Option<Arc<ActiveTorrent>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, active: Option<Arc<ActiveTorrent>>) {
        *self.active.lock().unwrap_or_else(PoisonError::into_inner) = active;
    }
}

/// Puts the swarm to work on `file`. To be run to its end: cut short, the engine would keep a torrent
/// that nobody knows of.
pub(super) async fn attach(
    inner: Arc<Inner>,
    recipe: Recipe,
    file: CacheFile,
) -> Result<Writer, SourceError> {
    let slot = inner.registry.slot(recipe.metainfo.info_hash);
    let _turn = slot.turn.lock().await;
    let active = match slot.active() {
        Some(active) => active,
        None => {
            let place = inner.registry.places.clone().try_acquire_owned().map_err(|_| {
                let limit = inner.registry.limit;
                SourceError::Transient(format!("{limit} torrents are running already, which is the limit"))
            })?;
            let active = Arc::new(ActiveTorrent::new(recipe, place));
            slot.set(Some(active.clone()));
            active
        }
    };
    let index = file.key().file;
    match active.want(&inner, file).await {
        Ok(failed) => Ok(writer(inner.clone(), slot.clone(), index, failed, active.received())),
        Err(error) => {
            if active.is_unwanted() {
                active.stop(&inner).await;
                slot.set(None);
            }
            Err(error)
        }
    }
}

fn writer(
    inner: Arc<Inner>,
    slot: Arc<Slot>,
    index: FileIndex,
    failed: watch::Receiver<Option<SourceError>>,
    received: Arc<AtomicU64>,
) -> Writer {
    Writer {
        failed,
        received,
        duty: watch::Sender::new(Duty::Work),
        guard: Box::new(Guard { inner, slot: Some(slot), index }),
    }
}

/// Ends the work on one file when it is dropped.
struct Guard {
    inner: Arc<Inner>,
    slot: Option<Arc<Slot>>,
    index: FileIndex,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(slot) = self.slot.take() else { return };
        let (inner, index) = (self.inner.clone(), self.index);
        let leaving = async move {
            let _turn = slot.turn.lock().await;
            if let Some(active) = slot.active()
                && active.give_up(&inner, index).await == Remains::Nothing
            {
                active.stop(&inner).await;
                slot.set(None);
            }
        };
        // A guard may be dropped outside the runtime, or after it has stopped.
        self.inner.tasks.spawn_on(leaving, &self.inner.runtime);
    }
}
