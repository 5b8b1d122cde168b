//! What the pace of the sources and the need of the readers mean: who is due, who rests, who is overdue.

use std::time::Duration;

use tokio::time::Instant;

use super::super::pace::Need;
use super::Crew;
use super::member::{Member, State};
use crate::source::{Duty, Kind};

/// A service is asked to fetch what nobody holds only after the others had this long.
const BEFORE_FETCHING: Duration = Duration::from_secs(15);

/// How often the hedge time a reader may wait while bytes arrive, but not his.
const PATIENCE: u32 = 4;

/// In the middle of a play every further source gets only this fraction of the hedge time.
const EAGER: u32 = 4;

/// How many times faster the fastest source must be before another rests.
const OVERTAKEN: f64 = 2.0;

impl Crew {
    pub(super) fn measure(&mut self, now: Instant, need: Need) {
        if need == Need::None {
            self.progressed = now;
        }
        for (at, member) in self.members.iter_mut().enumerate() {
            if let State::Writing { writer, pace } = &mut member.state {
                pace.note(now, writer.delivered());
                let resting = *writer.duty.borrow() == Duty::Rest;
                if need == Need::None || resting {
                    pace.excuse(now);
                } else {
                    self.progressed = self.progressed.max(pace.delivered().unwrap_or(self.progressed));
                }
                let how = match (resting, pace.received()) {
                    (true, _) => "resting",
                    (false, 0) => "connected, no bytes yet",
                    (false, _) => "delivering",
                };
                self.shared.attempts.update(at, pace.received(), how);
            }
        }
    }

    /// A source that works, is needed, and has delivered nothing for as long as it may.
    pub(super) fn overdue(&self, now: Instant, need: Need) -> Option<usize> {
        let is_overdue = |member: &Member| match &member.state {
            State::Writing { pace, .. } => now - pace.progressed() >= member.source.budget(),
            _ => false,
        };
        // Somebody else may be serving the readers.
        let starving = matches!(need, Need::Waiting(time) if time >= self.hedge);
        starving.then(|| self.members.iter().position(is_overdue)).flatten()
    }

    /// Lets the slower sources rest while the readers are well served, and nobody while they are not.
    pub(super) fn assign(&self, now: Instant, need: Need) {
        let writing = self.members.iter().filter_map(|member| match &member.state {
            State::Writing { writer, pace, .. } => Some((writer, pace)),
            _ => None,
        });
        let fastest = writing.clone().map(|(_, pace)| pace.rate()).fold(0.0, f64::max);
        for (writer, pace) in writing {
            let duty = match need {
                Need::Waiting(time) if time >= self.hedge / 4 => Duty::Work,
                Need::Soon if now - self.progressed >= self.hedge / 4 => Duty::Work,
                Need::None if pace.rate() * OVERTAKEN < fastest => Duty::Rest,
                _ => continue,
            };
            writer.duty.send_if_modified(|now| std::mem::replace(now, duty) != duty);
        }
    }

    /// The source that is to be started now.
    pub(super) fn due(&self, now: Instant, need: Need) -> Option<usize> {
        if self.is_complete() {
            return None;
        }
        let waits = |member: &Member| matches!(member.state, State::Waiting(until) if until <= now);
        let at = self.order.iter().copied().find(|at| waits(&self.members[*at]))?;
        let busy =
            self.members.iter().any(|member| matches!(member.state, State::Opening | State::Writing { .. }));
        // What lies on disk is looked at before anybody is bothered.
        let looking = self
            .members
            .iter()
            .any(|member| member.source.kind() == Kind::Cache && matches!(member.state, State::Opening));
        if looking {
            return None;
        }
        if !busy {
            // Others may be pausing before another try; only the last resort waits for them.
            return (!self.is_last_resort(at) || self.may_fetch(now)).then_some(at);
        }
        if self.is_last_resort(at) && !self.may_fetch(now) {
            return None;
        }
        let racing = self.members[at].races && !self.is_last_resort(at);
        (racing && need != Need::None || self.is_stuck(now, need)).then_some(at)
    }

    pub(super) fn is_last_resort(&self, at: usize) -> bool {
        self.members[at].source.kind() == Kind::Fetching
    }

    pub(super) fn may_fetch(&self, now: Instant) -> bool {
        let others_ended =
            self.members.iter().all(|member| member.source.kind() == Kind::Fetching || member.is_out());
        others_ended || now - self.progressed >= BEFORE_FETCHING
    }

    /// Whether bytes are needed and those who are at it make no progress.
    fn is_stuck(&self, now: Instant, need: Need) -> bool {
        // A source that joins a play and brings nothing has cost the reader time already.
        let chance = if self.playing { self.hedge / EAGER } else { self.hedge };
        if need == Need::None || now - self.joined < chance {
            return false;
        }
        let still = now - self.progressed >= self.hedge;
        still || matches!(need, Need::Waiting(time) if time >= self.hedge * PATIENCE)
    }
}
