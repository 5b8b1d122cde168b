//! Who is connected: dialling, hanging up, making room.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;

use super::super::plan::PeerKey;
use super::book::{Manner, Outcome};
use super::connection::{self, Call, End, GREETING};
use super::run::Runner;
use crate::source::torrent::wire::Handshake;

/// Connections that make room for others in a second, at most.
const MOST_REPLACED: usize = 5;

/// One connection, from the first attempt on.
pub(super) struct Line {
    manner: Manner,
    pub(super) peer: SocketAddr,
    task: tokio::task::AbortHandle,
    pub(super) say: Option<mpsc::Sender<Bytes>>,
    /// Whether it has brought a block.
    pub(super) served: bool,
    _place: OwnedSemaphorePermit,
}

impl Line {
    /// What came of it, which ended in this way.
    fn outcome(&self, end: Outcome) -> Outcome {
        if self.served { Outcome::Served } else { end }
    }
}

impl Runner {
    /// A connection stands, and what is to be said goes there.
    pub(super) fn connected(&mut self, key: PeerKey, round_trip: Duration, say: mpsc::Sender<Bytes>) {
        let Some(line) = self.lines.get_mut(&key) else { return };
        line.say = Some(say);
        self.crowd.connect(key, line.manner.opening, round_trip, Instant::now());
    }

    /// The other side of a connection greets.
    pub(super) fn greet(&mut self, key: PeerKey, theirs: &Handshake) {
        if theirs.peer_id == self.reach.peer_id {
            return self.refuse(key, "it is our own engine");
        }
        if let Some(line) = self.lines.get(&key) {
            self.book.greeted(line.peer);
        }
        if let Err(error) = self.crowd.greet(key, theirs) {
            self.refuse(key, error.0);
        }
    }

    /// Leaves somebody for good.
    pub(super) fn refuse(&mut self, key: PeerKey, reason: &str) {
        if let Some(line) = self.lines.get(&key) {
            tracing::debug!(peer = %line.peer, reason, "a peer is left");
            self.book.ban(line.peer);
        }
        self.hang_up(key);
    }

    pub(super) fn hang_up(&mut self, key: PeerKey) {
        self.crowd.leave(key);
        if let Some(line) = self.lines.remove(&key) {
            line.task.abort();
            self.book.lost(line.peer, line.outcome(Outcome::Failed), Instant::now());
        }
    }

    pub(super) fn lose(&mut self, end: End) {
        self.crowd.leave(end.key);
        if let Some(line) = self.lines.remove(&end.key) {
            self.book.lost(line.peer, line.outcome(end.outcome), Instant::now());
        }
    }

    /// Lets go of some who bring nothing, if others wait for their places.
    pub(super) fn make_room(&mut self) {
        if self.lines.len() >= self.connections_limit && self.book.has_fresh() {
            let useless = self.crowd.useless(Instant::now()).into_iter().take(MOST_REPLACED);
            useless.for_each(|key| self.hang_up(key));
        }
    }

    pub(super) fn dial(&mut self, now: Instant) {
        while self.lines.len() < self.connections_limit {
            let Ok(place) = self.reach.places.clone().try_acquire_owned() else { return };
            let Some((peer, manner)) = self.book.next(now) else { return };
            self.next_key += 1;
            let key = PeerKey(self.next_key);
            let veil = manner.veiled.then_some(self.info_hash);
            let call = Call { key, peer, veil, own_port: self.reach.port, patience: GREETING };
            let task = self.connections.spawn(connection::connect(call, self.reports.0.clone()));
            self.lines.insert(key, Line { peer, manner, task, say: None, served: false, _place: place });
        }
    }
}
