//! Where bytes are missing that readers want next.

use crate::cache::CacheFile;
use crate::source::aim::Aim;

const MIB: u64 = 1 << 20;

/// How far ahead of a reader bytes are wanted.
const READ_AHEAD: u64 = 64 * MIB;

/// One request asks for so much. The next one starts when it fits into what is wanted, so that a slow reader does
/// not cause many small ones.
const RUN: u64 = 32 * MIB;

/// The first bytes that a reader misses. Content bytes.
pub(super) struct Gap {
    /// Where it starts.
    pub(super) offset: u64,
    /// How far one request may go from there.
    pub(super) end: u64,
    /// How many bytes the reader has before it.
    ahead: u64,
}

/// The gaps of all readers, or else those of the head and the tail. The reader who runs dry first comes first.
pub(super) fn all(file: &CacheFile, aim: &Aim, playheads: &[u64]) -> Vec<Gap> {
    if playheads.is_empty() {
        let ends = aim.ends().into_iter();
        let gaps = ends.map(|end| Gap { offset: file.missing_from(end.start), end: end.end, ahead: 0 });
        return gaps.filter(|gap| gap.offset < gap.end).collect();
    }
    let mut gaps: Vec<Gap> = playheads
        .iter()
        .map(|at| (at, file.missing_from(*at)))
        .filter(|(_, offset)| *offset < file.length())
        .map(|(at, offset)| Gap { offset, end: (offset + RUN).min(file.length()), ahead: offset - at })
        .collect();
    gaps.sort_by_key(|gap| gap.ahead);
    gaps
}

impl Gap {
    /// Whether a whole request fits into what is wanted.
    pub(super) fn is_due(&self) -> bool {
        self.ahead < READ_AHEAD - RUN
    }
}
