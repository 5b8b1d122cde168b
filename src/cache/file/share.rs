//! How sources that write the same file divide the work: whoever starts on a run of pieces claims it, and others
//! fetch something else meanwhile.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::CacheFile;

/// A claim whose holder has received nothing for this long keeps nobody away any more. Shorter than the
/// time after which another source is started, so that the new one may take over at once.
const STALE: Duration = Duration::from_secs(2);

/// The runs of pieces that somebody is fetching.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    next: u64,
    open: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    pieces: Range<usize>,
    /// When its holder last received something.
    moved: Instant,
}

/// A run of pieces that one source is fetching. Others stay away from it until it is dropped or nothing
/// arrives for two seconds.
#[derive(Debug)]
pub struct Claim {
    id: u64,
    pieces: Range<usize>,
    file: CacheFile,
}

impl CacheFile {
    /// Claims the missing pieces from the one that holds content byte `offset` on, up to the next piece that is
    /// final or claimed, and about `most` bytes, but at least one piece. `None` if there is no such piece.
    pub fn claim(&self, offset: u64, most: u64) -> Option<Claim> {
        let layout = self.layout().filter(|_| offset < self.length())?;
        let first = layout.piece_at(offset);
        let limit = (first + (most / layout.piece_length).max(1) as usize).min(layout.pieces());
        let mut table = self.inner.claims.table();
        let end = (first..limit).find(|piece| self.is_final(*piece) || table.holds(*piece)).unwrap_or(limit);
        if end == first {
            return None;
        }
        table.next += 1;
        let (id, pieces) = (table.next, first..end);
        table.open.push(Entry { id, pieces: pieces.clone(), moved: Instant::now() });
        Some(Claim { id, pieces, file: self.clone() })
    }

    /// Whether somebody is fetching the piece that holds content byte `offset`, and it moves.
    pub fn is_claimed(&self, offset: u64) -> bool {
        self.layout().is_some_and(|layout| self.inner.claims.table().holds(layout.piece_at(offset)))
    }

    /// The first content byte at or after `offset` that is neither final nor claimed; the length if there is none.
    pub fn unclaimed_from(&self, offset: u64) -> u64 {
        let Some(layout) = self.layout() else { return self.length() };
        let mut at = self.missing_from(offset);
        while at < self.length() && self.is_claimed(at) {
            let end = layout.content_range(layout.piece_at(at)).end;
            at = self.missing_from(end);
        }
        at
    }

    fn is_final(&self, piece: usize) -> bool {
        self.pieces().is_none_or(|pieces| pieces.state().have.has(piece))
    }
}

impl Claim {
    /// The claimed pieces of the file.
    pub fn pieces(&self) -> Range<usize> {
        self.pieces.clone()
    }

    /// Says that bytes arrive, which keeps the claim fresh.
    pub fn refresh(&self) {
        let mut table = self.file.inner.claims.table();
        if let Some(entry) = table.open.iter_mut().find(|entry| entry.id == self.id) {
            entry.moved = Instant::now();
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.file.inner.claims.table().open.retain(|entry| entry.id != self.id);
        // Whoever stayed away may now be needed here.
        self.file.inner.changes.send_replace(());
    }
}

impl Claims {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn holds(&self, piece: usize) -> bool {
        self.open.iter().any(|entry| entry.pieces.contains(&piece) && entry.moved.elapsed() < STALE)
    }
}
