//! What peers say to each other, without any network: the handshake and the messages that follow it (BEP 3), with the
//! fast extension (BEP 6) and the extension protocol (BEP 10) that carries metadata (BEP 9) and peers (BEP 11), and how
//! they keep it from others.

mod bencode;
mod decode;
mod encode;
mod extension;
mod handshake;
pub mod mse;

pub use bencode::{Value, read_value};
pub use decode::Decoder;
pub use extension::{Greeting, MetadataPart, OUR_METADATA, OUR_PEERS, compact_peers, read_peers};
pub use handshake::Handshake;

use bytes::Bytes;

/// Bytes in a block: what every client asks for at once, and the most that many answer (BEP 3).
pub const BLOCK: u32 = 16 * 1024;

/// A part of a piece: what is asked for, refused and taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block {
    /// Index of the piece in the torrent.
    pub piece: u32,
    /// Where the part starts in the piece, in bytes.
    pub begin: u32,
    /// Bytes.
    pub length: u32,
}

/// One message between peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Nothing, so that the connection is not taken for dead.
    KeepAlive,
    /// The sender answers no requests from now on.
    Choke,
    /// The sender answers requests from now on.
    Unchoke,
    /// The sender wants pieces.
    Interested,
    /// The sender wants nothing.
    NotInterested,
    /// The sender has got one more piece.
    Have(u32),
    /// Which pieces the sender has, the most significant bit first.
    Bitfield(Bytes),
    /// The sender wants this block.
    Request(Block),
    /// A block.
    Piece {
        /// Index of the piece.
        piece: u32,
        /// Where the block starts in it.
        begin: u32,
        /// Its bytes.
        data: Bytes,
    },
    /// The sender does not want the block any more.
    Cancel(Block),
    /// The sender has every piece (BEP 6).
    HaveAll,
    /// The sender has no piece (BEP 6).
    HaveNone,
    /// The sender will not answer this request (BEP 6).
    Reject(Block),
    /// The sender answers requests for this piece even while it chokes (BEP 6).
    AllowedFast(u32),
    /// A message of the extension protocol: its number, which the receiver chose, and what it says (BEP 10).
    Extended(u8, Bytes),
    /// A message that is of no use here, such as a DHT port, or that nobody knows.
    Other(u8),
}

/// The other side breaks the protocol or a limit. The connection is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer breaks the protocol: {0}")]
pub struct WireError(pub &'static str);

#[cfg(test)]
mod tests;
