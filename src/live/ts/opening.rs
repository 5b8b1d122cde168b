//! The first packets of an engine session, which wait until it is known what they are.

use std::time::{Duration, SystemTime};

use super::super::chunk::Ticks;
use super::packet::{PACKET, Packet, Raw};
use super::psi::Pmt;
use super::splice::{Comparison, History, Kinship};

/// Broadcasts say what they consist of, and tell their clock, several times a second. Whoever does not say it all in
/// this time is taken as it is.
const PATIENCE: Duration = Duration::from_secs(3);

/// Comparing takes a second of the stream. When bytes come as slowly as this, waiting on is worse than a break.
const PATIENCE_TO_COMPARE: Duration = Duration::from_secs(10);

/// Most bytes that wait: two seconds of the richest broadcast.
const MOST: usize = 8 << 20;

/// What the new session is, once it is known.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) pmt: Pmt,
    /// Whether it overlaps with what was sent.
    pub(super) overlaps: bool,
    /// Its first clock sample. `None` if it has no clock.
    pub(super) clock: Option<Ticks>,
    /// The packets that waited.
    pub(super) held: Vec<u8>,
}

/// The beginning of an engine session.
#[derive(Debug, Default)]
pub(super) struct Opening {
    since: Option<SystemTime>,
    held: Vec<u8>,
    /// How much of `held` was searched for clock samples.
    searched: usize,
    clock: Option<Ticks>,
    pmt: Option<Pmt>,
    comparison: Comparison,
    kinship: Option<Kinship>,
}

impl Opening {
    /// Another packet that is no table.
    pub(super) fn hold(&mut self, raw: &Raw, now: SystemTime) {
        self.since.get_or_insert(now);
        if self.held.len() >= MOST {
            // What waits for its program, or for what was sent before, is old; the newest is what matters.
            self.held.clear();
            (self.searched, self.clock) = (0, None);
        }
        self.held.extend_from_slice(raw);
    }

    /// The program is known, or another one.
    pub(super) fn describe(&mut self, pmt: &Pmt) {
        if self.pmt.as_ref().is_none_or(|known| known.program.pcr != pmt.program.pcr) {
            (self.searched, self.clock) = (0, None);
        }
        self.pmt = Some(pmt.clone());
    }

    /// Whether packets wait for a table for too long.
    pub(super) fn lacks_program(&self, now: SystemTime) -> bool {
        self.pmt.is_none() && self.waits(now, PATIENCE)
    }

    /// What the session is, if that is known now.
    pub(super) fn resolve(&mut self, history: &History, now: SystemTime) -> Option<Opened> {
        self.search(history);
        let known = match self.kinship {
            Some(Kinship::Same | Kinship::Other) => true,
            Some(Kinship::Unknown) => self.waits(now, PATIENCE_TO_COMPARE),
            None => self.waits(now, PATIENCE),
        };
        if !known {
            return None;
        }
        let overlaps = self.kinship == Some(Kinship::Same);
        let held = std::mem::take(&mut self.held);
        Some(Opened { pmt: self.pmt.take()?, overlaps, clock: self.clock, held })
    }

    /// Looks at clock samples that were not looked at yet.
    fn search(&mut self, history: &History) {
        let Some(pmt) = &self.pmt else { return };
        for raw in self.held[self.searched..].as_chunks::<PACKET>().0 {
            let packet = Packet(raw);
            if packet.pid() != pmt.program.pcr || matches!(self.kinship, Some(Kinship::Same | Kinship::Other))
            {
                continue;
            }
            if let Some(pcr) = packet.pcr() {
                self.clock.get_or_insert(pcr);
                self.kinship = Some(self.comparison.hear(history, pcr, packet));
            }
        }
        self.searched = self.held.len();
    }

    fn waits(&self, now: SystemTime, patience: Duration) -> bool {
        self.since.and_then(|since| now.duration_since(since).ok()).is_some_and(|waited| waited >= patience)
    }
}
