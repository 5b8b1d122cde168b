//! Which sessions we hold on which engine, and which stops we owe. No I/O.
//!
//! Two sessions of one content on one engine are not two things: in some versions the second ends the first, in others
//! a stop of either ends both, and imitations count them. So a stop is sent only when no other session of the content
//! is left or being started there, and then for every one that is owed, each once.

use std::collections::HashMap;

use url::Url;

use super::member::MemberId;
use crate::domain::InfoHash;

/// What a session's content is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Names {
    /// What was asked for.
    pub(super) asked: InfoHash,
    /// What the engine called it.
    pub(super) infohash: Option<InfoHash>,
}

impl Names {
    /// Both names, what the engine called it last.
    pub(super) fn list(&self) -> Vec<InfoHash> {
        std::iter::once(self.asked).chain(self.infohash.filter(|hash| *hash != self.asked)).collect()
    }

    fn is(&self, id: InfoHash) -> bool {
        self.asked == id || self.infohash == Some(id)
    }

    fn touches(&self, other: &Self) -> bool {
        self.is(other.asked) || other.infohash.is_some_and(|id| self.is(id))
    }
}

/// Names a session, or a start that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct LeaseId(u64);

/// A stop that has to be sent.
#[derive(Debug, Clone)]
pub(super) struct Owed {
    pub(super) member: MemberId,
    pub(super) names: Names,
    pub(super) command: Url,
}

#[derive(Debug)]
struct Lease {
    member: MemberId,
    names: Names,
    /// How it is stopped, if it can be.
    command: Option<Url>,
}

#[derive(Debug, Default)]
pub(super) struct Leases {
    serial: u64,
    /// Sessions, and starts without a command.
    held: HashMap<LeaseId, Lease>,
    owed: Vec<Owed>,
    stopping: Vec<(MemberId, Names)>,
}

impl Leases {
    /// A start begins; `None` if it has to wait for stops on its way: one of the same content might hit the new
    /// session, and where the engine has only `spare` places it might have none yet.
    pub(super) fn begin(&mut self, member: MemberId, asked: InfoHash, spare: usize) -> Option<LeaseId> {
        let here = || self.stopping.iter().filter(|(other, _)| *other == member);
        if here().any(|(_, names)| names.is(asked)) || here().count() > spare {
            return None;
        }
        self.serial += 1;
        let (id, names) = (LeaseId(self.serial), Names { asked, infohash: None });
        self.held.insert(id, Lease { member, names, command: None });
        Some(id)
    }

    /// The start has become a session.
    pub(super) fn opened(&mut self, id: LeaseId, infohash: Option<InfoHash>, command: Option<Url>) {
        if let Some(lease) = self.held.get_mut(&id) {
            lease.names.infohash = infohash;
            lease.command = command;
        }
    }

    /// A session, or a start, is over.
    pub(super) fn close(&mut self, id: LeaseId) {
        let Some(Lease { member, names, command }) = self.held.remove(&id) else { return };
        self.owed.extend(command.map(|command| Owed { member, names, command }));
    }

    /// All sessions are over. Starts go on; what comes of them is closed when it comes.
    pub(super) fn close_all(&mut self) {
        let sessions: Vec<LeaseId> =
            self.held.iter().filter(|(_, lease)| lease.command.is_some()).map(|(id, _)| *id).collect();
        for id in sessions {
            self.close(id);
        }
    }

    /// Takes the stops that can be sent now.
    pub(super) fn due(&mut self) -> Vec<Owed> {
        let held = &self.held;
        let is_due = |owed: &mut Owed| {
            !held.values().any(|lease| lease.member == owed.member && lease.names.touches(&owed.names))
        };
        let due: Vec<Owed> = self.owed.extract_if(.., is_due).collect();
        self.stopping.extend(due.iter().map(|owed| (owed.member, owed.names)));
        due
    }

    /// A stop was answered, or nobody waits for the answer any more.
    pub(super) fn stopped(&mut self, owed: &Owed) {
        let place =
            self.stopping.iter().position(|(member, names)| *member == owed.member && *names == owed.names);
        if let Some(place) = place {
            self.stopping.swap_remove(place);
        }
    }
}
