//! Where segments begin and end. Pure: chunks in, pieces out.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::live::chunk::{Chunk, Ticks};
use crate::live::ts;

/// Ticks of a second.
pub(super) const SECOND: Ticks = 90_000;

/// A segment is not closed before it is so long, unless the next place to cut would make it too long. Shorter ones
/// cost requests, longer ones delay.
const SHORTEST: Ticks = 4 * SECOND;

/// The same for the first segments of a channel, so that a player gets its first ones soon.
const SHORTEST_AT_START: Ticks = 2 * SECOND;

/// How many segments count as the first ones: a player asks for three before it starts.
const AT_START: u64 = 3;

/// Target durations that a playlist may have, in seconds. It must never change (RFC 8216, section 4.3.3.1), so it is
/// chosen once, as short as the picture groups of the channel allow: players stay three of them behind.
const TARGETS: [u32; 3] = [6, 8, 12];

/// The longest of them, which holds until it is chosen. Entries come every ten seconds at the latest.
pub(super) const LONGEST_TARGET: u32 = 12;

/// Presentation times may run ahead of the clock by a decoder's buffer, and that lead changes a little; two measures of
/// one piece that differ by more mean that its presentation times cannot be trusted.
const DRIFT: Ticks = 3 * SECOND / 2;

/// Less than a picture's time makes no segment.
const NOTHING: Ticks = SECOND / 10;

/// A segment to be.
#[derive(Debug)]
pub(super) struct Piece {
    /// Its first chunk, without the bytes: entry, counters and program.
    pub(super) opening: Chunk,
    /// Its chunks by their indexes in the ring.
    pub(super) indexes: Range<u64>,
    /// Its bytes, shared with the ring.
    pub(super) bytes: Vec<Bytes>,
    /// The presentation time of its first picture.
    pub(super) start: Ticks,
    /// Time to the first picture of the next.
    pub(super) duration: Ticks,
    /// Clocks, contents or tracks do not continue those of the piece before.
    pub(super) after_break: bool,
    /// The longest time between two entries so far.
    pub(super) longest_gap: Ticks,
}

/// Cuts a channel into pieces.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    open: Option<Open>,
    /// What comes next does not continue what came before.
    broken: bool,
    last_entry: Option<Ticks>,
    longest_gap: Ticks,
    made: u64,
}

#[derive(Debug)]
struct Open {
    piece: Piece,
    /// Position of the newest chunk.
    last: Ticks,
    /// Time between the two newest chunks: about as long as the newest one is.
    step: Ticks,
}

impl Cutter {
    /// Takes the next chunk and gives back the piece that it ended, if it ended one. `target` is the target duration in
    /// seconds; `skipped` says that chunks before this one are lost.
    pub(super) fn push(&mut self, index: u64, chunk: &Chunk, skipped: bool, target: u32) -> Option<Piece> {
        let broken = skipped || chunk.broken || self.has_changed(chunk);
        let closed = if broken { self.interrupt() } else { self.cut_before(chunk, index, target) };
        self.note_entry(chunk, broken);
        self.take(index, chunk);
        closed
    }

    /// Ends the open piece where its chunks end.
    pub(super) fn close(&mut self) -> Option<Piece> {
        self.broken = true;
        let open = self.open.take()?;
        let duration = open.last - open.piece.opening.position + open.step;
        self.finish(open, duration)
    }

    /// Ends the open piece, which nothing continues, so that its last picture may be half of one.
    pub(super) fn interrupt(&mut self) -> Option<Piece> {
        let mut piece = self.close()?;
        if let Some(video) = piece.opening.program.video() {
            ts::drop_last_picture(&mut piece.bytes, video.pid);
        }
        Some(piece)
    }

    /// How long the open piece is going to be at least, whatever the target.
    pub(super) fn open_for(&self) -> Ticks {
        // The next chunk may come before the target is looked at again.
        self.open.as_ref().map_or(0, |open| open.last - open.piece.opening.position + 2 * open.step)
    }

    fn has_changed(&self, chunk: &Chunk) -> bool {
        let program = self.open.as_ref().map(|open| &open.piece.opening.program);
        program.is_some_and(|program| !Arc::ptr_eq(program, &chunk.program) && **program != *chunk.program)
    }

    fn cut_before(&mut self, chunk: &Chunk, index: u64, target: u32) -> Option<Piece> {
        let open = self.open.as_ref()?;
        let elapsed = chunk.position.saturating_sub(open.piece.opening.position);
        let most = Ticks::from(target) * SECOND;
        let shortest = if self.made < AT_START { SHORTEST_AT_START } else { SHORTEST };
        let is_due = match chunk.entry {
            Some(_) => elapsed >= shortest || elapsed + self.longest_gap > most,
            // There was no place to cut, and the next chunk would be too much.
            None => elapsed + chunk.position.saturating_sub(open.last) > most,
        };
        if !is_due {
            return None;
        }
        let open = self.open.take()?;
        let shown = chunk.entry.map(|entry| entry.pts.saturating_sub(open.piece.start));
        // No segment may be longer than the target when rounded (RFC 8216, section 4.3.3.1).
        let fits = |shown: &Ticks| shown.abs_diff(elapsed) <= DRIFT && *shown < most + SECOND / 2;
        let duration = shown.filter(fits).unwrap_or(elapsed);
        if chunk.entry.is_none() {
            // Goes on within a picture group, so that nothing is missing.
            self.open = Some(Open::begin(index, chunk, open.piece.start + duration, false));
        }
        self.finish(open, duration)
    }

    fn finish(&mut self, open: Open, duration: Ticks) -> Option<Piece> {
        if duration < NOTHING {
            // Its break, if it had one, is now before the next piece.
            self.broken |= open.piece.after_break;
            return None;
        }
        self.made += 1;
        Some(Piece { duration, longest_gap: self.longest_gap, ..open.piece })
    }

    fn note_entry(&mut self, chunk: &Chunk, broken: bool) {
        if chunk.entry.is_some() || broken {
            if let Some(last) = self.last_entry.filter(|_| !broken) {
                self.longest_gap = self.longest_gap.max(chunk.position.saturating_sub(last));
            }
            self.last_entry = chunk.entry.is_some().then_some(chunk.position);
        }
    }

    fn take(&mut self, index: u64, chunk: &Chunk) {
        match (&mut self.open, chunk.entry) {
            (Some(open), _) => open.add(index, chunk),
            (None, Some(entry)) => {
                let after_break = std::mem::take(&mut self.broken);
                let mut open = Open::begin(index, chunk, entry.pts, after_break);
                open.add(index, chunk);
                self.open = Some(open);
            }
            // After a break nothing can be shown before the next entry.
            (None, None) => {}
        }
    }
}

impl Open {
    fn begin(index: u64, chunk: &Chunk, start: Ticks, after_break: bool) -> Self {
        let piece = Piece {
            opening: Chunk { bytes: Bytes::new(), ..chunk.clone() },
            indexes: index..index,
            bytes: Vec::new(),
            start,
            duration: 0,
            after_break,
            longest_gap: 0,
        };
        Self { piece, last: chunk.position, step: 0 }
    }

    fn add(&mut self, index: u64, chunk: &Chunk) {
        self.step = chunk.position.saturating_sub(self.last);
        self.last = self.last.max(chunk.position);
        self.piece.indexes.end = index + 1;
        self.piece.bytes.push(chunk.bytes.clone());
    }
}

/// The target duration for a channel whose entries are at most `gap` apart and whose longest segment takes `longest`.
pub(super) fn choose_target(longest: Ticks, gap: Ticks) -> u32 {
    let fits = |target: &&u32| {
        let target = Ticks::from(**target) * SECOND;
        // The first entry after the shortest time comes in time, and what is there fits already.
        SHORTEST + gap <= target && longest <= target
    };
    TARGETS.iter().find(fits).copied().unwrap_or(LONGEST_TARGET)
}

/// Ticks as time.
pub(super) fn time(ticks: Ticks) -> Duration {
    crate::live::ring::duration(ticks)
}

#[cfg(test)]
mod tests;
