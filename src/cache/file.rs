//! One content's cache file: what is present, who waits, who writes.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use tokio::sync::watch;

use super::{CacheError, Layout, Playhead};
use crate::domain::ContentKey;

/// A handle on one cache file. Cheap to clone; while any handle lives the file is never evicted.
#[derive(Debug, Clone)]
pub struct CacheFile {}

/// A run of final bytes of a content, as a place in an open file: what `sendfile` needs.
#[derive(Debug, Clone)]
pub struct Extent {
    /// The open file.
    pub file: Arc<File>,
    /// Where the run starts in that file, in bytes.
    pub position: u64,
    /// Bytes in the run.
    pub length: u64,
}

impl CacheFile {
    /// Which content this is.
    pub fn key(&self) -> ContentKey {
        todo!()
    }
    /// Bytes of the content.
    pub fn length(&self) -> u64 {
        todo!()
    }
    /// How the content lies in its pieces; `None` for a file that an operator dropped in.
    pub fn layout(&self) -> Option<&Layout> {
        todo!()
    }
    /// Bytes of the content that are verified.
    pub fn verified_bytes(&self) -> u64 {
        todo!()
    }
    /// Bytes of the content that have arrived, verified or not.
    pub fn received_bytes(&self) -> u64 {
        todo!()
    }
    /// Whether every byte is verified.
    pub fn is_complete(&self) -> bool {
        todo!()
    }
    /// The run of verified bytes at `range.start`, cut at `range.end` and at 8 MiB; empty if the
    /// first byte is missing.
    pub fn extent(&self, range: Range<u64>) -> Option<Extent> {
        let _ = range;
        todo!()
    }
    /// Waits until byte `offset` is verified, by event. Cancel by dropping; it has no time limit.
    /// Fails when a write failed (disk full), since the byte will then never come.
    pub async fn wait_for(&self, offset: u64) -> Result<(), CacheError> {
        let _ = offset;
        todo!()
    }
    /// Registers a reader at `offset`. The demand lasts until the playhead is dropped.
    pub fn playhead(&self, offset: u64) -> Playhead {
        let _ = offset;
        todo!()
    }
    /// Content offsets of all playheads, and a wake-up when they change.
    pub fn demand(&self) -> watch::Receiver<Vec<u64>> {
        todo!()
    }

    // What sources use. Offsets are bytes from the start of the torrent.

    /// Writes what `data` has in common with this file. Verified pieces are left alone, so that a byte
    /// once served stays as it was.
    pub fn write_torrent(&self, offset: u64, data: &[u8]) -> Result<(), CacheError> {
        let _ = (offset, data);
        todo!()
    }
    /// Reads exactly `into.len()` bytes, verified or not, if this file spans them.
    pub fn read_torrent(&self, offset: u64, into: &mut [u8]) -> Option<Result<(), CacheError>> {
        let _ = (offset, into);
        todo!()
    }
    /// Marks torrent piece `piece` verified; the caller has compared its hash.
    pub fn complete_piece(&self, piece: u32) {
        let _ = piece;
        todo!()
    }
    /// Hashes every piece that is claimed but not yet proved since an unclean stop. Blocking.
    pub fn verify_claims(&self) -> Result<(), CacheError> {
        todo!()
    }
    /// Whether torrent piece `piece` is held here and verified.
    pub fn has_piece(&self, piece: u32) -> bool {
        let _ = piece;
        todo!()
    }
}
