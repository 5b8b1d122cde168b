//! The engines as one: the room's front door.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::DropGuard;

use super::choice::{Choice, Stage};
use super::claim::Claim;
use super::desk::Desk;
use super::error::{AlreadyThere, NoEngine, Unknown};
use super::report::EngineReport;
use super::roster::{Roster, Wanted};
use crate::config::{EngineAddress, EngineSettings};

/// How long the best engine is waited for when others have answered already. Engines are near; one that needs longer
/// is in trouble or far away.
const CALM: Duration = Duration::from_millis(300);

/// The longest that a shutdown takes: a start that answers late, and its stop.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);

/// How long sessions have to leave an engine that is removed.
const LEAVE_PATIENCE: Duration = Duration::from_secs(5);

/// What a pool needs to know.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// The engines to begin with.
    pub engines: Vec<EngineSettings>,
    /// Most channels of one engine.
    pub max_streams: u32,
    /// How long an engine's health is believed.
    pub cache_ttl: Duration,
    /// How long the choice of an engine may take.
    pub selection_timeout: Duration,
}

/// The engines. Clones are the same pool.
#[derive(Debug, Clone)]
pub struct Pool {
    desk: Arc<Desk>,
    selection_timeout: Duration,
    /// Ends the looking around with the last clone.
    _guard: Arc<DropGuard>,
}

impl Pool {
    /// Makes a pool and begins to ask its engines how they are. `client` must hand redirects to its caller, as
    /// [`crate::net::Clients::own_step`] does: an engine's redirects are followed on that engine only.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn new(settings: PoolSettings, client: Client) -> Self {
        let mut roster = Roster::new(settings.max_streams, settings.cache_ttl);
        for engine in settings.engines {
            // A list with one engine twice is refused by the settings; the second is the same anyway.
            let _ = roster.add(engine);
        }
        let desk = Desk::open(roster, client);
        let guard = Arc::new(desk.stopping().drop_guard());
        Self { desk, selection_timeout: settings.selection_timeout, _guard: guard }
    }

    /// Chooses an engine for a channel and takes a place there, in one step: claims at the same time see each other.
    /// Engines are asked for their health if what is known is too old.
    ///
    /// # Errors
    /// See [`NoEngine`].
    pub async fn claim(&self, wanted: &Wanted<'_>) -> Result<Claim, NoEngine> {
        let begun = Instant::now();
        let end = begun + self.selection_timeout;
        let hurry = begun + CALM.min(self.selection_timeout);
        let mut news = self.desk.news();
        loop {
            let now = Instant::now();
            let (stage, until) = match now {
                now if now >= end => (Stage::Last, end),
                now if now >= hurry => (Stage::Hurried, end),
                _ => (Stage::Calm, hurry),
            };
            news.mark_unchanged();
            let choice = self.desk.lock().roster.choose(wanted, stage, now);
            match choice {
                Choice::Take(id, reason) => return self.desk.place(id, reason).ok_or(NoEngine::Stopping),
                Choice::Nobody(why) => return Err(why),
                Choice::Ask(ids) => ids.into_iter().for_each(|id| self.desk.ask_health(id)),
            }
            tokio::select! {
                _ = news.changed() => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// Tells of changes that a claim which was refused may wait for: a place that is free again is one.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.desk.news()
    }

    /// How long the choice of an engine may take.
    pub fn selection_timeout(&self) -> Duration {
        self.selection_timeout
    }

    /// All engines, in the order in which they were added.
    pub fn list(&self) -> Vec<EngineReport> {
        let now = Instant::now();
        let mut state = self.desk.lock();
        state.roster.catch_up();
        let most = state.roster.max_streams;
        let members = state.roster.members.iter().filter(|member| member.is_in_service());
        members.map(|member| EngineReport::of(member, most, now)).collect()
    }

    /// Adds an engine. One that is being drained is taken back into service, with these settings.
    ///
    /// # Errors
    /// It is there already.
    pub fn add(&self, engine: EngineSettings) -> Result<(), AlreadyThere> {
        let id = self.desk.lock().roster.add(engine)?;
        self.desk.ask_health(id);
        Ok(())
    }

    /// Gives an engine nothing new; what it delivers goes on.
    ///
    /// # Errors
    /// There is no such engine.
    pub fn drain(&self, engine: &EngineAddress) -> Result<(), Unknown> {
        self.desk.lock().roster.drain(engine)
    }

    /// Removes an engine. Its sessions are told, and have a few seconds to go elsewhere before this returns.
    ///
    /// # Errors
    /// There is no such engine.
    pub async fn remove(&self, engine: &EngineAddress) -> Result<(), Unknown> {
        let id = self.desk.lock().roster.withdraw(engine)?;
        let left = self.desk.until(|state| state.roster.get(id).is_none_or(|member| member.streams == 0));
        // Who has not left by then keeps a session at an engine that we do not know any more.
        let _ = timeout(LEAVE_PATIENCE, left).await;
        self.desk.lock().roster.forget(id);
        Ok(())
    }

    /// Ends all sessions, also those that somebody still holds, and waits until their engines know: at most five
    /// seconds. No engine can be claimed afterwards.
    pub async fn shutdown(&self) {
        self.desk.stop();
        if timeout(SHUTDOWN_PATIENCE, self.desk.ended()).await.is_err() {
            tracing::warn!("an engine did not answer while its channels were stopped");
        }
    }
}
