//! Candidates and offers of our own making, for the tests of this room.

use std::sync::Arc;

use crate::addon::offers::Offer;
use crate::cache::Presence;
use crate::discovery::{Candidate, Locator, Query};
use crate::domain::{ContentId, FileChoice, FileEntry, InfoHash, Metainfo, Title, TitleKind};
use crate::release::{Fit, Release};
use crate::stremio::Hops;

/// A torrent whose hash is made of its number.
pub(crate) fn candidate(number: u8, name: &str, release: Release) -> Candidate {
    Candidate {
        info_hash: InfoHash::new([number; 20]),
        locator: Locator::Torrent {
            file: None,
            trackers: Vec::new(),
            torrents: Vec::new(),
            web_seeds: Vec::new(),
            private: false,
        },
        name: name.to_owned(),
        release,
        size: None,
        file_size: None,
        file_name: None,
        seeders: Some(10),
        published: None,
        said_by: vec!["Own indexer".to_owned()],
        is_exact: false,
        is_of_title: false,
    }
}

/// An offer of such a torrent.
pub(crate) fn offer(number: u8, name: &str, release: Release) -> Offer {
    let mut candidate = candidate(number, name, release.clone());
    candidate.size = Some(u64::from(number) << 30);
    Offer {
        candidate: Arc::new(candidate),
        fit: Fit::Exact,
        file: FileChoice::Largest,
        file_name: None,
        file_size: None,
        is_checked: false,
        release,
        here: Presence::Absent,
        services: Vec::new(),
    }
}

/// The question for an episode of a series of this name, or for a film where there is no episode.
pub(crate) fn query(title: &str, year: u16, episode: Option<(u32, u32)>) -> Query {
    let kind = if episode.is_some() { TitleKind::Series } else { TitleKind::Movie };
    let title = Title {
        kind,
        name: title.to_owned(),
        aliases: Vec::new(),
        year: Some(year),
        last_year: None,
        imdb: None,
        episodes: Vec::new(),
    };
    Query {
        id: ContentId::Other("test".to_owned()),
        kind: if episode.is_some() { "series" } else { "movie" }.to_owned(),
        title: Some(Arc::new(title)),
        episode,
        absolute: None,
        hops: Hops::default(),
    }
}

/// The file table of a torrent, each file of so many MiB.
pub(crate) fn table(files: &[(&str, u64)]) -> Arc<Metainfo> {
    let file = |(path, mebibytes): &(&str, u64)| FileEntry {
        path: (*path).to_owned(),
        length: mebibytes << 20,
        offset: 0,
        padding: false,
    };
    Arc::new(Metainfo {
        info_hash: InfoHash::new([0; 20]),
        name: "torrent".to_owned(),
        piece_length: 1 << 20,
        pieces: Arc::from([]),
        files: files.iter().map(file).collect(),
        private: false,
    })
}
