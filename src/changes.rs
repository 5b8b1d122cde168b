//! A count of changes, for those who keep what they have made of something that changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often something has changed. Clones count together.
///
/// Whoever changes something notes it once the change can be seen. Whoever makes something of it reads the count before
/// he looks: what he made is true for as long as the count is still the same.
#[derive(Debug, Clone, Default)]
pub struct Changes(Arc<AtomicU64>);

impl Changes {
    /// Notes a change that can be seen by now.
    pub fn note(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}
