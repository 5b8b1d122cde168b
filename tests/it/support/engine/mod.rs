//! An AceStream engine for tests: its HTTP API with the habits of two versions and of an open imitation, real video
//! made by ffmpeg, and every fault that is known from the field.
//!
//! ```ignore
//! let broadcast = Broadcast::of(Film::H264Mp2);             // one clock: engines deliver the same packets
//! let channel = Channel::new("Open Garden", &broadcast);    // its two ids follow from the name
//! let first = Engine::start(&[channel.clone()]);            // 3.2.3; runs on a thread of its own
//! let manner = Manner { kind: Kind::Shared, lag: Duration::from_secs(3), ..Manner::default() };
//! let second = Engine::with(manner, &[channel.clone()]);    // 3.2.11, three seconds behind
//! let pool = [first.settings(), second.settings()];         // EngineSettings; `.url()` for HEADWATER_ENGINES
//! first.set_faults(Faults { silent: true, ..Faults::default() });            // running sessions too
//! first.set_faults_of(&channel, Faults { no_peers: true, ..Faults::default() });
//! first.heal();                                             // nothing is wrong any more, and it is up
//! first.kill();                                             // resets all, refuses, forgets its sessions
//! first.restart();                                          // up again, sessions forgotten: their addresses say 404
//! first.set_presence(Presence::Mute);                       // Refused, Reset, Unavailable (503), Mute, Up
//! broadcast.jump(Duration::from_secs(100));                 // clocks jump; `show(film)` changes the PMT
//! first.counts();                                           // opened, superseded, stopped, expired, alive, stops, …
//! first.sessions(); first.starts(); first.readers();        // who asked how, who reads, bytes sent
//! first.waited_for(|counts| counts.alive == 0).await;       // ten seconds at most
//! first.line();                                             // the TCP proxy before it: cut_all, stall, throttle
//! ```

mod api;
mod broadcast;
mod delivery;
mod fault;
mod film;
mod hls;
mod sessions;
mod state;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use broadcast::{Broadcast, Channel};
pub(crate) use fault::{Cut, Faults, Kind, Manner, Presence};
pub(crate) use film::Film;
pub(crate) use sessions::{Counts, End, SessionSeen};
pub(crate) use state::StartSeen;

use std::sync::Arc;
use std::time::{Duration, Instant};

use headwater::config::{EngineAddress, EngineSettings};
use tokio::net::TcpListener;

use super::background::Background;
use super::chaos::Chaos;
use state::State;

/// How long a test waits for an engine to have seen something.
const PATIENCE: Duration = Duration::from_secs(10);

/// An engine on a port of loopback. It stops when it is dropped.
pub(crate) struct Engine {
    state: Arc<State>,
    line: Chaos,
    _background: Background,
}

impl Engine {
    /// An ordinary one (3.2.3) that knows these channels.
    pub(crate) fn start(channels: &[Channel]) -> Self {
        Self::with(Manner::default(), channels)
    }

    /// One with habits of its own.
    ///
    /// # Panics
    /// If no port is free.
    pub(crate) fn with(manner: Manner, channels: &[Channel]) -> Self {
        let background = Background::start("engine");
        let state = Arc::new(State::new(manner, channels));
        let (listener, inner) = background.listen();
        background.spawn(accept(listener, Arc::clone(&state)));
        background.spawn(Arc::clone(&state).expire());
        Self { state, line: Chaos::start(inner), _background: background }
    }

    /// Where its API is.
    pub(crate) fn address(&self) -> EngineAddress {
        EngineAddress { host: self.line.addr.ip().to_string(), port: self.line.addr.port() }
    }

    /// As an operator would set it, without any attribute.
    pub(crate) fn settings(&self) -> EngineSettings {
        EngineSettings { address: self.address(), forwarded: false, vpn: None, name: None }
    }

    /// As `HEADWATER_ENGINES` takes it.
    pub(crate) fn url(&self) -> String {
        self.address().url().to_string()
    }

    /// Teaches it another channel.
    pub(crate) fn add(&self, channel: &Channel) {
        self.state.channels().push(channel.clone());
    }

    /// What is wrong with every channel that has no faults of its own.
    pub(crate) fn set_faults(&self, faults: Faults) {
        self.state.rules.send_modify(|rules| rules.all = faults);
    }

    /// What is wrong with one channel.
    pub(crate) fn set_faults_of(&self, channel: &Channel, faults: Faults) {
        self.state.rules.send_modify(|rules| drop(rules.of_channels.insert(channel.infohash, faults)));
    }

    /// Whether it says that it has a network.
    pub(crate) fn set_connected(&self, is_connected: bool) {
        self.state.rules.send_modify(|rules| rules.is_connected = is_connected);
    }

    /// Whether it can be reached.
    pub(crate) fn set_presence(&self, presence: Presence) {
        self.state.rules.send_modify(|rules| rules.presence = presence);
        self.line.refuse(presence == Presence::Refused);
        self.line.stall(presence == Presence::Mute);
        if matches!(presence, Presence::Refused | Presence::Reset) {
            self.line.cut_all();
        }
    }

    /// Ends every fault.
    pub(crate) fn heal(&self) {
        self.state.rules.send_modify(|rules| {
            rules.all = Faults::default();
            rules.of_channels.clear();
            rules.is_connected = true;
        });
        self.set_presence(Presence::Up);
    }

    /// Its process is gone: connections are reset, new ones refused, sessions lost.
    pub(crate) fn kill(&self) {
        self.set_presence(Presence::Refused);
        self.state.sessions().forget();
    }

    /// Its process is there anew, without the sessions it had.
    pub(crate) fn restart(&self) {
        self.kill();
        self.set_presence(Presence::Up);
    }

    /// The line to it, which can be cut, stalled and throttled.
    pub(crate) fn line(&self) -> &Chaos {
        &self.line
    }

    /// What happened so far.
    pub(crate) fn counts(&self) -> Counts {
        self.state.sessions().counts()
    }

    /// All sessions since the last restart, oldest first.
    pub(crate) fn sessions(&self) -> Vec<SessionSeen> {
        self.state.sessions().seen()
    }

    /// Connections that read video now.
    pub(crate) fn readers(&self) -> usize {
        self.sessions().iter().map(|session| session.readers).sum()
    }

    /// All starts as they were asked for, oldest first.
    pub(crate) fn starts(&self) -> Vec<StartSeen> {
        self.state.starts().clone()
    }

    /// Waits for the counts to be so.
    ///
    /// # Panics
    /// If they are not within ten seconds.
    pub(crate) async fn waited_for(&self, what: impl Fn(Counts) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !what(self.counts()) {
            assert!(Instant::now() < deadline, "the engine has seen something else: {:?}", self.counts());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(api::serve(Arc::clone(&state), stream));
        while connections.try_join_next().is_some() {}
    }
}
