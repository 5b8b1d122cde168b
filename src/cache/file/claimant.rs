//! Sources that work on the same file as they see each other: who holds what, and who is faster.

use std::time::{Duration, Instant};

use super::CacheFile;
use super::share::{Claim, Pace, STALE, Table};

/// How long a source itself goes by what it has measured. After that it may try again how fast it is.
const FORGOTTEN: Duration = Duration::from_secs(15);

/// How many times faster a source must be to take work from another. With less there is little to gain.
const FASTER: u64 = 2;

/// A source at work on a file, as others who write the same file see it: what it has claimed, and how fast it is.
#[derive(Debug)]
pub struct Claimant {
    id: u64,
    file: CacheFile,
}

impl CacheFile {
    /// One more source that works on this file.
    pub fn claimant(&self) -> Claimant {
        Claimant { id: self.inner.claims.table().number(), file: self.clone() }
    }
}

impl Claimant {
    /// The same as [`CacheFile::claim`].
    pub fn claim(&self, offset: u64, most: u64) -> Option<Claim> {
        self.file.claim_as(self.id, offset, most)
    }

    /// Claims the one piece that holds content byte `offset` although somebody else is fetching it: whoever has
    /// it first wins. `None` if nobody is, if another contests it already, or if this source is the holder
    /// itself or not known to be at least twice as fast. A source that has measured nothing yet may try.
    pub fn contest(&self, offset: u64) -> Option<Claim> {
        let layout = self.file.layout().filter(|_| offset < self.file.length())?;
        let piece = layout.piece_at(offset);
        let mut table = self.file.inner.claims.table();
        self.may_take(&table, piece).then(|| self.file.enter(&mut table, self.id, piece..piece + 1, true))
    }

    /// Whether [`Claimant::contest`] would succeed.
    pub fn may_contest(&self, offset: u64) -> bool {
        let layout = self.file.layout().filter(|_| offset < self.file.length());
        layout.is_some_and(|layout| self.may_take(&self.file.inner.claims.table(), layout.piece_at(offset)))
    }

    fn may_take(&self, table: &Table, piece: usize) -> bool {
        let Some(holder) = table.only_holder(piece).filter(|holder| *holder != self.id) else { return false };
        let theirs = table.rate(holder, STALE).unwrap_or(0);
        let is_faster = |own| own >= theirs.saturating_mul(FASTER);
        !self.file.is_final(piece) && table.rate(self.id, FORGOTTEN).is_none_or(is_faster)
    }

    /// Tells that `bytes` have come within `time` over one connection.
    pub fn measured(&self, bytes: u64, time: Duration) {
        let rate = (bytes as f64 / time.as_secs_f64().max(0.001)) as u64;
        let mut table = self.file.inner.claims.table();
        let before = table.rate(self.id, FORGOTTEN);
        table.paces.retain(|pace| pace.claimant != self.id);
        // One hiccup is no pace; and paces differ by orders of magnitude, so that their sum would tell the larger.
        let rate = before.map_or(rate, |before| (before as f64 * rate as f64).sqrt() as u64).max(1);
        table.paces.push(Pace { claimant: self.id, rate, told: Instant::now() });
    }

    /// Takes back what was measured: it does not hold any more.
    pub fn forget_pace(&self) {
        self.file.inner.claims.table().paces.retain(|pace| pace.claimant != self.id);
    }

    /// Bytes per second over one connection; `None` if nothing has been measured lately.
    pub fn pace(&self) -> Option<u64> {
        self.file.inner.claims.table().rate(self.id, FORGOTTEN)
    }

    /// How many times faster the fastest other source at work is; `None` if that is less than twice.
    pub fn overtaken(&self) -> Option<u64> {
        let table = self.file.inner.claims.table();
        let own = table.rate(self.id, FORGOTTEN)?;
        let others = table.paces.iter().filter(|pace| pace.claimant != self.id);
        let fastest = others.filter(|pace| pace.told.elapsed() < STALE).map(|pace| pace.rate).max()?;
        let times = fastest / own.max(1);
        (times >= FASTER).then_some(times)
    }

    /// Whether nobody else is fetching any piece of the file.
    pub fn is_alone(&self) -> bool {
        let table = self.file.inner.claims.table();
        !table.open.iter().any(|entry| entry.claimant != self.id && entry.moves())
    }
}

impl Drop for Claimant {
    fn drop(&mut self) {
        self.forget_pace();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Cache, CacheLimits, Layout};
    use crate::domain::{ContentKey, FileIndex, InfoHash};

    const PIECE: u64 = 256 << 10;
    const SECOND: Duration = Duration::from_secs(1);

    fn file(folder: &std::path::Path) -> CacheFile {
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let key = ContentKey { info_hash: InfoHash::new([1; 20]), file: FileIndex(0) };
        let cache = Cache::open(folder, limits).unwrap();
        cache.content(key, &Layout::unproved(16 * PIECE), "a.mkv").unwrap()
    }

    #[test]
    fn one_faster_source_at_a_time_contests_what_another_holds() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let [slow, fast, third] = [file.claimant(), file.claimant(), file.claimant()];
        assert!(fast.contest(0).is_none(), "nobody holds it, so that it can be claimed");
        let held = slow.claim(0, 4 * PIECE).unwrap();
        assert!(slow.contest(0).is_none(), "it is the holder");
        slow.measured(50_000, SECOND);
        fast.measured(99_000, SECOND);
        assert!(fast.contest(PIECE).is_none(), "it is hardly faster");
        fast.forget_pace();
        fast.measured(100_000, SECOND);
        let contested = fast.contest(PIECE).unwrap();
        assert_eq!(contested.pieces(), 1..2);
        assert!(third.contest(PIECE).is_none(), "one is enough");
        drop(contested);
        assert!(third.contest(PIECE).is_some(), "it has measured nothing yet");
        drop(held);
        assert_eq!(file.unclaimed_from(0), 0);
    }

    #[test]
    fn a_source_knows_that_another_is_twice_as_fast_until_that_one_takes_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let [slow, fast] = [file.claimant(), file.claimant()];
        fast.measured(100_000, SECOND);
        assert_eq!((slow.overtaken(), slow.pace()), (None, None), "it has not begun");
        slow.measured(60_000, SECOND);
        assert_eq!(slow.overtaken(), None);
        slow.measured(15_000, SECOND);
        assert_eq!((slow.overtaken(), slow.pace()), (Some(3), Some(30_000)));
        assert_eq!(fast.overtaken(), None);
        drop(fast);
        assert_eq!(slow.overtaken(), None);
    }

    #[test]
    fn a_claim_that_shrinks_leaves_its_end_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        let [one, two] = [file.claimant(), file.claimant()];
        let mut claim = one.claim(0, 8 * PIECE).unwrap();
        assert!(one.is_alone() && !two.is_alone());
        let changes = file.changes();
        claim.shorten(3);
        assert!(changes.has_changed().unwrap());
        assert_eq!(two.claim(3 * PIECE, 2 * PIECE).unwrap().pieces(), 3..5);
        claim.shorten(0);
        assert_eq!((claim.pieces(), file.unclaimed_from(0)), (0..1, PIECE));
    }
}
