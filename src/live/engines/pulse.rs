//! When bytes of a channel came last: set for every piece of them, so that it takes no lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// When an engine sent bytes of one channel last. Clones are the same pulse.
#[derive(Debug, Clone)]
pub(super) struct Pulse {
    epoch: Instant,
    /// Milliseconds since the epoch, plus one; 0 if nothing came.
    last: Arc<AtomicU64>,
}

impl Pulse {
    pub(super) fn new(now: Instant) -> Self {
        Self { epoch: now, last: Arc::default() }
    }

    /// Bytes have come.
    pub(super) fn beat(&self, now: Instant) {
        let since = now.saturating_duration_since(self.epoch);
        let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX - 1);
        self.last.store(millis + 1, Ordering::Relaxed);
    }

    /// When bytes came last.
    pub(super) fn last(&self) -> Option<Instant> {
        let last = self.last.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.epoch + Duration::from_millis(last))
    }

    /// What came so far says nothing any more.
    pub(super) fn forget(&self) {
        self.last.store(0, Ordering::Relaxed);
    }

    /// Whether this is a clone of the other.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.last, &other.last)
    }
}
