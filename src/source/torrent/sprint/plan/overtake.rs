//! Late blocks of awaited pieces are asked of others too.

use std::time::Duration;

use super::PeerKey;
use super::choose::{Round, SILENT, SLACK};
use super::work::Work;
use crate::source::torrent::wire::BLOCK;

/// One late block is asked of so many at most, so that a swarm of slow peers does not drown in copies.
pub(super) const MOST_COPIES: usize = 3;

/// Copies may cost a twentieth of what was of use, and so many bytes beside.
const FREE_COPIES: u64 = 12 * BLOCK as u64;
const SHARE_OF_COPIES: u64 = 20;

/// What a peer will send within this time lies in its buffers already and cannot be taken back: libtorrent keeps half
/// a second there.
const BUFFERED: Duration = Duration::from_millis(500);

/// Somebody who was asked for a block.
struct Owner {
    /// How long it will take.
    time: Duration,
    key: PeerKey,
    /// Whether it can be taken back, so that it costs nothing to ask somebody else instead.
    is_free: bool,
}

impl Round<'_> {
    /// Asks others for blocks of awaited pieces whose owners are late.
    pub(super) fn overtake(&mut self) {
        let mut copies = self.copies();
        for piece in self.planner.awaited.clone() {
            let finished = self.finished(piece);
            for index in 0..self.planner.geometry.blocks(piece) {
                // Who is not the last to bring something holds nobody up.
                let Some(owner) = self.owner(piece, index).filter(|owner| owner.time > finished) else {
                    continue;
                };
                let Some((time, key)) = self.quickest(piece, index) else { continue };
                if owner.time <= 2 * time + SLACK {
                    continue;
                }
                if owner.is_free {
                    self.take_back(owner.key, piece, index);
                } else if finished > 2 * time + SLACK && owner.time < 2 * SILENT {
                    // There is time left to see whether it is late after all.
                    continue;
                } else if copies >= self.allowance() && owner.time < 2 * SILENT {
                    continue;
                } else {
                    // What is copied from somebody who has fallen silent will hardly come twice.
                    copies += u64::from(BLOCK);
                }
                self.ask(key, piece, index);
            }
        }
    }

    /// How long everything up to and with a wanted piece will take at the rate of all together.
    fn finished(&self, piece: u32) -> Duration {
        let last = self.planner.order.iter().position(|other| *other == piece).unwrap_or_default();
        let bytes = self.planner.order.iter().take(last + 1).map(|piece| self.missing(*piece)).sum();
        self.duration(bytes)
    }

    /// Who of those that were asked for a block will bring it first; nobody if none was, or enough were.
    fn owner(&self, piece: u32, index: usize) -> Option<Owner> {
        let slot = self.planner.work.get(&piece)?.slots().get(index)?;
        if slot.asked.is_empty() {
            return None;
        }
        if self.answering(piece, index, &slot.asked) >= MOST_COPIES {
            return None;
        }
        let block = self.planner.geometry.block(piece, index);
        let owner = |key: &PeerKey| {
            let peer = self.peers.get(key)?;
            let ahead = peer.asked().iter().position(|asked| asked.block == block)?;
            let since = self.now.saturating_duration_since(peer.asked()[ahead].at);
            let shut = if peer.chokes() { Duration::from_secs(10) } else { Duration::ZERO };
            // Silence is part of what remains; it may be passed over while others are answered, too.
            let delay = peer.delay(block, self.now).unwrap_or_default();
            let passed = delay.saturating_sub(peer.pace().silence(self.now));
            let time = shut + passed + peer.pace().remaining(ahead, since, self.now);
            let is_free = slot.asked.len() == 1 && peer.pace().time_of(ahead, self.now) > BUFFERED;
            Some(Owner { time, key: *key, is_free })
        };
        slot.asked.iter().filter_map(owner).min_by_key(|owner| owner.time)
    }

    pub(super) fn take_back(&mut self, key: PeerKey, piece: u32, index: usize) {
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.cancel(self.planner.geometry.block(piece, index));
        }
        if let Some(work) = self.planner.work.get_mut(&piece) {
            work.lose(index, key);
        }
    }

    /// Who would bring a block soonest of those who were not asked for it.
    fn quickest(&self, piece: u32, index: usize) -> Option<(Duration, PeerKey)> {
        let asked = &self.planner.work.get(&piece)?.slots()[index].asked;
        let candidates = self.peers.iter().filter(|(key, peer)| {
            !asked.contains(key)
                && peer.may_ask(piece)
                && peer.pace().rate(self.now).is_some()
                && self.is_trusted_with(**key, piece, index)
        });
        candidates.map(|(key, peer)| (peer.pace().promise(peer.asked().len(), self.now), *key)).min()
    }

    /// Bytes that were asked for more than once and have not come.
    pub(super) fn copies(&self) -> u64 {
        let copies = |(piece, work): (&u32, &Work)| {
            let answering = |index: usize| self.answering(*piece, index, &work.slots()[index].asked);
            (0..work.blocks()).map(|index| answering(index).saturating_sub(1)).sum::<usize>()
        };
        self.planner.work.iter().map(copies).sum::<usize>() as u64 * u64::from(BLOCK)
    }

    /// Bytes that may be under way twice.
    pub(super) fn allowance(&self) -> u64 {
        let traffic = self.planner.traffic;
        (FREE_COPIES + traffic.useful / SHARE_OF_COPIES).saturating_sub(traffic.needless)
    }
}
