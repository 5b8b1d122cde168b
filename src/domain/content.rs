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

impl FileChoice {
    /// What takes the index's place in the key of a content whose file table nobody knows: no torrent has so
    /// many files. `None` for numbers that no series reaches.
    pub fn stand_in(self) -> Option<FileIndex> {
        const UNKNOWN: u32 = 1 << 31;
        let number = match self {
            Self::Index(FileIndex(index)) => (index < 1 << 29).then_some(index)?,
            Self::Episode { season, episode } => {
                (season < 1 << 13 && episode < 1 << 16).then_some(1 << 29 | season << 16 | episode)?
            }
            Self::Largest => 1 << 30,
        };
        Some(FileIndex(UNKNOWN | number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_choices_have_different_stand_ins_that_no_torrent_uses() {
        let choices = [
            FileChoice::Index(FileIndex(0)),
            FileChoice::Index(FileIndex(65_537)),
            FileChoice::Episode { season: 0, episode: 0 },
            FileChoice::Episode { season: 1, episode: 1 },
            FileChoice::Largest,
        ];
        let mut numbers: Vec<_> = choices.iter().map(|choice| choice.stand_in().unwrap()).collect();
        assert!(numbers.iter().all(|number| number.0 >= 1 << 31 && number.0 < u32::MAX));
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), choices.len());
        assert_eq!(FileChoice::Episode { season: 1 << 13, episode: 1 }.stand_in(), None);
    }
}
