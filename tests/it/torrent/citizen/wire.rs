//! What peers say to each other, read and written anew for the tests: what the server's own code believes of the
//! protocol must not decide whether it keeps to it.

/// Bytes of a block, the last one of a piece excepted.
pub(in crate::torrent) const BLOCK: u32 = 16 * 1024;

const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";

/// A part of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::torrent) struct Block {
    pub(in crate::torrent) piece: u32,
    pub(in crate::torrent) begin: u32,
    pub(in crate::torrent) length: u32,
}

/// The first 68 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::torrent) struct Hello {
    pub(in crate::torrent) reserved: [u8; 8],
    pub(in crate::torrent) info_hash: [u8; 20],
    pub(in crate::torrent) peer_id: [u8; 20],
}

impl Hello {
    /// Whether the extension protocol is spoken (BEP 10).
    pub(in crate::torrent) fn extends(&self) -> bool {
        self.reserved[5] & 0x10 != 0
    }

    /// Whether the fast extension is spoken (BEP 6).
    pub(in crate::torrent) fn is_fast(&self) -> bool {
        self.reserved[7] & 0x04 != 0
    }
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::torrent) enum Word {
    Hello(Hello),
    KeepAlive,
    Choke,
    Unchoke,
    Interested,
    NotInterested,
    Have(u32),
    Bitfield(Vec<u8>),
    Request(Block),
    Piece(Block, Vec<u8>),
    Cancel(Block),
    HaveAll,
    HaveNone,
    Reject(Block),
    AllowedFast(u32),
    Extended(u8, Vec<u8>),
    /// A kind that nobody here knows, or one of the wrong length.
    Other(u8, usize),
}

impl Word {
    /// As it goes over the wire.
    pub(in crate::torrent) fn bytes(&self) -> Vec<u8> {
        let block = |block: &Block| [block.piece, block.begin, block.length].map(u32::to_be_bytes).concat();
        let (kind, body) = match self {
            Self::Hello(hello) => {
                return [&PROTOCOL[..], &hello.reserved, &hello.info_hash, &hello.peer_id].concat();
            }
            Self::KeepAlive => return vec![0; 4],
            Self::Choke => (0, Vec::new()),
            Self::Unchoke => (1, Vec::new()),
            Self::Interested => (2, Vec::new()),
            Self::NotInterested => (3, Vec::new()),
            Self::Have(piece) => (4, piece.to_be_bytes().to_vec()),
            Self::Bitfield(bits) => (5, bits.clone()),
            Self::Request(which) => (6, block(which)),
            Self::Piece(which, data) => (7, [&block(which)[..8], data].concat()),
            Self::Cancel(which) => (8, block(which)),
            Self::HaveAll => (14, Vec::new()),
            Self::HaveNone => (15, Vec::new()),
            Self::Reject(which) => (16, block(which)),
            Self::AllowedFast(piece) => (17, piece.to_be_bytes().to_vec()),
            Self::Extended(number, body) => (20, [&[*number], body.as_slice()].concat()),
            Self::Other(kind, length) => (*kind, vec![0; *length]),
        };
        let length = u32::try_from(body.len() + 1).unwrap().to_be_bytes();
        [length.as_slice(), &[kind], &body].concat()
    }

    fn read(kind: u8, body: &[u8]) -> Self {
        let number = |at: usize| u32::from_be_bytes(body[at..at + 4].try_into().unwrap());
        let block = || Block { piece: number(0), begin: number(4), length: number(8) };
        match (kind, body.len()) {
            (0, 0) => Self::Choke,
            (1, 0) => Self::Unchoke,
            (2, 0) => Self::Interested,
            (3, 0) => Self::NotInterested,
            (4, 4) => Self::Have(number(0)),
            (5, _) => Self::Bitfield(body.to_vec()),
            (6, 12) => Self::Request(block()),
            (7, 8..) => {
                let length = u32::try_from(body.len() - 8).unwrap();
                Self::Piece(Block { piece: number(0), begin: number(4), length }, body[8..].to_vec())
            }
            (8, 12) => Self::Cancel(block()),
            (14, 0) => Self::HaveAll,
            (15, 0) => Self::HaveNone,
            (16, 12) => Self::Reject(block()),
            (17, 4) => Self::AllowedFast(number(0)),
            (20, 1..) => Self::Extended(body[0], body[1..].to_vec()),
            (kind, length) => Self::Other(kind, length),
        }
    }
}

/// Hears one side of a connection.
#[derive(Default)]
pub(in crate::torrent) struct Ear {
    buffer: Vec<u8>,
    greeted: bool,
}

impl Ear {
    /// What has been said by now; `None` if it is no peer that speaks.
    pub(in crate::torrent) fn hear(&mut self, bytes: &[u8]) -> Option<Vec<Word>> {
        self.buffer.extend_from_slice(bytes);
        let (mut words, mut at) = (Vec::new(), 0);
        if !self.greeted {
            let Some(hello) = self.buffer.get(..68) else { return Some(words) };
            if hello[..20] != *PROTOCOL {
                return None;
            }
            words.push(Word::Hello(Hello {
                reserved: hello[20..28].try_into().unwrap(),
                info_hash: hello[28..48].try_into().unwrap(),
                peer_id: hello[48..68].try_into().unwrap(),
            }));
            (self.greeted, at) = (true, 68);
        }
        while let Some(head) = self.buffer.get(at..at + 4) {
            let length = u32::from_be_bytes(head.try_into().unwrap()) as usize;
            let Some(message) = self.buffer.get(at + 4..at + 4 + length) else { break };
            let word = message.split_first().map(|(kind, body)| Word::read(*kind, body));
            words.push(word.unwrap_or(Word::KeepAlive));
            at += 4 + length;
        }
        self.buffer.drain(..at);
        Some(words)
    }
}

/// The number that follows `key` in a bencoded dictionary, such as `4:reqq`.
pub(in crate::torrent) fn number(dictionary: &[u8], key: &str) -> Option<u32> {
    let key = format!("{key}i");
    let at = dictionary.windows(key.len()).position(|part| part == key.as_bytes())? + key.len();
    let end = at + dictionary[at..].iter().position(|byte| *byte == b'e')?;
    str::from_utf8(&dictionary[at..end]).ok()?.parse().ok()
}

/// What asks for a part of the metadata (BEP 9), answers with one, or refuses one.
pub(in crate::torrent) fn metadata(kind: u32, part: u32, rest: &[u8]) -> Vec<u8> {
    [format!("d8:msg_typei{kind}e5:piecei{part}ee").as_bytes(), rest].concat()
}

#[test]
fn words_are_heard_however_they_are_cut() {
    let block = Block { piece: 1, begin: 2, length: 3 };
    let hello = Hello { reserved: [0, 0, 0, 0, 0, 0x10, 0, 4], info_hash: [1; 20], peer_id: [2; 20] };
    let said = [
        Word::Hello(hello),
        Word::KeepAlive,
        Word::Request(block),
        Word::Piece(block, vec![7; 3]),
        Word::Extended(3, b"de".to_vec()),
        Word::Have(9),
    ];
    let bytes: Vec<u8> = said.iter().flat_map(Word::bytes).collect();
    for size in [1, 7, bytes.len()] {
        let mut ear = Ear::default();
        let heard: Vec<Word> = bytes.chunks(size).flat_map(|part| ear.hear(part).unwrap()).collect();
        assert_eq!(heard, said);
    }
    assert_eq!(Ear::default().hear(&[0; 68]), None);
    let mut ear = Ear { greeted: true, ..Ear::default() };
    assert_eq!(ear.hear(b"\0\0\0\x02\x06\0").unwrap(), [Word::Other(6, 1)], "a request has twelve bytes");
    assert_eq!(number(b"d4:reqqi250ee", "4:reqq"), Some(250));
}
