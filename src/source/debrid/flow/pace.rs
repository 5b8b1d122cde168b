//! How long to wait before the next look at an item.

use std::time::Duration;

use tokio::time::Instant;

use crate::source::debrid::times::Times;

/// The pauses between looks: short at first, long when nobody can be sitting there any more.
pub(super) struct Pace<'a> {
    times: &'a Times,
    since: Instant,
    looks: usize,
}

impl<'a> Pace<'a> {
    /// Begins now.
    pub(super) fn new(times: &'a Times) -> Self {
        Self { times, since: Instant::now(), looks: 0 }
    }

    /// The pause before the next look.
    pub(super) fn next(&mut self) -> Duration {
        if self.since.elapsed() >= self.times.foreground {
            return self.times.background;
        }
        let pause = self.times.polls.get(self.looks).or(self.times.polls.last()).copied();
        self.looks += 1;
        pause.unwrap_or(self.times.background)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(times: &Times, age: u64, count: usize) -> Vec<u64> {
        let since = Instant::now().checked_sub(Duration::from_secs(age)).unwrap();
        let mut pace = Pace { since, ..Pace::new(times) };
        (0..count).map(|_| pace.next().as_secs()).collect()
    }

    #[test]
    fn looks_become_rarer_and_are_rare_once_nobody_sits_and_waits() {
        let times = Times::default();
        assert_eq!(pauses(&times, 0, 10), [1, 1, 2, 2, 3, 5, 5, 10, 10, 10]);
        // Age alone does not count before then.
        assert_eq!(pauses(&times, 40, 3), [1, 1, 2]);
        assert_eq!(pauses(&times, 45, 3), [30, 30, 30]);
    }
}
