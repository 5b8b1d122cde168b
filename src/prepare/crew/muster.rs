//! Who is in the crew: the sources of everybody who has asked for the content, while he is there.

use std::sync::Arc;

use tokio::time::Instant;

use super::super::chain::Place;
use super::super::parties::{Set, bit};
use super::Crew;
use super::member::{Member, State};
use crate::source::{Source, SourceError};

impl Crew {
    /// Takes in the sources of those who have come, and sends away those of others who have left.
    pub(in crate::prepare) fn muster(&mut self, now: Instant) {
        for (party, terms) in self.shared.parties.newcomers() {
            for place in self.chain.places(&terms) {
                self.admit(place, bit(party), now);
            }
        }
        let there = self.shared.parties.there(now);
        for at in 0..self.members.len() {
            let is_wanted = self.members[at].parties & there != 0;
            match (&self.members[at].state, is_wanted) {
                (State::Away, true) => self.try_again(at, now),
                (State::Waiting(_) | State::Opening | State::Writing { .. }, false) => self.go_away(at, now),
                _ => {}
            }
        }
    }

    fn admit(&mut self, place: Place, party: Set, now: Instant) {
        let is_same = |member: &Member| is_same(&member.source, &place.source);
        let Some(at) = self.members.iter().position(is_same) else {
            let at = self.members.len();
            // It need not wait for what is asked only because somebody else wants it so.
            let first = self.busy_ranks().min();
            if self.known.is_none() && first.is_some_and(|first| place.rank < first) {
                self.make_way(now);
            }
            self.members.push(Member::new(place, party, self.chain.settings.retries, now));
            self.enlist(at);
            return;
        };
        let member = &mut self.members[at];
        member.parties |= party;
        member.races |= place.races;
        if place.rank < member.rank {
            member.rank = place.rank;
            self.order.retain(|other| *other != at);
            self.enlist(at);
        }
    }

    /// Gives a member its place in the order: behind those of its rank.
    fn enlist(&mut self, at: usize) {
        let rank = self.members[at].rank;
        let later = |other: &usize| self.members[*other].rank > rank;
        let place = self.order.iter().position(later).unwrap_or(self.order.len());
        self.order.insert(place, at);
    }

    fn busy_ranks(&self) -> impl Iterator<Item = u8> {
        let is_busy = |member: &&Member| matches!(member.state, State::Opening | State::Writing { .. });
        self.members.iter().filter(is_busy).map(|member| member.rank)
    }

    /// The next source may begin at once.
    fn make_way(&mut self, now: Instant) {
        let long_ago = now.checked_sub(self.hedge).unwrap_or(now);
        self.joined = long_ago.min(self.joined);
        self.progressed = long_ago.min(self.progressed);
    }

    fn go_away(&mut self, at: usize, now: Instant) {
        let member = &mut self.members[at];
        let was_at_work = !matches!(member.state, State::Waiting(_));
        let bytes = member.received();
        // What it began in this turn is of no interest any more; its writer stops with its last handle.
        member.turn += 1;
        member.state = State::Away;
        if !was_at_work {
            return;
        }
        self.shared.attempts.end(at, bytes, "whoever asked for it has left");
        // Whoever stays begins with what he has of his own, even if that was of no use while this one was at work.
        self.joined = now.checked_sub(self.hedge).unwrap_or(now);
        self.everybody_works();
        for other in 0..self.members.len() {
            let state = &self.members[other].state;
            if matches!(state, State::Ended(SourceError::NotHere(_) | SourceError::Transient(_))) {
                self.try_again(other, now);
            }
        }
    }

    fn try_again(&mut self, at: usize, now: Instant) {
        let member = &mut self.members[at];
        member.state = State::Waiting(now);
        member.deadline = None;
    }
}

/// Whether both are the one source, and not only of one name.
fn is_same(one: &Arc<dyn Source>, other: &Arc<dyn Source>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other))
}
