//! One round of requests: late blocks of awaited pieces are asked of others too, and whoever has room is given work.

use std::time::Duration;

use tokio::time::Instant;

use super::stretch::Stretch;
use super::work::Work;
use super::{PeerKey, Peers, Planner};
use crate::source::torrent::wire::BLOCK;

/// One late block is asked of so many at most, so that a swarm of slow peers does not drown in copies.
const MOST_COPIES: usize = 3;

/// The first blocks of an awaited piece are asked of several peers of whom nothing is known yet.
const FIRST_BLOCKS: usize = 2;

/// Copies may cost a twentieth of what was of use, and so many bytes beside.
const FREE_COPIES: u64 = 12 * BLOCK as u64;
const SHARE_OF_COPIES: u64 = 20;

/// A peer is given a block of a piece although others would have finished it sooner, if it is slower than the
/// quickest by no more than this, or by no more than twice.
const SLACK: Duration = Duration::from_millis(40);

/// What a peer will send within this time lies in its buffers already and cannot be taken back: libtorrent keeps half
/// a second there.
const BUFFERED: Duration = Duration::from_millis(500);

/// Who has not answered for so long is not waited for when it matters who is asked.
pub(super) const SILENT: Duration = Duration::from_secs(1);

/// One round.
pub(super) struct Round<'a> {
    pub(super) planner: &'a mut Planner,
    pub(super) peers: &'a mut Peers,
    pub(super) now: Instant,
    /// Bytes per second that all open connections were seen to bring.
    rate: f64,
    /// Bytes that were asked for more than once and have not come.
    copies: u64,
    stretch: f64,
}

/// Somebody who was asked for a block.
struct Owner {
    /// How long it will take.
    time: Duration,
    key: PeerKey,
    /// Blocks that it was asked for before.
    ahead: usize,
    /// Nobody else was asked.
    is_only: bool,
}

impl<'a> Round<'a> {
    pub(super) fn new(planner: &'a mut Planner, peers: &'a mut Peers, now: Instant) -> Self {
        let open = peers.values().filter(|peer| !peer.chokes());
        let rate = open.filter_map(|peer| peer.pace().rate(now)).sum();
        let stretch = planner.stretch.as_ref().map_or(1.0, Stretch::factor);
        let mut round = Self { planner, peers, now, rate, copies: 0, stretch };
        let copies = |(piece, work): (&u32, &Work)| {
            let answering = |index: usize| round.answering(*piece, index, &work.slots()[index].asked);
            (0..work.blocks()).map(|index| answering(index).saturating_sub(1)).sum::<usize>()
        };
        round.copies = round.planner.work.iter().map(copies).sum::<usize>() as u64 * u64::from(BLOCK);
        round
    }

    pub(super) fn run(mut self) {
        self.give_up();
        self.change_owners();
        self.overtake();
        let mut free: Vec<(Duration, PeerKey)> = Vec::new();
        for (key, peer) in self.peers.iter().filter(|(_, peer)| peer.room(self.stretch, self.now) > 0) {
            free.push((peer.pace().promise(peer.asked().len(), self.now), *key));
        }
        free.sort_unstable();
        for (_, key) in free {
            self.fill(key);
        }
        self.watch();
    }

    /// Sees what has come of the requests so far.
    fn watch(&mut self) {
        let traffic = self.planner.traffic;
        let bytes = traffic.useful + traffic.needless + traffic.wrong;
        let busy = || self.peers.values().filter(|peer| !peer.chokes() && !peer.asked().is_empty());
        let full = busy().all(|peer| peer.room(self.stretch, self.now) == 0);
        let round_trip = busy().map(|peer| peer.pace().round_trip()).max().unwrap_or_default();
        let stretch = self.planner.stretch.get_or_insert_with(|| Stretch::new(self.now));
        stretch.watch(bytes, full, round_trip, self.now);
    }

    /// Asks others for blocks of awaited pieces whose owners are late.
    fn overtake(&mut self) {
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
                if owner.ahead > 0 && owner.is_only && owner.time > time + BUFFERED {
                    // It has not been begun, so that it can be taken back and costs nothing.
                    self.take_back(owner.key, piece, index);
                } else if self.copies >= self.allowance() && owner.time < 2 * SILENT {
                    continue;
                } else {
                    // What is copied from somebody who has fallen silent will hardly come twice.
                    self.copies += u64::from(BLOCK);
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

    /// Bytes of a piece that are not here.
    fn missing(&self, piece: u32) -> u64 {
        let here = self.planner.work.get(&piece).map_or(0, |work| work.here() as u64 * u64::from(BLOCK));
        u64::from(self.planner.geometry.size(piece)).saturating_sub(here)
    }

    /// How long so many bytes take at the rate of all together.
    fn duration(&self, bytes: u64) -> Duration {
        Duration::from_secs_f64((bytes as f64 / self.rate.max(1.0)).min(3600.0))
    }

    /// Who of those that were asked for a block will bring it first; nobody if none was, or enough were.
    fn owner(&self, piece: u32, index: usize) -> Option<Owner> {
        let slot = self.planner.work.get(&piece)?.slots().get(index)?;
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
            Some(Owner { time, key: *key, ahead, is_only: slot.asked.len() == 1 })
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

    /// Bytes that may be under way twice.
    fn allowance(&self) -> u64 {
        let traffic = self.planner.traffic;
        (FREE_COPIES + traffic.useful / SHARE_OF_COPIES).saturating_sub(traffic.needless)
    }

    /// Gives one peer as much as it has room for.
    fn fill(&mut self, key: PeerKey) {
        let Some(peer) = self.peers.get(&key) else { return };
        if peer.pace().rate(self.now).is_none() {
            self.try_out(key);
        }
        let room = self.peers.get(&key).map_or(0, |peer| peer.room(self.stretch, self.now));
        let (mut position, mut before) = (0, 0);
        for _ in 0..room {
            let Some((piece, index)) = self.next_for(key, &mut position, &mut before) else { return };
            self.ask(key, piece, index);
        }
    }

    /// Asks a peer that is not known yet for a block that others were asked for: whoever is quickest brings it.
    fn try_out(&mut self, key: PeerKey) {
        let Some(piece) = self.planner.awaited.first().copied() else { return };
        for index in 0..FIRST_BLOCKS.min(self.planner.geometry.blocks(piece)) {
            let Some(slot) = self.planner.work.get(&piece).map(|work| &work.slots()[index]) else { return };
            let copies = self.answering(piece, index, &slot.asked);
            let asked = !slot.asked.is_empty() && copies < MOST_COPIES && !slot.asked.contains(&key);
            let may = self.peers[&key].may_ask(piece) && self.is_trusted_with(key, piece, index);
            if asked && may && slot.here.is_none() && self.copies < self.allowance() {
                self.copies += u64::from(BLOCK);
                self.ask(key, piece, index);
                return;
            }
        }
    }

    /// The most urgent block that nobody was asked for and that this peer does not hold up. `position` is where in
    /// the order to look first, `before` the bytes that are wanted before that.
    fn next_for(&self, key: PeerKey, position: &mut usize, before: &mut u64) -> Option<(u32, usize)> {
        let peer = &self.peers[&key];
        let time = peer.pace().promise(peer.asked().len(), self.now);
        while let Some(piece) = self.planner.order.get(*position).copied() {
            let work = self.planner.work.get(&piece);
            let missing = self.missing(piece);
            let finished = self.duration(*before + missing);
            let is_checking = work.is_some_and(Work::is_checking);
            // Not everybody who is quicker may be asked for what was wrong before.
            let was_wrong = work.is_some_and(|work| work.failures() > 0);
            let fits = time <= finished || self.is_quick(time, piece, None);
            if !is_checking && peer.may_ask(piece) && (fits || was_wrong) {
                let blocks = self.planner.geometry.blocks(piece);
                let is_free = |index: &usize| {
                    work.is_none_or(|work| work.wants(*index) && work.slots()[*index].asked.is_empty())
                };
                let has_free = work.is_none_or(|work| work.free() > 0);
                let mut free = (0..blocks).filter(|_| has_free).filter(is_free);
                let may = |index: &usize| {
                    self.is_trusted_with(key, piece, *index)
                        && (fits || self.is_quick(time, piece, Some(*index)))
                };
                if let Some(index) = free.find(may) {
                    return Some((piece, index));
                }
            }
            *before += missing;
            *position += 1;
        }
        None
    }

    /// Whether hardly anybody would be sooner of those who have the piece, and may be asked for this block of it.
    fn is_quick(&self, time: Duration, piece: u32, index: Option<usize>) -> bool {
        let others = self.peers.iter().filter(|(key, peer)| {
            peer.may_ask(piece)
                && peer.pace().rate(self.now).is_some()
                && index.is_none_or(|index| self.is_trusted_with(**key, piece, index))
        });
        let best = others.map(|(_, peer)| peer.pace().promise(peer.asked().len(), self.now)).min();
        best.is_none_or(|best| time <= 2 * best + SLACK)
    }

    /// Whether a peer may be asked for this block, now that somebody lies. Nobody is asked twice for what was wrong,
    /// nobody who is suspected is asked, and readers do not wait for those of whom nothing right has come, as long as
    /// there are others.
    fn is_trusted_with(&self, key: PeerKey, piece: u32, index: usize) -> bool {
        let trust = &self.planner.trust;
        if !trust.is_alarmed() {
            return true;
        }
        let work = self.planner.work.get(&piece);
        if let Some(work) = work.filter(|work| work.is_for_one()) {
            return work.is_open_to(key);
        }
        let slot = work.map(|work| &work.slots()[index]);
        let earlier = slot.map(|slot| slot.earlier.as_slice());
        let told = |key: &PeerKey| {
            trust.is_suspect(*key) || earlier.is_some_and(|earlier| earlier.iter().any(|(who, _)| who == key))
        };
        let others = || {
            self.peers.iter().filter(|(other, peer)| {
                let answers = !peer.chokes() && peer.pace().silence(self.now) < SILENT;
                let is_silent = slot.is_some_and(|slot| slot.silent.contains(other));
                **other != key && peer.has(piece) && answers && !is_silent
            })
        };
        if told(&key) {
            return !others().any(|(other, _)| !told(other));
        }
        let matters =
            self.planner.awaited.contains(&piece) || earlier.is_some_and(|earlier| !earlier.is_empty());
        !matters
            || trust.is_proved(key)
            || !others().any(|(other, _)| trust.is_proved(*other) && !told(other))
    }

    fn ask(&mut self, key: PeerKey, piece: u32, index: usize) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        let blocks = self.planner.geometry.blocks(piece);
        self.planner.work.entry(piece).or_insert_with(|| Work::new(blocks)).ask(index, key);
        peer.ask(self.planner.geometry.block(piece, index), self.now);
    }
}
