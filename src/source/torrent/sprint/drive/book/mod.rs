//! The addresses that were heard of: who is dialled next, who never again.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::time::Instant;

use super::super::peer::Opening;
use crate::net::Guard;

/// Addresses that are remembered. A swarm of thousands has enough in its first few hundred.
const MOST_ADDRESSES: usize = 1_000;

/// So many of them come from peers, who say what they like. The rest is kept for those that trackers name.
const MOST_TOLD: usize = 500;

/// So many of these come from one peer: two full messages (BEP 11).
const MOST_OF_ONE: usize = 100;

/// An address that fails is tried again after this time, and after twice as long each time.
const PAUSE: Duration = Duration::from_secs(8);

/// So often it is tried in a row without being of use.
const MOST_TRIES: u32 = 4;

/// Who has named an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Origin {
    /// A tracker that the operator has set, or our own memory of who was of use. It may lie anywhere.
    Operator,
    /// A tracker or link of others, or the DHT.
    Stranger,
    /// The peer at this address.
    Peer(SocketAddr),
}

/// How an address is dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) opening: Opening,
    /// Whether the connection is encrypted.
    pub(super) veiled: bool,
}

impl Manner {
    /// As most peers want it.
    pub(super) const USUAL: Self = Self { opening: Opening::AtOnce, veiled: false };

    /// What to try where this one was refused: encryption is demanded more often than patience.
    fn next(self) -> Self {
        match self {
            Self { opening: Opening::OneByOne, .. } => Self::USUAL,
            Self { veiled: true, .. } => Self { opening: Opening::OneByOne, veiled: false },
            Self { veiled: false, .. } => Self { veiled: true, ..self },
        }
    }
}

/// What came of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing.
    Failed,
    /// The other side took the connection and closed it before it had said anything, or would not agree on encryption.
    Shut,
    /// We have dialled ourselves.
    Ourselves,
    /// The other side hung up without a word after it had been greeted.
    Offended,
    /// Something of use.
    Served,
}

/// All addresses of one torrent.
#[derive(Debug)]
pub(super) struct Book {
    guard: Guard,
    /// Where we listen ourselves.
    port: u16,
    entries: HashMap<SocketAddr, Entry>,
    /// Those that were never dialled.
    fresh: VecDeque<SocketAddr>,
    /// Those of them that peers have named.
    told: VecDeque<SocketAddr>,
    /// Those that are there and have to be dialled in another manner.
    again: VecDeque<SocketAddr>,
}

#[derive(Debug)]
struct Entry {
    origin: Origin,
    manner: Manner,
    /// Whether it is known that this manner is encrypted or not as the peer wants it.
    proved: bool,
    tries: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It may be dialled from then on.
    Due(Instant),
    /// It is dialled or connected.
    Busy,
    /// It was tried often enough.
    Spent,
    /// It is never dialled again.
    Banned,
}

impl Book {
    /// No addresses yet. Those that others name pass the guard, and `port` on this machine is ourselves.
    pub(super) fn new(guard: Guard, port: u16) -> Self {
        let (fresh, told, again) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self { guard, port, entries: HashMap::new(), fresh, told, again }
    }

    /// Notes addresses, those to be dialled first in front. What there is no room for is left out.
    pub(super) fn add(&mut self, peers: Vec<SocketAddr>, origin: Origin, now: Instant) {
        let count = |is: fn(Origin, Origin) -> bool| {
            self.entries.values().filter(|entry| is(entry.origin, origin)).count()
        };
        let (mut of_one, mut of_all) =
            (count(|one, other| one == other), count(|one, _| matches!(one, Origin::Peer(_))));
        for peer in peers {
            let is_told = matches!(origin, Origin::Peer(_));
            if self.entries.contains_key(&peer) || !self.admits(peer, origin) {
                continue;
            }
            if is_told && (of_one >= MOST_OF_ONE || of_all >= MOST_TOLD) {
                return;
            }
            if self.entries.len() >= MOST_ADDRESSES && !self.evict() {
                return;
            }
            (of_one, of_all) = (of_one + 1, of_all + 1);
            if is_told { &mut self.told } else { &mut self.fresh }.push_back(peer);
            let state = State::Due(now);
            let entry = Entry { origin, manner: Manner::USUAL, proved: false, tries: 0, state };
            self.entries.insert(peer, entry);
        }
    }

    /// Notes in which manner an address is to be dialled: the one in which it was of use before.
    pub(super) fn recall(&mut self, peer: SocketAddr, manner: Manner) {
        if let Some(entry) = self.entries.get_mut(&peer).filter(|entry| entry.tries == 0) {
            (entry.manner, entry.proved) = (manner, true);
        }
    }

    /// In which manner an address is dialled.
    pub(super) fn manner(&self, peer: SocketAddr) -> Option<Manner> {
        self.entries.get(&peer).map(|entry| entry.manner)
    }

    /// Whether an address is one that a peer may have, and may be dialled.
    fn admits(&self, peer: SocketAddr, origin: Origin) -> bool {
        let address = peer.ip().to_canonical();
        let is_broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
        let is_nobody =
            peer.port() == 0 || address.is_unspecified() || address.is_multicast() || is_broadcast;
        let is_us = address.is_loopback() && peer.port() == self.port;
        let may_go = origin == Origin::Operator || self.guard.admit(address).is_ok();
        !is_nobody && !is_us && may_go
    }

    /// Forgets an address that was tried in vain. Whether there was one.
    fn evict(&mut self) -> bool {
        let spent = self.entries.iter().find(|(_, entry)| entry.state == State::Spent).map(|(peer, _)| *peer);
        spent.is_some_and(|spent| self.entries.remove(&spent).is_some())
    }

    /// Number of addresses.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether somebody waits who was never dialled.
    pub(super) fn has_fresh(&self) -> bool {
        !self.fresh.is_empty() || !self.told.is_empty()
    }

    /// Whom to dial now, and in which manner. Those that are known to be there come first.
    pub(super) fn next(&mut self, now: Instant) -> Option<(SocketAddr, Manner)> {
        let named = self.again.pop_front().or_else(|| self.fresh.pop_front());
        let peer = named.or_else(|| self.told.pop_front()).or_else(|| {
            let due = |entry: &Entry| if let State::Due(due) = entry.state { Some(due) } else { None };
            let ready = self.entries.iter().filter_map(|(peer, entry)| Some((due(entry)?, *peer)));
            ready.filter(|(due, _)| *due <= now).min().map(|(_, peer)| peer)
        })?;
        let entry = self.entries.get_mut(&peer)?;
        entry.state = State::Busy;
        Some((peer, entry.manner))
    }

    /// The other side of a connection greets: whether it is encrypted was right.
    pub(super) fn greeted(&mut self, peer: SocketAddr) {
        if let Some(entry) = self.entries.get_mut(&peer) {
            entry.proved = true;
        }
    }

    /// A connection failed or ended. Whoever did not like how it began is dialled again at once in another manner, as
    /// long as there is one that was not tried.
    pub(super) fn lost(&mut self, peer: SocketAddr, outcome: Outcome, now: Instant) {
        let Some(entry) = self.entries.get_mut(&peer).filter(|entry| entry.state == State::Busy) else {
            return;
        };
        let at_once = match outcome {
            Outcome::Ourselves => return self.ban(peer),
            Outcome::Offended if entry.manner.opening == Opening::AtOnce => {
                entry.manner.opening = Opening::OneByOne;
                true
            }
            Outcome::Shut if !entry.proved => {
                entry.manner = entry.manner.next();
                // Most who refuse everything have no place left. They are asked in one manner at a time from then on.
                entry.tries == 0 && entry.manner != Manner::USUAL
            }
            Outcome::Failed | Outcome::Shut | Outcome::Offended | Outcome::Served => false,
        };
        if at_once {
            entry.state = State::Due(now);
            return self.again.push_back(peer);
        }
        entry.tries = if outcome == Outcome::Served { 1 } else { entry.tries + 1 };
        entry.state = if entry.tries < MOST_TRIES {
            State::Due(now + PAUSE * 2_u32.pow(entry.tries - 1))
        } else {
            State::Spent
        };
    }

    /// Never dials this address again.
    pub(super) fn ban(&mut self, peer: SocketAddr) {
        if let Some(entry) = self.entries.get_mut(&peer) {
            entry.state = State::Banned;
        }
    }

    /// Whether an address is never dialled again.
    pub(super) fn is_banned(&self, peer: SocketAddr) -> bool {
        self.entries.get(&peer).is_some_and(|entry| entry.state == State::Banned)
    }
}

#[cfg(test)]
mod tests;
