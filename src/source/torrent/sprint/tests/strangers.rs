//! Strangers who say whatever comes into their heads: nothing panics, nothing grows without an end, and what is said to
//! them is still what the protocol allows.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::source::torrent::wire::{BLOCK, Block, Handshake, MetadataPart};

const PIECES: u32 = 10;
const PIECE: u32 = 4 * BLOCK;
const PEERS: u64 = 3;

/// The last piece ends in the middle of its second block.
fn geometry() -> Geometry {
    Geometry::new(PIECE, u64::from((PIECES - 1) * PIECE + BLOCK + 1000))
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A stranger says something.
    Says(u64, Message),
    /// A stranger answers one of the requests that it knows of, or refuses it: rightly or not.
    Answers(u64, usize, Answer),
    /// Readers go elsewhere.
    Aim(u32, u32),
    /// Time goes by, in milliseconds.
    Wait(u64),
    /// A stranger leaves, and another one comes, who speaks the fast extension or not.
    Replace(u64, bool),
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Right,
    Wrong,
    Short,
    Refusal,
}

/// What a stranger has said of itself, and what was asked of it.
#[derive(Debug)]
struct Stranger {
    key: PeerKey,
    fast: bool,
    greeted: bool,
    open: bool,
    has: BTreeSet<u32>,
    allowed: BTreeSet<u32>,
    queue: usize,
    asked: Vec<Block>,
    ever: BTreeSet<Block>,
}

struct Room {
    start: Instant,
    now: Duration,
    crowd: Crowd,
    strangers: BTreeMap<u64, Stranger>,
    next: u64,
}

impl Room {
    fn new() -> Self {
        let identity = Identity { info_hash: [1; 20], peer_id: [2; 20], client: "Headwater".to_owned() };
        let mut crowd = Crowd::new(identity);
        assert_eq!(crowd.learn(geometry()), (Vec::new(), None));
        crowd.aim(vec![Target { pieces: 0..PIECES, due: Duration::ZERO }]);
        let mut room =
            Self { start: Instant::now(), now: Duration::ZERO, crowd, strangers: BTreeMap::new(), next: 0 };
        (0..PEERS).for_each(|seat| room.seat(seat, seat > 0));
        room
    }

    fn seat(&mut self, seat: u64, fast: bool) {
        if let Some(gone) = self.strangers.remove(&seat) {
            self.crowd.leave(gone.key);
        }
        let key = PeerKey(self.next);
        self.next += 1;
        self.crowd.connect(key, Opening::AtOnce, ms(20), self.start + self.now);
        self.crowd
            .greet(key, &Handshake { info_hash: [1; 20], peer_id: [3; 20], extensions: true, fast })
            .unwrap();
        let (has, allowed, ever) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let stranger = Stranger {
            key,
            fast,
            greeted: false,
            open: false,
            has,
            allowed,
            queue: 250,
            asked: Vec::new(),
            ever,
        };
        self.strangers.insert(seat, stranger);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Says(seat, message) => self.hear(seat, message),
            Step::Answers(seat, which, answer) => self.answer(seat, which, answer),
            Step::Aim(from, to) => {
                self.crowd.renew(&(from..to).collect());
                self.crowd.aim(vec![Target { pieces: from..to, due: Duration::ZERO }]);
            }
            Step::Wait(time) => self.now += ms(time),
            Step::Replace(seat, fast) => self.seat(seat, fast),
        }
        self.crowd.plan(self.start + self.now);
        let outputs: Vec<(PeerKey, Bytes)> = self.crowd.outputs().collect();
        for (key, bytes) in outputs {
            assert!(bytes.len() < 64 * 1024, "{} bytes at once", bytes.len());
            let stranger = self.strangers.values_mut().find(|stranger| stranger.key == key);
            stranger.expect("nothing is said to those who have left").judge(&bytes);
        }
    }

    fn answer(&mut self, seat: u64, which: usize, answer: Answer) {
        let asked = &self.strangers[&seat].asked;
        let Some(block) = asked.get(which % asked.len().max(1)).copied() else { return };
        let length = if matches!(answer, Answer::Short) { block.length - 1 } else { block.length };
        let data = vec![u8::from(matches!(answer, Answer::Wrong)); length as usize];
        self.hear(
            seat,
            match answer {
                Answer::Refusal => Message::Reject(block),
                _ => Message::Piece { piece: block.piece, begin: block.begin, data: data.into() },
            },
        );
    }

    /// Who breaks the rules is left, and somebody else takes its place.
    fn hear(&mut self, seat: u64, message: Message) {
        let Some(stranger) = self.strangers.get_mut(&seat) else { return };
        let (key, fast, mut events) = (stranger.key, stranger.fast, Vec::new());
        stranger.note(&message);
        let heard = self.crowd.hear(key, message, self.start + self.now, &mut events);
        if heard.is_err() {
            self.seat(seat, fast);
        }
        for event in events {
            match event {
                Event::Full(full) => {
                    assert_eq!(full.data.len(), geometry().size(full.piece) as usize);
                    let liars = self.crowd.judge(full.piece, Some(full.data.iter().all(|byte| *byte == 0)));
                    let seats: Vec<(u64, bool)> = self
                        .strangers
                        .iter()
                        .filter(|(_, stranger)| liars.contains(&stranger.key))
                        .map(|(seat, stranger)| (*seat, stranger.fast))
                        .collect();
                    seats.into_iter().for_each(|(seat, fast)| self.seat(seat, fast));
                }
                Event::Peers(peers) => assert!(peers.len() <= 50),
                Event::Metadata(_) => panic!("it is known already"),
            }
        }
    }
}

impl Stranger {
    fn note(&mut self, message: &Message) {
        match message {
            Message::Choke => {
                self.open = false;
                if !self.fast {
                    self.asked.clear();
                }
            }
            Message::Unchoke => self.open = true,
            Message::Have(piece) => drop(self.has.insert(*piece)),
            Message::HaveAll => self.has.extend(0..PIECES),
            Message::Bitfield(bits) => {
                let has = |piece: &u32| {
                    bits.get(*piece as usize / 8).is_some_and(|byte| byte & (0x80 >> (piece % 8)) != 0)
                };
                self.has.extend((0..PIECES).filter(has));
            }
            Message::AllowedFast(piece) => drop(self.allowed.insert(*piece)),
            Message::Piece { piece, begin, data } => {
                let block = Block { piece: *piece, begin: *begin, length: data.len() as u32 };
                self.asked.retain(|asked| *asked != block);
            }
            Message::Reject(block) => self.asked.retain(|asked| asked != block),
            Message::Extended(0, body) if body.ends_with(b"e4:reqqi2ee") => self.queue = 2,
            _ => {}
        }
    }

    /// What is said to it has to be allowed.
    fn judge(&mut self, bytes: &[u8]) {
        let mut decoder = Decoder::default();
        decoder.space().extend_from_slice(bytes);
        if !self.greeted {
            decoder.handshake().unwrap().unwrap();
            self.greeted = true;
        }
        while let Some(message) = decoder.message().unwrap() {
            match message {
                Message::Request(block) => {
                    assert!(self.open || self.allowed.contains(&block.piece), "it is shut: {block:?}");
                    assert!(self.has.contains(&block.piece), "it has not got {block:?}");
                    assert!(!self.asked.contains(&block), "{block:?} is under way");
                    assert!(self.asked.len() < self.queue, "more than {}", self.queue);
                    let index = (block.begin / BLOCK) as usize;
                    assert_eq!(block, geometry().block(block.piece, index), "a block of the torrent");
                    assert!(block.piece < PIECES && block.length > 0);
                    self.asked.push(block);
                    self.ever.insert(block);
                }
                Message::Cancel(block) => {
                    assert!(self.ever.contains(&block), "it was never asked for {block:?}");
                    self.asked.retain(|asked| *asked != block);
                }
                Message::HaveNone | Message::Reject(_) => assert!(self.fast, "{message:?}"),
                Message::Extended(..) | Message::Interested | Message::NotInterested => {}
                other => panic!("nobody expects {other:?}"),
            }
        }
    }
}

fn any_block() -> impl Strategy<Value = Block> {
    let length = prop_oneof![Just(BLOCK), Just(1000), Just(0), any::<u32>()];
    (0..PIECES + 2, prop_oneof![0..5 * BLOCK, (0..5_u32).prop_map(|index| index * BLOCK)], length)
        .prop_map(|(piece, begin, length)| Block { piece, begin, length })
}

fn any_message() -> impl Strategy<Value = Message> {
    let bits = prop_oneof![Just(b"\xff\xc0".to_vec()), vec(any::<u8>(), 0..4)];
    prop_oneof![
        2 => Just(Message::Choke),
        6 => Just(Message::Unchoke),
        4 => Just(Message::HaveAll),
        1 => Just(Message::HaveNone),
        1 => Just(Message::KeepAlive),
        1 => Just(Message::Interested),
        4 => (0..PIECES + 1).prop_map(Message::Have),
        1 => bits.prop_map(|bits| Message::Bitfield(bits.into())),
        2 => (0..PIECES + 3).prop_map(Message::AllowedFast),
        2 => any_block().prop_map(Message::Reject),
        1 => any_block().prop_map(Message::Request),
        1 => any_block().prop_map(Message::Cancel),
        2 => (any_block(), 0..40_usize).prop_map(|(block, length)| {
            Message::Piece { piece: block.piece, begin: block.begin, data: vec![0; length * 1000].into() }
        }),
        1 => Just(Message::Extended(0, Bytes::from_static(b"d1:md11:ut_metadatai9ee4:reqqi2ee"))),
        1 => (0..4_u8, vec(any::<u8>(), 0..40)).prop_map(|(number, body)| Message::Extended(number, body.into())),
        1 => (0..3_u32).prop_map(|part| MetadataPart::Wanted(part).message(1)),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let answer = prop_oneof![
        8 => Just(Answer::Right),
        1 => Just(Answer::Wrong),
        1 => Just(Answer::Short),
        2 => Just(Answer::Refusal),
    ];
    prop_oneof![
        6 => (0..PEERS, any_message()).prop_map(|(seat, message)| Step::Says(seat, message)),
        12 => (0..PEERS, any::<usize>(), answer).prop_map(|(seat, which, how)| Step::Answers(seat, which, how)),
        1 => (0..PIECES, 0..5_u32).prop_map(|(from, length)| Step::Aim(from, PIECES.min(from + length))),
        4 => prop_oneof![0..100_u64, 1000..9000_u64].prop_map(Step::Wait),
        1 => (0..PEERS, any::<bool>()).prop_map(|(seat, fast)| Step::Replace(seat, fast)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_strangers_say_they_are_asked_for_nothing_that_is_forbidden(steps in vec(any_step(), 1..400)) {
        let mut room = Room::new();
        for step in steps {
            room.step(step);
        }
        // However it went, one who has everything is asked for what is wanted, now that the others are gone.
        room.step(Step::Aim(0, PIECES));
        for seat in 0..PEERS {
            room.seat(seat, true);
        }
        room.step(Step::Says(0, Message::HaveAll));
        room.step(Step::Says(0, Message::Unchoke));
        prop_assert!(!room.strangers[&0].asked.is_empty());
    }
}
