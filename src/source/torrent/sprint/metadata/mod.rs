//! The metadata, put together from parts that several peers send (BEP 9).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use bytes::Bytes;
use tokio::time::Instant;

use super::super::wire::BLOCK;
use super::plan::{PeerKey, Peers};

/// The largest metadata that is read, in bytes: what a .torrent may have.
const LARGEST: u32 = 10 * 1024 * 1024;

/// Each part is asked of so many peers who answer, so that a slow one does not hold it up.
const COPIES: usize = 3;

/// So many sizes are believed at once, those that most peers say: each may take up [`LARGEST`] bytes.
const MOST_SIZES: usize = 3;

/// Who was asked and has sent nothing for so long is not counted on. It is some round trips across the world.
const MUTE: Duration = Duration::from_secs(1);

/// After so long he is asked once more: some drop requests when they have too many.
const AGAIN: Duration = Duration::from_secs(5);

/// The metadata of one torrent while it is being fetched. Peers may say different sizes; each is tried by itself.
#[derive(Debug)]
pub(super) struct Metadata {
    info_hash: [u8; 20],
    is_done: bool,
    tries: BTreeMap<u32, Try>,
    debts: BTreeMap<PeerKey, Debt>,
    /// Those who have sent something wrong. They are not asked again.
    liars: BTreeSet<PeerKey>,
}

/// Parts, and who sent each of them.
type Heap = BTreeMap<u32, (PeerKey, Bytes)>;

/// What is there of metadata of one size.
#[derive(Debug, Default)]
struct Try {
    /// Parts of different peers did not fit together, so that all have to come from one.
    is_apart: bool,
    /// By peer if they are kept apart.
    heaps: BTreeMap<Option<PeerKey>, Heap>,
}

/// What a peer was asked for and has not answered.
#[derive(Debug)]
struct Debt {
    size: u32,
    parts: BTreeSet<u32>,
    /// When it was asked first, or sent something last.
    since: Instant,
    is_mute: bool,
}

impl Metadata {
    pub(super) fn new(info_hash: [u8; 20]) -> Self {
        Self {
            info_hash,
            is_done: false,
            tries: BTreeMap::new(),
            debts: BTreeMap::new(),
            liars: BTreeSet::new(),
        }
    }

    /// Whether it is known, so that nothing more is asked for.
    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Asks whoever has parts that are missing.
    pub(super) fn plan(&mut self, peers: &mut Peers, now: Instant) {
        if self.is_done {
            return;
        }
        self.look_who_is_mute(now);
        let sizes = self.sizes(peers);
        self.tries.retain(|size, _| sizes.contains(size));
        let mut open: BTreeMap<u32, BTreeMap<u32, usize>> =
            sizes.into_iter().map(|size| (size, self.open(size))).collect();
        let mut order: Vec<(bool, PeerKey)> = peers
            .keys()
            .filter(|key| !self.liars.contains(key))
            .map(|key| (self.is_mute(*key), *key))
            .collect();
        order.sort_unstable();
        for (is_mute, key) in order {
            let Some(peer) = peers.get_mut(&key) else { continue };
            let Some((size, open)) = peer.metadata_size().and_then(|size| Some((size, open.get_mut(&size)?)))
            else {
                continue;
            };
            for (part, copies) in open.iter_mut() {
                if self.lacks(key, size, *part) && self.owe(key, size, *part, now) {
                    peer.ask_metadata(*part);
                    *copies += usize::from(!is_mute);
                }
            }
            open.retain(|_, copies| *copies < COPIES);
        }
    }

    /// The parts that may be asked for, and of how many who can be expected to answer each was.
    fn open(&mut self, size: u32) -> BTreeMap<u32, usize> {
        let one = self.tries.entry(size).or_default();
        let shared = one.heaps.get(&None);
        let is_missing = |part: &u32| shared.is_none_or(|heap| !heap.contains_key(part));
        let mut open: BTreeMap<u32, usize> =
            (0..size.div_ceil(BLOCK)).filter(is_missing).map(|part| (part, 0)).collect();
        for debt in self.debts.values().filter(|debt| debt.size == size && !debt.is_mute) {
            for part in &debt.parts {
                open.entry(*part).and_modify(|copies| *copies += 1);
            }
        }
        open.retain(|_, copies| *copies < COPIES);
        open
    }

    /// Whether this peer can add a part.
    fn lacks(&self, key: PeerKey, size: u32, part: u32) -> bool {
        let own = self.tries.get(&size).and_then(|one| one.heaps.get(&Some(key)));
        own.is_none_or(|heap| !heap.contains_key(&part))
    }

    /// The sizes that are tried: those that most peers say, and rather those who answer.
    fn sizes(&self, peers: &Peers) -> BTreeSet<u32> {
        let mut votes: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
        for (key, peer) in peers.iter().filter(|(key, _)| !self.liars.contains(key)) {
            if let Some(size) = peer.metadata_size().filter(|size| *size <= LARGEST) {
                let (answering, all) = votes.entry(size).or_default();
                *answering += usize::from(!self.is_mute(*key));
                *all += 1;
            }
        }
        let mut sizes: Vec<u32> = votes.keys().copied().collect();
        // What was begun is rather gone on with.
        sizes.sort_by_key(|size| (Reverse(votes[size]), !self.tries.contains_key(size)));
        sizes.into_iter().take(MOST_SIZES).collect()
    }

    fn is_mute(&self, key: PeerKey) -> bool {
        self.debts.get(&key).is_some_and(|debt| debt.is_mute)
    }

    fn look_who_is_mute(&mut self, now: Instant) {
        for (key, debt) in &mut self.debts {
            let silence = now.saturating_duration_since(debt.since);
            if silence >= MUTE && !debt.is_mute {
                debt.is_mute = true;
                if let Some(one) = self.tries.get_mut(&debt.size) {
                    one.heaps.remove(&Some(*key));
                }
            }
            if silence >= AGAIN {
                debt.parts.clear();
                debt.since = now;
            }
        }
    }

    /// Notes that a peer is asked for a part; `false` if it was already.
    fn owe(&mut self, key: PeerKey, size: u32, part: u32, now: Instant) -> bool {
        let new = || Debt { size, parts: BTreeSet::new(), since: now, is_mute: false };
        self.debts.entry(key).or_insert_with(new).parts.insert(part)
    }

    /// Takes a part in. All of the metadata comes back, once, as soon as it is here and matches the info-hash.
    pub(super) fn take(&mut self, from: PeerKey, part: u32, data: Bytes, now: Instant) -> Option<Bytes> {
        let debt = self.debts.get_mut(&from)?;
        if !debt.parts.remove(&part) {
            return None;
        }
        (debt.since, debt.is_mute) = (now, false);
        let size = debt.size;
        if debt.parts.is_empty() {
            self.debts.remove(&from);
        }
        let one = self.tries.get_mut(&size)?;
        if data.len() != size.saturating_sub(part.saturating_mul(BLOCK)).min(BLOCK) as usize {
            self.liars.insert(from);
            return None;
        }
        let owner = one.is_apart.then_some(from);
        let heap = one.heaps.entry(owner).or_default();
        heap.entry(part).or_insert((from, data));
        if heap.len() < size.div_ceil(BLOCK) as usize {
            return None;
        }
        let heap = one.heaps.remove(&owner)?;
        let whole = heap.values().map(|(_, data)| data.as_ref()).collect::<Vec<_>>().concat();
        if digest(&SHA1_FOR_LEGACY_USE_ONLY, &whole).as_ref() == self.info_hash {
            self.is_done = true;
            self.tries.clear();
            self.debts.clear();
            return Some(whole.into());
        }
        let senders: BTreeSet<PeerKey> = heap.into_values().map(|(sender, _)| sender).collect();
        if senders.len() == 1 {
            self.liars.extend(senders);
        } else {
            // Somebody lies, and nobody knows who before each has sent everything.
            one.is_apart = true;
        }
        None
    }

    /// A peer does not send what it was asked for just now.
    pub(super) fn refuse(&mut self, who: PeerKey) {
        if let Some(debt) = self.debts.get_mut(&who) {
            debt.is_mute = true;
        }
    }

    /// A peer is gone.
    pub(super) fn leave(&mut self, who: PeerKey) {
        self.liars.remove(&who);
        if let Some(debt) = self.debts.remove(&who) {
            self.tries.get_mut(&debt.size).and_then(|one| one.heaps.remove(&Some(who)));
        }
    }
}

#[cfg(test)]
mod tests;
