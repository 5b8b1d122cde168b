//! Peers that answer, do not, or lie, in virtual time.

use super::super::peer::{Identity, Opening, Peer};
use super::*;
use crate::source::torrent::wire::{Handshake, Message};

const SIZE: u32 = 2 * BLOCK + 100;
const TICK: Duration = Duration::from_millis(20);

fn info() -> Bytes {
    Bytes::from((0..SIZE).map(|at| at as u8).collect::<Vec<u8>>())
}

fn hash() -> [u8; 20] {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, &info()).as_ref().try_into().unwrap()
}

/// A peer that says it has metadata of this size.
fn peer(size: u32) -> Peer {
    let identity = Identity { info_hash: hash(), peer_id: [2; 20], client: "Headwater".to_owned() };
    let mut peer = Peer::new(identity, Opening::AtOnce, Duration::from_millis(20));
    peer.greet(&Handshake { info_hash: hash(), peer_id: [3; 20], extensions: true, fast: true }).unwrap();
    greet(&mut peer, size);
    peer
}

fn greet(peer: &mut Peer, size: u32) {
    let text = format!("d1:md11:ut_metadatai3ee13:metadata_sizei{size}ee");
    peer.hear(Message::Extended(0, text.into()), Instant::now(), &mut Vec::new()).unwrap();
}

/// What a peer does with a request for a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Habit {
    Honest,
    Silent,
    /// The first bytes of every part are wrong.
    Lying,
    Refusing,
}

struct Swarm {
    metadata: Metadata,
    peers: Peers,
    habits: BTreeMap<PeerKey, Habit>,
    start: Instant,
    now: Instant,
}

impl Swarm {
    fn new(peers: &[(Habit, u32)]) -> Self {
        let keyed = || peers.iter().zip(0..).map(|((habit, size), key)| (PeerKey(key), *habit, *size));
        let start = Instant::now();
        Self {
            metadata: Metadata::new(hash()),
            peers: keyed().map(|(key, _, size)| (key, peer(size))).collect(),
            habits: keyed().map(|(key, habit, _)| (key, habit)).collect(),
            start,
            now: start,
        }
    }

    /// One round of requests and answers. Those who answer do so in turn, a part each.
    fn round(&mut self) -> Option<Bytes> {
        self.metadata.plan(&mut self.peers, self.now);
        let mut whole = None;
        for part in 0..SIZE.div_ceil(BLOCK) {
            for (key, habit) in &self.habits {
                let is_asked = self.metadata.debts.get(key).is_some_and(|debt| debt.parts.contains(&part));
                let from = (part * BLOCK) as usize;
                let mut data = info().slice(from..info().len().min(from + BLOCK as usize)).to_vec();
                let answers = match habit {
                    Habit::Honest => is_asked,
                    Habit::Lying => {
                        data[0] ^= 1;
                        is_asked
                    }
                    Habit::Silent => false,
                    Habit::Refusing => {
                        self.metadata.refuse(*key);
                        false
                    }
                };
                if answers {
                    whole = whole.or(self.metadata.take(*key, part, data.into(), self.now));
                }
            }
        }
        self.now += TICK;
        whole
    }

    /// How long it takes until the metadata is there.
    fn time(&mut self) -> Duration {
        let whole = (0..1500).find_map(|_| self.round());
        assert_eq!(whole, Some(info()), "within half a minute");
        self.now - self.start
    }
}

#[test]
fn those_who_never_answer_do_not_hold_it_up_however_many_they_are() {
    for habit in [Habit::Silent, Habit::Refusing] {
        let mut peers = vec![(habit, SIZE); 12];
        peers.push((Habit::Honest, SIZE));
        assert!(Swarm::new(&peers).time() < Duration::from_secs(6), "three of them at a time, a second each");
    }
}

#[test]
fn what_comes_late_is_taken_and_what_was_dropped_is_asked_for_again() {
    let mut swarm = Swarm::new(&[(Habit::Silent, SIZE)]);
    for _ in 0..100 {
        assert_eq!(swarm.round(), None);
    }
    let key = PeerKey(0);
    assert!(swarm.metadata.is_mute(key));
    let parts =
        (0..3).map(|part| info().slice(part * BLOCK as usize..info().len().min((part + 1) * BLOCK as usize)));
    let whole: Vec<Option<Bytes>> =
        parts.zip(0..).map(|(data, part)| swarm.metadata.take(key, part, data, swarm.now)).collect();
    assert_eq!(whole, [None, None, Some(info())]);

    let mut swarm = Swarm::new(&[(Habit::Silent, SIZE)]);
    swarm.round();
    swarm.peers.values_mut().for_each(|peer| drop(peer.take_output()));
    for _ in 0..240 {
        swarm.round();
    }
    assert_eq!(swarm.peers.values_mut().find_map(Peer::take_output), None, "once is enough for a while");
    for _ in 0..20 {
        swarm.round();
    }
    assert!(swarm.peers.values_mut().find_map(Peer::take_output).is_some());
}

#[test]
fn a_liar_does_not_spoil_it_and_honest_ones_are_not_blamed() {
    let mut swarm = Swarm::new(&[(Habit::Lying, SIZE), (Habit::Honest, SIZE)]);
    assert!(swarm.time() < Duration::from_secs(1));
    assert!(!swarm.metadata.liars.contains(&PeerKey(1)));
}

#[test]
fn only_a_few_sizes_are_believed_and_those_who_answer_are_heard() {
    let mut peers: Vec<(Habit, u32)> = (1..40).map(|size| (Habit::Silent, size * BLOCK)).collect();
    peers.push((Habit::Honest, SIZE));
    let mut swarm = Swarm::new(&peers);
    assert!((0..750).any(|_| {
        let whole = swarm.round();
        assert!(swarm.metadata.tries.len() <= MOST_SIZES);
        whole.is_some()
    }));
}

#[test]
fn a_peer_that_says_another_size_over_and_over_is_taken_at_its_first_word() {
    let mut swarm = Swarm::new(&[(Habit::Silent, SIZE)]);
    for size in 1..1000 {
        greet(swarm.peers.get_mut(&PeerKey(0)).unwrap(), size);
        swarm.round();
        assert_eq!(swarm.metadata.tries.keys().copied().collect::<Vec<u32>>(), [SIZE]);
    }
}

#[test]
fn what_nobody_says_any_more_is_dropped_and_nothing_is_done_twice() {
    let mut swarm = Swarm::new(&[(Habit::Silent, SIZE), (Habit::Honest, 3 * SIZE)]);
    swarm.round();
    assert_eq!(swarm.metadata.tries.len(), 2);
    swarm.peers.remove(&PeerKey(0));
    swarm.metadata.leave(PeerKey(0));
    swarm.round();
    assert!(!swarm.metadata.tries.contains_key(&SIZE));

    let mut swarm = Swarm::new(&[(Habit::Honest, SIZE), (Habit::Honest, SIZE)]);
    swarm.time();
    assert!(swarm.metadata.tries.is_empty() && swarm.metadata.debts.is_empty());
    swarm.peers.values_mut().for_each(|peer| drop(peer.take_output()));
    swarm.round();
    assert_eq!(swarm.peers.values_mut().find_map(Peer::take_output), None);
}
