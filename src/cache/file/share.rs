//! How sources that write the same file divide the work: whoever starts on a run of pieces claims it, and others
//! fetch something else meanwhile.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::CacheFile;

/// A claim whose holder has received nothing for this long keeps nobody away any more. Shorter than the
/// time after which another source is started, so that the new one may take over at once. A pace that was
/// told so long ago says nothing to others either.
pub(super) const STALE: Duration = Duration::from_secs(2);

/// Who claims without telling a pace.
const ANONYMOUS: u64 = 0;

/// The runs of pieces that somebody is fetching.
#[derive(Debug, Default)]
pub(super) struct Claims(Mutex<Table>);

#[derive(Debug, Default)]
pub(super) struct Table {
    next: u64,
    pub(super) open: Vec<Entry>,
    pub(super) paces: Vec<Pace>,
}

#[derive(Debug)]
pub(super) struct Entry {
    id: u64,
    pub(super) claimant: u64,
    pieces: Range<usize>,
    /// Whether somebody else was there first.
    contests: bool,
    /// When its holder last received something.
    moved: Instant,
}

#[derive(Debug)]
pub(super) struct Pace {
    pub(super) claimant: u64,
    /// Bytes per second.
    pub(super) rate: u64,
    pub(super) told: Instant,
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
        self.claim_as(ANONYMOUS, offset, most)
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

    pub(super) fn claim_as(&self, claimant: u64, offset: u64, most: u64) -> Option<Claim> {
        let layout = self.layout().filter(|_| offset < self.length())?;
        let first = layout.piece_at(offset);
        let limit = (first + (most / layout.piece_length).max(1) as usize).min(layout.pieces());
        let mut table = self.inner.claims.table();
        let end = (first..limit).find(|piece| self.is_final(*piece) || table.holds(*piece)).unwrap_or(limit);
        (end > first).then(|| self.enter(&mut table, claimant, first..end, false))
    }

    /// Notes a claim in the table of this file.
    pub(super) fn enter(
        &self,
        table: &mut Table,
        claimant: u64,
        pieces: Range<usize>,
        contests: bool,
    ) -> Claim {
        let id = table.number();
        table.open.push(Entry { id, claimant, pieces: pieces.clone(), contests, moved: Instant::now() });
        Claim { id, pieces, file: self.clone() }
    }

    pub(super) fn is_final(&self, piece: usize) -> bool {
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
        if let Some(entry) = table.entry(self.id) {
            entry.moved = Instant::now();
        }
    }

    /// Lets go of the pieces from `end` on, but never of the first one.
    pub fn shorten(&mut self, end: usize) {
        let end = end.clamp(self.pieces.start + 1, self.pieces.end);
        if std::mem::replace(&mut self.pieces.end, end) == end {
            return;
        }
        if let Some(entry) = self.file.inner.claims.table().entry(self.id) {
            entry.pieces.end = end;
        }
        self.file.inner.changes.send_replace(());
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
    pub(super) fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// A number that nobody has had before; never that of the anonymous.
    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn entry(&mut self, id: u64) -> Option<&mut Entry> {
        self.open.iter_mut().find(|entry| entry.id == id)
    }

    /// Who is fetching `piece`, if nobody contests it yet.
    pub(super) fn only_holder(&self, piece: usize) -> Option<u64> {
        let mut holders = self.holders(piece);
        let holder = holders.next()?;
        (!holder.contests && holders.next().is_none()).then_some(holder.claimant)
    }

    fn holders(&self, piece: usize) -> impl Iterator<Item = &Entry> {
        self.open.iter().filter(move |entry| entry.pieces.contains(&piece) && entry.moves())
    }

    fn holds(&self, piece: usize) -> bool {
        self.holders(piece).next().is_some()
    }

    /// The pace of a claimant, if it was told within `time`.
    pub(super) fn rate(&self, claimant: u64, time: Duration) -> Option<u64> {
        let told = self.paces.iter().find(|pace| pace.claimant == claimant)?;
        (told.told.elapsed() < time).then_some(told.rate)
    }
}

impl Entry {
    pub(super) fn moves(&self) -> bool {
        self.moved.elapsed() < STALE
    }
}
