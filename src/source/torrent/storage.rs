//! Where the engine's blocks go: straight into the open cache files of their torrent.

use std::any::TypeId;
use std::io::IoSlice;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use librqbit::storage::filesystem::FilesystemStorageFactory;
use librqbit::storage::{BoxStorageFactory, StorageFactory, StorageFactoryExt, TorrentStorage};
use librqbit::{ManagedTorrentShared, TorrentMetadata};
use librqbit_core::lengths::ValidPieceIndex;

use super::shelf::Shelf;

/// Makes the engine's view of a shelf.
#[derive(Clone)]
pub(super) struct ShelfFactory(pub(super) Arc<Shelf>);

impl StorageFactory for ShelfFactory {
    type Storage = ShelfStorage;

    fn create(&self, _: &ManagedTorrentShared, _: &TorrentMetadata) -> anyhow::Result<ShelfStorage> {
        Ok(ShelfStorage { shelf: self.0.clone(), generation: self.0.generation() })
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

impl ShelfStorage {
    fn absolute(&self, file: usize, offset: u64) -> anyhow::Result<u64> {
        self.shelf.absolute(file, offset).context("the engine named a file that the torrent lacks")
    }
}

impl TorrentStorage for ShelfStorage {
    fn init(&mut self, _: &ManagedTorrentShared, _: &TorrentMetadata) -> anyhow::Result<()> {
        Ok(())
    }

    fn pread_exact(&self, file: usize, offset: u64, into: &mut [u8]) -> anyhow::Result<()> {
        if into.is_empty() {
            return Ok(());
        }
        let offset = self.absolute(file, offset)?;
        Ok(self.shelf.read(offset, into).context("no open cache file holds these bytes")??)
    }

    fn pwrite_all(&self, file: usize, offset: u64, data: &[u8]) -> anyhow::Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        let offset = self.absolute(file, offset)?;
        Ok(self.shelf.write(self.generation, offset, data)?)
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
        self.shelf.complete(self.generation, piece.get());
        Ok(())
    }
}
