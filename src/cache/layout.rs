//! How a content lies in its cache file.
//!
//! A cache file holds the whole pieces that the content touches, in torrent order. The content thus
//! starts [`Layout::lead`] bytes into the file, and every piece can be verified from this file
//! alone, also the first and the last one, which the neighbouring files of the torrent share.

use std::ops::Range;
use std::sync::Arc;

use crate::domain::{FileIndex, Metainfo};

/// Blocks are what peers send: 16 KiB, the size every client requests (BEP 3).
pub(super) const BLOCK: u64 = 16 * 1024;

/// What counts as a piece where no torrent says it: small enough for a quick first byte, large enough that the
/// map of a large film stays small.
const UNPROVED_PIECE: u64 = 256 * 1024;

/// Where the pieces of one content lie, and what they must hash to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Bytes of the content itself.
    pub length: u64,
    /// Bytes in the cache file before the content starts.
    pub lead: u64,
    /// Bytes per piece.
    pub piece_length: u64,
    /// Index in the torrent of the first piece held here.
    pub first_piece: u32,
    /// Bytes of the cache file: all pieces, the last one possibly shorter.
    pub span: u64,
    /// SHA-1 of each piece held here; `None` when no torrent's file table is known.
    pub hashes: Option<Arc<[[u8; 20]]>>,
}

impl Layout {
    /// The layout of one file of a torrent, or nothing if the torrent has no such file.
    pub fn of(metainfo: &Metainfo, index: FileIndex) -> Option<Self> {
        let file = metainfo.file(index)?;
        let piece_length = u64::from(metainfo.piece_length);
        let first = file.offset / piece_length;
        let last = if file.length == 0 { first } else { (file.offset + file.length).div_ceil(piece_length) };
        let start = first * piece_length;
        let end = (last * piece_length).min(metainfo.total_length());
        let hashes = metainfo.pieces.get(first as usize..last as usize)?;
        Some(Self {
            length: file.length,
            lead: file.offset - start,
            piece_length,
            first_piece: u32::try_from(first).ok()?,
            span: end - start,
            hashes: Some(hashes.into()),
        })
    }

    /// The layout of a content of `length` bytes of which nothing but the length is known.
    pub fn unproved(length: u64) -> Self {
        Self { length, lead: 0, piece_length: UNPROVED_PIECE, first_piece: 0, span: length, hashes: None }
    }

    /// Number of pieces held.
    pub fn pieces(&self) -> usize {
        self.span.div_ceil(self.piece_length) as usize
    }

    /// Where the cache file starts in the torrent, in bytes.
    pub fn torrent_start(&self) -> u64 {
        u64::from(self.first_piece) * self.piece_length
    }

    /// Bytes of local piece `piece` within the cache file.
    pub fn piece_range(&self, piece: usize) -> Range<u64> {
        let start = piece as u64 * self.piece_length;
        start..(start + self.piece_length).min(self.span)
    }

    /// The bytes of the content that lie in local piece `piece`.
    pub fn content_range(&self, piece: usize) -> Range<u64> {
        let whole = self.piece_range(piece);
        let start = whole.start.max(self.lead) - self.lead;
        start..(whole.end.min(self.lead + self.length)).saturating_sub(self.lead).max(start)
    }

    /// Whether local piece `piece` holds bytes that are not the content's own, but of its neighbours.
    pub fn is_shared(&self, piece: usize) -> bool {
        let (whole, own) = (self.piece_range(piece), self.content_range(piece));
        whole.end - whole.start != own.end - own.start
    }

    /// The local piece that holds content byte `offset`.
    pub fn piece_at(&self, offset: u64) -> usize {
        ((self.lead + offset) / self.piece_length) as usize
    }
}
