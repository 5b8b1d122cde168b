//! Stands between the server and one peer and knows the rules: what the server may say when (BEP 3, 6, 9, 10).

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::wire::{BLOCK, Block, Hello, Word, number};

/// Requests that a peer is taken to queue if it does not say how many: libtorrent's default, the smallest in use.
const USUAL_QUEUE: usize = 250;

/// A part of the metadata that has not come for so long may be asked for again: some drop requests.
const LOST: Duration = Duration::from_secs(4);

/// How the small client's number begins.
const SMALL_CLIENT: &[u8] = b"-HW0100-";

/// The torrent that is spoken about.
#[derive(Debug, Clone)]
pub(in crate::torrent) struct Field {
    pub(in crate::torrent) info_hash: [u8; 20],
    pub(in crate::torrent) info: Vec<u8>,
    pub(in crate::torrent) piece_length: u32,
    pub(in crate::torrent) total: u64,
}

impl Field {
    pub(in crate::torrent) fn pieces(&self) -> u32 {
        u32::try_from(self.total.div_ceil(u64::from(self.piece_length))).unwrap()
    }

    fn size(&self, piece: u32) -> u32 {
        let start = u64::from(piece) * u64::from(self.piece_length);
        u32::try_from(self.total.saturating_sub(start).min(u64::from(self.piece_length))).unwrap()
    }

    fn is_block(&self, block: Block) -> bool {
        let size = self.size(block.piece);
        block.begin < size
            && block.begin.is_multiple_of(BLOCK)
            && block.length == BLOCK.min(size - block.begin)
    }
}

/// What became of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::torrent) enum Act {
    Asked(Block),
    TakenBack(Block),
    /// It will not come: refused, or void after a choke.
    Lost(Block),
    Came(Block),
}

/// Whether requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    /// A choke is on its way: what is said now may have been said before it was heard.
    Closing,
    /// The choke was heard, as an answer to something that was said after it shows.
    Shut,
}

/// The referee of one connection.
#[derive(Debug)]
pub(in crate::torrent) struct Referee {
    field: Field,
    server: Option<Hello>,
    peer: Option<Hello>,
    breaches: Vec<String>,
    interested: bool,
    door: Door,
    has: BTreeSet<u32>,
    allowed: BTreeSet<u32>,
    queue: usize,
    outstanding: Vec<Block>,
    asked: HashSet<Block>,
    /// What was taken back and not answered since.
    taken_back: HashSet<Block>,
    acts: Vec<Act>,
    /// Under which numbers the peer is spoken to of metadata and of other peers.
    numbers: Option<[Option<u32>; 2]>,
    server_has_extended: bool,
    said_none: bool,
    /// Parts of the metadata that were asked for and have not come.
    parts: BTreeMap<u32, Instant>,
    parts_came: BTreeSet<u32>,
    /// The peer's questions about metadata that are not answered, and whether they were put after the latest choke.
    fences: VecDeque<bool>,
    chokes_heard: usize,
    most_outstanding: usize,
}

impl Referee {
    pub(in crate::torrent) fn new(field: Field) -> Self {
        Self {
            field,
            server: None,
            peer: None,
            breaches: Vec::new(),
            interested: false,
            door: Door::Shut,
            has: BTreeSet::new(),
            allowed: BTreeSet::new(),
            queue: USUAL_QUEUE,
            outstanding: Vec::new(),
            asked: HashSet::new(),
            taken_back: HashSet::new(),
            acts: Vec::new(),
            numbers: None,
            server_has_extended: false,
            said_none: false,
            parts: BTreeMap::new(),
            parts_came: BTreeSet::new(),
            fences: VecDeque::new(),
            chokes_heard: 0,
            most_outstanding: 0,
        }
    }

    /// Whether it is the small client that speaks here; the engine has a number of its own.
    pub(in crate::torrent) fn is_small(&self) -> bool {
        self.server.is_some_and(|server| server.peer_id.starts_with(SMALL_CLIENT))
    }

    /// What was said against the rules.
    pub(in crate::torrent) fn breaches(&self) -> &[String] {
        &self.breaches
    }

    /// What became of every block, in order.
    pub(in crate::torrent) fn acts(&self) -> &[Act] {
        &self.acts
    }

    /// Parts of the metadata that came.
    pub(in crate::torrent) fn metadata_parts(&self) -> usize {
        self.parts_came.len()
    }

    /// How often the server showed that it had heard a choke.
    pub(in crate::torrent) fn chokes_heard(&self) -> usize {
        self.chokes_heard
    }

    /// The most requests that were ever under way.
    pub(in crate::torrent) fn most_outstanding(&self) -> usize {
        self.most_outstanding
    }

    fn demand(&mut self, kept: bool, what: &str, about: impl std::fmt::Debug) {
        if !kept {
            self.breaches.push(format!("{what}: {about:?}"));
        }
    }

    /// The peer says something to the server.
    pub(in crate::torrent) fn by_peer(&mut self, word: &Word) {
        match word {
            Word::Hello(hello) => self.peer = Some(*hello),
            Word::Choke => self.choke(),
            Word::Unchoke => self.door = Door::Open,
            Word::Have(piece) => drop(self.has.insert(*piece)),
            Word::HaveAll => self.has.extend(0..self.field.pieces()),
            Word::Bitfield(bits) => {
                let has = |piece: &u32| bits[*piece as usize / 8] & (0x80 >> (piece % 8)) != 0;
                self.has.extend((0..self.field.pieces()).filter(has));
            }
            Word::AllowedFast(piece) => drop(self.allowed.insert(*piece)),
            Word::Piece(block, _) => self.close(*block, Act::Came(*block)),
            // A refusal of what was taken back may cross a new request for it, which stays open.
            Word::Reject(block) if !self.taken_back.remove(block) => self.close(*block, Act::Lost(*block)),
            Word::Extended(0, body) => {
                self.numbers = Some(["11:ut_metadata", "6:ut_pex"].map(|key| number(body, key)));
                self.queue = number(body, "4:reqq").map_or(USUAL_QUEUE, |queue| queue as usize);
            }
            Word::Extended(_, body) => match number(body, "8:msg_type") {
                Some(0) => self.fences.push_back(self.door == Door::Closing),
                Some(1) => {
                    let part = number(body, "5:piece").unwrap_or(u32::MAX);
                    self.parts.remove(&part);
                    self.parts_came.insert(part);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn choke(&mut self) {
        self.door = Door::Closing;
        self.fences.iter_mut().for_each(|later| *later = false);
        if !self.peer.is_some_and(|peer| peer.is_fast()) {
            // All requests are void; with the fast extension each one is answered.
            self.acts.extend(self.outstanding.drain(..).map(Act::Lost));
        }
    }

    fn close(&mut self, block: Block, act: Act) {
        self.outstanding.retain(|other| *other != block);
        self.acts.push(act);
    }

    /// The server says something to the peer.
    pub(in crate::torrent) fn by_server(&mut self, word: &Word) {
        match word {
            Word::Hello(hello) => self.greet(hello),
            Word::KeepAlive => {}
            Word::Interested => {
                self.demand(!self.interested, "it is interested again", ());
                self.interested = true;
            }
            Word::NotInterested => {
                self.demand(self.interested, "it loses an interest that it has not got", ());
                self.interested = false;
            }
            Word::Request(block) => self.request(*block),
            Word::Cancel(block) => {
                self.demand(self.asked.contains(block), "it takes back what it never asked for", block);
                self.taken_back.insert(*block);
                self.close(*block, Act::TakenBack(*block));
            }
            Word::HaveNone => {
                let is_fast = self.peer.is_some_and(|peer| peer.is_fast());
                self.demand(is_fast, "the fast extension is spoken to one who does not", ());
                self.demand(!self.said_none && self.asked.is_empty(), "it has nothing, too late", ());
                self.said_none = true;
            }
            Word::Extended(number, body) => self.extended(*number, body),
            // Only the peer asks the small client for something in these tests, and it never has anything.
            other => self.demand(false, "nobody expects that", other),
        }
    }

    fn greet(&mut self, hello: &Hello) {
        let reserved = [0, 0, 0, 0, 0, 0x10, 0, 0x04];
        self.server = Some(*hello);
        // The engine is somebody else's, and is only recognised.
        if self.is_small() {
            self.demand(hello.reserved == reserved, "other reserved bits", hello.reserved);
            self.demand(hello.info_hash == self.field.info_hash, "another torrent", hello.info_hash);
        }
    }

    fn request(&mut self, block: Block) {
        let is_allowed = self.allowed.contains(&block.piece);
        self.demand(self.interested, "it asks without interest", block);
        self.demand(self.door != Door::Shut || is_allowed, "it asks through a shut door", block);
        self.demand(self.has.contains(&block.piece), "it asks for what the peer has not", block);
        self.demand(self.field.is_block(block), "that is no block", block);
        self.demand(!self.outstanding.contains(&block), "it asks twice", block);
        self.demand(self.outstanding.len() < self.queue, "more than the peer queues", block);
        self.asked.insert(block);
        self.acts.push(Act::Asked(block));
        let is_void = self.door == Door::Closing && !self.peer.is_some_and(|peer| peer.is_fast());
        if !is_void {
            self.outstanding.push(block);
            self.most_outstanding = self.most_outstanding.max(self.outstanding.len());
        } else {
            self.acts.push(Act::Lost(block));
        }
    }

    fn extended(&mut self, number: u8, body: &[u8]) {
        let is_known = self.peer.is_none_or(|peer| peer.extends());
        self.demand(is_known, "an extended message to one who knows none", number);
        self.demand(body.starts_with(b"d") && body.ends_with(b"e"), "no dictionary", body);
        if number == 0 {
            self.demand(!self.server_has_extended, "it greets again", body);
            self.server_has_extended = true;
            return;
        }
        self.demand(self.server_has_extended, "an extended message before its greeting", number);
        let is_metadata = self.numbers.is_some_and(|[metadata, _]| metadata == Some(number.into()));
        self.demand(is_metadata, "a number that the peer never named", number);
        let part = super::wire::number(body, "5:piece").unwrap_or(u32::MAX);
        if super::wire::number(body, "8:msg_type") == Some(0) {
            let is_part = (part as usize) < self.field.info.len().div_ceil(BLOCK as usize);
            self.demand(is_part, "there is no such part", part);
            let earlier = self.parts.insert(part, Instant::now());
            self.demand(
                earlier.is_none_or(|earlier| earlier.elapsed() > LOST),
                "it asks twice for a part",
                part,
            );
        } else if self.fences.pop_front() == Some(true) && self.door == Door::Closing {
            self.door = Door::Shut;
            self.chokes_heard += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK_0: Block = Block { piece: 0, begin: 0, length: BLOCK };

    fn hello(peer_id: &[u8; 20], fast: bool) -> Word {
        let reserved = [0, 0, 0, 0, 0, 0x10, 0, if fast { 4 } else { 0 }];
        Word::Hello(Hello { reserved, info_hash: [1; 20], peer_id: *peer_id })
    }

    fn metadata(kind: u32) -> Word {
        Word::Extended(7, super::super::wire::metadata(kind, 0, &[]))
    }

    /// A connection on which everything was said up to the unchoke; the peer has the first piece of two.
    fn open(fast: bool) -> Referee {
        let info = vec![7; 100];
        let mut referee =
            Referee::new(Field { info_hash: [1; 20], info, piece_length: 2 * BLOCK, total: 50_000 });
        referee.by_server(&hello(b"-HW0100-abcdefghijkl", true));
        referee.by_server(&Word::Extended(0, b"d1:md11:ut_metadatai1eee".to_vec()));
        referee.by_server(&Word::Interested);
        referee.by_peer(&hello(b"-XX0001-abcdefghijkl", fast));
        referee.by_peer(&Word::Extended(0, b"d1:md11:ut_metadatai7ee4:reqqi2ee".to_vec()));
        referee.by_peer(&Word::Bitfield(vec![0x80]));
        referee.by_peer(&Word::Unchoke);
        referee
    }

    /// What is objected to in what the server says last.
    fn objections(mut referee: Referee, before: &[Word], last: &Word) -> usize {
        before.iter().for_each(|word| referee.by_server(word));
        assert_eq!(referee.breaches(), Vec::<String>::new());
        referee.by_server(last);
        referee.breaches().len()
    }

    #[test]
    fn what_is_in_order_is_not_objected_to() {
        let mut referee = open(true);
        let other = Block { begin: BLOCK, ..BLOCK_0 };
        referee.by_server(&Word::HaveNone);
        referee.by_server(&metadata(0));
        referee.by_server(&Word::Request(BLOCK_0));
        referee.by_server(&Word::Request(other));
        referee.by_peer(&Word::Piece(BLOCK_0, Vec::new()));
        referee.by_server(&Word::Cancel(other));
        referee.by_server(&Word::Request(other));
        referee.by_server(&Word::KeepAlive);
        assert_eq!(referee.breaches(), Vec::<String>::new());
        assert_eq!(referee.most_outstanding(), 2);
    }

    #[test]
    fn every_word_out_of_place_is_objected_to() {
        let request = |piece, begin, length| Word::Request(Block { piece, begin, length });
        let wrong = [
            Word::Interested,
            Word::Cancel(BLOCK_0),
            Word::Unchoke,
            Word::Have(0),
            Word::Other(9, 2),
            Word::Extended(8, b"de".to_vec()),
            Word::Extended(0, b"de".to_vec()),
            Word::Extended(7, super::super::wire::metadata(0, 1, &[])),
            request(1, 0, BLOCK),
            request(0, 5, BLOCK),
            request(0, 0, 2 * BLOCK),
            request(0, 2 * BLOCK, BLOCK),
        ];
        for word in wrong {
            assert!(objections(open(true), &[], &word) > 0, "{word:?}");
        }
        assert_eq!(objections(open(false), &[], &Word::HaveNone), 1);
        assert_eq!(objections(open(true), &[Word::Request(BLOCK_0)], &Word::Request(BLOCK_0)), 1);
        assert_eq!(objections(open(true), &[Word::NotInterested], &Word::Request(BLOCK_0)), 1);
        assert_eq!(objections(open(true), &[metadata(0)], &metadata(0)), 1);
        let mut greedy = open(true);
        greedy.by_peer(&Word::Have(1));
        let two = [Word::Request(BLOCK_0), Word::Request(Block { begin: BLOCK, ..BLOCK_0 })];
        assert_eq!(objections(greedy, &two, &request(1, 0, BLOCK)), 1);
    }

    #[test]
    fn a_choke_counts_once_it_was_heard() {
        let mut referee = open(false);
        referee.by_server(&Word::Request(BLOCK_0));
        referee.by_peer(&Word::Choke);
        referee.by_peer(&metadata(0));
        assert_eq!(referee.acts().last(), Some(&Act::Lost(BLOCK_0)));
        // It may have been on its way.
        referee.by_server(&Word::Request(BLOCK_0));
        referee.by_server(&metadata(2));
        assert_eq!((referee.breaches().len(), referee.chokes_heard()), (0, 1));
        assert_eq!(objections(referee, &[], &Word::Request(BLOCK_0)), 1);
        let mut allowed = open(true);
        allowed.by_peer(&Word::AllowedFast(0));
        allowed.by_peer(&Word::Choke);
        allowed.by_peer(&metadata(0));
        allowed.by_server(&metadata(2));
        assert_eq!(objections(allowed, &[], &Word::Request(BLOCK_0)), 0);
    }
}
