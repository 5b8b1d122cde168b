//! What may be sent to a peer, and what is made of what it says.

use super::*;
use crate::source::torrent::wire::{BLOCK, Decoder};

fn identity() -> Identity {
    Identity { info_hash: [1; 20], peer_id: [2; 20], client: "Headwater".to_owned() }
}

fn theirs(fast: bool) -> Handshake {
    Handshake { info_hash: [1; 20], peer_id: [3; 20], extensions: true, fast }
}

fn block(piece: u32, index: u32) -> Block {
    Block { piece, begin: index * BLOCK, length: BLOCK }
}

/// A peer that has everything of ten pieces and chokes.
fn seed(fast: bool) -> Peer {
    let mut peer = Peer::new(identity(), Opening::AtOnce, Duration::from_millis(20));
    peer.greet(&theirs(fast)).unwrap();
    peer.count_pieces(10).unwrap();
    hear(&mut peer, if fast { Message::HaveAll } else { Message::Bitfield(Bytes::from_static(b"\xff\xc0")) });
    peer.take_output();
    peer
}

fn hear(peer: &mut Peer, message: Message) -> Vec<Said> {
    let mut said = Vec::new();
    peer.hear(message, Instant::now(), &mut said).unwrap();
    said
}

fn sent(peer: &mut Peer) -> Vec<Message> {
    let mut decoder = Decoder::default();
    decoder.space().extend_from_slice(&peer.take_output().unwrap_or_default());
    std::iter::from_fn(|| decoder.message().unwrap()).collect()
}

#[test]
fn the_first_flight_says_everything_unless_the_other_side_wants_to_greet_first() {
    let mut peer = Peer::new(identity(), Opening::AtOnce, Duration::ZERO);
    let flight = peer.take_output().unwrap();
    let mut decoder = Decoder::default();
    decoder.space().extend_from_slice(&flight);
    assert!(decoder.handshake().unwrap().unwrap().fast);
    assert!(matches!(decoder.message(), Ok(Some(Message::Extended(0, _)))));
    assert_eq!(decoder.message(), Ok(Some(Message::Interested)));
    let mut peer = Peer::new(identity(), Opening::OneByOne, Duration::ZERO);
    assert_eq!(peer.take_output().unwrap().len(), Handshake::LENGTH);
    peer.greet(&theirs(true)).unwrap();
    let said = sent(&mut peer);
    assert!(
        matches!(&said[..], [Message::HaveNone, Message::Extended(0, _), Message::Interested]),
        "{said:?}"
    );
}

#[test]
fn nothing_of_the_fast_extension_is_said_to_who_does_not_speak_it() {
    let mut peer = Peer::new(identity(), Opening::OneByOne, Duration::ZERO);
    peer.take_output();
    peer.greet(&theirs(false)).unwrap();
    hear(&mut peer, Message::Request(block(0, 0)));
    assert!(matches!(&sent(&mut peer)[..], [Message::Extended(0, _), Message::Interested]));
    let mut fast = seed(true);
    hear(&mut fast, Message::Request(block(0, 0)));
    assert_eq!(sent(&mut fast), [Message::Reject(block(0, 0))]);
}

#[test]
fn a_peer_that_chokes_is_asked_for_what_it_allows_and_nothing_else() {
    let mut peer = seed(true);
    assert!(!peer.may_ask(3));
    hear(&mut peer, Message::AllowedFast(3));
    hear(&mut peer, Message::AllowedFast(99));
    assert!(peer.may_ask(3) && !peer.may_ask(4) && !peer.may_ask(99));
    hear(&mut peer, Message::Unchoke);
    assert!(peer.may_ask(4) && !peer.may_ask(10));
    hear(&mut peer, Message::Choke);
    assert!(!peer.may_ask(4));
    peer.ask(block(3, 0), Instant::now());
    assert_eq!(hear(&mut peer, Message::Reject(block(3, 0))), [Said::Lost(block(3, 0))]);
    assert!(!peer.may_ask(3), "it has thought better of it");
}

#[test]
fn a_choke_voids_all_requests_unless_each_is_rejected() {
    for fast in [false, true] {
        let mut peer = seed(fast);
        hear(&mut peer, Message::Unchoke);
        peer.ask(block(0, 0), Instant::now());
        let said = hear(&mut peer, Message::Choke);
        assert_eq!(said, if fast { vec![] } else { vec![Said::Lost(block(0, 0))] });
        assert_eq!(peer.asked().len(), usize::from(fast));
    }
}

#[test]
fn what_was_on_its_way_when_a_peer_without_the_fast_extension_choked_is_taken() {
    let mut peer = seed(false);
    let blocks = || (0..10).flat_map(|piece| (0..10).map(move |index| block(piece, index)));
    hear(&mut peer, Message::Unchoke);
    blocks().for_each(|block| peer.ask(block, Instant::now()));
    hear(&mut peer, Message::Choke);
    for block in blocks() {
        let data = Bytes::from(vec![0; BLOCK as usize]);
        let piece = Message::Piece { piece: block.piece, begin: block.begin, data: data.clone() };
        assert_eq!(hear(&mut peer, piece), [Said::Block(block, data)]);
    }
}

#[test]
fn never_more_is_asked_than_the_peer_queues() {
    let mut peer = seed(false);
    hear(&mut peer, Message::Unchoke);
    hear(&mut peer, Message::Extended(0, Bytes::from_static(b"d4:reqqi3ee")));
    let mut asked = 0;
    while peer.may_ask(0) && asked < 100 {
        peer.ask(block(0, asked), Instant::now());
        asked += 1;
    }
    assert_eq!((asked, peer.room(1.0, Instant::now())), (3, 0));
}

#[test]
fn what_was_taken_back_may_still_come_and_what_nobody_asked_for_ends_it() {
    let mut peer = seed(true);
    hear(&mut peer, Message::Unchoke);
    peer.ask(block(0, 0), Instant::now());
    peer.take_output();
    peer.cancel(block(0, 0));
    peer.cancel(block(0, 1));
    assert_eq!(sent(&mut peer), [Message::Cancel(block(0, 0))], "only what was asked for is taken back");
    let data = Bytes::from(vec![0; BLOCK as usize]);
    let piece = Message::Piece { piece: 0, begin: 0, data: data.clone() };
    assert_eq!(hear(&mut peer, piece.clone()), [Said::Block(block(0, 0), data)]);
    assert_eq!(hear(&mut peer, piece.clone()), [Said::Needless(BLOCK as usize)]);
    let endless = (0..1000).any(|_| peer.hear(piece.clone(), Instant::now(), &mut Vec::new()).is_err());
    assert!(endless);
}

#[test]
fn a_refusal_of_what_was_taken_back_is_not_one_of_what_was_asked_for_anew() {
    let mut peer = seed(true);
    hear(&mut peer, Message::Unchoke);
    peer.ask(block(0, 0), Instant::now());
    peer.cancel(block(0, 0));
    peer.ask(block(0, 0), Instant::now());
    assert_eq!(hear(&mut peer, Message::Reject(block(0, 0))), [], "the first request was refused");
    assert_eq!(peer.asked().len(), 1, "the second one is under way");
    assert_eq!(hear(&mut peer, Message::Reject(block(0, 0))), [Said::Lost(block(0, 0))]);
    assert!(peer.asked().is_empty());
}

#[test]
fn pieces_that_do_not_exist_are_noticed_before_and_after_their_number_is_known() {
    let greeted = || Peer::new(identity(), Opening::AtOnce, Duration::ZERO);
    let bits = |bytes: &'static [u8]| Message::Bitfield(Bytes::from_static(bytes));
    for message in [bits(b"\xff\xe0"), bits(b"\xff"), bits(b"\xff\xc0\0"), Message::Have(10)] {
        let mut early = greeted();
        hear(&mut early, message.clone());
        assert!(early.count_pieces(10).is_err(), "{message:?}");
        let mut late = greeted();
        late.count_pieces(10).unwrap();
        assert!(late.hear(message, Instant::now(), &mut Vec::new()).is_err());
    }
    let mut peer = greeted();
    assert!(peer.hear(Message::Have(u32::MAX), Instant::now(), &mut Vec::new()).is_err());
}

#[test]
fn strangers_and_ourselves_are_turned_away() {
    let mut peer = Peer::new(identity(), Opening::AtOnce, Duration::ZERO);
    assert!(peer.greet(&Handshake { info_hash: [9; 20], ..theirs(true) }).is_err());
    assert!(peer.greet(&Handshake { peer_id: [2; 20], ..theirs(true) }).is_err());
}

#[test]
fn requests_under_way_follow_the_rate() {
    let mut peer = seed(true);
    hear(&mut peer, Message::Unchoke);
    let start = Instant::now();
    assert_eq!(peer.room(1.0, start), 4, "nothing is known yet");
    let (mut now, mut next) = (start, 0);
    // 1.6 MB/s: a block every 10 ms.
    for _ in 0..200 {
        while peer.room(1.0, now) > 0 {
            peer.ask(block(0, next), now);
            next += 1;
        }
        now += Duration::from_millis(10);
        let Block { piece, begin, .. } = peer.asked()[0].block;
        let data = Bytes::from(vec![0; BLOCK as usize]);
        peer.hear(Message::Piece { piece, begin, data }, now, &mut Vec::new()).unwrap();
    }
    let (rate, depth) = (peer.pace().rate(now).unwrap(), peer.asked().len());
    assert!((1_500_000.0..1_800_000.0).contains(&rate), "{rate}");
    assert!((2..6).contains(&depth), "{depth} requests are the way, some milliseconds and one more");
    let later = now + Duration::from_secs(3);
    assert!(peer.pace().rate(later).unwrap() < rate / 2.0, "silence counts");
    assert!(peer.pace().remaining(0, Duration::from_secs(3), later) > Duration::from_secs(5), "and goes on");
}
