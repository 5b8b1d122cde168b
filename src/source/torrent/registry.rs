//! Which torrents are at work. Changes to one torrent happen one after another; different torrents do
//! not wait for each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::active::{ActiveTorrent, Post, Remains};
use super::stay::Recipe;
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
    let turn = slot.turn.lock().await;
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
        Ok(post) => {
            drop(turn);
            Ok(writer(&inner, slot, active, index, post))
        }
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
    inner: &Arc<Inner>,
    slot: Arc<Slot>,
    active: Arc<ActiveTorrent>,
    index: FileIndex,
    post: Post,
) -> Writer {
    let (duty, leaving) = (watch::Sender::new(Duty::Work), CancellationToken::new());
    let attendant = Attendant {
        inner: inner.clone(),
        slot,
        active,
        index,
        duty: duty.subscribe(),
        outdated: post.outdated,
        leaving: leaving.clone(),
    };
    inner.tasks.spawn_on(attendant.run(), &inner.runtime);
    let guard = Box::new(leaving.drop_guard());
    Writer { failed: post.failed, received: post.received, before: post.before, duty, guard }
}

/// Sees to it that the torrent does what one writer is told. What it has begun it brings to its end, which an
/// abort would not: the engine would keep a torrent that nobody knows of.
struct Attendant {
    inner: Arc<Inner>,
    slot: Arc<Slot>,
    active: Arc<ActiveTorrent>,
    index: FileIndex,
    duty: watch::Receiver<Duty>,
    outdated: watch::Receiver<u64>,
    /// Cancelled when the writer is dropped.
    leaving: CancellationToken,
}

impl Attendant {
    async fn run(mut self) {
        let mut duty = Duty::Work;
        loop {
            tokio::select! {
                biased;
                () = self.leaving.cancelled() => return self.leave(duty).await,
                () = self.inner.stopping.cancelled() => return,
                Ok(()) = self.duty.changed() => {
                    let _turn = self.slot.turn.lock().await;
                    let wanted = *self.duty.borrow_and_update();
                    if wanted != duty {
                        duty = wanted;
                        self.active.set_duty(&self.inner, self.index, duty).await;
                    }
                }
                // The sender lives in the torrent, which this task holds.
                Ok(()) = self.outdated.changed() => {
                    let _turn = self.slot.turn.lock().await;
                    let generation = *self.outdated.borrow_and_update();
                    self.active.refresh(&self.inner, generation).await;
                }
            }
        }
    }

    async fn leave(self, duty: Duty) {
        let _turn = self.slot.turn.lock().await;
        if self.active.give_up(&self.inner, self.index, duty).await == Remains::Nothing {
            self.active.stop(&self.inner).await;
            self.slot.set(None);
        }
    }
}
