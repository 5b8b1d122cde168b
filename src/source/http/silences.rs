//! Hosts that did not answer lately.

use std::time::Duration;

use moka::sync::Cache as Moka;
use url::Url;

use crate::source::fetch::authority;

/// Waiting for a dead host costs a viewer seconds each time; one that is back is asked again soon.
const LASTING: Duration = Duration::from_secs(5 * 60);

/// A bound on memory.
const MOST: u64 = 10_000;

/// Which hosts are asked after all others. Cheap to clone; all clones know the same.
#[derive(Debug, Clone)]
pub(super) struct Silences(Moka<String, ()>);

impl Default for Silences {
    fn default() -> Self {
        Self(Moka::builder().time_to_live(LASTING).max_capacity(MOST).build())
    }
}

impl Silences {
    /// The host of `url` does not answer, or breaks off again and again.
    pub(super) fn note(&self, url: &Url) {
        self.0.insert(authority(url), ());
    }

    /// Whether the host of `url` has been silent lately.
    pub(super) fn holds(&self, url: &Url) -> bool {
        self.0.contains_key(&authority(url))
    }
}
