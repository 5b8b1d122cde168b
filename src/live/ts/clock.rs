//! The clock of a broadcast, which wraps and jumps, and the line on which chunks lie, which does neither.

use std::time::Duration;

use super::super::chunk::Ticks;

/// Ticks of a second.
pub(super) const SECOND: Ticks = 90_000;

/// Time stamps have 33 bits and wrap after 26.5 hours.
const WRAP: Ticks = 1 << 33;

/// A clock may be at most 100 ms apart from one sample to the next; a whole second is no loss but another clock.
const MOST_FORWARD: i64 = SECOND as i64;

/// Pictures that stand still for seconds carry a clock that does so, too. So many jumps of less than [`MOST_STRIDE`] in
/// a row are the pace of the clock.
const STRIDES: u8 = 3;
const MOST_STRIDE: i64 = 10 * SECOND as i64;

/// Multiplexers put clock samples out of order by less than this.
const JITTER: i64 = SECOND as i64 / 10;

/// No decoder may be told to wait for longer, even for pictures that stand still (ISO/IEC 13818-1, 2.4.2.7).
const MOST_LEAD: i64 = 10 * SECOND as i64;

/// After a splice the first sample may be one that was read before and not sent.
const SPLICE_JITTER: i64 = 2 * SECOND as i64;

/// How far it is from one 33-bit time to another, over the wrap if that is shorter.
pub(super) fn distance(from: Ticks, to: Ticks) -> i64 {
    let forward = to.wrapping_sub(from) & (WRAP - 1);
    let signed = forward.cast_signed();
    if forward >= WRAP / 2 { signed - WRAP.cast_signed() } else { signed }
}

/// A time near to an unrolled one.
pub(super) fn near(unrolled: Ticks, raw: Ticks) -> Ticks {
    unrolled.saturating_add_signed(distance(unrolled, raw))
}

/// Whether a clock sample continues those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sample {
    /// It does, or it is the first.
    Runs,
    /// It does not; it was not taken over.
    Jumps,
}

/// Follows the samples of one clock.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// The newest sample. The first is taken one wrap later than it says, so that what lies before it can be told.
    newest: Option<Ticks>,
    position: Ticks,
    /// The position when the newest sample was one wrap and zero.
    offset: i64,
    /// The offset of the first sample there was.
    first_offset: Option<i64>,
    /// It broke off, and where the line goes on is not settled yet.
    adrift: bool,
    after_splice: bool,
    /// Jumps in a row that may be strides, and the longest stride of this clock.
    strides: u8,
    stride: i64,
}

impl Clock {
    /// Where the stream is on the line of chunks.
    pub(super) fn position(&self) -> Ticks {
        self.position
    }

    /// The newest sample, unrolled since the last break.
    pub(super) fn newest(&self) -> Option<Ticks> {
        self.newest
    }

    /// Takes a sample of 33 bits.
    pub(super) fn hear(&mut self, raw: Ticks) -> Sample {
        let Some(newest) = self.newest else {
            let newest = raw + WRAP;
            self.newest = Some(newest);
            self.offset = self.position.cast_signed() - newest.cast_signed();
            self.first_offset.get_or_insert(self.offset);
            return Sample::Runs;
        };
        let back = if self.after_splice { SPLICE_JITTER } else { JITTER };
        let step = distance(newest, raw);
        if !(-back..=MOST_FORWARD.max(self.stride)).contains(&step) {
            self.learn(step);
            return Sample::Jumps;
        }
        (self.after_splice, self.strides) = (false, 0);
        let newest = newest.saturating_add_signed(step);
        self.newest = Some(newest);
        self.position = self.position.max(newest.saturating_add_signed(self.offset));
        Sample::Runs
    }

    /// Notices a clock that is slow rather than broken.
    fn learn(&mut self, step: i64) {
        let may_be_stride = (0..=MOST_STRIDE).contains(&step);
        self.strides = if may_be_stride { self.strides + 1 } else { 0 };
        if self.strides >= STRIDES {
            (self.strides, self.stride) = (0, 2 * step);
        }
    }

    /// Any sample may follow. `elapsed` is what people waited between the last packet and the next.
    pub(super) fn break_off(&mut self, elapsed: Duration) {
        (self.newest, self.adrift) = (None, true);
        self.after_splice = false;
        // Even if nobody waited, what comes after lies after.
        self.position += ticks(elapsed).max(1);
    }

    /// Whether it broke off and has to [go on](Self::resume) somewhere.
    pub(super) fn is_adrift(&self) -> bool {
        self.adrift
    }

    /// The line goes on from `position`, whatever was read since the break.
    pub(super) fn resume(&mut self, position: Ticks) {
        self.offset += position.cast_signed() - self.position.cast_signed();
        (self.position, self.adrift) = (position, false);
    }

    /// What is added to times of this clock, so that they lie on one line over all breaks: that of the first clock. A
    /// broadcast without a clock keeps the times it has.
    pub(super) fn shift(&self) -> i64 {
        self.newest.and(self.first_offset).map_or(0, |first| self.offset - first)
    }

    /// The same clock goes on, from bytes that overlap with the last ones.
    pub(super) fn splice(&mut self) {
        self.after_splice = true;
    }

    /// Time passes by a stream that has no clock. No effect on one that has.
    pub(super) fn drift(&mut self, elapsed: Duration) {
        if self.newest.is_none() {
            self.position += ticks(elapsed);
        }
    }

    /// A time stamp of 33 bits, unrolled since the last break.
    pub(super) fn unroll(&self, raw: Ticks) -> Ticks {
        self.newest.map_or(raw + WRAP, |newest| near(newest, raw))
    }

    /// Where on the line of chunks something is presented that has this time stamp.
    pub(super) fn presented(&self, raw: Ticks) -> Ticks {
        let lead = self.newest.map(|newest| distance(newest, raw));
        let lead = lead.filter(|lead| (0..=MOST_LEAD).contains(lead)).unwrap_or(0);
        self.position.saturating_add_signed(lead)
    }
}

pub(super) fn ticks(span: Duration) -> Ticks {
    Ticks::try_from(span.as_micros() * u128::from(SECOND) / 1_000_000).unwrap_or(Ticks::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(samples: &[Ticks]) -> Clock {
        let mut clock = Clock::default();
        for sample in samples {
            assert_eq!(clock.hear(*sample), Sample::Runs);
        }
        clock
    }

    #[test]
    fn positions_run_on_over_the_wrap() {
        let clock = after(&[WRAP - 1_000, WRAP - 400, 200, 3_000]);
        assert_eq!(clock.position(), 4_000);
        assert_eq!(clock.newest(), Some(2 * WRAP + 3_000));
        assert_eq!(clock.unroll(3_500), 2 * WRAP + 3_500);
        assert_eq!(clock.unroll(WRAP - 500), 2 * WRAP - 500, "before the wrap");
    }

    #[test]
    fn a_time_before_the_first_sample_can_be_told() {
        assert_eq!(after(&[100]).unroll(WRAP - 100), WRAP - 100);
    }

    #[test]
    fn only_what_no_multiplexer_does_is_a_jump() {
        let samples = [9 * SECOND, 10 * SECOND];
        for (next, sample) in [
            (11 * SECOND, Sample::Runs),
            (11 * SECOND + 1, Sample::Jumps),
            (10 * SECOND - SECOND / 10, Sample::Runs),
            (10 * SECOND - SECOND / 10 - 1, Sample::Jumps),
        ] {
            let mut clock = after(&samples);
            assert_eq!(clock.hear(next), sample, "{next}");
            assert!(clock.position() >= SECOND, "positions never go back");
        }
    }

    #[test]
    fn a_slow_clock_is_recognised_by_its_third_stride() {
        let mut clock = after(&[SECOND]);
        for stride in 1..20 {
            let sample = clock.hear((1 + 2 * stride) * SECOND);
            assert_eq!(sample == Sample::Jumps, stride <= 3, "stride {stride}");
            if sample == Sample::Jumps {
                clock.break_off(Duration::ZERO);
                clock.hear((1 + 2 * stride) * SECOND);
            }
        }
    }

    #[test]
    fn over_a_break_times_are_moved_onto_the_line_of_the_first_clock() {
        let mut clock = after(&[10 * SECOND, 11 * SECOND]);
        assert_eq!((clock.shift(), clock.presented(12 * SECOND)), (0, 2 * SECOND));
        clock.break_off(Duration::from_secs(3));
        clock.hear(500 * SECOND);
        clock.hear(501 * SECOND);
        clock.resume(6 * SECOND);
        assert_eq!(clock.position(), 6 * SECOND);
        // The first clock would be at 16 s now.
        assert_eq!(clock.shift(), -485 * SECOND.cast_signed());
        clock.hear(502 * SECOND);
        assert_eq!((clock.position(), clock.presented(502 * SECOND)), (7 * SECOND, 7 * SECOND));
        assert_eq!(clock.presented(502 * SECOND - 1), 7 * SECOND, "what is late is presented at once");
        assert_eq!(clock.presented(513 * SECOND), 7 * SECOND, "that is no time to wait");
    }

    #[test]
    fn after_a_break_the_line_goes_on_by_the_time_that_passed() {
        let mut clock = after(&[10 * SECOND, 11 * SECOND]);
        clock.break_off(Duration::from_secs(3));
        assert_eq!(clock.hear(500), Sample::Runs);
        assert_eq!(clock.position(), 4 * SECOND);
        clock.hear(500 + SECOND);
        assert_eq!(clock.position(), 5 * SECOND);
        clock.drift(Duration::from_secs(9));
        assert_eq!(clock.position(), 5 * SECOND, "it has a clock");
    }
}
