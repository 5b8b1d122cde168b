//! Which pieces a peer has, also while nobody knows yet how many there are.

use fixedbitset::FixedBitSet;

use super::WireError;

/// Pieces of the largest torrent that is opened: its metainfo has 10 MiB, and a hash takes 20 bytes.
const MOST_PIECES: usize = 10 * 1024 * 1024 / 20;

/// What a peer has.
#[derive(Debug, Default)]
pub(super) struct Possession {
    all: bool,
    bits: FixedBitSet,
    /// Bytes of the bitfield that came before the number of pieces was known.
    bitfield: Option<usize>,
    /// Pieces of the torrent, once that is known.
    pieces: Option<u32>,
}

const WRONG_PIECE: WireError = WireError("it names a piece that does not exist");
const WRONG_BITFIELD: WireError = WireError("its bitfield does not fit the torrent");

impl Possession {
    /// Whether the peer has `piece`. As long as nobody knows how many there are, any may exist.
    pub(super) fn has(&self, piece: u32) -> bool {
        let exists = self.pieces.is_none_or(|pieces| piece < pieces);
        exists && (self.all || self.bits.contains(piece as usize))
    }

    /// The peer has everything.
    pub(super) fn all(&mut self) {
        self.all = true;
    }

    /// The peer has one piece more.
    pub(super) fn have(&mut self, piece: u32) -> Result<(), WireError> {
        let index = piece as usize;
        if index >= self.pieces.map_or(MOST_PIECES, |pieces| pieces as usize) {
            return Err(WRONG_PIECE);
        }
        self.bits.grow(index + 1);
        self.bits.insert(index);
        Ok(())
    }

    /// The peer lists what it has.
    pub(super) fn bitfield(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        if bytes.len() > MOST_PIECES / 8 {
            return Err(WRONG_BITFIELD);
        }
        self.bits.grow(bytes.len() * 8);
        for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| **byte != 0) {
            (0..8).filter(|bit| byte & (0x80 >> bit) != 0).for_each(|bit| self.bits.insert(at * 8 + bit));
        }
        self.bitfield = Some(bytes.len());
        self.fits()
    }

    /// Tells how many pieces there are.
    pub(super) fn count_pieces(&mut self, pieces: u32) -> Result<(), WireError> {
        self.pieces = Some(pieces);
        self.fits()
    }

    fn fits(&self) -> Result<(), WireError> {
        let Some(pieces) = self.pieces.map(|pieces| pieces as usize) else { return Ok(()) };
        let is_long_enough = self.bitfield.is_none_or(|length| length == pieces.div_ceil(8));
        let highest = self.bits.maximum().map_or(0, |highest| highest + 1);
        if is_long_enough && highest <= pieces { Ok(()) } else { Err(WRONG_BITFIELD) }
    }
}
