//! What is cached and how a request names it.

use std::fmt;

use super::InfoHash;

/// Position in the torrent's file list, counted from 0 (BEP 3 order).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct FileIndex(pub u32);

impl fmt::Display for FileIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of one content in the cache. Names inside torrents are never used for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentKey {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The file within it.
    pub file: FileIndex,
}

impl fmt::Display for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.info_hash, self.file)
    }
}

/// Which file of a torrent a request means. The file list may not be known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileChoice {
    /// This very file.
    Index(FileIndex),
    /// The video of this episode; never another one.
    Episode {
        /// Season number; 0 holds specials.
        season: u32,
        /// Episode number within the season.
        episode: u32,
    },
    /// The largest video.
    Largest,
}
