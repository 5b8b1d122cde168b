//! The continuity counters that viewers see.

use std::sync::Arc;

use super::super::chunk::{Counter, Pid};
use super::packet::PIDS;

/// Nothing of this PID was sent yet.
const NONE: u8 = 0xFF;

/// The last counter that was sent of each PID.
#[derive(Debug)]
pub(super) struct Counters(Box<[u8; PIDS]>);

impl Counters {
    pub(super) fn new() -> Self {
        Self(Box::new([NONE; PIDS]))
    }

    /// The last one, if there was any.
    pub(super) fn last(&self, pid: Pid) -> Option<u8> {
        Some(self.0[usize::from(pid)]).filter(|last| *last != NONE)
    }

    pub(super) fn set(&mut self, pid: Pid, counter: u8) {
        self.0[usize::from(pid)] = counter;
    }

    /// Counts one packet with a payload on.
    pub(super) fn count(&mut self, pid: Pid) -> u8 {
        let next = self.last(pid).map_or(0, |last| (last + 1) & 0x0F);
        self.set(pid, next);
        next
    }

    /// Those of some PIDs, as a chunk carries them.
    pub(super) fn snapshot(&self, pids: impl Iterator<Item = Pid>) -> Arc<[Counter]> {
        pids.filter_map(|pid| Some(Counter { pid, last: self.last(pid)? })).collect()
    }
}
