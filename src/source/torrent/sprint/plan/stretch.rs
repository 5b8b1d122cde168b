//! How many more requests than a steady way takes: where answers take now longer and now shorter, or come in bursts,
//! few requests bring less, and who brings less is asked for less. What helps is told by trying it on all peers at
//! once, for those who share our line take from each other what one of them wins.

use std::time::Duration;

use tokio::time::Instant;

/// So many times as much is tried.
const STEP: f64 = 1.5;

/// With all that is asked for under way so many times as long, something else is wrong.
const MOST: f64 = 12.0;

/// More requests are of use if they bring so much more, and fewer are enough if they bring so much.
const MORE: f64 = 1.08;
const ENOUGH: f64 = 0.96;

/// If so much less comes than before, it is time for a trial.
const LOST: f64 = 0.85;

/// How long it is watched what comes.
const WATCH: Duration = Duration::from_millis(400);

/// A trial that brings nothing is followed by another after so long, and after twice as long each time.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// What is asked for beyond what a steady way takes, and what it has brought.
#[derive(Debug)]
pub(super) struct Stretch {
    factor: f64,
    phase: Phase,
    since: Instant,
    /// Bytes that had come then.
    bytes: u64,
    /// Bytes per second before the trial.
    before: f64,
    pause: Duration,
    next: Instant,
    /// What is tried next.
    turn: Trial,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing is tried.
    Steady,
    /// What is tried does not show yet.
    Settling(Trial),
    /// It is seen what it brings.
    Watching(Trial),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    More,
    Fewer,
}

impl Stretch {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            factor: 1.0,
            phase: Phase::Steady,
            since: now,
            bytes: 0,
            before: 0.0,
            pause: PAUSE,
            next: now + PAUSE,
            turn: Trial::More,
        }
    }

    /// So many times as many requests as a steady way takes.
    pub(super) fn factor(&self) -> f64 {
        match self.phase {
            Phase::Steady => self.factor,
            Phase::Settling(trial) | Phase::Watching(trial) => self.tried(trial),
        }
    }

    fn tried(&self, trial: Trial) -> f64 {
        match trial {
            Trial::More => self.factor * STEP,
            Trial::Fewer => (self.factor / STEP).max(1.0),
        }
    }

    /// Takes in how many `bytes` have come until now. Unless peers are `full` there is nothing to be learnt. What is
    /// changed shows after `round_trip`.
    pub(super) fn watch(&mut self, bytes: u64, full: bool, round_trip: Duration, now: Instant) {
        if !full {
            self.phase = Phase::Steady;
            return self.begin(bytes, now);
        }
        let time = now.saturating_duration_since(self.since);
        let is_settling = matches!(self.phase, Phase::Settling(_));
        if time < if is_settling { 2 * round_trip } else { WATCH.max(4 * round_trip) } {
            return;
        }
        let rate = bytes.saturating_sub(self.bytes) as f64 / time.as_secs_f64();
        self.phase = match self.phase {
            Phase::Steady => {
                let fell = rate < LOST * self.before;
                self.before = rate;
                self.choose(fell, now)
            }
            Phase::Settling(trial) => Phase::Watching(trial),
            Phase::Watching(trial) => self.conclude(trial, rate, now),
        };
        self.begin(bytes, now);
    }

    /// What is tried next.
    fn choose(&mut self, fell: bool, now: Instant) -> Phase {
        if self.factor < MOST && (fell || now >= self.next && self.turn == Trial::More) {
            self.turn = Trial::Fewer;
            Phase::Settling(Trial::More)
        } else if now >= self.next {
            self.turn = Trial::More;
            if self.factor > 1.0 { Phase::Settling(Trial::Fewer) } else { Phase::Steady }
        } else {
            Phase::Steady
        }
    }

    fn conclude(&mut self, trial: Trial, rate: f64, now: Instant) -> Phase {
        let is_won = rate > self.before * if trial == Trial::More { MORE } else { ENOUGH };
        if is_won {
            self.factor = self.tried(trial);
            self.before = rate;
            self.pause = PAUSE;
        } else {
            self.pause = (2 * self.pause).min(LONGEST_PAUSE);
        }
        self.next = now + self.pause;
        // What has helped may help again at once.
        if is_won && trial == Trial::More && self.factor < MOST {
            Phase::Settling(trial)
        } else {
            Phase::Steady
        }
    }

    fn begin(&mut self, bytes: u64, now: Instant) {
        (self.since, self.bytes) = (now, bytes);
    }
}
