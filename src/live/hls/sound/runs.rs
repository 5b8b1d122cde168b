//! What is being converted, so that no two runs of ffmpeg make the same. Pure.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::live::hls::window::Number;

/// A run that is so many segments before another one is there within a second or two, which is what a new one needs.
const SOON: Number = 8;

/// The runs by the segments they began with, and the segment that each makes next.
#[derive(Debug, Default)]
pub(super) struct Runs {
    table: Mutex<BTreeMap<Number, Number>>,
}

impl Runs {
    /// Whether one has the segment before it, and not far.
    pub(super) fn reaches(&self, number: Number) -> bool {
        let soon = |next: &Number| (*next..=next + SOON).contains(&number);
        let table = self.lock();
        table.contains_key(&number) || table.values().any(soon)
    }

    /// Another one begins. It ends when the guard is dropped.
    pub(super) fn begin(&self, start: Number) -> Run<'_> {
        self.lock().insert(start, start);
        Run { runs: self, start }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Number, Number>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that goes on.
#[derive(Debug)]
pub(super) struct Run<'a> {
    runs: &'a Runs,
    start: Number,
}

impl Run<'_> {
    /// It has come to a segment. `false` if another run began at or before that one, and is to go on alone.
    pub(super) fn comes_to(&self, number: Number) -> bool {
        let mut table = self.runs.lock();
        table.insert(self.start, number);
        table.range(self.start + 1..).next().is_none_or(|(other, _)| *other > number)
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.runs.lock().remove(&self.start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_where_another_began() {
        let runs = Runs::default();
        let (early, late) = (runs.begin(10), runs.begin(40));
        assert!(early.comes_to(39) && !early.comes_to(40));
        assert!(late.comes_to(60) && !early.comes_to(50));
        drop(late);
        assert!(early.comes_to(50));
    }

    #[test]
    fn what_a_run_comes_to_soon_needs_no_other() {
        let runs = Runs::default();
        let run = runs.begin(10);
        assert!(run.comes_to(20));
        let reached = Vec::from_iter((0..40).filter(|number| runs.reaches(*number)));
        assert_eq!(reached, [vec![10], Vec::from_iter(20..=28)].concat());
        drop(run);
        assert!(!runs.reaches(20));
    }
}
