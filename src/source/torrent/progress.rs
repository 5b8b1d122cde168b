//! Whether the small client gets on.

use std::time::Duration;

use tokio::time::Instant;

/// Bytes of use, and when they last became more.
#[derive(Debug)]
pub(super) struct Progress {
    /// The most there ever were. They become fewer when some turn out to be wrong, and what only makes up for that is
    /// no progress.
    bytes: u64,
    moved: Instant,
}

impl Progress {
    pub(super) fn new(now: Instant) -> Self {
        Self { bytes: 0, moved: now }
    }

    /// Somebody begins who has brought so many bytes before.
    pub(super) fn begin(&mut self, bytes: u64) {
        self.bytes = bytes;
    }

    /// So many bytes have been brought by now. Whether they are more than ever before.
    pub(super) fn note(&mut self, bytes: u64, now: Instant) -> bool {
        let is_more = bytes > self.bytes;
        if is_more {
            (self.bytes, self.moved) = (bytes, now);
        }
        is_more
    }

    /// Nothing was asked for, so that nothing could come.
    pub(super) fn excuse(&mut self, now: Instant) {
        self.moved = now;
    }

    /// For how long nothing has come.
    pub(super) fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_turn_out_to_be_wrong_and_come_again_are_no_progress() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut progress = Progress::new(start);
        progress.begin(100);
        assert!(!progress.note(100, at(1)));
        assert!(progress.note(200, at(2)));
        assert!(!progress.note(150, at(3)), "fifty were wrong");
        assert!(!progress.note(200, at(4)), "and have come once more");
        assert_eq!(progress.silence(at(5)), Duration::from_secs(3));
        assert!(progress.note(201, at(5)));
        progress.excuse(at(7));
        assert_eq!(progress.silence(at(8)), Duration::from_secs(1));
    }
}
