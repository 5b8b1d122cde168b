//! Who is connected: dialling, hanging up, making room.

use std::net::SocketAddr;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;

use super::super::peer::Opening;
use super::super::plan::PeerKey;
use super::book::Outcome;
use super::connection::{self, End};
use super::run::Runner;

/// Connections that make room for others in a second, at most.
const MOST_REPLACED: usize = 5;

/// One connection, from the first attempt on.
pub(super) struct Line {
    pub(super) opening: Opening,
    pub(super) peer: SocketAddr,
    task: tokio::task::AbortHandle,
    pub(super) say: Option<mpsc::Sender<Bytes>>,
    /// Whether it has brought a block.
    pub(super) served: bool,
    _place: OwnedSemaphorePermit,
}

impl Line {
    /// What came of it, which was ended `without_a_word` by the other side or not.
    fn outcome(&self, without_a_word: bool) -> Outcome {
        match (self.served, without_a_word) {
            (true, _) => Outcome::Served,
            (false, true) => Outcome::Offended,
            (false, false) => Outcome::Failed,
        }
    }
}

impl Runner {
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
            self.book.lost(line.peer, line.outcome(false), Instant::now());
        }
    }

    pub(super) fn lose(&mut self, end: End) {
        self.crowd.leave(end.key);
        if let Some(line) = self.lines.remove(&end.key) {
            self.book.lost(line.peer, line.outcome(end.without_a_word), Instant::now());
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
            let Ok(place) = self.places.clone().try_acquire_owned() else { return };
            let Some((peer, opening)) = self.book.next(now) else { return };
            self.next_key += 1;
            let key = PeerKey(self.next_key);
            let task = self.connections.spawn(connection::connect(key, peer, self.reports.0.clone()));
            self.lines.insert(key, Line { peer, opening, task, say: None, served: false, _place: place });
        }
    }
}
