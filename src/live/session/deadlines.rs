//! When an engine session has brought nothing for too long.

use tokio::time::Instant;

use super::ladder::Trouble;
use crate::live::engines::FailureKind;
use crate::live::settings::Patience;

/// The deadlines of one engine session. Every sign of life moves those it concerns.
#[derive(Debug)]
pub(super) struct Deadlines {
    patience: Patience,
    has_delivered: bool,
    /// Bytes must have come.
    quiet: Instant,
    /// Something playable must have come.
    useless: Instant,
    /// What has come so far is handed out, whole or not.
    flush: Instant,
}

impl Deadlines {
    /// A session whose first bytes may come until `first`.
    pub(super) fn new(patience: Patience, first: Instant, now: Instant) -> Self {
        let (useless, flush) = (now + patience.useless, now + patience.flush);
        Self { patience, has_delivered: false, quiet: first, useless, flush }
    }

    /// The next of them.
    pub(super) fn next(&self) -> Instant {
        self.quiet.min(self.useless).min(self.flush)
    }

    /// Bytes came.
    pub(super) fn received(&mut self, now: Instant) {
        self.quiet = self.quiet.max(now + self.patience.silence);
    }

    /// Something playable came. Returns whether it was the first time.
    pub(super) fn delivered(&mut self, now: Instant) -> bool {
        self.quiet = now + self.patience.silence;
        self.useless = now + self.patience.useless;
        self.flush = now + self.patience.flush;
        !std::mem::replace(&mut self.has_delivered, true)
    }

    /// Nothing was read for a while because we did not want to.
    pub(super) fn resumed(&mut self, now: Instant) {
        self.received(now);
        self.useless = self.useless.max(now + self.patience.useless);
    }

    /// Whether a part of a chunk is to be handed out; if so, the next time is set.
    pub(super) fn is_flush_due(&mut self, now: Instant) -> bool {
        let is_due = now >= self.flush;
        if is_due {
            self.flush = now + self.patience.flush;
        }
        is_due
    }

    /// What losing the session now means.
    pub(super) fn trouble(&self) -> Trouble {
        if self.has_delivered { Trouble::Lost } else { Trouble::Empty }
    }

    /// What is wrong, if something is.
    pub(super) fn missed(&self, now: Instant) -> Option<(FailureKind, &'static str)> {
        if now >= self.quiet {
            Some((FailureKind::Silent, "no byte came for too long"))
        } else if now >= self.useless {
            Some((FailureKind::NotMedia, "nothing that can be played came"))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn deadlines() -> (Deadlines, Instant) {
        let now = Instant::now();
        (Deadlines::new(Patience::default(), now + 15 * SECOND, now), now)
    }

    #[test]
    fn the_first_bytes_have_longer_than_the_next() {
        let (mut deadlines, now) = deadlines();
        assert_eq!(deadlines.missed(now + 14 * SECOND), None);
        assert_eq!(deadlines.trouble(), Trouble::Empty);
        assert!(deadlines.delivered(now + 14 * SECOND) && !deadlines.delivered(now + 14 * SECOND));
        assert_eq!(deadlines.trouble(), Trouble::Lost);
        assert_eq!(deadlines.missed(now + 25 * SECOND), None);
        let missed = deadlines.missed(now + 26 * SECOND).map(|(kind, _)| kind);
        assert_eq!(missed, Some(FailureKind::Silent));
    }

    #[test]
    fn bytes_that_cannot_be_played_are_no_delivery() {
        let (mut deadlines, now) = deadlines();
        for second in 0..30 {
            assert_eq!(deadlines.missed(now + second * SECOND), None);
            deadlines.received(now + second * SECOND);
        }
        let missed = deadlines.missed(now + 30 * SECOND).map(|(kind, _)| kind);
        assert_eq!(missed, Some(FailureKind::NotMedia));
    }

    #[test]
    fn time_in_which_nobody_reads_is_not_the_engines_fault() {
        let (mut deadlines, now) = deadlines();
        deadlines.delivered(now);
        deadlines.resumed(now + 60 * SECOND);
        assert_eq!(deadlines.missed(now + 61 * SECOND), None);
    }

    #[test]
    fn parts_are_handed_out_at_intervals() {
        let (mut deadlines, now) = deadlines();
        assert!(!deadlines.is_flush_due(now));
        assert!(deadlines.is_flush_due(now + SECOND) && !deadlines.is_flush_due(now + SECOND));
    }
}
