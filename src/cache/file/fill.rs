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

/// What became of a piece that a source offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It was missing and is final now.
    New,
    /// It was there already.
    Known,
    /// It does not match its hash, and nothing was written.
    Wrong,
}

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
            let _turn = pieces.turn(piece);
            if !pieces.state().have.is_verified(piece) {
                self.write(pieces, piece, at - start, part)?;
                pieces.state().have.receive(layout, piece, &(at - start..end - start));
            }
            at = end;
        }
        Ok(())
    }

    /// Takes all bytes of piece `piece` of this file, its neighbours' included, if they match its hash. Blocking.
    ///
    /// # Panics
    /// If `data` is not as long as the piece: a fault of the caller.
    pub fn put_piece(&self, piece: usize, data: &[u8]) -> Result<Put, CacheError> {
        let Some(pieces) = self.pieces() else { return Ok(Put::Known) };
        let range = pieces.layout.piece_range(piece);
        assert_eq!(data.len() as u64, range.end - range.start, "a piece is written as a whole");
        let Some(hashes) = &pieces.layout.hashes else { return self.vouch(piece, data) };
        if sha1(data) != hashes[piece] {
            return Ok(Put::Wrong);
        }
        let _turn = pieces.turn(piece);
        if pieces.state().have.is_verified(piece) {
            return Ok(Put::Known);
        }
        self.write(pieces, piece, range.start, data)?;
        let was_there = pieces.state().have.has(piece);
        // What was vouched for stays as it is, and has to be what the hash speaks of.
        if was_there && self.hash(range)? != hashes[piece] {
            return Ok(Put::Known);
        }
        {
            let mut state = pieces.state();
            state.dirty = true;
            state.have.verify(piece);
        }
        self.tell(pieces);
        Ok(if was_there { Put::Known } else { Put::New })
    }

    /// Takes the content's own bytes of piece `piece` without proof: its hash is not known, or covers bytes of
    /// a neighbour that the caller cannot get. The caller answers for them. Blocking.
    ///
    /// # Panics
    /// If `data` is not as long as the content's part of the piece: a fault of the caller.
    pub fn vouch(&self, piece: usize, data: &[u8]) -> Result<Put, CacheError> {
        let Some(pieces) = self.pieces() else { return Ok(Put::Known) };
        let own = pieces.layout.content_range(piece);
        assert_eq!(data.len() as u64, own.end - own.start, "the content's part is written as a whole");
        let _turn = pieces.turn(piece);
        if pieces.state().have.has(piece) {
            return Ok(Put::Known);
        }
        self.write(pieces, piece, pieces.layout.lead + own.start, data)?;
        {
            let mut state = pieces.state();
            state.dirty = true;
            state.have.vouch(piece);
        }
        self.tell(pieces);
        Ok(Put::New)
    }

    /// Reads final bytes of the content from `offset` on; fewer than asked for where they end. Blocking.
    pub fn read_content(&self, offset: u64, most: usize) -> Result<Vec<u8>, CacheError> {
        let Some(extent) = self.extent(offset..offset.saturating_add(most as u64)) else {
            return Ok(Vec::new());
        };
        let mut bytes = vec![0; extent.length as usize];
        extent.file.read_exact_at(&mut bytes, extent.position)?;
        Ok(bytes)
    }

    /// Reads exactly `into.len()` bytes, verified or not; `None` unless this file spans them. Blocking.
    pub fn read_torrent(&self, offset: u64, into: &mut [u8]) -> Option<Result<(), CacheError>> {
        let layout = self.layout()?;
        let position = offset.checked_sub(layout.torrent_start())?;
        let spanned = position + into.len() as u64 <= layout.span;
        spanned.then(|| self.inner.data.read_exact_at(into, position).map_err(CacheError::from))
    }

    /// Writes `data` at `at` of the file, all within `piece`, but leaves alone what was vouched for: that may
    /// have been served. The caller holds the piece's turn.
    fn write(&self, pieces: &Pieces, piece: usize, at: u64, data: &[u8]) -> Result<(), CacheError> {
        let kept = if pieces.state().have.is_vouched(piece) {
            let own = pieces.layout.content_range(piece);
            own.start + pieces.layout.lead..own.end + pieces.layout.lead
        } else {
            at..at
        };
        let end = at + data.len() as u64;
        for part in [at..end.min(kept.start), at.max(kept.end)..end] {
            if part.is_empty() {
                continue;
            }
            let bytes = &data[(part.start - at) as usize..(part.end - at) as usize];
            if let Err(error) = self.inner.data.write_all_at(bytes, part.start) {
                return Err(self.fail(pieces, error.into()));
            }
        }
        Ok(())
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
            self.tell(pieces);
        }
    }

    /// Hashes torrent piece `piece` as it lies here, and marks it verified if it matches. Whether it is verified
    /// now; `false` if it is not held here. Blocking.
    pub fn prove_piece(&self, piece: u32) -> Result<bool, CacheError> {
        let Some((pieces, local)) = self.local(piece) else { return Ok(false) };
        // Nobody may write between the look and the mark.
        let _turn = pieces.turn(local);
        if pieces.state().have.is_verified(local) {
            return Ok(true);
        }
        let wanted = pieces.layout.hashes.as_ref().map(|hashes| hashes[local]);
        let proved = wanted == Some(self.hash(pieces.layout.piece_range(local))?);
        if proved {
            self.complete_piece(piece);
        }
        Ok(proved)
    }

    /// Whether torrent piece `piece` is held here and matched its hash.
    pub fn has_piece(&self, piece: u32) -> bool {
        self.local(piece).is_some_and(|(pieces, local)| pieces.state().have.is_verified(local))
    }

    /// Hashes every piece that is claimed but not yet proved since an unclean stop. Blocking.
    pub fn verify_claims(&self) -> Result<(), CacheError> {
        let Some(pieces) = self.pieces() else { return Ok(()) };
        let _turn = pieces.proving.lock().unwrap_or_else(PoisonError::into_inner);
        let claims = pieces.state().have.claims();
        for piece in claims {
            let proved = match &pieces.layout.hashes {
                Some(hashes) => self.hash(pieces.layout.piece_range(piece))? == hashes[piece],
                None => false,
            };
            let mut state = pieces.state();
            state.dirty = true;
            state.have.settle(piece, proved);
            drop(state);
            self.tell(pieces);
        }
        Ok(())
    }

    /// Pieces have become final: wakes those who wait for them.
    fn tell(&self, pieces: &Pieces) {
        pieces.count_presence();
        self.inner.changes.send_replace(());
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

fn sha1(data: &[u8]) -> [u8; 20] {
    let sum = aws_lc_rs::digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, data);
    sum.as_ref().try_into().expect("SHA-1 is 20 bytes")
}
