//! Whether the small client gets on, and so may keep pieces for itself.

use std::time::Duration;

use tokio::time::Instant;

/// Without a block for so long the engine, and whoever else there is, gets its turn. Shorter than a claim stays fresh.
const PATIENCE: Duration = Duration::from_millis(1900);

/// Who got nothing may try again after this time, and after twice as long each time: while it tries, others leave alone
/// what it claims.
const PAUSE: Duration = Duration::from_secs(10);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Bytes of use, and when they last became more.
#[derive(Debug)]
pub(super) struct Progress {
    /// The most there ever were. They become fewer when some turn out to be wrong, and what only makes up for that is
    /// no progress.
    bytes: u64,
    state: State,
    /// Tries in a row that brought nothing.
    failures: u32,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// At work, and something came then, or nothing was asked for until then.
    Moving(Instant),
    /// It rests until then.
    Stuck(Instant),
}

impl Progress {
    pub(super) fn new(now: Instant) -> Self {
        Self { bytes: 0, state: State::Moving(now), failures: 0 }
    }

    /// Somebody begins who has brought so many bytes before.
    pub(super) fn begin(&mut self, bytes: u64) {
        self.bytes = bytes;
    }

    /// So many bytes have been brought by now. Whether they are more than ever before.
    pub(super) fn note(&mut self, bytes: u64, now: Instant) -> bool {
        let is_more = bytes > self.bytes;
        if is_more {
            (self.bytes, self.state, self.failures) = (bytes, State::Moving(now), 0);
        }
        is_more
    }

    /// Nothing was asked for, so that nothing could come.
    pub(super) fn excuse(&mut self, now: Instant) {
        if let State::Moving(_) = self.state {
            self.state = State::Moving(now);
        }
    }

    /// Whether it gets on, or has not tried for long.
    pub(super) fn is_made(&mut self, now: Instant) -> bool {
        match self.state {
            State::Moving(since) if now.saturating_duration_since(since) >= PATIENCE => {
                let pause = LONGEST_PAUSE.min(PAUSE * 2_u32.saturating_pow(self.failures));
                (self.state, self.failures) = (State::Stuck(now + pause), self.failures + 1);
            }
            State::Stuck(until) if now >= until => self.state = State::Moving(now),
            State::Moving(_) | State::Stuck(_) => {}
        }
        matches!(self.state, State::Moving(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_turn_out_to_be_wrong_and_come_again_are_no_progress() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut progress = Progress::new(start);
        progress.begin(100);
        assert!(!progress.note(100, at(100)));
        assert!(progress.note(200, at(200)));
        assert!(!progress.note(150, at(300)), "fifty were wrong");
        assert!(!progress.note(200, at(400)), "and have come once more");
        assert!(progress.is_made(at(2_000)));
        assert!(!progress.is_made(at(2_100)));
        assert!(progress.note(201, at(2_200)));
        assert!(progress.is_made(at(2_200)));
        progress.excuse(at(4_000));
        assert!(progress.is_made(at(5_000)), "nothing was asked for until the fourth second");
    }

    #[test]
    fn who_gets_nothing_tries_again_after_longer_and_longer_pauses() {
        let mut now = Instant::now();
        let mut progress = Progress::new(now);
        for pause in [10, 20, 40, 80, 160, 300, 300] {
            now += PATIENCE;
            assert!(!progress.is_made(now));
            progress.excuse(now);
            now += Duration::from_secs(pause);
            assert!(!progress.is_made(now.checked_sub(Duration::from_millis(1)).unwrap()), "{pause}");
            assert!(progress.is_made(now), "{pause}");
        }
        assert!(progress.note(1, now));
        now += PATIENCE;
        assert!(!progress.is_made(now));
        assert!(progress.is_made(now + PAUSE), "what came counts");
    }
}
