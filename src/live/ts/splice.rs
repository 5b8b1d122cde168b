//! Whether the bytes of a new engine session are the same broadcast, and overlap with what was sent.
//!
//! Engines hand out the packets of the broadcast as they are, so that the same packet carries the same clock sample
//! and the same bytes whichever engine it comes from. Equal clocks alone say little: every file begins near zero.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher as _};

use super::super::chunk::Ticks;
use super::clock::{SECOND, near};
use super::packet::Packet;

/// A sample of this distance is kept. Two of them always lie within [`GIVE_UP_AFTER`].
const EVERY: Ticks = SECOND / 4;

/// How far back is remembered. Engines begin with what they have cached, which can be minutes.
const SPAN: Ticks = 600 * SECOND;

/// So much of new bytes within what is remembered, without one sample that is remembered, is another broadcast.
const GIVE_UP_AFTER: Ticks = SECOND;

/// And so many samples, for broadcasts that send few.
const GIVE_UP_SAMPLES: u32 = 8;

/// Clock samples that were sent since the last break.
#[derive(Debug, Default)]
pub(super) struct History {
    samples: VecDeque<(Ticks, u64)>,
    newest: Option<(Ticks, u64)>,
}

/// What new bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinship {
    /// More clock samples are needed.
    Unknown,
    /// The broadcast that was sent before, and they begin before its end.
    Same,
    /// Another one, or the same behind a gap.
    Other,
}

/// Compares the clock samples of new bytes, one after the other.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    first: Option<Ticks>,
    seen: u32,
}

impl History {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Remembers a packet with a clock sample, which was unrolled to `at`.
    pub(super) fn note(&mut self, at: Ticks, packet: Packet<'_>) {
        let sample = (at, digest(packet));
        if self.samples.back().is_none_or(|(last, _)| at >= last + EVERY) {
            self.samples.push_back(sample);
            while self.samples.front().is_some_and(|(oldest, _)| at - oldest > SPAN) {
                self.samples.pop_front();
            }
        }
        self.newest = Some(sample);
    }

    fn find(&self, at: Ticks) -> Option<u64> {
        let newest = self.newest.filter(|(newest, _)| *newest == at);
        let kept =
            || self.samples.binary_search_by_key(&at, |(at, _)| *at).ok().map(|index| self.samples[index]);
        newest.or_else(kept).map(|(_, digest)| digest)
    }
}

impl Comparison {
    /// Takes the next packet with a clock sample.
    pub(super) fn hear(&mut self, history: &History, raw: Ticks, packet: Packet<'_>) -> Kinship {
        let (Some((newest, _)), Some((oldest, _))) = (history.newest, history.samples.front()) else {
            return Kinship::Other;
        };
        let at = near(newest, raw);
        if at > newest || at + SPAN < newest {
            return Kinship::Other;
        }
        if let Some(digest_sent) = history.find(at) {
            return if digest(packet) == digest_sent { Kinship::Same } else { Kinship::Other };
        }
        // Older than anything that is remembered: what is remembered will come, if it is the same.
        if at < *oldest {
            return Kinship::Unknown;
        }
        self.seen += 1;
        let first = *self.first.get_or_insert(at);
        let enough = self.seen >= GIVE_UP_SAMPLES && at - first.min(at) >= GIVE_UP_AFTER;
        if enough || at < first { Kinship::Other } else { Kinship::Unknown }
    }
}

fn digest(packet: Packet<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(packet.0);
    hasher.finish()
}
