//! Where the engine's blocks go: straight into the open cache files of their torrent.
//!
//! The engine thinks in files of the torrent; a cache file holds whole pieces. A piece that two files
//! share therefore lies in the cache files of both, and every block of it is written to both.
//! **Invariant:** from the moment a cache file is put on the shelf, its shared pieces hold the same bytes
//! as those of its neighbours. The engine verifies a piece by reading one of them, and may then declare
//! it complete in all.

use std::any::TypeId;
use std::io::IoSlice;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::{Context, anyhow};
use fixedbitset::FixedBitSet;
use librqbit::storage::filesystem::FilesystemStorageFactory;
use librqbit::storage::{BoxStorageFactory, StorageFactory, StorageFactoryExt, TorrentStorage};
use librqbit::{ManagedTorrentShared, TorrentMetadata};
use librqbit_core::lengths::ValidPieceIndex;
use tokio::sync::watch;

use crate::cache::{CacheError, CacheFile};
use crate::domain::{FileIndex, Metainfo};

/// The open cache files of one torrent.
pub(super) struct Shelf {
    metainfo: Arc<Metainfo>,
    open: RwLock<Vec<CacheFile>>,
    /// The pieces the engine believes it has: those handed over and those it completed since.
    believed: Mutex<FixedBitSet>,
    /// Counts the engine's adds of this torrent. What an earlier one still had under way is ignored, so
    /// that a late write cannot spoil a piece that was verified since.
    generation: AtomicU64,
    received: Arc<AtomicU64>,
    failure: watch::Sender<Option<CacheError>>,
}

impl Shelf {
    pub(super) fn new(metainfo: Arc<Metainfo>) -> Self {
        let believed = Mutex::new(FixedBitSet::with_capacity(metainfo.pieces.len()));
        Self {
            metainfo,
            open: RwLock::default(),
            believed,
            generation: AtomicU64::new(0),
            received: Arc::default(),
            failure: watch::Sender::new(None),
        }
    }

    /// Puts `file` on the shelf, its shared pieces made equal to those of its neighbours. Blocking.
    pub(super) fn put(&self, file: &CacheFile) -> Result<(), CacheError> {
        // No block may be written between the copy and the moment the file receives blocks itself.
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if open.iter().any(|other| other.key() == file.key()) {
            return Ok(());
        }
        for other in open.iter() {
            for piece in edge_pieces(file).into_iter().filter(|piece| holds(other, *piece)) {
                if file.has_piece(piece) && !other.has_piece(piece) {
                    self.level(file, other, piece)?;
                } else {
                    self.level(other, file, piece)?;
                }
            }
        }
        open.push(file.clone());
        Ok(())
    }

    /// Takes files off; their handles are dropped. The engine may keep the shelf itself for a while.
    pub(super) fn remove(&self, unwanted: impl Fn(FileIndex) -> bool) {
        self.open.write().unwrap_or_else(PoisonError::into_inner).retain(|file| !unwanted(file.key().file));
    }

    /// Starts a new generation: waits for writes under way, ignores later ones of earlier generations,
    /// and returns the pieces that are verified on disk, which is what the engine will believe.
    pub(super) fn hand_over(&self) -> FixedBitSet {
        let mut have = FixedBitSet::with_capacity(self.metainfo.pieces.len());
        let open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::Relaxed);
        for file in open.iter() {
            pieces(file).filter(|piece| file.has_piece(*piece)).for_each(|piece| have.insert(piece as usize));
        }
        self.believed.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&have);
        self.failure.send_replace(None);
        have
    }

    /// Whether the engine believes of every piece of `file` what is true.
    pub(super) fn agrees_with(&self, file: &CacheFile) -> bool {
        let believed = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        pieces(file).all(|piece| believed.contains(piece as usize) == file.has_piece(piece))
    }

    /// The counter of [`Shelf::received`].
    pub(super) fn counter(&self) -> Arc<AtomicU64> {
        self.received.clone()
    }

    /// Bytes of blocks that arrived so far.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Becomes `Some` when a block could not be written.
    pub(super) fn failure(&self) -> watch::Receiver<Option<CacheError>> {
        self.failure.subscribe()
    }

    /// Makes `piece` of `to` equal to that of `from`, writing only the blocks that differ, so that a
    /// block which nobody received stays a hole.
    fn level(&self, from: &CacheFile, to: &CacheFile, piece: u32) -> Result<(), CacheError> {
        if to.has_piece(piece) {
            return Ok(());
        }
        let piece_length = u64::from(self.metainfo.piece_length);
        let start = u64::from(piece) * piece_length;
        let end = (start + piece_length).min(self.metainfo.total_length());
        let (mut theirs, mut ours) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
        let mut offset = start;
        while offset < end {
            let length = (end - offset).min(theirs.len() as u64) as usize;
            let (theirs, ours) = (&mut theirs[..length], &mut ours[..length]);
            from.read_torrent(offset, theirs).transpose()?;
            to.read_torrent(offset, ours).transpose()?;
            if theirs != ours {
                to.write_torrent(offset, theirs)?;
            }
            offset += length as u64;
        }
        if from.has_piece(piece) {
            to.complete_piece(piece);
        }
        Ok(())
    }

    fn absolute(&self, file: usize, offset: u64) -> anyhow::Result<u64> {
        let file = self.metainfo.files.get(file).context("the engine named a file that the torrent lacks")?;
        Ok(file.offset + offset)
    }

    fn write(&self, generation: u64, offset: u64, data: &[u8]) -> Result<(), CacheError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if generation != self.generation.load(Ordering::Relaxed) {
            return Ok(());
        }
        for file in open.iter() {
            file.write_torrent(offset, data)?;
        }
        self.received.fetch_add(data.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// The first and the last piece of a cache file: the ones it may share.
fn edge_pieces(file: &CacheFile) -> Vec<u32> {
    let mut edges: Vec<u32> = pieces(file).take(1).chain(pieces(file).last()).collect();
    edges.dedup();
    edges
}

fn pieces(file: &CacheFile) -> std::ops::Range<u32> {
    file.layout().map_or(0..0, |layout| {
        let count = u32::try_from(layout.pieces()).unwrap_or(u32::MAX);
        layout.first_piece..layout.first_piece.saturating_add(count)
    })
}

fn holds(file: &CacheFile, piece: u32) -> bool {
    pieces(file).contains(&piece)
}

/// Makes the engine's view of a shelf.
#[derive(Clone)]
pub(super) struct ShelfFactory(pub(super) Arc<Shelf>);

impl StorageFactory for ShelfFactory {
    type Storage = ShelfStorage;

    fn create(&self, _: &ManagedTorrentShared, _: &TorrentMetadata) -> anyhow::Result<ShelfStorage> {
        let generation = self.0.generation.load(Ordering::Relaxed);
        Ok(ShelfStorage { shelf: self.0.clone(), generation })
    }

    /// The engine's JSON store, which carries our have-map over, only accepts its own file storage.
    fn is_type_id(&self, type_id: TypeId) -> bool {
        type_id == TypeId::of::<FilesystemStorageFactory>()
    }

    fn clone_box(&self) -> BoxStorageFactory {
        self.clone().boxed()
    }
}

/// The engine's view of a shelf: it may read and write, and nothing else has an effect.
pub(super) struct ShelfStorage {
    shelf: Arc<Shelf>,
    generation: u64,
}

impl TorrentStorage for ShelfStorage {
    fn init(&mut self, _: &ManagedTorrentShared, _: &TorrentMetadata) -> anyhow::Result<()> {
        Ok(())
    }

    fn pread_exact(&self, file: usize, offset: u64, into: &mut [u8]) -> anyhow::Result<()> {
        if into.is_empty() {
            return Ok(());
        }
        let offset = self.shelf.absolute(file, offset)?;
        let open = self.shelf.open.read().unwrap_or_else(PoisonError::into_inner);
        let read = open.iter().find_map(|cached| cached.read_torrent(offset, into));
        Ok(read.ok_or_else(|| anyhow!("no open cache file holds these bytes"))??)
    }

    fn pwrite_all(&self, file: usize, offset: u64, data: &[u8]) -> anyhow::Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        let offset = self.shelf.absolute(file, offset)?;
        self.shelf.write(self.generation, offset, data).map_err(|error| {
            // The engine stops the torrent at the first failed write and keeps only a text of the error.
            self.shelf.failure.send_replace(Some(error.clone()));
            error.into()
        })
    }

    fn pwrite_all_vectored(&self, file: usize, offset: u64, bufs: [IoSlice<'_>; 2]) -> anyhow::Result<usize> {
        // The halves of a block that wrapped around the peer's ring buffer: one write, one block.
        let length = bufs[0].len() + bufs[1].len();
        match (bufs[0].is_empty(), bufs[1].is_empty()) {
            (_, true) => self.pwrite_all(file, offset, &bufs[0])?,
            (true, false) => self.pwrite_all(file, offset, &bufs[1])?,
            (false, false) => self.pwrite_all(file, offset, &[&*bufs[0], &*bufs[1]].concat())?,
        }
        Ok(length)
    }

    fn remove_file(&self, _: usize, _: &Path) -> anyhow::Result<()> {
        Ok(())
    }

    fn remove_directory_if_empty(&self, _: &Path) -> anyhow::Result<()> {
        Ok(())
    }

    fn ensure_file_length(&self, _: usize, _: u64) -> anyhow::Result<()> {
        Ok(())
    }

    fn take(&self) -> anyhow::Result<Box<dyn TorrentStorage>> {
        Ok(Box::new(Self { shelf: self.shelf.clone(), generation: self.generation }))
    }

    fn on_piece_completed(&self, piece: ValidPieceIndex) -> anyhow::Result<()> {
        let open = self.shelf.open.read().unwrap_or_else(PoisonError::into_inner);
        if self.generation != self.shelf.generation.load(Ordering::Relaxed) {
            return Ok(());
        }
        // Held until the files know it too: whoever compares the two must not see them differ.
        let mut believed = self.shelf.believed.lock().unwrap_or_else(PoisonError::into_inner);
        believed.insert(piece.get_usize());
        open.iter().filter(|file| holds(file, piece.get())).for_each(|file| file.complete_piece(piece.get()));
        Ok(())
    }
}
