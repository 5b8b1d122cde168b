//! What an engine knows, shared between its tasks and the test.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use headwater::domain::InfoHash;
use tokio::sync::watch;

use super::broadcast::Channel;
use super::fault::{Faults, Kind, Manner, Presence};
use super::sessions::{End, Sessions};
use super::wire::Request;

/// A start as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StartSeen {
    /// `content_id`, `infohash` or `id`.
    pub(crate) selector: &'static str,
    /// What was behind it.
    pub(crate) id: String,
    pub(crate) pid: Option<String>,
    /// Whether `format=json` was asked for.
    pub(crate) is_json: bool,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) manner: Manner,
    channels: Mutex<Vec<Channel>>,
    sessions: Mutex<Sessions>,
    starts: Mutex<Vec<StartSeen>>,
    pub(super) rules: watch::Sender<Rules>,
}

/// What is wrong at the moment.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) presence: Presence,
    /// Whether it says that it has a network.
    pub(super) is_connected: bool,
    pub(super) all: Faults,
    pub(super) of_channels: HashMap<InfoHash, Faults>,
}

impl State {
    pub(super) fn new(manner: Manner, channels: &[Channel]) -> Self {
        let rules = Rules {
            presence: Presence::Up,
            is_connected: true,
            all: Faults::default(),
            of_channels: HashMap::new(),
        };
        Self {
            manner,
            channels: Mutex::new(channels.to_vec()),
            sessions: Mutex::default(),
            starts: Mutex::default(),
            rules: watch::Sender::new(rules),
        }
    }

    pub(super) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn starts(&self) -> MutexGuard<'_, Vec<StartSeen>> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn channels(&self) -> MutexGuard<'_, Vec<Channel>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong with a channel now: its own faults if it has some, else those of all.
    pub(super) fn faults(&self, infohash: Option<InfoHash>) -> Faults {
        let rules = self.rules.borrow();
        infohash.and_then(|hash| rules.of_channels.get(&hash)).unwrap_or(&rules.all).clone()
    }

    /// Returns when nothing of what `holds` says is true any more.
    pub(super) async fn until_not(&self, infohash: Option<InfoHash>, holds: impl Fn(&Faults) -> bool) {
        let mut rules = self.rules.subscribe();
        // The sender is part of this state.
        let _ = rules
            .wait_for(|rules| {
                let faults = infohash.and_then(|hash| rules.of_channels.get(&hash)).unwrap_or(&rules.all);
                !holds(faults)
            })
            .await;
    }

    /// The channel a start names, and what is to be noted of the start.
    pub(super) fn wanted(&self, request: &Request) -> (Option<Channel>, Option<StartSeen>) {
        let named = ["content_id", "infohash", "id"]
            .into_iter()
            .find_map(|name| request.parameter(name).map(|id| (name, id.to_ascii_lowercase())));
        let Some((selector, id)) = named else { return (None, None) };
        let is_leased = self.manner.kind == Kind::Leased;
        let channels = self.channels();
        let channel = channels.iter().find(|channel| {
            let content = channel.content_id.to_string() == id;
            let infohash = channel.infohash.to_string() == id;
            match selector {
                "infohash" => infohash,
                "id" if is_leased => content || infohash,
                _ => content,
            }
        });
        let seen = StartSeen {
            selector,
            id,
            pid: request.parameter("pid").map(str::to_owned),
            is_json: request.parameter("format") == Some("json"),
        };
        (channel.cloned(), Some(seen))
    }

    /// Counts a reader of a session until the guard is dropped; `None` if there is one already and no room for two.
    pub(super) fn reader(self: &Arc<Self>, token: &str, is_lease: bool) -> Option<Reader> {
        let mut sessions = self.sessions();
        let session = sessions.get(token)?;
        if session.seen.readers > 0 && self.manner.kind != Kind::Leased {
            sessions.counts.corrupt_replies += 1;
            return None;
        }
        session.seen.readers += 1;
        session.seen.most_readers = session.seen.most_readers.max(session.seen.readers);
        session.idle_since = None;
        Some(Reader { state: Arc::clone(self), token: token.to_owned(), is_lease })
    }

    /// Ends idle sessions, for as long as the engine runs.
    pub(super) async fn expire(self: Arc<Self>) {
        let look = (self.manner.idle_expiry / 10).max(Duration::from_millis(10));
        loop {
            tokio::time::sleep(look).await;
            if let Some(before) = Instant::now().checked_sub(self.manner.idle_expiry) {
                self.sessions().expire(before);
            }
        }
    }
}

/// A connection that reads a session.
pub(super) struct Reader {
    state: Arc<State>,
    token: String,
    /// Whether the connection itself is the lease: nobody can stop it by another way.
    is_lease: bool,
}

impl Reader {
    /// How the session is doing: `None` if it was forgotten.
    pub(super) fn session(&self) -> Option<Option<End>> {
        self.state.sessions().get(&self.token).map(|session| session.seen.ended)
    }

    pub(super) fn sent(&self, bytes: u64) {
        if let Some(session) = self.state.sessions().get(&self.token) {
            session.seen.sent += bytes;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut sessions = self.state.sessions();
        if let Some(session) = sessions.get(&self.token) {
            session.seen.readers = session.seen.readers.saturating_sub(1);
            if session.seen.readers == 0 {
                session.idle_since = Some(Instant::now());
            }
        }
        if self.is_lease {
            sessions.release(self.state.manner.kind, &self.token);
        }
    }
}
