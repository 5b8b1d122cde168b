//! The open cache files of one torrent, and what the engine believes of them.
//!
//! The engine thinks in files of the torrent; a cache file holds whole pieces. A piece that two files
//! share therefore lies in the cache files of both, and every block of it is written to both. Other sources
//! write too, into one of them, so that the copies may differ until the piece is complete; then `neighbours`
//! makes them equal.

mod neighbours;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use fixedbitset::FixedBitSet;
use tokio::sync::watch;

use crate::cache::{CacheError, CacheFile};
use crate::domain::{FileIndex, Metainfo};
use neighbours::{edge_pieces, holds, is_final};

pub(super) use neighbours::pieces;

/// The open cache files of one torrent.
pub(super) struct Shelf {
    metainfo: Arc<Metainfo>,
    open: RwLock<Vec<Shelved>>,
    /// The pieces the engine believes it has: those handed over and those it completed since.
    believed: Mutex<FixedBitSet>,
    /// Counts the engine's adds of this torrent. What an earlier one still had under way is ignored, so
    /// that a late write cannot spoil a piece that was verified since.
    generation: AtomicU64,
    received: AtomicU64,
    /// Bytes received since the last hand-over that every file had already.
    wasted: AtomicU64,
    failure: watch::Sender<Option<CacheError>>,
}

struct Shelved {
    file: CacheFile,
    received: Arc<AtomicU64>,
}

impl Shelf {
    pub(super) fn new(metainfo: Arc<Metainfo>) -> Self {
        let believed = Mutex::new(FixedBitSet::with_capacity(metainfo.pieces.len()));
        Self {
            metainfo,
            open: RwLock::default(),
            believed,
            generation: AtomicU64::new(0),
            received: AtomicU64::new(0),
            wasted: AtomicU64::new(0),
            failure: watch::Sender::new(None),
        }
    }

    /// Puts `file` on the shelf, its shared pieces made equal to those of its neighbours. Blocking.
    pub(super) fn put(&self, file: &CacheFile) -> Result<(), CacheError> {
        // No block may be written between the copy and the moment the file receives blocks itself.
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if open.iter().any(|other| other.file.key() == file.key()) {
            return Ok(());
        }
        for other in open.iter() {
            for piece in edge_pieces(file).into_iter().filter(|piece| holds(&other.file, *piece)) {
                neighbours::join(&self.metainfo, file, &other.file, piece)?;
            }
        }
        open.push(Shelved { file: file.clone(), received: Arc::default() });
        Ok(())
    }

    /// Takes files off; their handles are dropped. The engine may keep the shelf itself for a while.
    pub(super) fn remove(&self, unwanted: impl Fn(FileIndex) -> bool) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.retain(|shelved| !unwanted(shelved.file.key().file));
    }

    /// The open file with this index.
    pub(super) fn file(&self, index: FileIndex) -> Option<CacheFile> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.iter().map(|shelved| &shelved.file).find(|file| file.key().file == index).cloned()
    }

    /// Starts a new generation: waits for writes under way, ignores later ones of earlier generations,
    /// and returns the pieces that are verified on disk, which is what the engine will believe. A shared
    /// piece that somebody proved in one file is given to its neighbours: the engine would never fetch it
    /// for them. Blocking.
    pub(super) fn hand_over(&self) -> FixedBitSet {
        let mut have = FixedBitSet::with_capacity(self.metainfo.pieces.len());
        let open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::Relaxed);
        let files: Vec<&CacheFile> = open.iter().map(|shelved| &shelved.file).collect();
        for file in &files {
            for piece in edge_pieces(file) {
                neighbours::spread(&self.metainfo, &files, piece);
            }
            pieces(file).filter(|piece| file.has_piece(*piece)).for_each(|piece| have.insert(piece as usize));
        }
        for file in &files {
            // Given to one but not to the other, because the disk failed: fetched again for both.
            edge_pieces(file)
                .into_iter()
                .filter(|piece| !is_final(file, *piece))
                .for_each(|piece| have.set(piece as usize, false));
        }
        self.believed.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&have);
        self.wasted.store(0, Ordering::Relaxed);
        // Nobody is woken who has nothing to learn.
        self.failure.send_if_modified(|failure| failure.take().is_some());
        have
    }

    /// Whether the engine believes of every piece of `file` what is true.
    pub(super) fn agrees_with(&self, file: &CacheFile) -> bool {
        let believed = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        pieces(file).all(|piece| believed.contains(piece as usize) == file.has_piece(piece))
    }

    /// Whether the engine believes to have a piece that `file` lacks, and so will never fetch it.
    pub(super) fn is_misled_about(&self, file: &CacheFile) -> bool {
        let believed = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        pieces(file).any(|piece| believed.contains(piece as usize) && !is_final(file, piece))
    }

    /// How many pieces that touch `range` of the content are proved without the engine's knowledge.
    pub(super) fn unknown(&self, file: &CacheFile, range: Range<u64>) -> u64 {
        let Some(layout) = file.layout().filter(|_| !range.is_empty()) else { return 0 };
        let (first, last) = (layout.piece_at(range.start), layout.piece_at(range.end - 1));
        let believed = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        let span = layout.first_piece + first as u32..=layout.first_piece + last as u32;
        span.filter(|piece| !believed.contains(*piece as usize) && file.has_piece(*piece)).count() as u64
    }

    /// The number of the engine's latest add.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// A fresh counter of the bytes that arrive for this file. The one before stands still from now on.
    pub(super) fn count_anew(&self, index: FileIndex) -> Arc<AtomicU64> {
        let fresh = Arc::<AtomicU64>::default();
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(shelved) = open.iter_mut().find(|shelved| shelved.file.key().file == index) {
            shelved.received = fresh.clone();
        }
        fresh
    }

    /// The counter of the bytes that arrive for this file, those of its neighbours in shared pieces included.
    pub(super) fn counter(&self, index: FileIndex) -> Arc<AtomicU64> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let shelved = open.iter().find(|shelved| shelved.file.key().file == index);
        shelved.map(|shelved| shelved.received.clone()).unwrap_or_default()
    }

    /// Notes that so many bytes of this file have arrived by another way than through the engine.
    pub(super) fn note(&self, index: FileIndex, bytes: u64) {
        self.counter(index).fetch_add(bytes, Ordering::Relaxed);
        self.received.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Notes that the disk refused what arrived by another way.
    pub(super) fn fail(&self, error: CacheError) {
        self.failure.send_replace(Some(error));
    }

    /// Bytes of blocks that arrived so far, for whichever file.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Bytes that arrived since the last hand-over although they were there already.
    pub(super) fn wasted(&self) -> u64 {
        self.wasted.load(Ordering::Relaxed)
    }

    /// Becomes `Some` when a block could not be written.
    pub(super) fn failure(&self) -> watch::Receiver<Option<CacheError>> {
        self.failure.subscribe()
    }

    /// Where a byte of one of the torrent's files lies in the torrent; `None` if there is no such file.
    pub(super) fn absolute(&self, file: usize, offset: u64) -> Option<u64> {
        self.metainfo.files.get(file).map(|file| file.offset + offset)
    }

    /// Reads bytes of one piece of the torrent from a file that spans them, best from one that has the piece
    /// proved; `None` if none does. Blocking.
    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> Option<Result<(), CacheError>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let piece = self.piece_at(offset);
        let proved = open.iter().find(|shelved| shelved.file.has_piece(piece));
        proved.into_iter().chain(open.iter()).find_map(|shelved| shelved.file.read_torrent(offset, into))
    }

    /// Writes a block that the engine received. An error is kept as the shelf's failure. Blocking.
    pub(super) fn write(&self, generation: u64, offset: u64, data: &[u8]) -> Result<(), CacheError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if generation != self.generation() {
            return Ok(());
        }
        let piece = self.piece_at(offset);
        let length = data.len() as u64;
        let mut new = false;
        for shelved in open.iter().filter(|shelved| holds(&shelved.file, piece)) {
            new |= !shelved.file.has_piece(piece);
            if let Err(error) = shelved.file.write_torrent(offset, data) {
                // The engine stops the torrent at the first failed write and keeps only a text of the error.
                self.failure.send_replace(Some(error.clone()));
                return Err(error);
            }
            shelved.received.fetch_add(length, Ordering::Relaxed);
        }
        self.received.fetch_add(length, Ordering::Relaxed);
        self.wasted.fetch_add(if new { 0 } else { length }, Ordering::Relaxed);
        Ok(())
    }

    /// Takes note that the engine found a piece to match its hash. It has looked at one of the files that
    /// hold it, no matter which: a shared piece is proved again in each of them. Blocking.
    pub(super) fn complete(&self, generation: u64, piece: u32) {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if generation != self.generation() {
            return;
        }
        let holders: Vec<&CacheFile> =
            open.iter().map(|shelved| &shelved.file).filter(|file| holds(file, piece)).collect();
        // Held until the files know it too: whoever compares the two must not see them differ.
        let mut believed = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        believed.insert(piece as usize);
        match holders.as_slice() {
            [only] if !neighbours::is_shared(only, piece) => only.complete_piece(piece),
            _ => neighbours::settle(&self.metainfo, &holders, piece),
        }
    }

    fn piece_at(&self, offset: u64) -> u32 {
        u32::try_from(offset / u64::from(self.metainfo.piece_length)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
