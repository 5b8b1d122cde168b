//! What is cached and how a request names it.

use std::fmt;
use std::str::FromStr;

use super::InfoHash;

/// Position in the torrent's file list, counted from 0 (BEP 3 order).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
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

/// The text names no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither a file's index, an episode such as s1e2, nor `largest`")]
pub struct InvalidFileChoice;

/// As links name it: `3`, `s1e2`, `largest`.
impl fmt::Display for FileChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => index.fmt(f),
            Self::Episode { season, episode } => write!(f, "s{season}e{episode}"),
            Self::Largest => f.write_str("largest"),
        }
    }
}

impl FromStr for FileChoice {
    type Err = InvalidFileChoice;

    /// Reads what `Display` prints.
    fn from_str(text: &str) -> Result<Self, InvalidFileChoice> {
        // Digits only: `u32::from_str` alone would take a plus sign.
        let number = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| text.parse().ok())
                .flatten()
                .ok_or(InvalidFileChoice)
        };
        if text == "largest" {
            return Ok(Self::Largest);
        }
        let Some(episode) = text.strip_prefix('s') else { return Ok(Self::Index(FileIndex(number(text)?))) };
        let (season, episode) = episode.split_once('e').ok_or(InvalidFileChoice)?;
        Ok(Self::Episode { season: number(season)?, episode: number(episode)? })
    }
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
    fn every_choice_is_read_back_from_its_text() {
        for (text, choice) in [
            ("0", FileChoice::Index(FileIndex(0))),
            ("4294967295", FileChoice::Index(FileIndex(u32::MAX))),
            ("s0e13", FileChoice::Episode { season: 0, episode: 13 }),
            ("largest", FileChoice::Largest),
        ] {
            assert_eq!(text.parse(), Ok(choice));
            assert_eq!(choice.to_string(), text);
        }
        for text in ["", "+1", "-1", "4294967296", "s1", "se", "s1e", "e2", "S1E2", "s1e2e3", "Largest"] {
            assert_eq!(text.parse::<FileChoice>(), Err(InvalidFileChoice), "{text}");
        }
    }

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
