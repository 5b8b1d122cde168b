//! Who polls the playlists of a channel. Viewers of HLS have no connection that ends, so they count by their polls.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Most viewers of one channel; more are served but do not count. It bounds memory against whoever makes up names.
const MOST: usize = 10_000;

/// Viewers by the name in the query of their playlists. `H` is what keeps the session alive for one of them; dropping
/// it is leaving.
pub(super) struct Guests<H> {
    /// `None` once the session is over: who came in then would keep it from being forgotten.
    table: Mutex<Option<HashMap<u64, Guest<H>>>>,
}

struct Guest<H> {
    seen: Instant,
    hold: Arc<H>,
}

impl<H> Guests<H> {
    /// Nobody.
    pub(super) fn new() -> Self {
        Self { table: Mutex::new(Some(HashMap::new())) }
    }

    /// A viewer polls. Who is new enters by `enter`, which may refuse.
    pub(super) fn poll(&self, name: u64, seen: Instant, enter: impl FnOnce() -> Option<H>) -> Option<Arc<H>> {
        let mut table = self.lock();
        let table = table.as_mut()?;
        if let Some(guest) = table.get_mut(&name) {
            guest.seen = seen;
            return Some(Arc::clone(&guest.hold));
        }
        if table.len() >= MOST {
            return None;
        }
        let hold = Arc::new(enter()?);
        table.insert(name, Guest { seen, hold: Arc::clone(&hold) });
        Some(hold)
    }

    /// Whether nobody is there.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().as_ref().is_none_or(HashMap::is_empty)
    }

    /// A viewer who is there.
    pub(super) fn find(&self, name: u64) -> Option<Arc<H>> {
        self.lock().as_ref()?.get(&name).map(|guest| Arc::clone(&guest.hold))
    }

    /// Lets go of those who have not polled for `limit`.
    pub(super) fn sweep(&self, now: Instant, limit: Duration) {
        let gone: Vec<Guest<H>> = {
            let mut table = self.lock();
            let gone =
                table.iter_mut().flat_map(|table| table.extract_if(|_, guest| now - guest.seen >= limit));
            gone.map(|(_, guest)| guest).collect()
        };
        // Leaving may end the session, which is nothing to do under a lock.
        drop(gone);
    }

    /// Lets go of all, and lets nobody in any more.
    pub(super) fn close(&self) {
        let gone = self.lock().take();
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, Option<HashMap<u64, Guest<H>>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H> fmt::Debug for Guests<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} viewers", self.lock().as_ref().map_or(0, HashMap::len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_polls_stays_and_who_does_not_leaves() {
        let (guests, start) = (Guests::new(), Instant::now());
        let (paused, gone) =
            (guests.poll(1, start, || Some("a")).unwrap(), guests.poll(2, start, || Some("b")).unwrap());
        for round in 1..10 {
            let now = start + Duration::from_secs(10 * round);
            assert_eq!(*guests.poll(1, now, || unreachable!("it is there")).unwrap(), "a");
            guests.sweep(now, Duration::from_secs(18));
        }
        assert_eq!((Arc::strong_count(&paused), Arc::strong_count(&gone)), (2, 1));
        assert!(guests.find(2).is_none());
        assert!(guests.poll(2, start, || None).is_none(), "a session that ends lets nobody in");
        guests.close();
        assert_eq!(Arc::strong_count(&paused), 1);
        assert!(guests.poll(3, start, || Some("c")).is_none());
    }
}
