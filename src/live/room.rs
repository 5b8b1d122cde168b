//! The front door: where viewers meet sessions.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::engines::Pool;
use super::error::LiveError;
use super::hls::{Delayed, Shelves};
use super::registry::Registry;
use super::ring::Cursor;
use super::selector::Selector;
use super::session::{Drive, Ending, Hold, Means, Session, SessionReport, ViewerFacts, Watching};
use super::settings::LiveSettings;
use super::tally::{EngineTally, Tallies};
use crate::config::EngineAddress;
use crate::domain::InfoHash;
use crate::telemetry::Durations;

/// Sessions that are over and still shown, and for how long.
const MOST_ENDED: usize = 50;
const ENDED_FOR: Duration = Duration::from_secs(300);

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

/// What all sessions share.
#[derive(Debug)]
pub(super) struct Room {
    settings: LiveSettings,
    pool: Pool,
    shelves: Shelves,
    registry: Mutex<Registry<Session>>,
    /// Last words of sessions that are over, oldest first.
    ended: Mutex<VecDeque<(Instant, SessionReport)>>,
    first_bytes: Durations,
    tallies: Tallies,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Live {
    /// A room without sessions, which owns the pool from here on.
    pub fn new(settings: LiveSettings, pool: Pool, shelves: Shelves) -> Self {
        let room = Arc::new(Room {
            settings,
            pool,
            shelves,
            registry: Mutex::default(),
            ended: Mutex::default(),
            first_bytes: Durations::default(),
            tallies: Tallies::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        room.tasks.spawn(tend(Arc::clone(&room)));
        Self { room }
    }

    /// The engines.
    pub fn pool(&self) -> &Pool {
        &self.room.pool
    }

    /// What was asked of an engine so far.
    pub fn tally(&self, engine: &EngineAddress) -> EngineTally {
        self.room.tallies.get(engine)
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
    /// As [`Self::watch`].
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
                if let Ok(cursor) = hold.session().ring().join(at).await {
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
        let session = Session::new(*selector, &room.settings, &room.shelves, room.stop.child_token());
        let closed = || LiveError::Internal("a new session is closed".into());
        let hold = session.hold(facts.clone()).ok_or_else(closed)?;
        registry.add(*selector, Arc::clone(&session));
        drop(registry);
        tracing::info!(channel = %selector, "a live channel starts");
        room.tasks.spawn(Arc::clone(session.shelf()).record(session.stop_token().clone()));
        room.tasks.spawn(live(Arc::clone(room), session));
        Ok(hold)
    }
}

impl Room {
    /// Settings of all sessions.
    pub(super) fn settings(&self) -> &LiveSettings {
        &self.settings
    }

    /// The engines.
    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The info-hash that words stand for, as far as anybody knows.
    pub(super) fn known(&self, selector: &Selector) -> Option<InfoHash> {
        self.registry().known(selector)
    }

    /// An engine has taken a session, and perhaps said what its words stand for; returns the session that has the
    /// channel already.
    pub(super) fn settled(
        &self,
        session: &Arc<Session>,
        info_hash: Option<InfoHash>,
    ) -> Option<Arc<Session>> {
        self.registry().settled(session, info_hash)
    }

    /// Whether other channels are being started.
    pub(super) fn has_starts(&self, but: &Arc<Session>) -> bool {
        self.registry().has_starts(but)
    }

    /// Counts of the engines.
    pub(super) fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// Ends the session that has been without viewers for longest and waits until it has let its engine go. Returns
    /// whether there was one.
    pub(super) async fn end_longest_vacant(&self, but: &Arc<Session>) -> bool {
        loop {
            let vacant = {
                let registry = self.registry();
                let others = registry.sessions().filter(|session| !Arc::ptr_eq(session, but));
                let vacant = others.filter_map(|session| Some((session.vacant()?, Arc::clone(session))));
                vacant.max_by_key(|(time, _)| *time).map(|(_, session)| session)
            };
            let Some(vacant) = vacant else { return false };
            // Somebody may have come back in between.
            if vacant.end_if_vacant(Duration::ZERO) {
                vacant.over().await;
                return true;
            }
        }
    }

    fn registry(&self) -> MutexGuard<'_, Registry<Session>> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self) -> MutexGuard<'_, VecDeque<(Instant, SessionReport)>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget_ended(&self) {
        let mut ended = self.ended();
        let is_old =
            |ended: &VecDeque<(Instant, _)>| ended.front().is_some_and(|(at, _)| at.elapsed() >= ENDED_FOR);
        while ended.len() > MOST_ENDED || is_old(&ended) {
            ended.pop_front();
        }
    }
}

/// The whole life of a session.
async fn live(room: Arc<Room>, session: Arc<Session>) {
    // Also at the end of a panic, or viewers would wait for ever.
    let _end = End { room: Arc::clone(&room), session: Arc::clone(&session) };
    let drive = Drive::new(Arc::clone(&room), Arc::clone(&session));
    let ending = session.stop_token().run_until_cancelled(drive.run()).await.unwrap_or(Ending::Stopped);
    match &ending {
        Ending::Stopped => tracing::info!(channel = %session.stream_id(), "a live channel ends"),
        Ending::Failed(error) => {
            tracing::warn!(channel = %session.stream_id(), %error, "a live channel has failed");
            if error.is_remembered() {
                room.registry().refuse(*session.selector(), error.clone(), Instant::now());
            }
        }
        Ending::Joined(other) => {
            tracing::info!(channel = %session.stream_id(), goes_on_as = %other.stream_id(), "two names, one channel");
        }
    }
    // Before the viewers hear of it, so that who asks again does not find it.
    room.registry().remove(&session);
    session.finish(ending);
}

/// Ends a session when its task is gone, however that came.
struct End {
    room: Arc<Room>,
    session: Arc<Session>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.room.registry().remove(&self.session);
        // Without effect where it has ended in order.
        self.session.finish(Ending::Failed(LiveError::Internal("the task of the channel broke".into())));
        if !matches!(self.session.ending(), Some(Ending::Joined(_))) {
            let mut report = self.session.report();
            // Who still takes what was left is no viewer of anything that is on.
            report.viewers.clear();
            report.client_count = 0;
            report.buffered_bytes = 0;
            self.room.ended().push_back((Instant::now(), report));
            self.room.forget_ended();
        }
    }
}

/// Looks who still watches, and ends what nobody watches.
async fn tend(room: Arc<Room>) {
    let settings = &room.settings;
    let mut sweep = interval(settings.client_heartbeat_interval);
    // Whoever wants channels to end within seconds means seconds.
    let mut clean = interval(settings.session_cleanup_interval.min(settings.stream_idle_timeout));
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clean.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let cleaning = tokio::select! {
            () = room.stop.cancelled() => return,
            _ = sweep.tick() => false,
            _ = clean.tick() => true,
        };
        let sessions: Vec<_> = room.registry().sessions().cloned().collect();
        for session in sessions {
            if cleaning {
                session.end_if_vacant(settings.stream_idle_timeout);
            } else {
                session.sweep();
            }
        }
        if cleaning {
            room.forget_ended();
        }
    }
}
