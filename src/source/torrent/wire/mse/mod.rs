//! Encrypted connections ("Message Stream Encryption" or "protocol encryption": Vuze's specification, which every client
//! follows), as the side that dials sees them, without any network. Some clients take no others. It keeps what is said
//! from whoever only looks for BitTorrent on the way; it proves nothing to anybody.
//!
//! We send a public key, the other side sends its own, and we say which torrent it is about, which kinds of encryption
//! we offer, and already our first words, encrypted whatever is chosen. The other side's answer begins with its choice.

mod cipher;
mod exchange;

use bytes::{Buf, BufMut, BytesMut};

use super::WireError;
pub use cipher::Cipher;
use cipher::sha1;
use exchange::{EXPONENT, KEY, Private};

/// Most bytes of a pad.
const LONGEST_PAD: usize = 512;

/// What both sides send, encrypted, so that the other one sees where pads of unknown length end.
const VERIFICATION: [u8; 8] = [0; 8];

/// What can be chosen: no encryption after the handshake, and RC4. Both are offered, for the other side knows what it
/// demands.
const PLAIN: u32 = 1;
const RC4: u32 = 2;

/// What is left to chance in a handshake.
pub struct Chance {
    exponent: [u8; EXPONENT],
    /// What follows our public key, so that it is not told by its length, and what stands before our first words.
    pads: [Vec<u8>; 2],
}

/// A handshake for which our public key was sent.
pub struct Offer {
    private: Private,
    pad: Vec<u8>,
}

/// A handshake that waits for the other side's choice.
#[derive(Debug)]
pub struct Agreement {
    ours: Cipher,
    theirs: Cipher,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The pad after their public key, which ends where these bytes stand.
    FirstPad([u8; VERIFICATION.len()]),
    /// Their choice, and how long the last pad is.
    Choice,
    /// A pad of that length, after which this is spoken.
    LastPad(Method, usize),
}

#[derive(Debug, Clone, Copy)]
enum Method {
    Plain,
    Rc4,
}

/// How far a handshake has come.
#[derive(Debug)]
pub enum Progress {
    /// More has to be read.
    Waiting(Agreement),
    /// It is over, and this is how everything after it is spoken.
    Agreed(Option<Veil>),
}

/// The two directions of a connection that is encrypted.
#[derive(Debug)]
pub struct Veil {
    /// For what we say.
    pub ours: Cipher,
    /// For what the other side says.
    pub theirs: Cipher,
}

impl Chance {
    /// Draws it from the system.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn draw() -> Result<Self, WireError> {
        let mut exponent = [0; EXPONENT];
        fill(&mut exponent)?;
        Ok(Self { exponent, pads: [any_pad()?, any_pad()?] })
    }
}

fn any_pad() -> Result<Vec<u8>, WireError> {
    let mut length = [0; 2];
    fill(&mut length)?;
    let mut pad = vec![0; usize::from(u16::from_be_bytes(length)) % (LONGEST_PAD + 1)];
    fill(&mut pad)?;
    Ok(pad)
}

fn fill(bytes: &mut [u8]) -> Result<(), WireError> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| WireError("the system gives no random numbers"))
}

impl Offer {
    /// Bytes of the other side's public key, which comes first of all.
    pub const KEY: usize = KEY;

    /// Begins a handshake. The bytes are to be sent.
    pub fn new(chance: Chance) -> (Self, Vec<u8>) {
        let private = Private::new(&chance.exponent);
        let [first, pad] = chance.pads;
        let hello = [private.public().as_slice(), &first].concat();
        (Self { private, pad }, hello)
    }

    /// Goes on with the other side's public key. The bytes are to be sent; they end with our first words, which are
    /// shorter than 64 KiB.
    ///
    /// # Errors
    /// The key is none that anybody would draw, or there are too many first words.
    pub fn answer(
        self,
        theirs: &[u8; KEY],
        info_hash: &[u8; 20],
        words: &[u8],
    ) -> Result<(Agreement, BytesMut), WireError> {
        let shared = self.private.shared(theirs).ok_or(WireError("its public key is none"))?;
        let length = u16::try_from(words.len()).map_err(|_| WireError("too much is said at once"))?;
        let mut out = BytesMut::new();
        out.put_slice(&sha1(&[b"req1", &shared]));
        let (torrent, mask) = (sha1(&[b"req2", info_hash]), sha1(&[b"req3", &shared]));
        out.extend(torrent.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
        let hidden = out.len();
        out.put_slice(&VERIFICATION);
        out.put_u32(PLAIN | RC4);
        out.put_u16(u16::try_from(self.pad.len()).map_err(|_| WireError("our pad is too long"))?);
        out.put_slice(&self.pad);
        out.put_u16(length);
        out.put_slice(words);
        let mut ours = Cipher::new("keyA", &shared, info_hash);
        ours.apply(&mut out[hidden..]);
        let mut theirs = Cipher::new("keyB", &shared, info_hash);
        let mut mark = VERIFICATION;
        theirs.apply(&mut mark);
        Ok((Agreement { ours, theirs, stage: Stage::FirstPad(mark) }, out))
    }
}

impl Agreement {
    /// Reads what the other side sent after its public key. What belongs to the handshake is taken from `buffer`; when
    /// that is over, what is left there was decrypted, and so has to be what comes later.
    ///
    /// # Errors
    /// The other side does not follow the protocol, or knows nothing of the torrent.
    pub fn read(mut self, buffer: &mut BytesMut) -> Result<Progress, WireError> {
        loop {
            self.stage = match self.stage {
                Stage::FirstPad(mark) => {
                    let reach = buffer.len().min(LONGEST_PAD + mark.len());
                    match buffer[..reach].windows(mark.len()).position(|window| *window == mark) {
                        Some(pad) => {
                            buffer.advance(pad + mark.len());
                            Stage::Choice
                        }
                        None if reach < LONGEST_PAD + mark.len() => return Ok(Progress::Waiting(self)),
                        None => return Err(WireError("its pad does not end")),
                    }
                }
                Stage::Choice if buffer.len() < 6 => return Ok(Progress::Waiting(self)),
                Stage::Choice => {
                    let mut said = buffer.split_to(6);
                    self.theirs.apply(&mut said);
                    choice(said.get_u32(), said.get_u16())?
                }
                Stage::LastPad(_, length) if buffer.len() < length => return Ok(Progress::Waiting(self)),
                Stage::LastPad(method, length) => {
                    self.theirs.apply(&mut buffer.split_to(length));
                    return Ok(Progress::Agreed(self.end(method, buffer)));
                }
            }
        }
    }

    fn end(mut self, method: Method, rest: &mut BytesMut) -> Option<Veil> {
        match method {
            Method::Plain => None,
            Method::Rc4 => {
                self.theirs.apply(rest);
                Some(Veil { ours: self.ours, theirs: self.theirs })
            }
        }
    }
}

fn choice(chosen: u32, pad: u16) -> Result<Stage, WireError> {
    let method = match chosen {
        PLAIN => Method::Plain,
        RC4 => Method::Rc4,
        _ => return Err(WireError("it chose what was not offered")),
    };
    let pad = usize::from(pad);
    if pad > LONGEST_PAD {
        return Err(WireError("its pad is too long"));
    }
    Ok(Stage::LastPad(method, pad))
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Offer")
    }
}

impl std::fmt::Debug for Chance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chance")
    }
}

#[cfg(test)]
pub(in crate::source::torrent) mod answerer;
#[cfg(test)]
mod tests;
