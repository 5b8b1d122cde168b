//! Who was asked and does not answer: he holds nothing up for long.

use std::time::Duration;

use super::choose::{Round, SILENT};
use super::{Peer, PeerKey};
use crate::source::torrent::wire::{BLOCK, Block};

/// A request is taken back when its answer is overdue by so much: who takes longer for a block has three kilobytes a
/// second, and whoever has forgotten it is not reminded otherwise.
const OVERDUE: Duration = Duration::from_secs(5);

impl Round<'_> {
    /// How many of those who were asked for a block can be expected to bring it.
    pub(super) fn answering(&self, piece: u32, index: usize, asked: &[PeerKey]) -> usize {
        if asked.len() < 2 {
            return asked.len();
        }
        let block = self.planner.geometry.block(piece, index);
        let answers = |key: &&PeerKey| {
            let peer = self.peers.get(*key).filter(|peer| !peer.chokes());
            peer.and_then(|peer| peer.delay(block, self.now)).is_some_and(|delay| delay < SILENT)
        };
        asked.iter().filter(answers).count()
    }

    /// Takes back what will hardly be answered any more.
    pub(super) fn give_up(&mut self) {
        let late = |(key, peer): (&PeerKey, &Peer)| {
            let (key, blocks) = (*key, peer.overdue(OVERDUE, self.now));
            blocks.into_iter().map(move |block| (key, block))
        };
        let overdue: Vec<(PeerKey, Block)> = self.peers.iter().flat_map(late).collect();
        for (key, block) in overdue {
            let index = (block.begin / BLOCK) as usize;
            self.take_back(key, block.piece, index);
            if let Some(work) = self.planner.work.get_mut(&block.piece) {
                work.note_silent(index, key);
                work.disown(key, true);
            }
        }
    }

    /// Has somebody else bring a piece that is to come from one peer, if that one answers no more requests. With
    /// nobody else left it may be one who did not go on before.
    pub(super) fn change_owners(&mut self) {
        let geometry = self.planner.geometry;
        for (piece, work) in &mut self.planner.work {
            let shut = |key: &PeerKey| self.peers.get(key).is_none_or(Peer::chokes);
            if let Some(owner) = work.owner().filter(shut) {
                work.take_back(*piece, geometry, self.peers);
                work.disown(owner, false);
            }
            let is_open = |(key, peer): (&PeerKey, &Peer)| peer.may_ask(*piece) && work.is_open_to(*key);
            if work.is_for_one() && work.owner().is_none() && !self.peers.iter().any(is_open) {
                work.forgive();
            }
        }
    }
}
