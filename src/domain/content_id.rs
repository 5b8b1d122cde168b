//! What Stremio asks for: the id of a movie or of one episode.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// The title of an IMDb entry: `tt` and digits, kept as written because leading zeros matter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImdbId(String);

/// The text is not `tt` followed by 1 to 12 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an IMDb id is `tt` followed by digits")]
pub struct InvalidImdbId;

/// A video id of the addon protocol.
///
/// Reading never fails: other addons name their videos as they like, and an id nobody here knows
/// simply has no streams. Printing gives the canonical form, without leading zeros in episode numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ContentId {
    /// `tt…`: a movie, or a series as a whole where a meta is asked for.
    Movie(ImdbId),
    /// `tt…:season:episode`.
    Episode {
        /// The series.
        series: ImdbId,
        /// Season number; 0 holds specials.
        season: u32,
        /// Episode number within the season.
        episode: u32,
    },
    /// `kitsu:id` or `kitsu:id:episode`: anime numbered without seasons.
    Kitsu {
        /// The entry on Kitsu.
        id: u32,
        /// Episode of the entry; absent for a film.
        episode: Option<u32>,
    },
    /// Anything else, verbatim.
    Other(String),
}

impl ImdbId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ImdbId {
    type Err = InvalidImdbId;

    fn from_str(text: &str) -> Result<Self, InvalidImdbId> {
        let digits = text.strip_prefix("tt").ok_or(InvalidImdbId)?;
        let plausible = (1..=12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if plausible { Ok(Self(text.to_owned())) } else { Err(InvalidImdbId) }
    }
}

impl fmt::Display for ImdbId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ContentId {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::known(text).unwrap_or_else(|| Self::Other(text.to_owned())))
    }
}

impl ContentId {
    fn known(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        Some(match *parts.as_slice() {
            ["kitsu", id] => Self::Kitsu { id: number(id)?, episode: None },
            ["kitsu", id, episode] => Self::Kitsu { id: number(id)?, episode: Some(number(episode)?) },
            [imdb] => Self::Movie(imdb.parse().ok()?),
            [imdb, season, episode] => Self::Episode {
                series: imdb.parse().ok()?,
                season: number(season)?,
                episode: number(episode)?,
            },
            _ => return None,
        })
    }
}

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Movie(imdb) => imdb.fmt(f),
            Self::Episode { series, season, episode } => write!(f, "{series}:{season}:{episode}"),
            Self::Kitsu { id, episode: None } => write!(f, "kitsu:{id}"),
            Self::Kitsu { id, episode: Some(episode) } => write!(f, "kitsu:{id}:{episode}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Digits only: `u32::from_str` alone would take a plus sign.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> ContentId {
        let Ok(id) = text.parse();
        id
    }

    #[test]
    fn every_known_form_is_read_and_printed_back() {
        let series = || "tt0898266".parse::<ImdbId>().unwrap();
        for (text, expected) in [
            ("tt1254207", ContentId::Movie("tt1254207".parse().unwrap())),
            ("tt0898266:9:17", ContentId::Episode { series: series(), season: 9, episode: 17 }),
            ("tt0898266:0:1", ContentId::Episode { series: series(), season: 0, episode: 1 }),
            ("kitsu:7442", ContentId::Kitsu { id: 7442, episode: None }),
            ("kitsu:7442:25", ContentId::Kitsu { id: 7442, episode: Some(25) }),
        ] {
            assert_eq!(parse(text), expected);
            assert_eq!(expected.to_string(), text);
        }
        assert_eq!(parse("tt0898266:09:017").to_string(), "tt0898266:9:17");
    }

    #[test]
    fn anything_else_is_kept_as_it_came() {
        for text in [
            "",
            "tt",
            "TT1254207",
            "tt12x",
            "tt1:1",
            "tt1:1:2:3",
            "tt1:+1:2",
            "tt1::2",
            "tt1:1:4294967296",
            "kitsu:",
            "kitsu:1:2:3",
            "tmdb:603",
            "ttä",
        ] {
            assert_eq!(parse(text), ContentId::Other(text.to_owned()), "{text}");
            assert_eq!(parse(text).to_string(), text);
        }
    }
}
