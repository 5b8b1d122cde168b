//! What is known about the source by its bytes.

use serde::Serialize;

use super::super::chunk::Ticks;
use super::clock::SECOND;

/// What happened in a stream so far, over all its engine sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Whether packets of 188 bytes are being read. Bytes of another format (packets of 192 or 204 bytes, a playlist,
    /// an error page) never are; then only [`Self::garbage`] grows.
    pub locked: bool,
    /// Bytes that belonged to no packet.
    pub garbage: u64,
    /// How often the beginning of packets was lost within a session.
    pub lost_syncs: u64,
    /// Packets that came marked as damaged.
    pub damaged: u64,
    /// Packets that came scrambled.
    pub scrambled: u64,
    /// Gaps in the counters of the source, which it did not announce.
    pub continuity_errors: u64,
    /// How often clock or contents changed within a session.
    pub breaks: u64,
    /// Engine sessions that went on where the last one ended, without a gap.
    pub seamless_splices: u64,
    /// Engine sessions that did not.
    pub broken_splices: u64,
    /// Places where decoding can begin.
    pub entries: u64,
    /// Those among them where nothing better was found.
    pub blind_entries: u64,
    /// Bits per second of what viewers get, by the clock of the broadcast. Known after a second of it.
    pub bit_rate: Option<u64>,
}

/// Measures the bit rate between clock samples, so that bursts of the engine do not count.
#[derive(Debug, Default)]
pub(super) struct Rate {
    since: Option<Ticks>,
    bytes: u64,
}

/// A change of the bit rate is taken over by this share in each second: scenes differ, and people want one number.
const SHARE: u64 = 4;

impl Rate {
    pub(super) fn count(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// A clock sample passed.
    pub(super) fn tick(&mut self, position: Ticks, rate: &mut Option<u64>) {
        let Some(since) = self.since else {
            (self.since, self.bytes) = (Some(position), 0);
            return;
        };
        let span = position - since.min(position);
        if span >= SECOND {
            let newest = self.bytes * 8 * SECOND / span;
            *rate = Some(rate.map_or(newest, |rate| (rate * (SHARE - 1) + newest) / SHARE));
            (self.since, self.bytes) = (Some(position), 0);
        }
    }

    /// What comes next has another clock.
    pub(super) fn restart(&mut self) {
        self.since = None;
    }
}
