//! What the lanes of one file share.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{Semaphore, mpsc, watch};
use url::Url;

use super::{Expect, Link, Origin, Refusal};
use crate::cache::{CacheFile, Claimant, Layout};

/// What the lanes of one file share.
pub(super) struct Supply {
    pub(super) file: CacheFile,
    /// What others who fill the file see of this one.
    pub(super) claimant: Claimant,
    pub(super) layout: Layout,
    pub(super) origin: Arc<dyn Origin>,
    pub(super) expect: Expect,
    /// Body bytes received, whatever became of them.
    pub(super) received: Arc<AtomicU64>,
    /// Pieces from here that the cache file has taken.
    pub(super) accepted: AtomicU64,
    /// The address in use. Lanes whose address was refused wait here for the next.
    pub(super) linked: watch::Sender<Arc<Linked>>,
    /// Where lanes tell which address was refused, by its number, and why.
    pub(super) refusals: mpsc::Sender<(u64, Refusal)>,
    /// Whether a response has been judged and found good.
    pub(super) judged: watch::Sender<bool>,
    /// Whether a place that is read has no lane.
    pub(super) unserved: AtomicBool,
    /// Lanes that wait for a connection.
    pub(super) waiting: AtomicUsize,
    /// One permit, for the lane that fetches a piece although the process has no memory left for it.
    pub(super) spare: Arc<Semaphore>,
    /// What went wrong last, in words.
    trouble: Mutex<Option<String>>,
}

/// An address in use, with what has been found out about it. It is never printed.
pub(super) struct Linked {
    /// Counts the addresses.
    pub(super) number: u64,
    pub(super) link: Link,
    /// The first strong entity tag, and the address that gave it after all redirects.
    pub(super) pin: OnceLock<(Url, String)>,
    /// Whether its server has ever answered, whatever it said.
    pub(super) answered: AtomicBool,
    /// Whether the first bytes of its file are those of the right kind of file.
    pub(super) looked: AtomicBool,
    /// Whether it has delivered a piece of this content that matched its hash.
    pub(super) proved: AtomicBool,
    /// Whether its bytes were compared with those that the cache file had before.
    pub(super) compared: AtomicBool,
}

/// Where a lane is, for whoever steers it. Content bytes.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Start of the piece that it fetches now.
    pub(super) from: AtomicU64,
    /// End of the pieces that it has claimed.
    pub(super) until: AtomicU64,
}

impl Supply {
    pub(super) fn new(
        file: CacheFile,
        origin: Arc<dyn Origin>,
        expect: Expect,
        link: Link,
        received: Arc<AtomicU64>,
    ) -> (Arc<Self>, mpsc::Receiver<(u64, Refusal)>) {
        let (refusals, told) = mpsc::channel(4);
        // A file without a layout is complete, and nothing is ever asked of the one that stands in.
        let layout = file.layout().cloned().unwrap_or_else(|| Layout::unproved(file.length()));
        let supply = Self {
            claimant: file.claimant(),
            file,
            layout,
            origin,
            expect,
            received,
            accepted: AtomicU64::new(0),
            linked: watch::Sender::new(Arc::new(Linked::new(0, link))),
            refusals,
            judged: watch::Sender::new(false),
            unserved: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            spare: Arc::new(Semaphore::new(1)),
            trouble: Mutex::default(),
        };
        (Arc::new(supply), told)
    }

    /// The address in use.
    pub(super) fn linked(&self) -> Arc<Linked> {
        self.linked.borrow().clone()
    }

    /// Whether the content has hashes to compare.
    pub(super) fn has_hashes(&self) -> bool {
        self.layout.hashes.is_some()
    }

    /// Whether a connection is needed elsewhere.
    pub(super) fn is_crowded(&self) -> bool {
        self.unserved.load(Ordering::Relaxed) || self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Says that a response was good.
    pub(super) fn judge(&self) {
        self.judged.send_if_modified(|judged| !std::mem::replace(judged, true));
    }

    /// Remembers what went wrong.
    pub(super) fn note(&self, trouble: String) {
        tracing::debug!(content = %self.file.key(), origin = self.origin.name(), %trouble, "fetching is disturbed");
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
    }

    /// Forgets what went wrong: it has passed.
    pub(super) fn forget_trouble(&self) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether nothing has gone wrong since the last piece.
    pub(super) fn is_well(&self) -> bool {
        self.trouble().is_none()
    }

    /// What went wrong last.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Linked {
    pub(super) fn new(number: u64, link: Link) -> Self {
        Self {
            number,
            link,
            pin: OnceLock::new(),
            answered: AtomicBool::new(false),
            looked: AtomicBool::new(false),
            proved: AtomicBool::new(false),
            compared: AtomicBool::new(false),
        }
    }
}
