//! One round of requests: late blocks of awaited pieces are asked of others too, and whoever has room is given work.

use std::cell::OnceCell;
use std::time::Duration;

use tokio::time::Instant;

use super::overtake::MOST_COPIES;
use super::stretch::Stretch;
use super::work::Work;
use super::{Peer, PeerKey, Peers, Planner};
use crate::source::torrent::wire::BLOCK;

/// The first blocks of an awaited piece are asked of several peers of whom nothing is known yet.
const FIRST_BLOCKS: usize = 2;

/// A peer is given a block of a piece although others would have finished it sooner, if it is slower than the
/// quickest by no more than this, or by no more than twice.
pub(super) const SLACK: Duration = Duration::from_millis(40);

/// Who has not answered for so long is not waited for when it matters who is asked.
pub(super) const SILENT: Duration = Duration::from_secs(1);

/// How often everybody is looked at. Blocks come some thousand times a second, and then it is looked only at those
/// from whom something came.
const LOOK: Duration = Duration::from_millis(10);

/// One round.
pub(super) struct Round<'a> {
    pub(super) planner: &'a mut Planner,
    pub(super) peers: &'a mut Peers,
    pub(super) now: Instant,
    /// Whether everybody is looked at.
    is_looking: bool,
    /// Those who have brought something, by how soon they would bring a block. While everybody is looked at it holds
    /// until somebody is asked, and otherwise until everybody is: a hundredth of a second is little beside [`SLACK`].
    ranking: OnceCell<Vec<(Duration, PeerKey)>>,
    stretch: f64,
}

impl<'a> Round<'a> {
    pub(super) fn new(planner: &'a mut Planner, peers: &'a mut Peers, now: Instant) -> Self {
        let stretch = planner.stretch.as_ref().map_or(1.0, Stretch::factor);
        Self { planner, peers, now, is_looking: false, ranking: OnceCell::new(), stretch }
    }

    pub(super) fn run(mut self) {
        let is_due = |looked: Instant| self.now.saturating_duration_since(looked) >= LOOK;
        if self.planner.looked.is_none_or(is_due) {
            self.look();
        } else {
            let roused = std::mem::take(&mut self.planner.roused);
            self.ranking = std::mem::take(&mut self.planner.ranking).into();
            self.fill_all(roused.into_iter());
            self.planner.ranking = self.ranking.take().unwrap_or_default();
        }
    }

    /// Looks at everybody.
    fn look(&mut self) {
        self.is_looking = true;
        self.planner.looked = Some(self.now);
        self.planner.roused.clear();
        let open = self.peers.values().filter(|peer| !peer.chokes());
        self.planner.rate = open.filter_map(|peer| peer.pace().rate(self.now)).sum();
        self.give_up();
        self.change_owners();
        self.overtake();
        let everybody: Vec<PeerKey> = self.peers.keys().copied().collect();
        self.fill_all(everybody.into_iter());
        self.planner.ranking = self.rank();
        self.watch();
    }

    /// Gives these as much as they have room for, the quickest first.
    fn fill_all(&mut self, keys: impl Iterator<Item = PeerKey>) {
        let has_room = |peer: &&Peer| peer.is_open() && peer.room(self.stretch, self.now) > 0;
        let promise = |key: PeerKey| {
            let peer = self.peers.get(&key).filter(has_room)?;
            Some((peer.pace().promise(peer.asked().len(), self.now), key))
        };
        let mut free: Vec<(Duration, PeerKey)> = keys.filter_map(promise).collect();
        free.sort_unstable();
        for (_, key) in free {
            self.fill(key);
        }
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

    /// Bytes of a piece that are not here.
    pub(super) fn missing(&self, piece: u32) -> u64 {
        let here = self.planner.work.get(&piece).map_or(0, |work| work.here() as u64 * u64::from(BLOCK));
        u64::from(self.planner.geometry.size(piece)).saturating_sub(here)
    }

    /// How long so many bytes take at the rate of all together.
    pub(super) fn duration(&self, bytes: u64) -> Duration {
        Duration::from_secs_f64((bytes as f64 / self.planner.rate.max(1.0)).min(3600.0))
    }

    /// Gives one peer as much as it has room for.
    fn fill(&mut self, key: PeerKey) {
        let Some(peer) = self.peers.get(&key) else { return };
        if peer.pace().rate(self.now).is_none() {
            self.try_out(key);
        }
        let room = self.peers.get(&key).map_or(0, |peer| peer.room(self.stretch, self.now));
        let (mut position, mut before, mut given) = (0, 0, 0);
        while given < room
            && let Some((piece, index)) = self.next_for(key, &mut position, &mut before)
        {
            self.ask(key, piece, index);
            given += 1;
        }
        if let Some(peer) = self.peers.get_mut(&key) {
            peer.filled(given == room, self.now);
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
            if asked && may && slot.here.is_none() && self.copies() < self.allowance() {
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
            let has_free = work.is_none_or(|work| !work.is_checking() && work.free() > 0);
            if has_free && peer.may_ask(piece) {
                let fits = time <= self.duration(*before + missing) || self.is_quick(time, piece, None);
                if let Some(index) = self.free_block(key, piece, time, fits) {
                    return Some((piece, index));
                }
            }
            *before += missing;
            *position += 1;
        }
        None
    }

    /// A block of a piece that nobody was asked for. A peer that needs too much `time` to fit in gets what was wrong
    /// before: not everybody who is quicker may be asked for that.
    fn free_block(&self, key: PeerKey, piece: u32, time: Duration, fits: bool) -> Option<usize> {
        let work = self.planner.work.get(&piece);
        if !fits && work.is_none_or(|work| work.failures() == 0) {
            return None;
        }
        let is_free = |index: &usize| {
            work.is_none_or(|work| work.wants(*index) && work.slots()[*index].asked.is_empty())
        };
        let may = |index: &usize| {
            self.is_trusted_with(key, piece, *index) && (fits || self.is_quick(time, piece, Some(*index)))
        };
        (work.map_or(0, Work::first_free)..self.planner.geometry.blocks(piece)).filter(is_free).find(may)
    }

    /// Whether hardly anybody would be sooner of those who have the piece, and may be asked for this block of it.
    fn is_quick(&self, time: Duration, piece: u32, index: Option<usize>) -> bool {
        let may = |(_, key): &&(Duration, PeerKey)| {
            self.peers.get(key).is_some_and(|peer| peer.may_ask(piece))
                && index.is_none_or(|index| self.is_trusted_with(*key, piece, index))
        };
        let best = self.ranking.get_or_init(|| self.rank()).iter().find(may);
        best.is_none_or(|(best, _)| time <= 2 * *best + SLACK)
    }

    fn rank(&self) -> Vec<(Duration, PeerKey)> {
        let known = self.peers.iter().filter(|(_, peer)| peer.pace().rate(self.now).is_some());
        let promise =
            |(key, peer): (&PeerKey, &Peer)| (peer.pace().promise(peer.asked().len(), self.now), *key);
        let mut ranking: Vec<(Duration, PeerKey)> = known.map(promise).collect();
        ranking.sort_unstable();
        ranking
    }

    /// Whether a peer may be asked for this block, now that somebody lies. Nobody is asked twice for what was wrong,
    /// nobody who is suspected is asked, and readers do not wait for those of whom nothing right has come, as long as
    /// there are others.
    pub(super) fn is_trusted_with(&self, key: PeerKey, piece: u32, index: usize) -> bool {
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
                // Not its present silence counts: whoever is asked again has only begun to be silent.
                let answers = !peer.chokes() && !peer.pace().is_mute(self.now);
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

    pub(super) fn ask(&mut self, key: PeerKey, piece: u32, index: usize) {
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if self.is_looking {
            self.ranking.take();
        }
        let blocks = self.planner.geometry.blocks(piece);
        self.planner.work.entry(piece).or_insert_with(|| Work::new(blocks)).ask(index, key);
        peer.ask(self.planner.geometry.block(piece, index), self.now);
    }
}
