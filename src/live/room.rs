//! What all sessions share, and how each of them lives and ends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::engines::Pool;
use super::error::LiveError;
use super::hls::Shelves;
use super::registry::Registry;
use super::selector::Selector;
use super::session::{Drive, Ending, Session, SessionReport};
use super::settings::LiveSettings;
use super::tally::Tallies;
use crate::config::EngineAddress;
use crate::domain::InfoHash;
use crate::telemetry::Durations;

/// Sessions that are over and still shown, and for how long.
const MOST_ENDED: usize = 50;
const ENDED_FOR: Duration = Duration::from_secs(300);

/// What all sessions share.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) settings: LiveSettings,
    pub(super) pool: Pool,
    pub(super) shelves: Shelves,
    registry: Mutex<Registry<Session>>,
    /// Last words of sessions that are over, oldest first.
    ended: Mutex<VecDeque<(Instant, SessionReport)>>,
    pub(super) first_bytes: Durations,
    tallies: Tallies,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
    /// A viewer left one of the sessions, which may be without any now.
    pub(super) left: watch::Sender<()>,
}

impl Room {
    /// A room without sessions, which looks after those that come.
    pub(super) fn open(settings: LiveSettings, pool: Pool, shelves: Shelves) -> Arc<Self> {
        let room = Arc::new(Self {
            settings,
            pool,
            shelves,
            registry: Mutex::default(),
            ended: Mutex::default(),
            first_bytes: Durations::default(),
            tallies: Tallies::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            left: watch::Sender::new(()),
        });
        room.tasks.spawn(tend(Arc::clone(&room)));
        room
    }

    /// Lets a session live.
    pub(super) fn run(self: &Arc<Self>, session: Arc<Session>) {
        self.tasks.spawn(Arc::clone(session.shelf()).record(session.stop_token().clone()));
        self.tasks.spawn(live(Arc::clone(self), session));
    }

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

    /// An engine said what a session's words stand for; returns the session that has the channel already.
    pub(super) fn learned(&self, session: &Arc<Session>, info_hash: InfoHash) -> Option<Arc<Session>> {
        self.registry().learned(session, info_hash)
    }

    /// Whether an engine has been asked for another channel, which may turn out to be the same.
    pub(super) fn is_asked(&self, engine: &EngineAddress, but: &Arc<Session>) -> bool {
        self.registry().sessions().any(|other| !Arc::ptr_eq(other, but) && other.asks(engine))
    }

    /// Counts of the engines.
    pub(super) fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// Tells when somebody leaves a session.
    pub(super) fn leaving(&self) -> watch::Receiver<()> {
        self.left.subscribe()
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

    pub(super) fn registry(&self) -> MutexGuard<'_, Registry<Session>> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ended(&self) -> MutexGuard<'_, VecDeque<(Instant, SessionReport)>> {
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

/// Looks after all sessions: at each heartbeat for viewers who are gone and starts that nobody waits for, and now and then
/// for channels that nobody watches.
async fn tend(room: Arc<Room>) {
    let settings = &room.settings;
    let mut heartbeat = interval(settings.client_heartbeat_interval);
    // Whoever wants channels to end within seconds means seconds.
    let mut cleanup = interval(settings.session_cleanup_interval.min(settings.stream_idle_timeout));
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    cleanup.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let sessions = || Vec::from_iter(room.registry().sessions().cloned());
    loop {
        tokio::select! {
            () = room.stop.cancelled() => return,
            _ = heartbeat.tick() => {
                for session in sessions() {
                    session.sweep();
                    if !session.has_begun() {
                        session.end_if_abandoned(settings.patience.start_grace);
                    }
                }
            }
            _ = cleanup.tick() => {
                for session in sessions().iter().filter(|session| session.has_begun()) {
                    session.end_if_vacant(settings.stream_idle_timeout);
                }
                room.forget_ended();
            }
        }
    }
}
