//! Where an origin should fetch for a reader, beside what others fetch for him already.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use super::gap::Gap;
use super::slot::Slot;
use super::supply::Supply;
use crate::cache::Claim;
use crate::source::waits::Waits;

/// A reader who waits this long for a piece that somebody else is fetching gets it from here too, if this is
/// faster. Before that the other one has most likely finished it.
const CONTEST: Duration = Duration::from_millis(1500);

/// A reader who waits this long for a piece that nobody is fetching gets it from here, however slow this is: a
/// faster one would have taken it by now.
const LEFT: Duration = Duration::from_millis(500);

/// What is wanted of an origin.
pub(super) struct Wish {
    /// What one request may ask for.
    pub(super) run: Range<u64>,
    pub(super) rank: Rank,
}

/// How its place relates to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// It is what he misses first.
    Next,
    /// It is what he misses first, somebody else is fetching it, and he has waited for long.
    Contested,
    /// It is what he misses behind that which somebody else is fetching.
    Behind,
}

impl Wish {
    /// What is wanted for the reader with this `gap`, if anything is beside what `lanes` and others do.
    pub(super) fn of(gap: &Gap, supply: &Supply, lanes: &[Slot], waits: &Waits) -> Option<Self> {
        let mut at_work = lanes.iter().filter(|slot| !slot.contests);
        if at_work.clone().any(|slot| slot.covers(gap.offset)) {
            return None;
        }
        let free = supply.file.unclaimed_from(gap.offset);
        let waited = waits.time(gap.offset, Instant::now()).unwrap_or_default();
        if free > gap.offset {
            if waited >= CONTEST && supply.is_well() && supply.claimant.may_contest(gap.offset) {
                let piece = supply.layout.content_range(supply.layout.piece_at(gap.offset));
                return Some(Self { run: gap.offset..piece.end, rank: Rank::Contested });
            }
            if at_work.any(|slot| slot.is_for(gap)) {
                return None;
            }
        }
        let start =
            if waited >= LEFT && free == gap.offset { free } else { supply.out_of_the_way(free, gap) };
        let rank = if start == gap.offset { Rank::Next } else { Rank::Behind };
        gap.run_from(start).map(|run| Self { run, rank })
    }

    /// Claims the beginning of it. `None` if somebody else was faster.
    pub(super) fn claim(&self, supply: &Supply) -> Option<Claim> {
        match self.rank {
            Rank::Contested => supply.claimant.contest(self.run.start),
            Rank::Next | Rank::Behind => {
                let most = supply.stride().min(self.run.end - self.run.start);
                supply.claimant.claim(self.run.start, most)
            }
        }
    }
}

impl Supply {
    /// Where to begin at or behind content byte `free` without being in the way of a faster source, which
    /// would have to stop there and wait.
    fn out_of_the_way(&self, free: u64, gap: &Gap) -> u64 {
        let Some(times) = self.claimant.overtaken() else { return free };
        // Half as much again as the other one fetches while this one is busy with one piece.
        let lead = self.layout.piece_length.saturating_mul(times) / 2 * 3;
        self.file.unclaimed_from(free.max(gap.offset.saturating_add(lead)).min(self.file.length()))
    }
}
