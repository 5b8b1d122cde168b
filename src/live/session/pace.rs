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

/// The clock of one engine session.
#[derive(Debug)]
pub(crate) struct Pace {
    lead: Duration,
    /// A moment, and where the stream stood then.
    start: Option<(Instant, Ticks)>,
}

impl Pace {
    /// A stream that may be ahead of the clock by `lead`.
    pub(crate) fn new(lead: Duration) -> Self {
        Self { lead, start: None }
    }

    /// How long to wait before reading on, now that the stream stands at `position`.
    pub(crate) fn pause(&mut self, now: Instant, position: Option<Ticks>) -> Duration {
        let Some(position) = position else { return Duration::ZERO };
        let (then, stood) = *self.start.get_or_insert((now, position));
        let streamed = position.checked_sub(stood).map(duration);
        // What came late gives no right to run faster afterwards, or a burst after a pause would have no limit.
        let ahead = streamed.and_then(|streamed| streamed.checked_sub(now - then));
        match ahead.map(|ahead| ahead.saturating_sub(self.lead)) {
            Some(pause) if pause <= JUMP => pause,
            _ => {
                self.start = Some((now, position));
                Duration::ZERO
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Option<Ticks> {
        Some(seconds * 90_000)
    }

    #[test]
    fn a_burst_is_taken_up_to_the_lead_and_then_by_the_clock() {
        let (mut pace, now) = (Pace::new(15 * SECOND), Instant::now());
        assert_eq!(pace.pause(now, at(100)), Duration::ZERO);
        assert_eq!(pace.pause(now, at(115)), Duration::ZERO);
        assert_eq!(pace.pause(now, at(120)), 5 * SECOND);
        assert_eq!(pace.pause(now + 5 * SECOND, at(120)), Duration::ZERO);
        assert_eq!(pace.pause(now + 5 * SECOND, at(121)), SECOND);
    }

    #[test]
    fn a_burst_after_a_pause_has_the_same_limit() {
        let (mut pace, now) = (Pace::new(15 * SECOND), Instant::now());
        pace.pause(now, at(100));
        let later = now + 60 * SECOND;
        assert_eq!(pace.pause(later, at(100)), Duration::ZERO);
        assert_eq!(pace.pause(later, at(116)), SECOND);
    }

    #[test]
    fn time_that_jumps_stops_nothing() {
        let (mut pace, now) = (Pace::new(15 * SECOND), Instant::now());
        pace.pause(now, at(1_000));
        assert_eq!(pace.pause(now, at(90_000)), Duration::ZERO);
        assert_eq!(pace.pause(now, at(5)), Duration::ZERO);
        assert_eq!(pace.pause(now, at(21)), SECOND);
        assert_eq!(pace.pause(now, None), Duration::ZERO);
    }
}
