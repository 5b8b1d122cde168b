//! A lane: fetches pieces one after another, from one connection at a time, and hands them to the cache file.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::fault::{Fault, Patience};
use super::run::Run;
use super::supply::{Linked, Place, Supply};
use super::{Container, Refusal, budget};
use crate::cache::{CacheError, Claim, Put};
use crate::source::SourceError;

/// How far ahead of itself a lane claims pieces. Short, so that a reader who jumps ahead, or another source, gets a
/// connection of its own there.
pub(super) const STRIDE: u64 = 8 << 20;

/// A lane that has received nothing for so long has lost its claim, and asks whether somebody else has it now.
const STALE: Duration = Duration::from_secs(2);

/// How often a lane says that it moves, and looks whether others were faster.
const SIGN_OF_LIFE: Duration = Duration::from_millis(200);

/// As many of the first bytes tell every kind of file.
const LOOK: u64 = 1024;

/// One lane.
pub(super) struct Lane {
    pub(super) supply: Arc<Supply>,
    pub(super) linked: Arc<Linked>,
    pub(super) run: Option<Run>,
    place: Arc<Place>,
    claims: VecDeque<Claim>,
    patience: Patience,
    /// When bytes came last.
    heard: Instant,
    /// When it last said so.
    told: Instant,
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
            patience: Patience::default(),
            heard: now,
            told: now,
        }
    }

    /// Fetches pieces from the start of `claim` on, up to content byte `end`, or to the first piece that somebody
    /// else has or fetches, or until the connection is needed elsewhere.
    pub(super) async fn fill(mut self, claim: Claim, end: u64) -> Result<(), SourceError> {
        let mut piece = claim.pieces().start;
        self.hold(claim);
        while self.covers(piece, end) {
            let own = self.supply.layout.content_range(piece);
            self.place.from.store(own.start, Ordering::Relaxed);
            if !self.piece(piece, self.reach(piece, end)).await? {
                break;
            }
            piece += 1;
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

    /// Makes sure that `look` was taken at the first bytes behind the address in use.
    pub(super) async fn look(&mut self) {
        while !self.linked.looked.load(Ordering::Relaxed) {
            let head = 0..self.supply.file.length().min(LOOK);
            self.get(&head, head.end, Meanwhile::Own, false).await;
        }
    }

    /// Fetches a piece and hands it over. Returns whether this lane may go on behind it.
    async fn piece(&mut self, piece: usize, reach: u64) -> Result<bool, SourceError> {
        let own = self.supply.layout.content_range(piece);
        let _room = budget::reserve(self.room_for(piece)).await;
        self.agree(own.start).await?;
        let proves_itself = self.supply.has_hashes() && !self.supply.layout.is_shared(piece);
        let Some(bytes) = self.get(&own, reach, Meanwhile::Contested(piece), proves_itself).await else {
            return Ok(false);
        };
        if self.supply.layout.is_shared(piece) {
            return self.settle_edge(piece, bytes).await;
        }
        if !self.supply.has_hashes() && !self.agree_before(own.start).await? {
            return Ok(false);
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
        loop {
            let fault = match self.pull(range, reach, meanwhile, &mut bytes).await {
                Ok(whole) => return whole.then_some(bytes),
                Err(fault) => fault,
            };
            self.run = None;
            match self.patience.after(&fault) {
                Some(pause) => {
                    self.supply.note(fault.into_refusal().to_string());
                    tokio::time::sleep(pause).await;
                }
                None => {
                    let refusal = fault.into_refusal();
                    if !keep || refusal == Refusal::OtherFile {
                        bytes.clear();
                    }
                    self.renew(refusal).await;
                }
            }
        }
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
                self.run = Some(Run::open(&self.supply, &self.linked, at..reach.max(range.end)).await?);
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
            bytes.extend_from_slice(&chunk);
            if range.start == 0 {
                self.judge_head(range, bytes)?;
            }
            if let Meanwhile::Contested(piece) = meanwhile
                && !self.still_ours(piece)
            {
                return Ok(false);
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

    /// Says that bytes came. Returns false if somebody else has the piece by now, or fetches it because this lane
    /// was silent for too long.
    fn still_ours(&mut self, piece: usize) -> bool {
        let now = Instant::now();
        let silence = now - std::mem::replace(&mut self.heard, now);
        if silence < STALE && now - self.told < SIGN_OF_LIFE {
            return true;
        }
        self.told = now;
        if silence >= STALE {
            self.claims.clear();
            let start = self.supply.layout.content_range(piece).start;
            let Some(claim) = self.supply.file.claim(start, STRIDE) else { return false };
            self.hold(claim);
            return true;
        }
        self.claims.iter().for_each(Claim::refresh);
        !self.is_final(piece)
    }

    /// Whether `piece` is missing, before `end`, and claimed by this lane. The piece behind it is claimed too,
    /// before somebody else sees that it is free.
    fn covers(&mut self, piece: usize, end: u64) -> bool {
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

    fn hold(&mut self, claim: Claim) {
        let last = claim.pieces().end - 1;
        self.place.until.store(self.supply.layout.content_range(last).end, Ordering::Relaxed);
        self.claims.push_back(claim);
    }

    /// How far to ask: up to `end`, but not into pieces that others have or fetch.
    fn reach(&self, piece: usize, end: u64) -> u64 {
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

    /// Offers a whole piece to the cache file.
    pub(super) async fn put(&mut self, piece: usize, bytes: Vec<u8>) -> Result<(), SourceError> {
        let file = self.supply.file.clone();
        match blocking(move || file.put_piece(piece, &bytes)).await? {
            Put::New | Put::Known => {
                self.linked.proved.store(true, Ordering::Relaxed);
                self.accepted();
                Ok(())
            }
            Put::Wrong => {
                self.supply.origin.blame();
                let name = self.supply.origin.name();
                Err(SourceError::NotHere(format!("{name} sent bytes that do not match the torrent")))
            }
        }
    }

    /// Notes that the cache file took a piece.
    pub(super) fn accepted(&mut self) {
        self.patience.restore();
        self.supply.forget_trouble();
        self.supply.accepted.fetch_add(1, Ordering::Relaxed);
    }
}

/// Does a cache file's blocking work away from the runtime's threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CacheError> + Send + 'static,
) -> Result<T, SourceError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(SourceError::Transient("the cache file's writer was stopped".to_owned())),
    }
}
