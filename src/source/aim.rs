//! Where in a file a source should fetch next, as pure arithmetic.

use std::ops::Range;

use crate::domain::FileEntry;

const MIB: u64 = 1024 * 1024;

/// The engine fetches this much from each cursor on before it goes on in the background.
const WINDOW: u64 = 32 * MIB;

/// Playheads closer than this share a cursor, whose window then covers both.
const NEIGHBOURS: u64 = 16 * MIB;

/// More cursors would only spread the peers thinner.
const MAX_CURSORS: usize = 8;

/// What players read first of nearly every file.
const HEAD: u64 = 8 * MIB;

/// What is wanted of a file before anybody has asked for a byte of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aim {
    length: u64,
    tail: u64,
}

impl Aim {
    /// The aim for `file` in a torrent with pieces of `piece_length` bytes. The index of a Matroska file
    /// lies further from its end than the one of an MP4.
    pub(super) fn of(file: &FileEntry, piece_length: u64) -> Self {
        Self::new(&file.path, file.length, piece_length)
    }

    /// The aim for a file called `name` of `length` bytes.
    pub(super) fn new(name: &str, length: u64, piece_length: u64) -> Self {
        let name = name.to_ascii_lowercase();
        let index = if name.ends_with(".mkv") || name.ends_with(".webm") { 8 * MIB } else { 2 * MIB };
        Self { length, tail: length.saturating_sub(index.max(piece_length)) }
    }

    /// What is wanted while nobody reads: the head and the tail.
    pub(super) fn ends(&self) -> [Range<u64>; 2] {
        [0..self.length.min(HEAD), self.tail..self.length]
    }

    /// Offsets for the cursors, ascending. `missing` finds the first missing byte of a range.
    pub(super) fn offsets(&self, playheads: &[u64], missing: impl Fn(Range<u64>) -> Option<u64>) -> Vec<u64> {
        let mut wanted: Vec<u64> = playheads.iter().filter_map(|at| missing(*at..self.length)).collect();
        if playheads.is_empty() {
            wanted.extend(missing(0..self.length.min(HEAD)));
        }
        wanted.sort_unstable();
        let mut cursors: Vec<u64> = Vec::with_capacity(MAX_CURSORS);
        for offset in wanted {
            let apart = cursors.last().is_none_or(|last| offset - last >= NEIGHBOURS);
            if apart && cursors.len() < MAX_CURSORS - 1 {
                cursors.push(offset);
            }
        }
        if let Some(tail) = missing(self.tail..self.length) {
            let covered = cursors.iter().any(|cursor| *cursor <= tail && cursor + WINDOW >= self.length);
            if !covered || playheads.is_empty() {
                cursors.push(tail);
                cursors.sort_unstable();
                cursors.dedup();
            }
        }
        cursors
    }

    /// What the engine fetches before anything else with cursors at `offsets`, which ascend. No two overlap.
    pub(super) fn windows(&self, offsets: &[u64]) -> Vec<Range<u64>> {
        let mut covered = 0;
        let window = |offset: &u64| {
            let window = covered.max(*offset)..self.length.min(offset + WINDOW);
            covered = covered.max(window.end);
            window
        };
        offsets.iter().map(window).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aim(name: &str, length: u64) -> Aim {
        Aim::of(&FileEntry { path: name.to_owned(), length, offset: 0, padding: false }, MIB)
    }

    fn all_missing(range: Range<u64>) -> Option<u64> {
        (!range.is_empty()).then_some(range.start)
    }

    #[test]
    fn before_any_reader_head_and_tail_are_wanted_at_once() {
        assert_eq!(aim("a.mp4", 1000 * MIB).offsets(&[], all_missing), [0, 998 * MIB]);
        assert_eq!(aim("a.MKV", 1000 * MIB).offsets(&[], all_missing), [0, 992 * MIB]);
        assert_eq!(aim("a.mp4", 12 * MIB).offsets(&[], all_missing), [0, 10 * MIB]);
    }

    #[test]
    fn the_head_is_dropped_once_it_is_there_and_the_tail_too() {
        let head_there = |range: Range<u64>| all_missing(range.start.max(HEAD)..range.end);
        assert_eq!(aim("a.mp4", 1000 * MIB).offsets(&[], head_there), [998 * MIB]);
        assert!(aim("a.mp4", 1000 * MIB).offsets(&[], |_| None).is_empty());
    }

    #[test]
    fn cursors_stand_at_the_first_missing_byte_of_each_reader() {
        let from_100 = |range: Range<u64>| all_missing(range.start.max(100 * MIB)..range.end);
        assert_eq!(
            aim("a.mp4", 1000 * MIB).offsets(&[3, 500 * MIB], from_100),
            [100 * MIB, 500 * MIB, 998 * MIB]
        );
    }

    #[test]
    fn neighbouring_readers_share_a_cursor() {
        let heads = [50 * MIB, 60 * MIB, 70 * MIB];
        assert_eq!(aim("a.mp4", 1000 * MIB).offsets(&heads, all_missing), [50 * MIB, 70 * MIB, 998 * MIB]);
    }

    #[test]
    fn there_are_never_more_than_eight_cursors() {
        let heads: Vec<u64> = (0..40).map(|n| n * 20 * MIB).collect();
        let cursors = aim("a.mp4", 1000 * MIB).offsets(&heads, all_missing);
        assert_eq!(cursors.len(), MAX_CURSORS);
        assert_eq!(cursors.last(), Some(&(998 * MIB)), "the tail keeps its place");
    }

    #[test]
    fn windows_of_close_cursors_are_counted_once() {
        let windows = aim("a.mp4", 1000 * MIB).windows(&[0, 20 * MIB, 500 * MIB, 998 * MIB]);
        assert_eq!(windows, [0..32 * MIB, 32 * MIB..52 * MIB, 500 * MIB..532 * MIB, 998 * MIB..1000 * MIB]);
    }

    #[test]
    fn a_reader_near_the_end_covers_the_tail() {
        assert_eq!(aim("a.mp4", 1000 * MIB).offsets(&[990 * MIB], all_missing), [990 * MIB]);
    }
}
