//! What the pool knows, and the tasks behind it: questions of health, and stops.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Client;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::ask::ask;
use super::choice::Reason;
use super::claim::Claim;
use super::error::{FailureKind, StartError};
use super::leases::{LeaseId, Leases, Names, Owed};
use super::look::look;
use super::member::MemberId;
use super::pulse::Pulse;
use super::roster::Roster;
use super::start::IdKind;
use crate::domain::InfoHash;

/// Time between two looks at engines that nobody needs, so that people are told the truth about them.
const LOOK_AROUND: Duration = Duration::from_secs(15);

/// A stop can hang, and nothing depends on its answer but the next start of the same channel.
const STOP_PATIENCE: Duration = Duration::from_secs(3);

/// Of so many ids it is remembered which kind they are, so that memory is bounded.
const MOST_LEARNED: usize = 4_096;

#[derive(Debug)]
pub(super) struct Desk {
    pub(super) client: Client,
    state: Mutex<State>,
    /// Something changed that somebody may wait for.
    news: watch::Sender<()>,
    tasks: TaskTracker,
    /// Sessions may be dropped where no runtime is entered.
    runtime: Handle,
    stopping: CancellationToken,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) roster: Roster,
    leases: Leases,
    learned: HashMap<InfoHash, IdKind>,
}

impl Desk {
    /// Begins to ask the engines how they are.
    pub(super) fn open(roster: Roster, client: Client) -> Arc<Self> {
        let desk = Arc::new(Self {
            client,
            state: Mutex::new(State { roster, leases: Leases::default(), learned: HashMap::new() }),
            news: watch::Sender::new(()),
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
            stopping: CancellationToken::new(),
        });
        desk.spawn(Arc::clone(&desk).look_around());
        desk
    }

    /// Ends all sessions, also those that somebody still holds, and everything else; [`Self::ended`] waits for it.
    pub(super) fn stop(self: &Arc<Self>) {
        {
            let mut state = self.lock();
            state.roster.close();
            state.leases.close_all();
        }
        self.stopping.cancel();
        self.send_stops();
        self.news.send_replace(());
        self.tasks.close();
    }

    /// Returns when all tasks have ended.
    pub(super) async fn ended(&self) {
        self.tasks.wait().await;
    }

    /// Cancelled when the server stops.
    pub(super) fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Tells of changes that somebody may wait for.
    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a task that the pool's shutdown waits for.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        // It is awaited by the tracker.
        drop(self.tasks.spawn_on(task, &self.runtime));
    }

    /// The place that was taken at an engine.
    pub(super) fn place(self: &Arc<Self>, id: MemberId, reason: Reason) -> Option<Claim> {
        let mut state = self.lock();
        let member = state.roster.get(id)?;
        let slot = Slot {
            desk: Arc::clone(self),
            member: id,
            withdrawn: member.withdrawn.clone(),
            pulse: member.begin_pulse(Instant::now()),
        };
        Some(Claim { engine: member.settings.clone(), reason, slot })
    }

    /// Waits for something to be so.
    pub(super) async fn until(&self, mut is_so: impl FnMut(&mut State) -> bool) {
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
    pub(super) fn ask_health(self: &Arc<Self>, id: MemberId) {
        let Some(engine) = self.lock().roster.begin_look(id) else { return };
        let desk = Arc::clone(self);
        self.spawn(async move {
            let look = tokio::select! {
                look = look(&desk.client, &engine) => look,
                () = desk.stopping.cancelled() => return,
            };
            desk.lock().roster.looked(id, look, Instant::now());
            desk.news.send_replace(());
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

    pub(super) fn parted(&self, member: MemberId, channels: &[InfoHash]) {
        self.lock().roster.parted(member, channels, Instant::now());
    }

    pub(super) fn failed_channel(&self, slot: &Slot, channels: &[InfoHash], kind: FailureKind) {
        let of = (channels, &slot.pulse);
        self.lock().roster.failed_channel(slot.member, of, kind, Instant::now());
    }

    /// Ends a session, or a start that came to nothing, and sends the stops that can be sent now.
    pub(super) fn end(self: &Arc<Self>, lease: LeaseId) {
        self.lock().leases.close(lease);
        self.send_stops();
    }

    fn send_stops(self: &Arc<Self>) {
        let due = self.lock().leases.due();
        for owed in due {
            let desk = Arc::clone(self);
            self.spawn(async move {
                desk.send_stop(&owed).await;
                desk.lock().leases.stopped(&owed);
                desk.news.send_replace(());
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

    fn release(&self, slot: &Slot) {
        if let Some(member) = self.lock().roster.get(slot.member) {
            member.end_pulse(&slot.pulse);
            member.streams = member.streams.saturating_sub(1);
        }
        self.news.send_replace(());
    }
}

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) desk: Arc<Desk>,
    pub(super) member: MemberId,
    pub(super) withdrawn: CancellationToken,
    pub(super) pulse: Pulse,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.desk.release(self);
    }
}
