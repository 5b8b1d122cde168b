//! Rules of the planner, one by one; how they work together is shown by the profiles.

use super::super::peer::{Identity, Opening};
use super::*;
use crate::source::torrent::wire::{Decoder, Handshake, Message};

const PIECE: u32 = 8 * BLOCK;

fn identity() -> Identity {
    Identity { info_hash: [1; 20], peer_id: [2; 20], client: "Headwater".to_owned() }
}

/// Open peers that have all of a hundred pieces.
fn peers(number: u64) -> Peers {
    let open = |key| {
        let mut peer = Peer::new(identity(), Opening::AtOnce, Duration::from_millis(20));
        let theirs = Handshake { info_hash: [1; 20], peer_id: [3; 20], extensions: true, fast: true };
        peer.greet(&theirs).unwrap();
        peer.count_pieces(100).unwrap();
        for message in [Message::HaveAll, Message::Unchoke] {
            peer.hear(message, Instant::now(), &mut Vec::new()).unwrap();
        }
        peer.take_output();
        (PeerKey(key), peer)
    };
    (0..number).map(open).collect()
}

fn planner() -> Planner {
    Planner::new(Geometry::new(PIECE, 100 * u64::from(PIECE)))
}

fn target(pieces: Range<u32>) -> Vec<Target> {
    vec![Target { pieces, due: Duration::ZERO }]
}

fn sent(peers: &mut Peers) -> Vec<(PeerKey, Message)> {
    let mut all = Vec::new();
    for (key, peer) in peers.iter_mut() {
        let mut decoder = Decoder::default();
        decoder.space().extend_from_slice(&peer.take_output().unwrap_or_default());
        all.extend(std::iter::from_fn(|| decoder.message().unwrap()).map(|message| (*key, message)));
    }
    all
}

fn asked(messages: &[(PeerKey, Message)]) -> Vec<(PeerKey, Block)> {
    let request = |(key, message): &(PeerKey, Message)| match message {
        Message::Request(block) => Some((*key, *block)),
        _ => None,
    };
    messages.iter().filter_map(request).collect()
}

/// A peer answers a request; what the planner makes of it.
fn answer(
    planner: &mut Planner,
    peers: &mut Peers,
    from: PeerKey,
    block: Block,
    byte: u8,
) -> Option<FullPiece> {
    let data = Bytes::from(vec![byte; block.length as usize]);
    let message = Message::Piece { piece: block.piece, begin: block.begin, data: data.clone() };
    peers.get_mut(&from).unwrap().hear(message, Instant::now(), &mut Vec::new()).unwrap();
    planner.rouse(from);
    planner.take(from, block, data, peers)
}

#[test]
fn the_awaited_piece_is_spread_over_all_who_have_it() {
    let (mut planner, mut peers) = (planner(), peers(4));
    planner.aim(target(10..20), &mut peers);
    planner.plan(&mut peers, Instant::now());
    let asked = asked(&sent(&mut peers));
    for index in 0..8 {
        let block = planner.geometry().block(10, index);
        assert!(asked.iter().any(|(_, other)| *other == block), "{block:?}");
    }
    for key in peers.keys() {
        assert!(asked.iter().any(|(who, block)| who == key && block.piece == 10), "{key:?} helps");
    }
    let twice = asked.iter().enumerate().any(|(at, one)| asked[..at].contains(one));
    assert!(!twice, "nobody is asked twice for the same");
}

#[test]
fn the_first_block_comes_from_whoever_is_quickest_and_is_taken_back_from_the_others() {
    let (mut planner, mut peers) = (planner(), peers(4));
    planner.aim(target(0..10), &mut peers);
    planner.plan(&mut peers, Instant::now());
    let first = planner.geometry().block(0, 0);
    let askers: Vec<PeerKey> = asked(&sent(&mut peers))
        .into_iter()
        .filter(|(_, block)| *block == first)
        .map(|(key, _)| key)
        .collect();
    assert!(askers.len() > 1, "{askers:?}");
    answer(&mut planner, &mut peers, askers[1], first, 0);
    let cancelled: Vec<PeerKey> = sent(&mut peers)
        .into_iter()
        .filter(|(_, message)| *message == Message::Cancel(first))
        .map(|(key, _)| key)
        .collect();
    assert_eq!(cancelled.len(), askers.len() - 1);
    assert!(!cancelled.contains(&askers[1]));
}

#[test]
fn a_seek_takes_everything_back_at_once_and_keeps_what_has_come() {
    let (mut planner, mut peers) = (planner(), peers(3));
    planner.aim(target(0..10), &mut peers);
    planner.plan(&mut peers, Instant::now());
    let before = asked(&sent(&mut peers));
    answer(&mut planner, &mut peers, before[0].0, before[0].1, 0);
    sent(&mut peers);
    let under_way: usize = peers.values().map(|peer| peer.asked().len()).sum();
    planner.aim(target(50..60), &mut peers);
    planner.plan(&mut peers, Instant::now());
    let messages = sent(&mut peers);
    let cancelled = messages.iter().filter(|(_, message)| matches!(message, Message::Cancel(_))).count();
    assert!(under_way > 0);
    assert_eq!(cancelled, under_way);
    let after = asked(&messages);
    assert!(!after.is_empty() && after.iter().all(|(_, block)| (50..60).contains(&block.piece)));
    planner.aim(target(0..10), &mut peers);
    planner.plan(&mut peers, Instant::now());
    let again = asked(&sent(&mut peers));
    assert!(again.iter().all(|(_, block)| *block != before[0].1), "it is here already");
}

#[test]
fn a_large_piece_that_was_begun_is_kept_when_its_reader_goes_elsewhere() {
    let large = 16 << 20;
    let mut planner = Planner::new(Geometry::new(large, 100 * u64::from(large)));
    let mut peers = peers(1);
    planner.aim(target(0..1), &mut peers);
    let mut here = 0;
    while here < 600 {
        planner.plan(&mut peers, Instant::now());
        for (from, block) in asked(&sent(&mut peers)) {
            answer(&mut planner, &mut peers, from, block, 0);
            here += 1;
        }
    }
    planner.aim(target(50..51), &mut peers);
    planner.plan(&mut peers, Instant::now());
    planner.aim(target(0..1), &mut peers);
    sent(&mut peers);
    planner.plan(&mut peers, Instant::now());
    let again = asked(&sent(&mut peers));
    assert!(!again.is_empty() && again.iter().all(|(_, block)| block.begin >= 600 * BLOCK), "{again:?}");
}

#[test]
fn what_a_lost_peer_was_asked_for_is_asked_of_others() {
    let (mut planner, mut peers) = (planner(), peers(2));
    planner.aim(target(0..1), &mut peers);
    planner.plan(&mut peers, Instant::now());
    let of_first: Vec<Block> = asked(&sent(&mut peers))
        .into_iter()
        .filter(|(key, _)| *key == PeerKey(0))
        .map(|(_, block)| block)
        .collect();
    peers.remove(&PeerKey(0));
    planner.leave(PeerKey(0));
    let mut fetched = None;
    for _ in 0..20 {
        planner.plan(&mut peers, Instant::now());
        for (from, block) in asked(&sent(&mut peers)) {
            fetched = fetched.or(answer(&mut planner, &mut peers, from, block, 0));
        }
        let open: Vec<Block> = peers[&PeerKey(1)].asked().iter().map(|asked| asked.block).collect();
        for block in open {
            fetched = fetched.or(answer(&mut planner, &mut peers, PeerKey(1), block, 0));
        }
    }
    assert!(!of_first.is_empty());
    assert_eq!(fetched.map(|full| full.data.len()), Some(PIECE as usize));
}

#[test]
fn the_only_sender_of_a_wrong_piece_is_the_liar() {
    let (mut planner, mut peers) = (planner(), peers(1));
    planner.aim(target(0..1), &mut peers);
    let mut full = None;
    while full.is_none() {
        planner.plan(&mut peers, Instant::now());
        let open: Vec<Block> = peers[&PeerKey(0)].asked().iter().map(|asked| asked.block).collect();
        assert!(!open.is_empty());
        for block in open {
            full = full.or(answer(&mut planner, &mut peers, PeerKey(0), block, 1));
        }
    }
    assert_eq!(planner.judge(0, false, &mut peers), BTreeSet::from([PeerKey(0)]));
    assert!(planner.is_busy(), "the piece is still wanted");
    assert_eq!(planner.traffic().wrong, u64::from(PIECE));
}
