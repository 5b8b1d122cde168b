//! How a torrent is cut into pieces and blocks.

use super::super::wire::{BLOCK, Block};
use crate::domain::Metainfo;

/// Lengths of a torrent and its pieces, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) struct Geometry {
    piece_length: u32,
    total: u64,
}

impl Geometry {
    /// The geometry of a torrent.
    pub(in crate::source) fn of(metainfo: &Metainfo) -> Self {
        Self::new(metainfo.piece_length, metainfo.total_length())
    }

    /// A torrent of `total` bytes in pieces of `piece_length`, neither of which is 0.
    pub(super) fn new(piece_length: u32, total: u64) -> Self {
        Self { piece_length, total }
    }

    /// Number of pieces.
    pub(super) fn pieces(&self) -> u32 {
        u32::try_from(self.total.div_ceil(u64::from(self.piece_length))).unwrap_or(u32::MAX)
    }

    /// Bytes of a piece; the last one may be shorter, and what does not exist has none.
    pub(super) fn size(&self, piece: u32) -> u32 {
        let start = u64::from(piece) * u64::from(self.piece_length);
        let rest = self.total.saturating_sub(start);
        u32::try_from(rest).map_or(self.piece_length, |rest| rest.min(self.piece_length))
    }

    /// Number of blocks of a piece.
    pub(super) fn blocks(&self, piece: u32) -> usize {
        self.size(piece).div_ceil(BLOCK) as usize
    }

    /// The block with this index in a piece.
    pub(super) fn block(&self, piece: u32, index: usize) -> Block {
        let begin = u32::try_from(index).map_or(u32::MAX, |index| index.saturating_mul(BLOCK));
        Block { piece, begin, length: self.size(piece).saturating_sub(begin).min(BLOCK) }
    }
}
