//! What sources do with a cache file: write blocks, report pieces, prove claims. Offsets are bytes from the
//! start of the torrent.

use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::PoisonError;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use super::{CacheFile, Pieces};
use crate::cache::CacheError;

/// How much is read at once when a piece is hashed.
const HASH_CHUNK: usize = 256 << 10;

impl CacheFile {
    /// Writes what `data` has in common with this file. Verified pieces are left alone, so that a byte
    /// once served stays as it was. Blocking.
    pub fn write_torrent(&self, offset: u64, data: &[u8]) -> Result<(), CacheError> {
        let Some(pieces) = self.pieces() else { return Ok(()) };
        let layout = &pieces.layout;
        let start = layout.torrent_start();
        let from = offset.max(start);
        let to = (offset + data.len() as u64).min(start + layout.span);
        let mut at = from;
        while at < to {
            let piece = ((at - start) / layout.piece_length) as usize;
            let end = to.min(start + layout.piece_range(piece).end);
            let part = &data[(at - offset) as usize..(end - offset) as usize];
            if !pieces.state().have.has(piece) {
                if let Err(error) = self.inner.data.write_all_at(part, at - start) {
                    return Err(self.fail(pieces, error.into()));
                }
                pieces.state().have.receive(layout, piece, &(at - start..end - start));
            }
            at = end;
        }
        Ok(())
    }

    /// Reads exactly `into.len()` bytes, verified or not; `None` unless this file spans them. Blocking.
    pub fn read_torrent(&self, offset: u64, into: &mut [u8]) -> Option<Result<(), CacheError>> {
        let layout = self.layout()?;
        let position = offset.checked_sub(layout.torrent_start())?;
        let spanned = position + into.len() as u64 <= layout.span;
        spanned.then(|| self.inner.data.read_exact_at(into, position).map_err(CacheError::from))
    }

    /// Marks torrent piece `piece` verified; the caller has compared its hash.
    pub fn complete_piece(&self, piece: u32) {
        let Some((pieces, local)) = self.local(piece) else { return };
        let new = {
            let mut state = pieces.state();
            state.dirty = true;
            state.have.verify(local)
        };
        if new {
            self.inner.changes.send_replace(());
        }
    }

    /// Whether torrent piece `piece` is held here and verified.
    pub fn has_piece(&self, piece: u32) -> bool {
        self.local(piece).is_some_and(|(pieces, local)| pieces.state().have.has(local))
    }

    /// Hashes every piece that is claimed but not yet proved since an unclean stop. Blocking.
    pub fn verify_claims(&self) -> Result<(), CacheError> {
        let Some(pieces) = self.pieces() else { return Ok(()) };
        let _turn = pieces.proving.lock().unwrap_or_else(PoisonError::into_inner);
        let claims = pieces.state().have.claims();
        for piece in claims {
            let proved = self.hash(pieces.layout.piece_range(piece))? == pieces.layout.hashes[piece];
            let mut state = pieces.state();
            state.dirty = true;
            state.have.settle(piece, proved);
            drop(state);
            self.inner.changes.send_replace(());
        }
        Ok(())
    }

    fn local(&self, piece: u32) -> Option<(&Pieces, usize)> {
        let pieces = self.pieces()?;
        let local = piece.checked_sub(pieces.layout.first_piece)? as usize;
        (local < pieces.layout.pieces()).then_some((pieces, local))
    }

    fn hash(&self, range: Range<u64>) -> Result<[u8; 20], CacheError> {
        let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        let mut buffer = vec![0; HASH_CHUNK.min((range.end - range.start) as usize)];
        let mut at = range.start;
        while at < range.end {
            let part = &mut buffer[..HASH_CHUNK.min((range.end - at) as usize)];
            self.inner.data.read_exact_at(part, at)?;
            context.update(part);
            at += part.len() as u64;
        }
        Ok(context.finish().as_ref().try_into().expect("SHA-1 is 20 bytes"))
    }

    fn fail(&self, pieces: &Pieces, error: CacheError) -> CacheError {
        pieces.state().failure = Some(error.clone());
        self.inner.changes.send_replace(());
        error
    }
}
