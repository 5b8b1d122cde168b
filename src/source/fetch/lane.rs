//! A lane: fetches pieces one after another, from one connection at a time, and hands them to the cache file.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::fault::{Fault, Patience};
use super::run::Run;
use super::supply::{Linked, Place, Supply};
use super::{Container, Refusal};
use crate::cache::Claim;
use crate::source::SourceError;

/// As many of the first bytes tell every kind of file.
const LOOK: u64 = 1024;

/// One lane.
pub(super) struct Lane {
    pub(super) supply: Arc<Supply>,
    pub(super) linked: Arc<Linked>,
    pub(super) run: Option<Run>,
    pub(super) place: Arc<Place>,
    pub(super) claims: VecDeque<Claim>,
    /// The content byte up to which it works.
    pub(super) end: u64,
    pub(super) patience: Patience,
    /// Whether what was fetched last came from several addresses.
    is_mixed: bool,
    /// When bytes came last.
    pub(super) heard: Instant,
    /// When it last said so, and how many bytes have come since.
    pub(super) told: Instant,
    pub(super) came: u64,
}

/// What may become of the piece that is being fetched meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meanwhile {
    /// Others may finish it or take it over, and then it is left to them.
    Contested(usize),
    /// It is needed from this very origin.
    Own,
}

impl Lane {
    pub(super) fn new(supply: Arc<Supply>, place: Arc<Place>) -> Self {
        let now = Instant::now();
        Self {
            linked: supply.linked(),
            supply,
            run: None,
            place,
            claims: VecDeque::new(),
            end: 0,
            patience: Patience::default(),
            is_mixed: false,
            heard: now,
            told: now,
            came: 0,
        }
    }

    /// Fetches pieces from the start of `claim` on, up to content byte `end`, or to the first piece that somebody
    /// else has or fetches, or until the connection is needed elsewhere.
    pub(super) async fn fill(mut self, claim: Claim, end: u64) -> Result<(), SourceError> {
        let mut piece = claim.pieces().start;
        self.end = end;
        self.hold(claim);
        while self.covers(piece) {
            let own = self.supply.layout.content_range(piece);
            self.place.from.store(own.start, Ordering::Relaxed);
            if !self.piece(piece).await? {
                break;
            }
            piece = self.behind(piece);
        }
        Ok(())
    }

    /// Reads the first bytes only, to see whether the origin has the content at all.
    pub(super) async fn greet(mut self) -> Result<(), SourceError> {
        let head = 0..self.supply.file.length().min(LOOK);
        self.get(&head, head.end, Meanwhile::Own, false).await;
        self.supply.judge();
        Ok(())
    }

    /// Makes sure that the first bytes behind the address in use have been judged.
    pub(super) async fn look(&mut self) {
        while !self.linked.looked.load(Ordering::Relaxed) {
            let head = 0..self.supply.file.length().min(LOOK);
            self.get(&head, head.end, Meanwhile::Own, false).await;
        }
    }

    /// Fetches a piece and hands it over. Returns whether this lane may go on behind it.
    async fn piece(&mut self, piece: usize) -> Result<bool, SourceError> {
        let own = self.supply.layout.content_range(piece);
        let _room = self.reserve(piece).await;
        self.agree(own.start).await?;
        let proves_itself = self.supply.has_hashes() && !self.supply.layout.is_shared(piece);
        let reach = self.reach(piece);
        let Some(bytes) = self.get(&own, reach, Meanwhile::Contested(piece), proves_itself).await else {
            return Ok(false);
        };
        self.claim_behind(piece);
        if self.supply.layout.is_shared(piece) {
            return self.settle_edge(piece, bytes).await;
        }
        if !self.supply.has_hashes() {
            return self.put_compared(piece, bytes).await;
        }
        if self.is_mixed {
            return self.put_mixed(piece, &own, bytes).await;
        }
        self.put(piece, bytes).await?;
        Ok(true)
    }

    /// Fetches `range` in as many requests as it takes; those that start ask for everything up to `reach`, because
    /// that is wanted next. `None` if others have the piece meanwhile. `keep` says that what came from one address
    /// may be completed from another.
    pub(super) async fn get(
        &mut self,
        range: &Range<u64>,
        reach: u64,
        meanwhile: Meanwhile,
        keep: bool,
    ) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity((range.end - range.start) as usize);
        self.is_mixed = false;
        loop {
            let fault = match self.pull(range, reach, meanwhile, &mut bytes).await {
                Ok(whole) => return whole.then_some(bytes),
                Err(fault) => fault,
            };
            self.run = None;
            // Whoever can deliver at once need not wait until it is clear that this lane does not move.
            self.supply.claimant.forget_pace();
            self.claims.clear();
            match self.patience.after(&fault).filter(|_| !self.is_hasty()) {
                Some(pause) => {
                    self.supply.note(fault.into_refusal().to_string());
                    tokio::time::sleep(pause).await;
                }
                None => {
                    let refusal = fault.into_refusal();
                    if !keep || refusal == Refusal::OtherFile {
                        bytes.clear();
                    }
                    self.is_mixed = !bytes.is_empty();
                    self.renew(refusal).await;
                }
            }
            if let Meanwhile::Contested(piece) = meanwhile
                && !self.claim_again(piece)
            {
                return None;
            }
        }
    }

    /// Whether the address in use gets no second chance: a dead server takes seconds to be silent, and others wait.
    fn is_hasty(&self) -> bool {
        !self.linked.answered.load(Ordering::Relaxed) && self.supply.origin.others() > 0
    }

    /// Reads into `bytes` until they are all of `range`. Returns whether they are: others may have the piece.
    async fn pull(
        &mut self,
        range: &Range<u64>,
        reach: u64,
        meanwhile: Meanwhile,
        bytes: &mut Vec<u8>,
    ) -> Result<bool, Fault> {
        while range.start + (bytes.len() as u64) < range.end {
            let at = range.start + bytes.len() as u64;
            if self.run.as_ref().is_none_or(|run| run.at() != at) {
                // The old one goes first, so that its connection is free.
                self.run = None;
                // Where a hash judges each piece, only the parts of one piece must come from one version.
                let same = at > range.start || !self.supply.has_hashes();
                let wanted = at..reach.max(range.end);
                self.run = Some(Run::open(&self.supply, &self.linked, wanted, same).await?);
                self.begin();
            }
            let Some(run) = &mut self.run else { continue };
            if range.start > 0 {
                self.supply.judge();
            }
            let Some(chunk) = run.next(range.end - at).await? else {
                self.run = None;
                continue;
            };
            self.patience.gained();
            let came = chunk.len() as u64;
            bytes.extend_from_slice(&chunk);
            if range.start == 0 {
                self.judge_head(range, bytes)?;
            }
            match meanwhile {
                Meanwhile::Contested(piece) if !self.still_ours(piece, came) => return Ok(false),
                Meanwhile::Contested(_) => {}
                Meanwhile::Own => {
                    self.show_life(came);
                }
            }
        }
        Ok(true)
    }

    /// Judges the first bytes of the file once there are enough of them.
    fn judge_head(&self, range: &Range<u64>, bytes: &[u8]) -> Result<(), Fault> {
        let enough = bytes.len() as u64 >= LOOK.min(range.end);
        if !enough || self.linked.looked.load(Ordering::Relaxed) {
            return Ok(());
        }
        if let Some(expected) = self.supply.expect.container {
            let kind = Container::sniff(bytes);
            if kind.is_none() || kind != Some(expected) && !self.supply.has_hashes() {
                return Err(Fault::Refused(Refusal::OtherFile));
            }
        }
        self.linked.looked.store(true, Ordering::Relaxed);
        self.supply.judge();
        Ok(())
    }

    /// Asks for another address, and waits until there is one.
    pub(super) async fn renew(&mut self, refusal: Refusal) {
        let number = self.linked.number;
        self.supply.note(refusal.to_string());
        if self.supply.linked().number == number {
            // Whoever steers lives as long as this lane.
            let _ = self.supply.refusals.send((number, refusal)).await;
        }
        let mut linked = self.supply.linked.subscribe();
        let _ = linked.wait_for(|linked| linked.number > number).await;
        self.linked = self.supply.linked();
        self.patience.restore();
    }
}
