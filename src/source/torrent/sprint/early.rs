//! The first blocks of a torrent, asked for while its metadata is on its way: most plays begin there, and connections
//! that have carried something carry more at once (TCP's slow start).

use bytes::Bytes;
use tokio::time::Instant;

use super::super::wire::{BLOCK, Block};
use super::plan::{PeerKey, Peers};

/// So many blocks every first piece has: what is large enough for a film comes in pieces of 256 KiB or more.
const BLOCKS: u32 = 16;

/// Blocks that are asked of one peer: what fits into the first two flights of a connection.
const OF_ONE: usize = 2;

/// The first blocks of the first piece.
#[derive(Debug, Default)]
pub(super) struct Early {
    is_wanted: bool,
    slots: Vec<EarlyBlock>,
}

/// A block that was asked for.
#[derive(Debug)]
pub(super) struct EarlyBlock {
    /// Where it lies.
    pub(super) block: Block,
    /// Who was asked, and has brought it or will.
    pub(super) of: Option<PeerKey>,
    /// What has come.
    pub(super) data: Option<Bytes>,
}

impl Early {
    /// Somebody is about to play the torrent from its start.
    pub(super) fn begin(&mut self) {
        if !self.is_wanted {
            self.is_wanted = true;
            self.slots = (0..BLOCKS).map(EarlyBlock::new).collect();
        }
    }

    /// Asks whoever may be asked.
    pub(super) fn plan(&mut self, peers: &mut Peers, now: Instant) {
        for (key, peer) in peers.iter_mut().filter(|_| self.is_wanted) {
            let asked = self.slots.iter().filter(|slot| slot.of == Some(*key)).count();
            let free = self.slots.iter_mut().filter(|slot| slot.of.is_none());
            for slot in free.take(OF_ONE.saturating_sub(asked)) {
                if peer.may_ask(slot.block.piece) {
                    peer.ask(slot.block, now);
                    slot.of = Some(*key);
                }
            }
        }
    }

    /// Takes a block in; whether it was one of these.
    pub(super) fn take(&mut self, from: PeerKey, block: Block, data: &Bytes) -> bool {
        let slot = self.slots.iter_mut().find(|slot| slot.block == block && slot.of == Some(from));
        slot.is_some_and(|slot| slot.data.replace(data.clone()).is_none())
    }

    /// A request will not be answered.
    pub(super) fn lose(&mut self, from: PeerKey, block: Block) {
        let lost =
            |slot: &&mut EarlyBlock| slot.block == block && slot.of == Some(from) && slot.data.is_none();
        self.slots.iter_mut().filter(lost).for_each(|slot| slot.of = None);
    }

    /// A connection is gone.
    pub(super) fn leave(&mut self, gone: PeerKey) {
        let lost = |slot: &&mut EarlyBlock| slot.of == Some(gone) && slot.data.is_none();
        self.slots.iter_mut().filter(lost).for_each(|slot| slot.of = None);
    }

    /// The metadata is known: all that was asked for goes to who plans from now on.
    pub(super) fn finish(&mut self) -> Vec<EarlyBlock> {
        self.is_wanted = false;
        std::mem::take(&mut self.slots)
    }
}

impl EarlyBlock {
    fn new(index: u32) -> Self {
        Self { block: Block { piece: 0, begin: index * BLOCK, length: BLOCK }, of: None, data: None }
    }
}
