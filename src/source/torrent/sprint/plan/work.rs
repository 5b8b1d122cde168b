//! One piece that is being fetched: which of its blocks are here, and who was asked for the others.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::blame::Digest;
use super::{Geometry, PeerKey, Peers};

/// A piece that is being fetched.
#[derive(Debug)]
pub(super) struct Work {
    slots: Vec<Slot>,
    here: usize,
    free: usize,
    /// No block before this one is free.
    first_free: usize,
    checking: bool,
    /// How often all of it was here and did not match its hash.
    failures: u32,
    alone: Option<Alone>,
}

/// A piece of which all blocks are to come from one peer, so that it shows who lies.
#[derive(Debug, Default)]
struct Alone {
    owner: Option<PeerKey>,
    /// Those who began and did not go on.
    refused: BTreeSet<PeerKey>,
    /// How many have brought all of it, and it was wrong.
    failures: u32,
}

/// A block of it.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) here: Option<(PeerKey, Bytes)>,
    pub(super) asked: Vec<PeerKey>,
    /// Those who were asked and did not answer in time.
    pub(super) silent: BTreeSet<PeerKey>,
    /// What came for this block when the piece did not match its hash, and from whom.
    pub(super) earlier: Vec<(PeerKey, Digest)>,
}

impl Work {
    pub(super) fn new(blocks: usize) -> Self {
        let slots = (0..blocks).map(|_| Slot::default()).collect();
        Self { slots, here: 0, free: blocks, first_free: 0, checking: false, failures: 0, alone: None }
    }

    pub(super) fn blocks(&self) -> usize {
        self.slots.len()
    }

    /// Number of blocks that are here.
    pub(super) fn here(&self) -> usize {
        self.here
    }

    /// Number of blocks that are neither here nor asked for.
    pub(super) fn free(&self) -> usize {
        self.free
    }

    /// Where to look for the first block that is neither here nor asked for.
    pub(super) fn first_free(&self) -> usize {
        if self.free > 0 { self.first_free } else { self.slots.len() }
    }

    /// How often all of it was here and did not match its hash.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// How many have brought all of it alone, and it was wrong.
    pub(super) fn failures_alone(&self) -> u32 {
        self.alone.as_ref().map_or(0, |alone| alone.failures)
    }

    /// Whether all of it is to come from one peer.
    pub(super) fn is_for_one(&self) -> bool {
        self.alone.is_some()
    }

    /// The one from whom all of it is to come, once that was decided.
    pub(super) fn owner(&self) -> Option<PeerKey> {
        self.alone.as_ref()?.owner
    }

    /// Whether a peer may be asked for a block, as far as all of them may have to come from one.
    pub(super) fn is_open_to(&self, who: PeerKey) -> bool {
        self.alone
            .as_ref()
            .is_none_or(|alone| alone.owner.map_or(!alone.refused.contains(&who), |owner| owner == who))
    }

    /// All of it is dropped, and is to come from one peer from now on.
    pub(super) fn start_alone(&mut self) {
        match &mut self.alone {
            Some(alone) => {
                alone.owner = None;
                alone.failures += 1;
            }
            None => self.alone = Some(Alone::default()),
        }
        self.reopen(|_| false);
    }

    /// Its owner will not bring it: all of it is dropped, and another one is to be asked. Whether the same one may be
    /// asked again is said by `refused`. Of no effect for others than the owner.
    pub(super) fn disown(&mut self, who: PeerKey, refused: bool) {
        let Some(alone) = self.alone.as_mut().filter(|alone| alone.owner == Some(who) && !self.checking)
        else {
            return;
        };
        alone.owner = None;
        if refused {
            alone.refused.insert(who);
        }
        self.drop_unless(&mut |_| false);
    }

    /// One who was asked for a block has not answered in time.
    pub(super) fn note_silent(&mut self, index: usize, who: PeerKey) {
        self.slots[index].silent.insert(who);
    }

    /// Those who did not go on may be asked again.
    pub(super) fn forgive(&mut self) {
        if let Some(alone) = &mut self.alone {
            alone.refused.clear();
        }
    }

    pub(super) fn is_checking(&self) -> bool {
        self.checking
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    pub(super) fn wants(&self, index: usize) -> bool {
        !self.checking && self.slots.get(index).is_some_and(|slot| slot.here.is_none())
    }

    /// Whether a block is kept if this peer sends it.
    pub(super) fn takes(&self, index: usize, from: PeerKey) -> bool {
        self.wants(index) && (!self.is_for_one() || self.owner() == Some(from))
    }

    pub(super) fn ask(&mut self, index: usize, whom: PeerKey) {
        if let Some(alone) = &mut self.alone {
            alone.owner = Some(whom);
        }
        let slot = &mut self.slots[index];
        self.free -= usize::from(slot.asked.is_empty());
        slot.asked.push(whom);
        let is_free = |slot: &Slot| slot.here.is_none() && slot.asked.is_empty();
        let taken = self.slots[self.first_free..].iter().take_while(|slot| !is_free(slot)).count();
        self.first_free += taken;
    }

    /// Keeps a block that is wanted; whoever else was asked for it comes back.
    pub(super) fn put(&mut self, index: usize, from: PeerKey, data: Bytes) -> Vec<PeerKey> {
        let slot = &mut self.slots[index];
        let mut others = std::mem::take(&mut slot.asked);
        self.free -= usize::from(others.is_empty());
        others.retain(|other| *other != from);
        slot.here = Some((from, data));
        self.here += 1;
        others
    }

    /// All bytes, once they are here. They are being checked then.
    pub(super) fn assemble(&mut self) -> Option<Vec<u8>> {
        if self.here < self.slots.len() || self.checking {
            return None;
        }
        self.checking = true;
        let blocks: Vec<&[u8]> =
            self.slots.iter().filter_map(|slot| slot.here.as_ref()).map(|(_, data)| data.as_ref()).collect();
        Some(blocks.concat())
    }

    /// The check is over; blocks that `keep` does not vouch for are fetched again.
    pub(super) fn reopen(&mut self, mut keep: impl FnMut(&Slot) -> bool) {
        self.checking = false;
        self.failures += 1;
        self.drop_unless(&mut keep);
    }

    /// Drops what one has sent who is not to be believed. What is being checked shows by itself.
    pub(super) fn doubt(&mut self, who: PeerKey) {
        if !self.checking {
            self.drop_unless(&mut |slot| slot.here.as_ref().is_some_and(|(from, _)| *from != who));
        }
    }

    fn drop_unless(&mut self, keep: &mut impl FnMut(&Slot) -> bool) {
        self.first_free = 0;
        for slot in self.slots.iter_mut().filter(|slot| !keep(slot)) {
            if slot.here.take().is_some() {
                self.here -= 1;
                self.free += 1;
            }
        }
    }

    /// Notes what came for every block, and from whom.
    pub(super) fn note_versions(&mut self, digest: impl Fn(&[u8]) -> Digest) {
        for slot in &mut self.slots {
            if let Some((from, data)) = &slot.here
                && !slot.earlier.iter().any(|(other, _)| other == from)
            {
                slot.earlier.push((*from, digest(data)));
            }
        }
    }

    /// One who was asked for a block will not send it.
    pub(super) fn lose(&mut self, index: usize, who: PeerKey) {
        if let Some(slot) = self.slots.get_mut(index) {
            let before = slot.asked.len();
            slot.asked.retain(|other| *other != who);
            self.free += usize::from(before > 0 && slot.asked.is_empty());
            self.first_free = self.first_free.min(index);
        }
    }

    /// One is gone.
    pub(super) fn leave(&mut self, who: PeerKey) {
        (0..self.slots.len()).for_each(|index| self.lose(index, who));
        self.disown(who, false);
    }

    /// Takes all requests back. How many blocks were asked for.
    pub(super) fn take_back(&mut self, piece: u32, geometry: Geometry, peers: &mut Peers) -> usize {
        let before = self.free;
        self.first_free = 0;
        for (index, slot) in self.slots.iter_mut().enumerate() {
            self.free += usize::from(!slot.asked.is_empty());
            for who in slot.asked.drain(..) {
                if let Some(peer) = peers.get_mut(&who) {
                    peer.cancel(geometry.block(piece, index));
                }
            }
        }
        self.free - before
    }
}
