//! Where bytes are missing that readers want next.

use std::ops::Range;

use crate::cache::CacheFile;
use crate::source::aim::Aim;

const MIB: u64 = 1 << 20;

/// How far ahead of a reader bytes are wanted.
const READ_AHEAD: u64 = 64 * MIB;

/// One request asks for so much. The next one starts when it fits into what is wanted, so that a slow reader does
/// not cause many small ones.
const RUN: u64 = 32 * MIB;

/// The first bytes that a reader misses, and what he wants behind them. Content bytes.
pub(super) struct Gap {
    /// Where it starts.
    pub(super) offset: u64,
    /// How many bytes the reader has before it.
    ahead: u64,
    /// Requests start before this.
    starts: u64,
    /// What is wanted ends here.
    end: u64,
}

/// The gaps of all readers, or else those of the head and the tail. The reader who runs dry first comes first.
pub(super) fn all(file: &CacheFile, aim: &Aim, playheads: &[u64]) -> Vec<Gap> {
    if playheads.is_empty() {
        let ends = aim.ends().into_iter();
        let gaps = ends.map(|end| Gap {
            offset: file.missing_from(end.start),
            ahead: 0,
            starts: end.end,
            end: end.end,
        });
        return gaps.filter(|gap| gap.offset < gap.end).collect();
    }
    let (ahead, end) = (READ_AHEAD - RUN, file.length());
    let mut gaps: Vec<Gap> = playheads
        .iter()
        .map(|at| (at, file.missing_from(*at)))
        .filter(|(_, offset)| *offset < end)
        .map(|(at, offset)| Gap { offset, ahead: offset - at, starts: end.min(at + ahead), end })
        .collect();
    gaps.sort_by_key(|gap| gap.ahead);
    gaps
}

impl Gap {
    /// What one request from content byte `start` on may ask for; `None` if it does not fit into what is wanted.
    pub(super) fn run_from(&self, start: u64) -> Option<Range<u64>> {
        (start < self.starts).then(|| start..self.end.min(start + RUN))
    }

    /// Whether content byte `at` is among what is wanted.
    pub(super) fn reaches(&self, at: u64) -> bool {
        (self.offset..self.end.min(self.starts + RUN)).contains(&at)
    }
}
