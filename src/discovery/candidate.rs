//! What was found, before it is shown.

use std::fmt;
use std::time::SystemTime;

use url::Url;

use crate::domain::{FileIndex, InfoHash};
use crate::release::Release;
use crate::source::Place;

/// The name of the indexer of the operator's own files.
pub const LIBRARY: &str = "Library";

/// A release that may be the wanted video, as all indexers together describe it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What its content is known by: the info-hash, or the SHA-1 of its place.
    pub info_hash: InfoHash,
    /// Where it is.
    pub locator: Locator,
    /// The name of the release, as the best indexer gave it.
    pub name: String,
    /// What that name says.
    pub release: Release,
    /// Bytes of the whole release.
    pub size: Option<u64>,
    /// Bytes of the wanted file, where an indexer told.
    pub file_size: Option<u64>,
    /// The name of the wanted file, where an indexer told.
    pub file_name: Option<String>,
    /// The most that any indexer counted.
    pub seeders: Option<u32>,
    /// When it was published first.
    pub published: Option<SystemTime>,
    /// Who named it, each once, the best first.
    pub said_by: Vec<String>,
    /// An indexer vouches that it is the very video that was asked for, because it keeps them by id and episode.
    pub is_exact: bool,
    /// An indexer keeps it under the IMDb id of the wanted film or series, whatever its name says.
    pub is_of_title: bool,
}

/// Where a release is.
#[derive(Clone)]
pub enum Locator {
    /// In a torrent.
    Torrent {
        /// The wanted file, where an indexer told.
        file: Option<FileIndex>,
        /// Where its peers meet.
        trackers: Vec<Url>,
        /// Where the .torrent file lies. May hold keys, so it is for no log.
        torrents: Vec<Url>,
        /// Servers with the same files (BEP 19).
        web_seeds: Vec<Url>,
        /// The torrent is of a private tracker (BEP 27), as far as that is known.
        private: bool,
    },
    /// At one address, or in a file of the operator's.
    Place(Place),
}

impl fmt::Debug for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Torrent { file, trackers, torrents, web_seeds, private } => f
                .debug_struct("Torrent")
                .field("file", file)
                .field("trackers", &trackers.len())
                .field("torrents", &torrents.len())
                .field("web_seeds", &web_seeds.len())
                .field("private", private)
                .finish(),
            Self::Place(place) => place.fmt(f),
        }
    }
}
