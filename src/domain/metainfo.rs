//! What a .torrent file says, reduced to what serving its bytes needs (BEP 3).

use std::sync::Arc;

use super::{FileIndex, InfoHash};

/// A torrent's name, files and piece hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metainfo {
    /// SHA-1 of the info dictionary.
    pub info_hash: InfoHash,
    /// The torrent's own name; for display only.
    pub name: String,
    /// Bytes per piece; the last piece may be shorter.
    pub piece_length: u32,
    /// SHA-1 of each piece, in order.
    pub pieces: Arc<[[u8; 20]]>,
    /// Every file in torrent order, padding files included so that indexes stay true.
    pub files: Vec<FileEntry>,
    /// BEP 27: peers only from the torrent's own trackers.
    pub private: bool,
}

/// One file of a torrent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Path inside the torrent joined by `/`; for display and for choosing a file only.
    pub path: String,
    /// Bytes.
    pub length: u64,
    /// Where the file starts in the torrent, in bytes.
    pub offset: u64,
    /// BEP 47 padding: zeros that exist to align the next file.
    pub padding: bool,
}

/// The parts of a [`Metainfo`] contradict each other or exceed a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the torrent is malformed: {0}")]
pub struct InvalidMetainfo(pub String);

impl Metainfo {
    /// Sum of all file lengths, in bytes.
    pub fn total_length(&self) -> u64 {
        self.files.last().map_or(0, |file| file.offset + file.length)
    }

    /// The file at `index`, unless there is none or it is padding.
    pub fn file(&self, index: FileIndex) -> Option<&FileEntry> {
        self.files.get(index.0 as usize).filter(|file| !file.padding)
    }
}

impl FileEntry {
    /// The last segment of the path: what a player shows.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}
