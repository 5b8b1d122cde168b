//! Readers' places in a cache file: the demand that steers the sources.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// How far a reader moves before the sources hear of it again. Sources look 32 MiB ahead, so a
/// finer grain would only cost wake-ups.
const STEP: u64 = 1 << 20;

/// All readers of one cache file.
#[derive(Debug)]
pub(super) struct Playheads {
    places: Mutex<HashMap<u64, u64>>,
    demand: watch::Sender<Vec<u64>>,
}

/// One reader's position, in content bytes. Dropping it withdraws the demand.
#[derive(Debug)]
pub struct Playhead {
    id: u64,
    told: u64,
    all: Arc<Playheads>,
}

impl Playheads {
    pub(super) fn new() -> Self {
        Self { places: Mutex::default(), demand: watch::Sender::new(Vec::new()) }
    }

    pub(super) fn add(self: &Arc<Self>, offset: u64) -> Playhead {
        let id = self.change(|places| {
            let id = places.keys().max().map_or(0, |last| last + 1);
            places.insert(id, offset);
            id
        });
        Playhead { id, told: offset, all: Arc::clone(self) }
    }

    pub(super) fn demand(&self) -> watch::Receiver<Vec<u64>> {
        self.demand.subscribe()
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<u64, u64>) -> T) -> T {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut places);
        let mut offsets: Vec<u64> = places.values().copied().collect();
        offsets.sort_unstable();
        // Sent under the lock, so that the last change is also the last one heard.
        self.demand.send_replace(offsets);
        result
    }
}

impl Playhead {
    /// Moves the reader to `offset`. Cheap: sources hear of it once in a while, and of a jump back at once.
    pub fn advance(&mut self, offset: u64) {
        if offset < self.told || offset - self.told >= STEP {
            self.told = offset;
            self.all.change(|places| places.insert(self.id, offset));
        }
    }
}

impl Drop for Playhead {
    fn drop(&mut self) {
        self.all.change(|places| places.remove(&self.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_follows_readers_as_they_come_move_and_go() {
        let all = Arc::new(Playheads::new());
        let demand = all.demand();
        let mut first = all.add(0);
        let second = all.add(5 << 20);
        assert_eq!(*demand.borrow(), [0, 5 << 20]);
        first.advance(STEP - 1);
        assert_eq!(*demand.borrow(), [0, 5 << 20]);
        first.advance(STEP);
        assert_eq!(*demand.borrow(), [STEP, 5 << 20]);
        drop(second);
        assert_eq!(*demand.borrow(), [STEP]);
        drop(first);
        assert!(demand.borrow().is_empty());
    }
}
