//! One broadcast and everybody who watches it.
//!
//! A session is a ring that one task fills and viewers read. The task ([`drive`]) has an engine, and another one when
//! that fails ([`ladder`]); the viewers ([`audience`]) decide how long it lives.

mod audience;
mod deadlines;
mod drive;
mod handover;
mod ladder;
mod loss;
mod pace;
mod report;
mod viewer;
mod watching;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::engines::{EngineSession, SessionInfo};
use super::error::LiveError;
use super::hls::{Shelf, Shelves};
use super::ring::{Ended, Ring};
use super::selector::Selector;
use super::settings::LiveSettings;
use crate::config::EngineAddress;
use crate::domain::InfoHash;

use audience::{Audience, Left, Ticket};
pub(super) use drive::Drive;
use handover::Handover;
pub use ladder::LadderLimits;
use report::Story;
pub use report::{AttemptReport, SessionReport};
pub use viewer::{Means, ViewerFacts, ViewerReport};
pub use watching::Watching;

/// A live channel that is on, or about to be.
#[derive(Debug)]
pub struct Session {
    selector: Selector,
    ring: Arc<Ring>,
    shelf: Arc<Shelf>,
    audience: Audience,
    client_timeout: Duration,
    stop: CancellationToken,
    /// Tells the room that somebody left.
    left: watch::Sender<()>,
    /// Cancelled when its task is through.
    over: CancellationToken,
    handover: Handover<EngineSession>,
    bytes_in: AtomicU64,
    story: Mutex<Story>,
}

/// How a session ended.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    /// Nobody watched any more, or the server stops.
    Stopped,
    /// No engine delivers the channel.
    Failed(LiveError),
    /// It turned out to be the channel of another session, where its viewers go on.
    Joined(Arc<Session>),
}

impl Session {
    /// A session that has not begun. Cancelling `stop` ends it; `left` is told when somebody leaves.
    pub(super) fn new(
        selector: Selector,
        settings: &LiveSettings,
        shelves: &Shelves,
        (stop, left): (CancellationToken, watch::Sender<()>),
    ) -> Arc<Self> {
        let ring = Ring::new(settings.patience.ring);
        Arc::new(Self {
            selector,
            shelf: shelves.shelf(selector.id(), &ring),
            ring,
            audience: Audience::new(Instant::now()),
            client_timeout: settings.client_timeout,
            stop,
            left,
            over: CancellationToken::new(),
            handover: Handover::default(),
            bytes_in: AtomicU64::new(0),
            story: Mutex::new(Story::new(SystemTime::now())),
        })
    }

    /// What it was first asked for by.
    pub fn selector(&self) -> &Selector {
        &self.selector
    }

    /// Its last seconds.
    pub fn ring(&self) -> &Arc<Ring> {
        &self.ring
    }

    /// Its recording and HLS.
    pub fn shelf(&self) -> &Arc<Shelf> {
        &self.shelf
    }

    /// What the engine said of it, once one has.
    pub fn info(&self) -> Option<SessionInfo> {
        self.story().info.clone()
    }

    /// The name it has in reports: the info-hash, or what it was asked for by until that is known.
    pub fn stream_id(&self) -> InfoHash {
        self.story().info.as_ref().and_then(|info| info.infohash).unwrap_or(self.selector.id())
    }

    /// Counts somebody as a viewer until the guard is dropped; `None` when the session is about to end.
    pub fn hold(self: &Arc<Self>, facts: ViewerFacts) -> Option<Hold> {
        let ticket = self.audience.enter(facts, Instant::now())?;
        Some(Hold { session: Arc::clone(self), ticket })
    }

    /// How many watch. Viewers that take nothing do not count.
    pub fn viewers(&self) -> usize {
        self.audience.count()
    }

    /// Waits until its task is through.
    pub async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Looks who still watches; who polls no playlist any more leaves.
    pub(super) fn sweep(&self) {
        let now = Instant::now();
        self.audience.sweep(self.client_timeout, now);
        self.shelf.sweep(now);
    }

    /// How long nobody has watched.
    pub(super) fn vacant(&self) -> Option<Duration> {
        self.audience.vacant(Instant::now())
    }

    /// Ends it if nobody has watched for `limit`. Returns whether it ends.
    pub(super) fn end_if_vacant(&self, limit: Duration) -> bool {
        let vacant = self.audience.close_if_vacant(limit, Instant::now());
        if vacant {
            self.stop.cancel();
        }
        vacant
    }

    /// Ends a start if nobody is there, and nobody has been for `grace`.
    pub(super) fn end_if_abandoned(&self, grace: Duration) {
        if self.vacant().is_some_and(|vacant| vacant >= grace) && self.audience.close_if_empty() {
            self.stop.cancel();
        }
    }

    /// Whether an engine has delivered anything.
    pub(super) fn has_begun(&self) -> bool {
        self.story().started.is_some()
    }

    /// How it ended, if it did.
    pub(super) fn ending(&self) -> Option<Ending> {
        self.story().ending.clone()
    }

    /// Waits until it is to stop.
    pub(super) fn stop_token(&self) -> &CancellationToken {
        &self.stop
    }

    /// Its task is through. The first word stays.
    pub(super) fn finish(&self, ending: Ending) {
        self.audience.close();
        let why = match &ending {
            Ending::Failed(error) => Ended::Failed(error.to_string().into()),
            Ending::Stopped | Ending::Joined(_) => Ended::Stopped,
        };
        self.story().finish(ending, SystemTime::now());
        self.ring.end(why);
        // What was handed over too late is stopped.
        drop(self.handover.take());
        self.over.cancel();
    }

    /// Whether an engine has been asked for it and has not answered yet.
    pub(super) fn asks(&self, engine: &EngineAddress) -> bool {
        self.story().asks.as_ref() == Some(engine)
    }

    fn received(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn story(&self) -> MutexGuard<'_, Story> {
        // Every change is whole before the lock is let go.
        self.story.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who counts as a viewer of a session.
#[derive(Debug)]
pub struct Hold {
    session: Arc<Session>,
    ticket: Ticket,
}

impl Hold {
    /// The session.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// A sign of life, without which it no longer counts after a while.
    pub fn touch(&self) {
        self.session.audience.touch(&self.ticket, Instant::now());
    }

    /// So many bytes were handed over, and what comes next is so far behind the newest.
    pub fn handed(&self, bytes: usize, behind: Duration) {
        Audience::handed(&self.ticket, bytes, behind);
        self.touch();
    }

    /// Something was missed.
    pub fn skipped(&self) {
        Audience::skipped(&self.ticket);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let session = &self.session;
        let (means, time, bytes) = Audience::visit(&self.ticket);
        if means != Means::Check {
            let (channel, seconds) = (session.stream_id(), time.as_secs());
            tracing::info!(%channel, ?means, seconds, bytes, "a viewer leaves");
        }
        let left = session.audience.leave(&self.ticket, Instant::now());
        // A start that nobody waits for any more, and one that was only a question, hold an engine for nothing.
        let is_useless = match left {
            Left::Others | Left::Away => false,
            Left::Unwatched => true,
            Left::Nobody => !session.has_begun(),
        };
        if is_useless && session.audience.close_if_empty() {
            session.stop.cancel();
        }
        session.left.send_replace(());
    }
}
