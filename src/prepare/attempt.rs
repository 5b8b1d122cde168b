//! What each source did for a job: who, how long, how much, and why it ended.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What one source did for one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The source's name.
    pub source: &'static str,
    /// How long after the start of the job it was asked.
    pub after: Duration,
    /// How long it was at it, up to now if it still is.
    pub took: Duration,
    /// Bytes it has received for the content.
    pub bytes: u64,
    /// Whether it is still at it.
    pub running: bool,
    /// How it stands or ended, in words.
    pub outcome: String,
}

/// The attempts of one job, oldest first.
#[derive(Debug)]
pub(super) struct Attempts {
    began: Instant,
    list: Mutex<Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    /// Whose it is: sources of two viewers may have one name.
    member: usize,
    began: Instant,
    attempt: Attempt,
}

/// Older attempts than these are forgotten: a long play over a poor line may have very many.
const MOST: usize = 50;

impl Attempts {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), list: Mutex::default() }
    }

    /// Notes that a member of the crew, the source of this name, is asked.
    pub(super) fn begin(&self, member: usize, source: &'static str) {
        let mut list = self.list();
        if list.len() >= MOST {
            list.remove(0);
        }
        let attempt = Attempt {
            source,
            after: self.began.elapsed(),
            took: Duration::ZERO,
            bytes: 0,
            running: true,
            outcome: "asked".to_owned(),
        };
        list.push(Entry { member, began: Instant::now(), attempt });
    }

    /// Says how the running attempt of a member stands, and what it has received.
    pub(super) fn update(&self, member: usize, bytes: u64, outcome: &str) {
        self.change(member, |attempt| {
            attempt.bytes = bytes;
            if attempt.outcome != outcome {
                outcome.clone_into(&mut attempt.outcome);
            }
        });
    }

    /// Ends the running attempt of a member.
    pub(super) fn end(&self, member: usize, bytes: u64, outcome: &str) {
        self.change(member, |attempt| {
            attempt.running = false;
            attempt.bytes = bytes;
            outcome.clone_into(&mut attempt.outcome);
        });
    }

    /// All of them as they stand.
    pub(super) fn snapshot(&self) -> Vec<Attempt> {
        let now = |entry: &Entry| {
            let mut attempt = entry.attempt.clone();
            if attempt.running {
                attempt.took = entry.began.elapsed();
            }
            attempt
        };
        self.list().iter().map(now).collect()
    }

    fn change(&self, member: usize, change: impl FnOnce(&mut Attempt)) {
        let mut list = self.list();
        let running = list.iter_mut().rev().find(|entry| entry.attempt.running && entry.member == member);
        if let Some(entry) = running {
            entry.attempt.took = entry.began.elapsed();
            change(&mut entry.attempt);
        }
    }

    fn list(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
