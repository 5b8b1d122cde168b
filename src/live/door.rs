//! The front door: where viewers meet sessions.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::engines::Pool;
use super::error::LiveError;
use super::hls::{Delayed, Shelves};
use super::ring::Cursor;
use super::room::Room;
use super::selector::Selector;
use super::session::{Ending, Hold, Means, Session, SessionReport, ViewerFacts, Watching};
use super::settings::LiveSettings;
use super::tally::EngineTally;
use crate::config::EngineAddress;
use crate::domain::InfoHash;
use crate::telemetry::Durations;

/// How often a viewer is sent from one session to another before something is wrong. Each time needs a session that
/// ended in between.
const MOST_MOVES: usize = 5;

/// Time after which a channel that was only asked about is let go. Who asks usually watches next.
const AFTER_CHECK: Duration = Duration::from_secs(5);

/// Live channels. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Live {
    room: Arc<Room>,
}

impl Live {
    /// A room without sessions, which owns the pool from here on.
    pub fn new(settings: LiveSettings, pool: Pool, shelves: Shelves) -> Self {
        Self { room: Room::open(settings, pool, shelves) }
    }

    /// The engines.
    pub fn pool(&self) -> &Pool {
        &self.room.pool
    }

    /// What was asked of an engine so far.
    pub fn tally(&self, engine: &EngineAddress) -> EngineTally {
        self.room.tallies().get(engine)
    }

    /// The recordings.
    pub fn shelves(&self) -> &Shelves {
        &self.room.shelves
    }

    /// How long viewers waited for their first bytes.
    pub fn first_bytes(&self) -> &Durations {
        &self.room.first_bytes
    }

    /// Watches a channel: joins its session or starts one, and waits for a place where decoding can begin.
    ///
    /// # Errors
    /// See [`LiveError`]. Dropped while it waits, it leaves nothing behind.
    pub async fn watch(&self, selector: &Selector, facts: ViewerFacts) -> Result<Watching, LiveError> {
        let began = Instant::now();
        let (hold, cursor) = self.join(selector, facts).await?;
        self.room.first_bytes.observe(began.elapsed());
        Ok(Watching::new(hold, cursor))
    }

    /// Watches a channel some time behind, as far as it is recorded.
    ///
    /// # Errors
    /// As [`Self::watch`].
    pub async fn watch_delayed(
        &self,
        selector: &Selector,
        facts: ViewerFacts,
        delay: Duration,
    ) -> Result<Delayed, LiveError> {
        let hold = self.open(selector, facts).await?;
        Ok(Delayed::new(hold, delay))
    }

    /// Joins or starts the session of a channel, and waits until it is on. The guard counts as a viewer.
    ///
    /// # Errors
    /// As [`Self::watch`]. A start that was asked for by playlists goes on for a moment when this is dropped.
    pub async fn open(&self, selector: &Selector, facts: ViewerFacts) -> Result<Hold, LiveError> {
        self.join(selector, facts).await.map(|(hold, _)| hold)
    }

    /// Finds out whether a channel can be had. One that is on is not touched; one that is not is started, and let go
    /// again unless somebody watches it soon.
    ///
    /// # Errors
    /// As [`Self::watch`].
    pub async fn check(&self, selector: &Selector) -> Result<Arc<Session>, LiveError> {
        let facts = ViewerFacts { address: None, user_agent: String::new(), means: Means::Check };
        let hold = self.open(selector, facts).await?;
        let session = Arc::clone(hold.session());
        let over = session.clone();
        self.room.tasks.spawn(async move {
            // Whether it ended in between makes no difference.
            let _ = timeout(AFTER_CHECK, over.over()).await;
            drop(hold);
        });
        Ok(session)
    }

    /// The session of a channel, if it is on or starting.
    pub fn session(&self, selector: &Selector) -> Option<Arc<Session>> {
        self.room.registry().find(selector).cloned()
    }

    /// What the session of an id of whichever kind tells of itself, also one that ended a short while ago.
    pub fn report(&self, id: InfoHash) -> Option<SessionReport> {
        let running = self.room.registry().find_id(id).cloned();
        let is_it = |report: &SessionReport| report.stream_id == id || report.ace_id == id;
        let ended = || self.ended().into_iter().rev().find(is_it);
        running.map(|session| session.report()).or_else(ended)
    }

    /// The sessions that are on or starting, oldest first.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.room.registry().sessions().cloned().collect()
    }

    /// Last words of the sessions that ended a short while ago, oldest first.
    pub fn ended(&self) -> Vec<SessionReport> {
        self.room.ended().iter().map(|(_, report)| report.clone()).collect()
    }

    /// The info-hash that words stand for, as far as anybody knows.
    pub fn known(&self, selector: &Selector) -> Option<InfoHash> {
        self.room.known(selector)
    }

    /// Whether it takes viewers.
    pub fn is_running(&self) -> bool {
        !self.room.stop.is_cancelled()
    }

    /// Ends every session and waits until the engines know it, or do not answer.
    pub async fn shutdown(&self) {
        self.room.stop.cancel();
        self.room.tasks.close();
        self.room.tasks.wait().await;
        self.room.pool.shutdown().await;
    }

    /// Enters the session of a channel and waits there for a place to begin.
    async fn join(&self, selector: &Selector, facts: ViewerFacts) -> Result<(Hold, Cursor), LiveError> {
        let patience = self.room.settings.empty_stream_timeout;
        let at = self.room.settings.join_at();
        let waiting = async {
            for _ in 0..MOST_MOVES {
                let hold = self.enter(selector, &facts)?;
                if facts.means != Means::Check {
                    tracing::info!(channel = %hold.session().stream_id(), means = ?facts.means, "a viewer comes");
                }
                if let Ok(cursor) = hold.session().ring().join(at).await {
                    hold.touch();
                    return Ok((hold, cursor));
                }
                if let Some(Ending::Failed(error)) = hold.session().ending() {
                    return Err(error);
                }
                if self.room.stop.is_cancelled() {
                    return Err(LiveError::Stopping);
                }
                // It has ended for another reason, or its viewers go on elsewhere: enter anew.
            }
            Err(LiveError::StartFailed("its sessions end before they begin".into()))
        };
        timeout(patience, waiting).await.map_err(|_| LiveError::Empty(patience))?
    }

    fn enter(&self, selector: &Selector, facts: &ViewerFacts) -> Result<Hold, LiveError> {
        let room = &self.room;
        let mut registry = room.registry();
        if room.stop.is_cancelled() {
            return Err(LiveError::Stopping);
        }
        while let Some(session) = registry.find(selector).cloned() {
            if let Some(hold) = session.hold(facts.clone()) {
                return Ok(hold);
            }
            // It is about to end, and no longer what these words mean.
            registry.remove(&session);
        }
        if let Some(error) = registry.refusal(selector, Instant::now()) {
            return Err(error);
        }
        let session = Session::new(
            *selector,
            &room.settings,
            &room.shelves,
            (room.stop.child_token(), room.left.clone()),
        );
        let closed = || LiveError::Internal("a new session is closed".into());
        let hold = session.hold(facts.clone()).ok_or_else(closed)?;
        registry.add(*selector, Arc::clone(&session));
        drop(registry);
        tracing::info!(channel = %selector, "a live channel starts");
        room.run(session);
        Ok(hold)
    }
}
