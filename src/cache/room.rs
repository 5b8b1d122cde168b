//! The cache folder as a whole.

use std::path::Path;
use std::time::Duration;

use super::{CacheError, CacheFile, Layout};
use crate::domain::{ContentKey, InfoHash};

/// The cache folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cache {}

/// How much the cache may hold and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// Most bytes on disk; `None` leaves only the free-space floor.
    pub max_bytes: Option<u64>,
    /// Bytes of the disk that stay free whatever the quota says.
    pub free_floor: u64,
    /// A content unused for so long is deleted; `None` keeps everything.
    pub idle: Option<Duration>,
}

/// What the cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Usage {
    /// Contents on disk.
    pub contents: usize,
    /// Bytes they occupy.
    pub bytes: u64,
}

impl Cache {
    /// Takes the folder, creating it if needed; refuses one that another process holds.
    pub fn open(folder: &Path, limits: CacheLimits) -> Result<Self, CacheError> {
        let _ = (folder, limits);
        todo!()
    }
    /// Opens a content, creating an empty sparse file if there is none; makes room first.
    pub fn content(&self, key: ContentKey, layout: &Layout) -> Result<CacheFile, CacheError> {
        let _ = (key, layout);
        todo!()
    }
    /// The content if it is open or on disk, whole or in part, together with its name.
    pub fn find(&self, key: ContentKey) -> Option<CacheFile> {
        let _ = key;
        todo!()
    }
    /// A video that an operator dropped into the folder, its name holding `info_hash`.
    pub fn drop_in(&self, info_hash: InfoHash) -> Option<(CacheFile, String)> {
        let _ = info_hash;
        todo!()
    }
    /// Deletes idle contents and enforces the quota; `everything` deletes all that nobody has open.
    /// Returns the bytes freed.
    pub fn clean(&self, everything: bool) -> u64 {
        let _ = everything;
        todo!()
    }
    /// What is on disk now.
    pub fn usage(&self) -> Usage {
        todo!()
    }
    /// Writes every have-map and marks it clean; for an orderly stop.
    pub fn close(&self) {
        todo!()
    }
}
