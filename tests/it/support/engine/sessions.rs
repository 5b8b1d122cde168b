//! The sessions of an engine, and who ends whose.

use std::collections::HashMap;
use std::time::Instant;

use headwater::domain::InfoHash;

use super::broadcast::{Channel, random_id};
use super::fault::Kind;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Another start took its place.
    Superseded,
    /// It was stopped.
    Stopped,
    /// Nobody read it for too long.
    Expired,
}

/// One session, as a test sees it.
#[derive(Clone, Debug)]
pub(crate) struct SessionSeen {
    pub(crate) infohash: InfoHash,
    /// Who asked, if the request said so.
    pub(crate) pid: Option<String>,
    /// `None` while it lives.
    pub(crate) ended: Option<End>,
    /// Connections that read it now.
    pub(crate) readers: usize,
    /// The most there were at the same time.
    pub(crate) most_readers: usize,
    /// Bytes of video sent.
    pub(crate) sent: u64,
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Sessions that were started, and how they ended.
    pub(crate) opened: usize,
    pub(crate) superseded: usize,
    pub(crate) stopped: usize,
    pub(crate) expired: usize,
    /// Sessions that live now.
    pub(crate) alive: usize,
    /// Stops that came, whatever became of them, and those that named no living session.
    pub(crate) stops: usize,
    pub(crate) unknown_stops: usize,
    /// Second readers of a session that takes one.
    pub(crate) corrupt_replies: usize,
    /// Questions of health.
    pub(crate) probes: usize,
}

/// A session as the engine keeps it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) channel: Channel,
    pub(super) seen: SessionSeen,
    pub(super) playback_id: String,
    pub(super) began: Instant,
    pub(super) idle_since: Option<Instant>,
    /// How many starts it stands for.
    leases: usize,
}

/// All sessions by the token in their addresses.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    by_token: HashMap<String, Session>,
    /// Tokens in the order of their starts.
    order: Vec<String>,
    pub(super) counts: Counts,
}

impl Sessions {
    /// Starts one and returns its token.
    pub(super) fn start(&mut self, kind: Kind, channel: &Channel, pid: Option<String>) -> String {
        let infohash = channel.infohash;
        if kind == Kind::Leased
            && let Some(token) = self.living(|session| session.seen.infohash == infohash)
        {
            self.session(&token).leases += 1;
            self.counts.opened += 1;
            return token;
        }
        // A player (pid) has one session at a time; without a pid all are the same player.
        while kind != Kind::Leased
            && let Some(other) = self.living(|session| {
                session.seen.pid == pid || kind == Kind::Single && session.seen.infohash == infohash
            })
        {
            self.end(&other, End::Superseded);
        }
        let token = random_id();
        let seen = SessionSeen { infohash, pid, ended: None, readers: 0, most_readers: 0, sent: 0 };
        let (now, playback_id) = (Instant::now(), random_id());
        let session = Session {
            channel: channel.clone(),
            seen,
            playback_id,
            began: now,
            idle_since: Some(now),
            leases: 1,
        };
        self.by_token.insert(token.clone(), session);
        self.order.push(token.clone());
        self.counts.opened += 1;
        token
    }

    /// Obeys a stop; `false` if there is no such living session.
    pub(super) fn stop(&mut self, kind: Kind, token: &str) -> bool {
        self.counts.stops += 1;
        let is_known = self.release(kind, token);
        self.counts.unknown_stops += usize::from(!is_known);
        is_known
    }

    /// Gives back what one start has taken; `false` if there is no such living session.
    pub(super) fn release(&mut self, kind: Kind, token: &str) -> bool {
        let Some(session) = self.by_token.get_mut(token).filter(|session| session.seen.ended.is_none())
        else {
            return false;
        };
        session.leases -= 1;
        let (infohash, leases) = (session.seen.infohash, session.leases);
        match kind {
            Kind::Single => self.end(token, End::Stopped),
            Kind::Leased if leases > 0 => {}
            Kind::Shared | Kind::Leased => {
                while let Some(token) = self.living(|session| session.seen.infohash == infohash) {
                    self.end(&token, End::Stopped);
                }
            }
        }
        true
    }

    /// Ends those that nobody has read since `before`.
    pub(super) fn expire(&mut self, before: Instant) {
        while let Some(token) = self.living(|session| session.idle_since.is_some_and(|since| since <= before))
        {
            self.end(&token, End::Expired);
        }
    }

    /// Forgets all of them, as a restart does.
    pub(super) fn forget(&mut self) {
        self.by_token.clear();
        self.order.clear();
        self.counts.alive = 0;
    }

    pub(super) fn get(&mut self, token: &str) -> Option<&mut Session> {
        self.by_token.get_mut(token)
    }

    /// As tests see them, oldest first.
    pub(super) fn seen(&self) -> Vec<SessionSeen> {
        self.order.iter().filter_map(|token| self.by_token.get(token)).map(|s| s.seen.clone()).collect()
    }

    pub(super) fn counts(&self) -> Counts {
        let alive = self.by_token.values().filter(|session| session.seen.ended.is_none()).count();
        Counts { alive, ..self.counts }
    }

    fn session(&mut self, token: &str) -> &mut Session {
        self.by_token.get_mut(token).expect("tokens in use are known")
    }

    fn living(&self, mut wanted: impl FnMut(&Session) -> bool) -> Option<String> {
        let lives =
            |token: &&String| self.by_token.get(*token).is_some_and(|s| s.seen.ended.is_none() && wanted(s));
        self.order.iter().find(lives).cloned()
    }

    fn end(&mut self, token: &str, how: End) {
        self.session(token).seen.ended = Some(how);
        match how {
            End::Superseded => self.counts.superseded += 1,
            End::Stopped => self.counts.stopped += 1,
            End::Expired => self.counts.expired += 1,
        }
    }
}
