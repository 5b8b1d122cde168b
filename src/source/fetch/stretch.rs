//! Which pieces a lane fetches next, and what it tells others of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::lane::Lane;
use crate::cache::Claim;

/// How far ahead of itself a lane claims pieces. Short, so that a reader who jumps ahead, or another source, gets a
/// connection of its own there.
pub(super) const STRIDE: u64 = 8 << 20;

/// A lane that has received nothing for so long has lost its claim, and asks whether somebody else has it now.
const STALE: Duration = Duration::from_secs(2);

/// How often a lane says that it moves, and looks whether others were faster.
const SIGN_OF_LIFE: Duration = Duration::from_millis(200);

impl Lane {
    /// The piece that comes behind `piece`; further on if the run has already brought the one that proved an edge.
    pub(super) fn behind(&self, piece: usize) -> usize {
        let layout = &self.supply.layout;
        match &self.run {
            Some(run) if run.at() >= self.supply.file.length() => layout.pieces(),
            Some(run) => layout.piece_at(run.at()).max(piece + 1),
            None => piece + 1,
        }
    }

    /// Says that bytes of `piece` came. Returns false if somebody else has it by now, or fetches it because this
    /// lane was silent for too long.
    pub(super) fn still_ours(&mut self, piece: usize) -> bool {
        let now = Instant::now();
        let silence = now - std::mem::replace(&mut self.heard, now);
        if silence < STALE && now - self.told < SIGN_OF_LIFE {
            return true;
        }
        if silence >= STALE {
            self.told = now;
            self.claims.clear();
            return self.claim_again(piece);
        }
        self.show_life();
        !self.is_final(piece)
    }

    /// Says that bytes came, so that others stay away from what this lane has claimed.
    pub(super) fn show_life(&mut self) {
        let now = Instant::now();
        self.heard = now;
        if now - self.told >= SIGN_OF_LIFE {
            self.told = now;
            self.claims.iter().for_each(Claim::refresh);
        }
    }

    /// Whether `piece` is missing, before `end`, and claimed by this lane. The piece behind it is claimed too,
    /// before somebody else sees that it is free.
    pub(super) fn covers(&mut self, piece: usize, end: u64) -> bool {
        self.claims.retain(|claim| claim.pieces().end > piece);
        let layout = &self.supply.layout;
        let is_held = |lane: &Self, piece| lane.claims.iter().any(|claim| claim.pieces().contains(&piece));
        let next = layout.content_range(piece).end;
        if next < end && !is_held(self, piece + 1) && !self.supply.is_crowded() {
            let claim = self.supply.file.claim(next, STRIDE.min(end - next));
            claim.into_iter().for_each(|claim| self.hold(claim));
        }
        is_held(self, piece) && !self.is_final(piece)
    }

    /// Claims `piece` and what follows once more. Returns false if somebody else has it by now.
    pub(super) fn claim_again(&mut self, piece: usize) -> bool {
        let start = self.supply.layout.content_range(piece).start;
        let claim = self.supply.file.claim(start, STRIDE);
        claim.map(|claim| self.hold(claim)).is_some()
    }

    pub(super) fn hold(&mut self, claim: Claim) {
        let last = claim.pieces().end - 1;
        self.place.until.store(self.supply.layout.content_range(last).end, Ordering::Relaxed);
        self.claims.push_back(claim);
    }

    /// How far to ask: up to `end`, but not into pieces that others have or fetch.
    pub(super) fn reach(&self, piece: usize, end: u64) -> u64 {
        let (layout, file) = (&self.supply.layout, &self.supply.file);
        let held = self.claims.back().map_or(piece + 1, |claim| claim.pieces().end.max(piece + 1));
        let mut reach = layout.content_range(held - 1).end;
        while reach < end && file.missing_from(reach) == reach && !file.is_claimed(reach) {
            reach = layout.content_range(layout.piece_at(reach)).end;
        }
        reach
    }

    fn is_final(&self, piece: usize) -> bool {
        let start = self.supply.layout.content_range(piece).start;
        self.supply.file.missing_from(start) > start
    }
}
