//! From bytes, however they are cut, to messages.

use bytes::{Buf, Bytes, BytesMut};

use super::{BLOCK, Block, Handshake, Message, WireError};

/// The longest message that means something here: the have-map of the largest torrent that is opened (10 MiB of
/// metainfo name half a million pieces), a block with its head, or a list of some thousand peers.
const LONGEST: usize = 128 * 1024;

/// What is asked of the socket at least: two blocks with their heads.
const ROOM: usize = 2 * (BLOCK as usize + 32);

/// Reads what one peer says. It keeps no more than one message that is not complete, which is at most 128 KiB and what
/// was read beyond it.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
    greeted: bool,
}

impl Decoder {
    /// Where bytes from the peer go, with room for more.
    pub fn space(&mut self) -> &mut BytesMut {
        self.buffer.reserve(ROOM);
        &mut self.buffer
    }

    /// The handshake, once it is there. It comes before all messages.
    ///
    /// # Errors
    /// It is none.
    pub fn handshake(&mut self) -> Result<Option<Handshake>, WireError> {
        let Some(bytes) = self.buffer.first_chunk::<{ Handshake::LENGTH }>() else { return Ok(None) };
        let handshake = Handshake::from_bytes(bytes)?;
        self.buffer.advance(Handshake::LENGTH);
        self.greeted = true;
        Ok(Some(handshake))
    }

    /// Whether the handshake has been read.
    pub fn is_greeted(&self) -> bool {
        self.greeted
    }

    /// The next message that is complete.
    ///
    /// # Errors
    /// It is too long, or not as long as its kind has to be. Nothing more can be read then.
    pub fn message(&mut self) -> Result<Option<Message>, WireError> {
        let Some(head) = self.buffer.first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_be_bytes(*head) as usize;
        if length > LONGEST {
            return Err(WireError("a message is too long"));
        }
        if self.buffer.len() < 4 + length {
            return Ok(None);
        }
        self.buffer.advance(4);
        let mut body = self.buffer.split_to(length).freeze();
        if body.is_empty() {
            return Ok(Some(Message::KeepAlive));
        }
        let kind = body.get_u8();
        read(kind, body).map(Some)
    }
}

fn read(kind: u8, mut body: Bytes) -> Result<Message, WireError> {
    let message = match kind {
        0 => Message::Choke,
        1 => Message::Unchoke,
        2 => Message::Interested,
        3 => Message::NotInterested,
        4 => Message::Have(number(&mut body)?),
        5 => Message::Bitfield(std::mem::take(&mut body)),
        6 => Message::Request(block(&mut body)?),
        7 => {
            let (piece, begin) = (number(&mut body)?, number(&mut body)?);
            // A copy: blocks are kept until their piece is whole, and each would keep all that was read with it.
            Message::Piece { piece, begin, data: Bytes::copy_from_slice(&std::mem::take(&mut body)) }
        }
        8 => Message::Cancel(block(&mut body)?),
        14 => Message::HaveAll,
        15 => Message::HaveNone,
        16 => Message::Reject(block(&mut body)?),
        17 => Message::AllowedFast(number(&mut body)?),
        20 if body.is_empty() => return Err(WireError("an extended message has no number")),
        20 => Message::Extended(body.get_u8(), std::mem::take(&mut body)),
        other => {
            body.clear();
            Message::Other(other)
        }
    };
    if body.is_empty() { Ok(message) } else { Err(WireError("a message is longer than its kind")) }
}

fn number(body: &mut Bytes) -> Result<u32, WireError> {
    body.try_get_u32().map_err(|_| WireError("a message is shorter than its kind"))
}

fn block(body: &mut Bytes) -> Result<Block, WireError> {
    Ok(Block { piece: number(body)?, begin: number(body)?, length: number(body)? })
}
