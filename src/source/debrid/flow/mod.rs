//! From a torrent to a link, in one account of one service: the exact order of calls.

mod obtain;
mod pace;
mod ready;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use super::account::Account;
use super::ledger::{Ledger, Use};
use super::matching::{self, NoMatch, Target};
use super::miss::Miss;
use super::service::{DirectLink, ItemId, RemoteFile, Service, ServiceError};
use super::times::Times;
use crate::domain::InfoHash;

/// What is to be got.
#[derive(Debug, Clone)]
pub(super) struct Errand {
    /// The torrent.
    pub(super) info_hash: InfoHash,
    /// The file in it.
    pub(super) target: Target,
    /// The magnet link with trackers.
    pub(super) magnet: String,
    /// The .torrent file if it is known. Never that of a private torrent.
    pub(super) torrent: Option<Bytes>,
}

/// How far a service may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Only what it holds already.
    Cached,
    /// It may fetch the torrent, and this is how long that may take while it makes progress.
    Fetching {
        /// The limit on the whole.
        wait: Duration,
        /// Whether to wait for a place when too many downloads are active in the account.
        queue: bool,
    },
}

/// Where to begin.
#[derive(Debug, Clone)]
pub(super) enum Start {
    /// With what is in the account, if anything.
    Anywhere,
    /// With an item that had a link, which is used up.
    At(Box<Found>),
    /// With a new item: this one is of no more use.
    Anew(Box<Found>),
}

/// A link and what it leads to.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The account it belongs to.
    pub(super) account: Account,
    /// The item.
    pub(super) item: ItemId,
    /// The wanted file as the service lists it.
    pub(super) file: RemoteFile,
    /// The link.
    pub(super) link: DirectLink,
}

/// How far a flow has come, for a person who waits.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Step {
    /// A part of a sentence, to be put behind the service's name.
    pub(super) message: String,
    /// From 0 to 1.
    pub(super) fraction: f64,
}

/// One flow. It ends with a link, or with a reason and perhaps an item that is to be deleted.
pub(super) struct Flow<'a> {
    pub(super) service: &'a dyn Service,
    pub(super) ledger: &'a Arc<Ledger>,
    pub(super) times: &'a Times,
    pub(super) account: &'a Account,
    pub(super) errand: &'a Errand,
    pub(super) mode: Mode,
    /// When time is up.
    pub(super) work_until: Instant,
    /// Nobody waits any more when it has no receivers.
    pub(super) steps: &'a watch::Sender<Step>,
    /// Items that were in the account before, and are not ours even if submitting says that it made them.
    pub(super) seen: Vec<ItemId>,
    pub(super) work: Work,
}

/// What a flow has in hand.
#[derive(Default)]
pub(super) struct Work {
    held: Option<Held>,
    /// The service said that it holds the torrent.
    is_cached: bool,
    /// The account was searched and had no item of the torrent.
    was_absent: bool,
    /// We chose the files of the item.
    selected: bool,
}

/// The item that a flow works with.
struct Held {
    item: ItemId,
    came: Came,
    _used: Use,
}

/// Where an item comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// It was there.
    Known,
    /// Submitting gave it, and it was there.
    Joined,
    /// Submitting made it.
    Created,
}

impl Mode {
    /// How long a flow may take.
    pub(super) fn limit(self, times: &Times) -> Duration {
        match self {
            Self::Cached => times.cached,
            Self::Fetching { wait, .. } => wait,
        }
    }

    /// Whether the service may fetch.
    pub(super) fn fetches(self) -> bool {
        matches!(self, Self::Fetching { .. })
    }
}

impl Flow<'_> {
    /// Goes the whole way. With a reason for failure comes the item that this flow has created in vain, if any.
    ///
    /// No call is cut off when time is up, and none takes longer than `call` lets it: an item whose submission
    /// was cut off would be in no ledger.
    pub(super) async fn run(mut self, start: Start) -> (Result<Found, Miss>, Option<ItemId>) {
        let result = self.tries(start).await;
        let in_vain = result.as_ref().err().is_some_and(|miss| !self.goes_on(miss));
        let created = self.work.held.take().filter(|held| held.came == Came::Created);
        (result, created.filter(|_| in_vain).map(|held| held.item))
    }

    /// Whether the service shall go on fetching although nobody waits here any longer.
    fn goes_on(&self, miss: &Miss) -> bool {
        let is_passing = matches!(
            miss,
            Miss::TooLong
                | Miss::Unwanted
                | Miss::Stopping
                | Miss::Service(ServiceError::ServiceDown(_) | ServiceError::RateLimited(_))
        );
        self.mode.fetches() && is_passing
    }

    /// An item that turns out to be of no use is followed by one more try with a new one.
    async fn tries(&mut self, start: Start) -> Result<Found, Miss> {
        let first = match start {
            Start::At(found) => match self.renew(&found).await? {
                Some(found) => return Ok(found),
                None => self.once(false).await,
            },
            Start::Anew(found) => {
                self.note_seen(&found.item);
                self.discard(&found.item).await;
                return self.once(true).await;
            }
            Start::Anywhere => self.once(false).await,
        };
        let came = self.work.held.as_ref().map(|held| held.came);
        let again = match &first {
            Err(Miss::Service(ServiceError::ItemMissing | ServiceError::FileMissing)) => true,
            // Another choice of files may have made the archive, or left the wanted file out.
            Err(Miss::Service(ServiceError::ArchiveOnly) | Miss::Unsure(_)) => came == Some(Came::Known),
            _ => false,
        };
        if !again {
            return first;
        }
        if let Some(held) = self.work.held.take() {
            let item = held.item.clone();
            drop(held);
            self.discard(&item).await;
        }
        self.once(true).await
    }

    async fn once(&mut self, anew: bool) -> Result<Found, Miss> {
        self.work = Work::default();
        let known = if anew { None } else { self.known().await? };
        if known.is_none() {
            self.obtain().await?;
        }
        self.until_ready(known).await
    }

    /// A fresh link to the same file of the same item, or nothing if the whole way has to be gone again.
    async fn renew(&mut self, found: &Found) -> Result<Option<Found>, Miss> {
        if found.account.fingerprint() != self.account.fingerprint() {
            return Ok(None);
        }
        match self.service.resolve(self.account, &found.item, &found.file).await {
            // Where the file's own name is its link, only a new look at the item gives another one.
            Ok(link) if link.url == found.link.url => Ok(None),
            Ok(link) => Ok(Some(Found { link, ..found.clone() })),
            Err(ServiceError::ItemMissing | ServiceError::FileMissing | ServiceError::Protocol(_)) => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn note_seen(&mut self, item: &ItemId) {
        if !self.ledger.is_ours(self.account, item) {
            self.seen.push(item.clone());
        }
    }

    /// Takes an item in hand, so that nobody deletes it.
    fn hold(&mut self, item: ItemId, came: Came) {
        let used = self.ledger.in_use(self.account, &item);
        self.work.held = Some(Held { item, came, _used: used });
    }

    /// The item in hand.
    fn item(&self) -> Result<&ItemId, Miss> {
        self.work.held.as_ref().map(|held| &held.item).ok_or(Miss::Service(ServiceError::ItemMissing))
    }

    /// Deletes an item that is of no use, if it is ours and nobody else works with it.
    async fn discard(&self, item: &ItemId) {
        super::tend::delete(self.service, self.ledger, self.account, item).await;
    }

    /// The wanted file among those of an item.
    fn pick(&self, files: &[RemoteFile]) -> Result<RemoteFile, Miss> {
        matching::find(&self.errand.target, files).cloned().map_err(|reason| match reason {
            NoMatch::Unsure(reason) => Miss::Unsure(reason),
            NoMatch::Archives => Miss::Service(ServiceError::ArchiveOnly),
        })
    }

    fn tell(&self, fraction: f64, message: impl Into<String>) {
        self.steps.send_replace(Step { message: message.into(), fraction });
    }

    /// Waits, unless time would be up or nobody there afterwards.
    async fn pause(&self, pause: Duration) -> Result<(), Miss> {
        if Instant::now() + pause > self.work_until {
            return Err(Miss::TooLong);
        }
        tokio::time::sleep(super::manners::jittered(pause)).await;
        // What a service holds is found in seconds and kept for the next one who asks.
        if self.mode.fetches() && self.steps.receiver_count() == 0 {
            return Err(Miss::Unwanted);
        }
        Ok(())
    }
}
