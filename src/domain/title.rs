//! What a catalogue of titles knows of a film or a series.

use serde::{Deserialize, Serialize};

use super::Date;

/// A film or a series, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Title {
    /// What it is.
    pub kind: TitleKind,
    /// The name it is best known by.
    pub name: String,
    /// Other names: the original one, translations, spellings.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Year of its first showing.
    pub year: Option<u16>,
    /// Year of its last showing, for a series that has ended.
    #[serde(default)]
    pub last_year: Option<u16>,
    /// The IMDb entry, where the id that was asked for is another catalogue's.
    #[serde(default)]
    pub imdb: Option<String>,
    /// Every episode, in the order of their showing; empty for a film.
    #[serde(default)]
    pub episodes: Vec<TitleEpisode>,
}

/// What a title is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TitleKind {
    /// One film.
    Movie,
    /// Episodes.
    Series,
}

/// One episode of a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TitleEpisode {
    /// Season number; 0 holds specials.
    pub season: u32,
    /// Episode number within the season.
    pub episode: u32,
    /// Number counted from the first episode of all, specials left out.
    #[serde(default)]
    pub absolute: Option<u32>,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// The day of its first showing.
    #[serde(default)]
    pub released: Option<Date>,
}

impl Title {
    /// The episode of these numbers.
    pub fn episode(&self, season: u32, episode: u32) -> Option<&TitleEpisode> {
        self.episodes.iter().find(|one| one.season == season && one.episode == episode)
    }
}
