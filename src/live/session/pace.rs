//! How fast an engine is read.
//!
//! Engines hand out what they hold at once, up to minutes of it. All of it taken at that speed, the ring would run past
//! readers that are not slow at all. So the stream may run ahead of the clock by a lead, and further only as the clock
//! goes; the rest waits in the engine.

use std::time::Duration;

use tokio::time::Instant;

use crate::live::chunk::Ticks;
use crate::live::ring::duration;

/// A stream that is further ahead than any read can carry it has jumped, and its time is no measure.
const JUMP: Duration = Duration::from_secs(120);

/// The clock of one channel, whichever engine delivers it: a new engine session is a burst like any other.
#[derive(Debug)]
pub(crate) struct Pace {
    lead: Duration,
    /// Bytes that the ring holds.
    bytes: usize,
    /// A moment, and where the stream stood then.
    start: Option<(Instant, Ticks)>,
}

impl Pace {
    /// A stream that may be ahead of the clock by `lead`, and by half of what a ring of so many bytes holds.
    pub(crate) fn new(lead: Duration, bytes: usize) -> Self {
        Self { lead, bytes, start: None }
    }

    /// How long to wait before reading on, now that the stream stands at `position` and has so many bits a second.
    pub(crate) fn pause(&mut self, now: Instant, position: Option<Ticks>, bit_rate: Option<u64>) -> Duration {
        let Some(position) = position else { return Duration::ZERO };
        let (then, stood) = *self.start.get_or_insert((now, position));
        let streamed = position.checked_sub(stood).map(duration);
        // What came late gives no right to run faster afterwards, or a burst after a pause would have no limit.
        let ahead = streamed.and_then(|streamed| streamed.checked_sub(now - then));
        let lead = self.lead(bit_rate);
        match ahead.map(|ahead| ahead.saturating_sub(lead)) {
            Some(pause) if pause <= JUMP => pause,
            _ => {
                self.start = Some((now, position));
                Duration::ZERO
            }
        }
    }

    fn lead(&self, bit_rate: Option<u64>) -> Duration {
        let Some(rate) = bit_rate.filter(|rate| *rate > 0) else { return self.lead };
        let half = (self.bytes as u64).saturating_mul(8_000 / 2) / rate;
        self.lead.min(Duration::from_millis(half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const RING: usize = 32 << 20;

    fn at(seconds: u64) -> Option<Ticks> {
        Some(seconds * 90_000)
    }

    #[test]
    fn a_burst_is_taken_up_to_the_lead_and_then_by_the_clock() {
        let (mut pace, now) = (Pace::new(15 * SECOND, RING), Instant::now());
        assert_eq!(pace.pause(now, at(100), None), Duration::ZERO);
        assert_eq!(pace.pause(now, at(115), None), Duration::ZERO);
        assert_eq!(pace.pause(now, at(120), None), 5 * SECOND);
        assert_eq!(pace.pause(now + 5 * SECOND, at(120), None), Duration::ZERO);
        assert_eq!(pace.pause(now + 5 * SECOND, at(121), None), SECOND);
    }

    #[test]
    fn a_burst_after_a_pause_has_the_same_limit() {
        let (mut pace, now) = (Pace::new(15 * SECOND, RING), Instant::now());
        pace.pause(now, at(100), None);
        let later = now + 60 * SECOND;
        assert_eq!(pace.pause(later, at(100), None), Duration::ZERO);
        assert_eq!(pace.pause(later, at(116), None), SECOND);
    }

    #[test]
    fn a_channel_of_many_bits_leads_by_half_the_ring_at_most() {
        let (mut pace, now) = (Pace::new(15 * SECOND, 10_000_000), Instant::now());
        // The ring holds 4 s of it.
        let rate = Some(20_000_000);
        pace.pause(now, at(100), None);
        assert_eq!(pace.pause(now, at(102), rate), Duration::ZERO);
        assert_eq!(pace.pause(now, at(105), rate), 3 * SECOND);
        assert_eq!(pace.pause(now, at(105), Some(1_000_000)), Duration::ZERO);
    }

    #[test]
    fn time_that_jumps_stops_nothing() {
        let (mut pace, now) = (Pace::new(15 * SECOND, RING), Instant::now());
        pace.pause(now, at(1_000), None);
        assert_eq!(pace.pause(now, at(90_000), None), Duration::ZERO);
        assert_eq!(pace.pause(now, at(5), None), Duration::ZERO);
        assert_eq!(pace.pause(now, at(21), None), SECOND);
        assert_eq!(pace.pause(now, None, None), Duration::ZERO);
    }
}
