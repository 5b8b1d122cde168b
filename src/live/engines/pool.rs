//! The engines as one: claims, health, and the stops that are owed.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Client;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use url::Url;

use super::ask::ask;
use super::choice::{Choice, Stage};
use super::claim::Claim;
use super::error::{AlreadyThere, FailureKind, NoEngine, StartError, Unknown};
use super::leases::{LeaseId, Leases, Names, Owed};
use super::look::look;
use super::pulse::Pulse;
use super::report::EngineReport;
use super::roster::{MemberId, Roster, Wanted};
use super::start::IdKind;
use crate::config::{EngineAddress, EngineSettings};
use crate::domain::InfoHash;

/// How long the best engine is waited for when others have answered already. Engines are near; one that needs longer
/// is in trouble or far away.
const CALM: Duration = Duration::from_millis(300);

/// Time between two looks at engines that nobody needs, so that people are told the truth about them.
const LOOK_AROUND: Duration = Duration::from_secs(15);

/// A stop can hang, and nothing depends on its answer but the next start of the same channel.
const STOP_PATIENCE: Duration = Duration::from_secs(3);

/// The longest that a shutdown takes: a start that answers late, and its stop.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);

/// How long sessions have to leave an engine that is removed.
const LEAVE_PATIENCE: Duration = Duration::from_secs(5);

/// Of so many ids it is remembered which kind they are, so that memory is bounded.
const MOST_LEARNED: usize = 4_096;

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
    inner: Arc<Inner>,
    /// Ends the looking around with the last clone.
    _guard: Arc<DropGuard>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) client: Client,
    selection_timeout: Duration,
    state: Mutex<State>,
    /// Something changed that somebody may wait for.
    news: watch::Sender<()>,
    tasks: TaskTracker,
    /// Sessions may be dropped where no runtime is entered.
    runtime: Handle,
    stopping: CancellationToken,
}

#[derive(Debug)]
struct State {
    roster: Roster,
    leases: Leases,
    learned: HashMap<InfoHash, IdKind>,
}

impl Pool {
    /// Makes a pool and begins to ask its engines how they are. `client` must hand redirects to its caller, as
    /// [`crate::net::Clients::own_step`] does: an engine's redirects are followed on that engine only.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn new(settings: PoolSettings, client: Client) -> Self {
        let mut roster = Roster::new(settings.max_streams, settings.cache_ttl);
        let now = Instant::now();
        for engine in settings.engines {
            // A list with one engine twice is refused by the settings; the second is the same anyway.
            let _ = roster.add(engine, now);
        }
        let stopping = CancellationToken::new();
        let inner = Arc::new(Inner {
            client,
            selection_timeout: settings.selection_timeout,
            state: Mutex::new(State { roster, leases: Leases::default(), learned: HashMap::new() }),
            news: watch::Sender::new(()),
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
            stopping: stopping.clone(),
        });
        inner.spawn(Arc::clone(&inner).look_around());
        Self { inner, _guard: Arc::new(stopping.drop_guard()) }
    }

    /// Chooses an engine for a channel and takes a place there, in one step: claims at the same time see each other.
    /// Engines are asked for their health if what is known is too old.
    ///
    /// # Errors
    /// See [`NoEngine`].
    pub async fn claim(&self, wanted: &Wanted<'_>) -> Result<Claim, NoEngine> {
        let begun = Instant::now();
        let end = begun + self.inner.selection_timeout;
        let hurry = begun + CALM.min(self.inner.selection_timeout);
        let mut news = self.inner.news.subscribe();
        loop {
            let now = Instant::now();
            let (stage, until) = match now {
                now if now >= end => (Stage::Last, end),
                now if now >= hurry => (Stage::Hurried, end),
                _ => (Stage::Calm, hurry),
            };
            news.mark_unchanged();
            let choice = self.inner.lock().roster.choose(wanted, stage, now);
            match choice {
                Choice::Take(id) => return self.inner.place(id).ok_or(NoEngine::Stopping),
                Choice::Nobody(why) => return Err(why),
                Choice::Ask(ids) => ids.into_iter().for_each(|id| self.inner.ask_health(id)),
            }
            tokio::select! {
                _ = news.changed() => {}
                () = sleep_until(until) => {}
            }
        }
    }

    /// All engines, in the order in which they were added.
    pub fn list(&self) -> Vec<EngineReport> {
        let now = Instant::now();
        let mut state = self.inner.lock();
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
        let id = self.inner.lock().roster.add(engine, Instant::now())?;
        self.inner.ask_health(id);
        Ok(())
    }

    /// Gives an engine nothing new; what it delivers goes on.
    ///
    /// # Errors
    /// There is no such engine.
    pub fn drain(&self, engine: &EngineAddress) -> Result<(), Unknown> {
        self.inner.lock().roster.drain(engine)
    }

    /// Removes an engine. Its sessions are told, and have a few seconds to go elsewhere before this returns.
    ///
    /// # Errors
    /// There is no such engine.
    pub async fn remove(&self, engine: &EngineAddress) -> Result<(), Unknown> {
        let id = self.inner.lock().roster.withdraw(engine)?;
        let left = self.inner.until(|state| state.roster.get(id).is_none_or(|member| member.streams == 0));
        // Who has not left by then keeps a session at an engine that we do not know any more.
        let _ = timeout(LEAVE_PATIENCE, left).await;
        self.inner.lock().roster.forget(id);
        Ok(())
    }

    /// Ends all sessions, also those that somebody still holds, and waits until their engines know: at most five
    /// seconds. No engine can be claimed afterwards.
    pub async fn shutdown(&self) {
        {
            let mut state = self.inner.lock();
            state.roster.close();
            state.leases.close_all();
        }
        self.inner.stopping.cancel();
        Inner::send_stops(&self.inner);
        self.inner.news.send_replace(());
        self.inner.tasks.close();
        if timeout(SHUTDOWN_PATIENCE, self.inner.tasks.wait()).await.is_err() {
            tracing::warn!("an engine did not answer while its channels were stopped");
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a task that the pool's shutdown waits for.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        // It is awaited by the tracker.
        drop(self.tasks.spawn_on(task, &self.runtime));
    }

    /// The place that was taken at an engine.
    fn place(self: &Arc<Self>, id: MemberId) -> Option<Claim> {
        let mut state = self.lock();
        let member = state.roster.get(id)?;
        let slot = Slot {
            inner: Arc::clone(self),
            member: id,
            withdrawn: member.withdrawn.clone(),
            pulse: member.pulse.clone(),
        };
        Some(Claim { engine: member.settings.clone(), slot })
    }

    /// Waits for something to be so.
    async fn until(&self, mut is_so: impl FnMut(&mut State) -> bool) {
        let mut news = self.news.subscribe();
        loop {
            news.mark_unchanged();
            if is_so(&mut self.lock()) {
                return;
            }
            // The sender is our own.
            let _ = news.changed().await;
        }
    }

    /// Asks an engine how it is, unless somebody does so already.
    fn ask_health(self: &Arc<Self>, id: MemberId) {
        let Some(engine) = self.lock().roster.begin_look(id) else { return };
        let inner = Arc::clone(self);
        self.spawn(async move {
            let look = tokio::select! {
                look = look(&inner.client, &engine) => look,
                () = inner.stopping.cancelled() => return,
            };
            inner.lock().roster.looked(id, look, Instant::now());
            inner.news.send_replace(());
        });
    }

    /// Asks engines that nobody has asked for a while, for as long as the pool is there.
    async fn look_around(self: Arc<Self>) {
        let mut rounds = interval(LOOK_AROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = rounds.tick() => {}
                () = self.stopping.cancelled() => return,
            }
            let stale = self.lock().roster.stale(LOOK_AROUND / 2, Instant::now());
            stale.into_iter().for_each(|id| self.ask_health(id));
        }
    }

    /// Whether the server stops.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Returns so long after the server began to stop.
    pub(super) async fn stopped_for(&self, time: Duration) {
        self.stopping.cancelled().await;
        sleep(time).await;
    }

    /// Notes a start that begins, as soon as no stop on its way could hit it.
    pub(super) async fn begin(&self, member: MemberId, asked: InfoHash) -> LeaseId {
        let mut lease = None;
        self.until(|state| {
            let most = state.roster.max_streams;
            let streams = state.roster.get(member).map_or(0, |member| member.streams);
            lease = state.leases.begin(member, asked, most.saturating_sub(streams) as usize);
            lease.is_some()
        })
        .await;
        lease.expect("it was waited for")
    }

    /// Notes that a start has become a session.
    pub(super) fn opened(
        &self,
        member: MemberId,
        lease: LeaseId,
        names: Names,
        kind: IdKind,
        command: Option<Url>,
    ) {
        let mut state = self.lock();
        state.leases.opened(lease, names.infohash, command);
        if let Some(member) = state.roster.get(member) {
            member.vitals.heard(Instant::now());
        }
        if state.learned.len() > MOST_LEARNED {
            state.learned.clear();
        }
        state.learned.insert(names.asked, kind);
    }

    /// Which kind an id turned out to be.
    pub(super) fn learned(&self, id: InfoHash) -> Option<IdKind> {
        self.lock().learned.get(&id).copied()
    }

    /// Notes that a start has failed.
    pub(super) fn note(&self, member: MemberId, channel: InfoHash, error: &StartError) {
        if let StartError::Refused { .. } = error {
            self.lock().roster.refused(member, channel, Instant::now());
        } else {
            self.failed(member, error);
        }
    }

    /// Notes that an engine has failed.
    pub(super) fn failed(&self, member: MemberId, error: &StartError) {
        let now = Instant::now();
        let mut state = self.lock();
        let Some(member) = state.roster.get(member) else { return };
        match error {
            StartError::Unreachable => member.vitals.unreachable(now),
            StartError::Hang | StartError::Overloaded | StartError::Malformed => {
                member.vitals.failed(&error.to_string(), now);
            }
            StartError::Refused { .. } | StartError::Withdrawn => {}
        }
    }

    pub(super) fn delivered(&self, member: MemberId, channels: &[InfoHash]) {
        self.lock().roster.delivered(member, channels, Instant::now());
        self.news.send_replace(());
    }

    pub(super) fn failed_channel(&self, member: MemberId, channels: &[InfoHash], kind: FailureKind) {
        self.lock().roster.failed_channel(member, channels, kind, Instant::now());
    }

    /// Ends a session, or a start that came to nothing, and sends the stops that can be sent now.
    pub(super) fn end(this: &Arc<Self>, lease: LeaseId) {
        this.lock().leases.close(lease);
        Self::send_stops(this);
    }

    fn send_stops(this: &Arc<Self>) {
        let due = this.lock().leases.due();
        for owed in due {
            let inner = Arc::clone(this);
            this.spawn(async move {
                inner.send_stop(&owed).await;
                inner.lock().leases.stopped(&owed);
                inner.news.send_replace(());
            });
        }
    }

    async fn send_stop(&self, owed: &Owed) {
        let mut url = owed.command.clone();
        url.query_pairs_mut().append_pair("method", "stop");
        if let Err(error) = ask(&self.client, url, STOP_PATIENCE).await {
            tracing::debug!(channel = %owed.names.asked, "an engine that was told to stop a channel {error}");
        }
    }

    fn release(&self, member: MemberId) {
        if let Some(member) = self.lock().roster.get(member) {
            member.streams = member.streams.saturating_sub(1);
        }
        self.news.send_replace(());
    }
}

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) inner: Arc<Inner>,
    pub(super) member: MemberId,
    pub(super) withdrawn: CancellationToken,
    pub(super) pulse: Pulse,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.inner.release(self.member);
    }
}
