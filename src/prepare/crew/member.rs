//! One source of a crew and where it stands.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::chain::Place;
use super::super::pace::Pace;
use super::super::parties::Set;
use crate::source::{Source, SourceError, Writer};

/// Longest pause between two tries of one source.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// How often in a row a source may be asked again whose bytes were of no use.
const CHANCES: u32 = 2;

/// One source of a crew.
pub(super) struct Member {
    pub(super) source: Arc<dyn Source>,
    /// For whom it is at work.
    pub(super) parties: Set,
    /// Its place in the order; the lower, the earlier.
    pub(super) rank: u8,
    /// Whether it does not wait for others.
    pub(super) races: bool,
    pub(super) state: State,
    /// Counts its writers and its departures, so that the end of an earlier turn is not taken for that of the latest.
    pub(super) turn: u32,
    pub(super) retries: u32,
    pub(super) pause: Duration,
    /// When it must have opened the content, its retries included.
    pub(super) deadline: Option<Instant>,
    /// Whether the file table was known when it was asked last.
    pub(super) knew_metainfo: bool,
    /// When it was asked last.
    pub(super) asked: Instant,
    /// Final bytes of the file when it was asked last.
    pub(super) found: u64,
    /// How often it may still be asked again after it has received bytes that were of no use. Some have several
    /// places to fetch from, of which one is bad.
    pub(super) chances: u32,
}

/// Where a source stands.
pub(super) enum State {
    /// Not asked yet, or not before this time.
    Waiting(Instant),
    /// Asked, and not answered yet.
    Opening,
    /// It writes the file, or rests.
    Writing { writer: Writer, pace: Pace },
    /// It cannot deliver, for this reason.
    Ended(SourceError),
    /// Those for whom it was at work have left.
    Away,
}

impl Member {
    /// A source that has not been asked yet.
    pub(super) fn new(place: Place, party: Set, retries: u32, now: Instant) -> Self {
        let Place { source, rank, races } = place;
        Self {
            source,
            parties: party,
            rank,
            races,
            state: State::Waiting(now),
            turn: 0,
            retries,
            pause: Duration::from_secs(1),
            deadline: None,
            knew_metainfo: false,
            asked: now,
            found: 0,
            chances: CHANCES,
        }
    }

    /// Whether nothing is to be expected of it as things are.
    pub(super) fn is_out(&self) -> bool {
        matches!(self.state, State::Ended(_) | State::Away)
    }

    /// Bytes that its latest writer has received.
    pub(super) fn received(&self) -> u64 {
        match &self.state {
            State::Writing { writer, .. } => writer.delivered(),
            _ => 0,
        }
    }

    /// Whether a source that has received something may be asked again, when `there` final bytes are there now.
    pub(super) fn deserves_another(&mut self, there: u64) -> bool {
        if there > self.found {
            self.chances = CHANCES;
            return true;
        }
        let another = self.chances > 0;
        self.chances = self.chances.saturating_sub(1);
        another
    }

    /// Pauses before another try, if its time allows one. Returns whether it does.
    pub(super) fn pauses(&mut self, now: Instant) -> bool {
        let may = self.retries > 0 && self.deadline.is_none_or(|deadline| now + self.pause < deadline);
        if may {
            self.retries -= 1;
            self.state = State::Waiting(now + self.pause);
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        }
        may
    }
}
