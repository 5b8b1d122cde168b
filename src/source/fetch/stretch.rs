//! Which pieces a lane fetches next, and what it tells others of it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::lane::Lane;
use super::supply::Supply;
use crate::cache::Claim;

/// A lane claims at most so much. Short, so that a reader who jumps ahead, or another source, gets a connection of
/// its own there.
const LONGEST: u64 = 8 << 20;

/// A lane claims what it can fetch in so much time: a slow one must not keep others away from what is needed soon.
const NEAR: u64 = 2;

/// What a lane claims, in bytes, that does not know yet how fast it is.
const UNKNOWN: u64 = 512 << 10;

/// A lane that has received nothing for so long has lost its claim, and asks whether somebody else has it now.
const STALE: Duration = Duration::from_secs(2);

/// How often a lane says that it moves, and looks whether others were faster.
const SIGN_OF_LIFE: Duration = Duration::from_millis(200);

/// So many bytes tell how fast a lane is, however quickly they came.
const TELLING: u64 = 512 << 10;

impl Supply {
    /// How many bytes a lane claims at once; it always takes one piece.
    pub(super) fn stride(&self) -> u64 {
        self.claimant.pace().map_or(UNKNOWN, |pace| pace.saturating_mul(NEAR).min(LONGEST))
    }
}

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
    pub(super) fn still_ours(&mut self, piece: usize, bytes: u64) -> bool {
        let silence = self.heard.elapsed();
        let is_time = self.show_life(bytes);
        if silence >= STALE {
            self.claims.clear();
            return self.claim_again(piece);
        }
        !is_time || !self.is_final(piece)
    }

    /// Says that bytes came, and how fast, so that others stay away from what this lane has claimed. Returns
    /// whether it was time to say so.
    pub(super) fn show_life(&mut self, bytes: u64) -> bool {
        let now = Instant::now();
        self.heard = now;
        self.came += bytes;
        let time = now - self.told;
        if time < SIGN_OF_LIFE && self.came < TELLING {
            return false;
        }
        self.supply.claimant.measured(std::mem::take(&mut self.came), time);
        self.told = now;
        self.claims.iter().for_each(Claim::refresh);
        self.let_go();
        true
    }

    /// Starts to measure anew: a response begins.
    pub(super) fn begin(&mut self) {
        (self.told, self.came) = (Instant::now(), 0);
    }

    /// Lets go of what takes much longer than was thought when it was claimed.
    fn let_go(&mut self) {
        let layout = &self.supply.layout;
        let piece = layout.piece_at(self.place.from.load(Ordering::Relaxed));
        let near = piece + (self.supply.stride() / layout.piece_length).max(1) as usize;
        if self.claims.back().is_none_or(|claim| claim.pieces().end <= near + (near - piece)) {
            return;
        }
        self.claims.retain(|claim| claim.pieces().start < near);
        if let Some(last) = self.claims.back_mut() {
            last.shorten(near);
            self.place.until.store(layout.content_range(last.pieces().end - 1).end, Ordering::Relaxed);
        }
    }

    /// Whether `piece` is claimed by this lane and missing.
    pub(super) fn covers(&mut self, piece: usize) -> bool {
        self.claims.retain(|claim| claim.pieces().end > piece);
        self.holds(piece) && !self.is_final(piece)
    }

    /// Claims what comes behind `piece`. To be called before others see that `piece` is there, and no sooner,
    /// because a slow lane takes long for one piece.
    pub(super) fn claim_behind(&mut self, piece: usize) {
        let next = self.supply.layout.content_range(piece).end;
        // A slow lane that is in nobody's way here might be a piece further on.
        let may_go_on = !self.supply.is_crowded() && self.supply.claimant.overtaken().is_none();
        if next < self.end && may_go_on && !self.holds(piece + 1) {
            let claim = self.supply.claimant.claim(next, self.supply.stride().min(self.end - next));
            claim.into_iter().for_each(|claim| self.hold(claim));
        }
    }

    /// Claims `piece` and what follows once more. Returns false if somebody else has it by now.
    pub(super) fn claim_again(&mut self, piece: usize) -> bool {
        let start = self.supply.layout.content_range(piece).start;
        let claim = self.supply.claimant.claim(start, self.supply.stride());
        claim.map(|claim| self.hold(claim)).is_some()
    }

    pub(super) fn hold(&mut self, claim: Claim) {
        let last = claim.pieces().end - 1;
        self.place.until.store(self.supply.layout.content_range(last).end, Ordering::Relaxed);
        self.claims.push_back(claim);
    }

    fn holds(&self, piece: usize) -> bool {
        self.claims.iter().any(|claim| claim.pieces().contains(&piece))
    }

    /// How far to ask: up to the end, but not into pieces that others have or fetch. While others are at work, not
    /// even where they may be soon: a request that is cut short has cost what was under way.
    pub(super) fn reach(&self, piece: usize) -> u64 {
        let (layout, file) = (&self.supply.layout, &self.supply.file);
        let held = self.claims.back().map_or(piece + 1, |claim| claim.pieces().end.max(piece + 1));
        let mut reach = layout.content_range(held - 1).end;
        let is_alone = self.supply.claimant.is_alone();
        while is_alone && reach < self.end && file.missing_from(reach) == reach && !file.is_claimed(reach) {
            reach = layout.content_range(layout.piece_at(reach)).end;
        }
        reach
    }

    fn is_final(&self, piece: usize) -> bool {
        let start = self.supply.layout.content_range(piece).start;
        self.supply.file.missing_from(start) > start
    }
}
