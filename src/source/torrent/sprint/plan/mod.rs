//! Which block is asked of whom, without any network: targets and what was heard go in, requests and what is to be
//! taken back come out.

mod blame;
mod choose;
mod overdue;
mod overtake;
mod stretch;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use fixedbitset::FixedBitSet;
use tokio::time::Instant;

use super::super::wire::{BLOCK, Block};
use super::Geometry;
use super::early::EarlyBlock;
use super::peer::Peer;
use work::Work;

/// Readers are taken to want this many bytes in a second, so that the far end of one window can be weighed against
/// the start of another. Twice what the largest films need.
const READING: f64 = 16_000_000.0;

/// They want no less than this, however slow their swarm is.
const LEAST_READING: f64 = 100_000.0;

/// Bytes of unfinished pieces that are kept after their readers have gone elsewhere: players go back. Of larger pieces
/// it is one, the fullest.
const KEPT: u64 = 8 << 20;

/// A connection, by a number that no other one had before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PeerKey(pub(super) u64);

/// The connections.
pub(super) type Peers = BTreeMap<PeerKey, Peer>;

/// Pieces that are wanted one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Target {
    /// The pieces, the first of which is wanted first.
    pub(in crate::source) pieces: Range<u32>,
    /// When the first one is wanted, from now on.
    pub(in crate::source) due: Duration,
}

/// All bytes of a piece, not verified yet.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::source) struct FullPiece {
    /// Its index in the torrent.
    pub(in crate::source) piece: u32,
    /// Its bytes.
    pub(in crate::source) data: Vec<u8>,
}

/// Bytes that came, by use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) useful: u64,
    pub(super) needless: u64,
    /// Of pieces that did not match their hash.
    pub(super) wrong: u64,
}

/// What is fetched, from whom, and what was learnt of whom.
#[derive(Debug)]
pub(super) struct Planner {
    geometry: Geometry,
    /// Wanted pieces in the order in which they are.
    order: Vec<u32>,
    /// Those of them for which a reader waits: the first missing one of each target.
    awaited: Vec<u32>,
    targets: Vec<Target>,
    work: BTreeMap<u32, Work>,
    /// Pieces that need not be fetched, although targets may name them until those who aim have seen it.
    done: FixedBitSet,
    trust: blame::Trust,
    traffic: Traffic,
    stretch: Option<stretch::Stretch>,
    /// When everybody was last looked at; `None` if that is due.
    looked: Option<Instant>,
    /// Those from whom something came since.
    roused: BTreeSet<PeerKey>,
    /// Bytes per second that all open connections were seen to bring then.
    rate: f64,
    /// How soon those who have brought something would have brought a block then.
    ranking: Vec<(Duration, PeerKey)>,
}

impl Planner {
    pub(super) fn new(geometry: Geometry) -> Self {
        Self {
            geometry,
            order: Vec::new(),
            awaited: Vec::new(),
            targets: Vec::new(),
            work: BTreeMap::new(),
            done: FixedBitSet::with_capacity(geometry.pieces() as usize),
            trust: blame::Trust::default(),
            traffic: Traffic::default(),
            stretch: None,
            looked: None,
            roused: BTreeSet::new(),
            rate: 0.0,
            ranking: Vec::new(),
        }
    }

    pub(super) fn geometry(&self) -> Geometry {
        self.geometry
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Whether something is wanted that is not here.
    pub(super) fn is_busy(&self) -> bool {
        !self.order.is_empty()
    }

    /// Whether a peer has something that is wanted.
    pub(super) fn wants_of(&self, peer: &Peer) -> bool {
        self.order.iter().any(|piece| peer.has(*piece))
    }

    /// Notes that a piece need not be fetched any more, whoever has brought it.
    pub(super) fn settle(&mut self, piece: u32, peers: &mut Peers) {
        if piece < self.geometry.pieces() && !self.done.put(piece as usize) {
            if let Some(mut work) = self.work.remove(&piece) {
                work.take_back(piece, self.geometry, peers);
            }
            self.sort();
        }
    }

    /// These pieces are missing, whether they were here before or not. To be told before they are aimed at.
    pub(super) fn renew(&mut self, pieces: &BTreeSet<u32>) {
        for piece in pieces.iter().filter(|piece| **piece < self.geometry.pieces()) {
            self.done.set(*piece as usize, false);
        }
    }

    /// A full piece was kept by nobody. If it is wanted again it has to come again.
    pub(super) fn forget(&mut self, piece: u32) {
        if self.work.get(&piece).is_some_and(Work::is_checking) {
            self.work.remove(&piece);
        }
    }

    /// What is wanted from now on. Requests for anything else are taken back at once.
    pub(super) fn aim(&mut self, targets: Vec<Target>, peers: &mut Peers) {
        self.targets = targets;
        self.sort();
        let wanted: BTreeSet<u32> = self.order.iter().copied().collect();
        let geometry = self.geometry;
        let mut left: Vec<(u64, u32)> = Vec::new();
        for (piece, work) in &mut self.work {
            if !wanted.contains(piece) && !work.is_checking() {
                // What is on its way cannot be stopped, and has a place to go to.
                let blocks = work.here() + work.take_back(*piece, geometry, peers);
                left.push((blocks as u64 * u64::from(BLOCK), *piece));
            }
        }
        left.sort_unstable_by(|a, b| b.cmp(a));
        let mut room = KEPT.max(u64::from(geometry.size(0)));
        for (bytes, piece) in left {
            if bytes > 0 && bytes <= room {
                room -= bytes;
            } else {
                self.work.remove(&piece);
            }
        }
    }

    /// Bytes per second that a reader is taken to want. Nobody reads faster than his bytes come, so that who waits for
    /// something else is not kept waiting for what nobody will read soon.
    pub(super) fn reading(&self) -> f64 {
        if self.rate > 0.0 { READING.min(self.rate.max(LEAST_READING)) } else { READING }
    }

    fn sort(&mut self) {
        self.looked = None;
        let missing = |piece: &u32| *piece < self.geometry.pieces() && !self.done.contains(*piece as usize);
        let piece_time = f64::from(self.geometry.size(0)) / self.reading();
        let mut due: BTreeMap<u32, f64> = BTreeMap::new();
        self.awaited.clear();
        for target in &self.targets {
            for (number, piece) in target.pieces.clone().enumerate().filter(|(_, piece)| missing(piece)) {
                let time = target.due.as_secs_f64() + number as f64 * piece_time;
                due.entry(piece).and_modify(|known| *known = known.min(time)).or_insert(time);
            }
            self.awaited.extend(target.pieces.clone().find(missing));
        }
        let mut order: Vec<(f64, u32)> = due.into_iter().map(|(piece, time)| (time, piece)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.order = order.into_iter().map(|(_, piece)| piece).collect();
    }

    /// Takes a block in that was asked for. The piece comes back once all of it is here; [`Planner::judge`] is
    /// awaited then.
    pub(super) fn take(
        &mut self,
        from: PeerKey,
        block: Block,
        data: Bytes,
        peers: &mut Peers,
    ) -> Option<FullPiece> {
        let length = data.len() as u64;
        let index = (block.begin / BLOCK) as usize;
        let work = self.work.get_mut(&block.piece);
        let Some(work) = work.filter(|work| work.takes(index, from)) else {
            if let Some(work) = self.work.get_mut(&block.piece) {
                work.lose(index, from);
            }
            self.traffic.needless += length;
            return None;
        };
        self.traffic.useful += length;
        for other in work.put(index, from, data) {
            if let Some(peer) = peers.get_mut(&other) {
                peer.cancel(block);
            }
        }
        work.assemble().map(|data| FullPiece { piece: block.piece, data })
    }

    /// Takes over what was asked for before the geometry was known; what does not fit it is taken back.
    pub(super) fn adopt(&mut self, early: Vec<EarlyBlock>, peers: &mut Peers) -> Option<FullPiece> {
        let mut full = None;
        for EarlyBlock { block, of, data } in early {
            let (Some(of), index) = (of, (block.begin / BLOCK) as usize) else { continue };
            let blocks = self.geometry.blocks(block.piece);
            if index >= blocks || self.geometry.block(block.piece, index) != block {
                if let Some(peer) = peers.get_mut(&of) {
                    peer.cancel(block);
                }
                continue;
            }
            self.work.entry(block.piece).or_insert_with(|| Work::new(blocks)).ask(index, of);
            if let Some(data) = data {
                full = full.or(self.take(of, block, data, peers));
            }
        }
        full
    }

    /// Counts bytes that nobody awaited any more.
    pub(super) fn count_needless(&mut self, bytes: usize) {
        self.traffic.needless += bytes as u64;
    }

    /// A request will not be answered, because it was `refused` or for another reason.
    pub(super) fn lose(&mut self, from: PeerKey, block: Block, refused: bool) {
        if let Some(work) = self.work.get_mut(&block.piece) {
            work.lose((block.begin / BLOCK) as usize, from);
            work.disown(from, refused);
            self.looked = None;
        }
    }

    /// A connection is gone.
    pub(super) fn leave(&mut self, gone: PeerKey) {
        self.work.values_mut().for_each(|work| work.leave(gone));
        self.looked = None;
    }

    /// Whether a full piece matched its hash. Those who are proved to lie now come back. A piece that nobody seems to
    /// have right is left alone until somebody comes to want it anew.
    pub(super) fn judge(&mut self, piece: u32, matches: bool, peers: &mut Peers) -> BTreeSet<PeerKey> {
        let Some(work) = self.work.get_mut(&piece).filter(|work| work.is_checking()) else {
            return BTreeSet::new();
        };
        let found = if matches { self.trust.proved(work) } else { self.trust.disproved(work) };
        if !matches {
            // They came for nothing.
            let wasted = (work.blocks() - work.here()) as u64 * u64::from(BLOCK);
            self.traffic.useful = self.traffic.useful.saturating_sub(wasted);
            self.traffic.wrong += wasted;
        }
        if matches || blame::is_hopeless(work) {
            self.settle(piece, peers);
        }
        self.looked = None;
        for doubtful in found.liars.iter().chain(&found.suspects) {
            self.work.values_mut().for_each(|work| work.doubt(*doubtful));
        }
        found.liars
    }

    /// Something was heard of a peer.
    pub(super) fn rouse(&mut self, key: PeerKey) {
        self.roused.insert(key);
        // The first that is known of anybody's rate matters to everybody.
        if self.rate == 0.0 {
            self.looked = None;
        }
    }

    /// Sends requests.
    pub(super) fn plan(&mut self, peers: &mut Peers, now: Instant) {
        choose::Round::new(self, peers, now).run();
    }
}

#[cfg(test)]
mod tests;
