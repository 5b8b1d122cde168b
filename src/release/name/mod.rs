//! What the name of a release says about it.

mod acronym;
mod ahead;
mod attributes;
mod bare;
mod compounds;
mod counting;
mod country;
mod cutter;
mod days;
mod describe;
mod editions;
mod figures;
mod gap;
mod language;
mod lists;
mod measures;
mod numbers;
mod ordinals;
mod origin;
mod parse;
mod path;
mod places;
mod scene;
mod subtitle;
mod tags;
mod title;
mod token;
mod tongues;
mod worded;
mod words;
mod writing;

pub use attributes::{Audio, Channels, Codec, Hdr, Medium, Resolution};
pub use language::Language;

use crate::domain::Date;

/// What the name of a release says. A field is empty where the name says nothing, or nothing clear.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Release {
    /// The title as people write it: spaces between words, no dots or underscores.
    pub title: String,
    /// The title with what stands behind it: a part of the name behind a dash, which may be another title or name the
    /// episode, or the number of a part. Absent where nothing does.
    pub long_title: Option<String>,
    /// Further titles of the same work in the same name, such as the original one behind a slash.
    pub other_titles: Vec<String>,
    /// Country that tells shows of one title apart: `US`, `UK`.
    pub country: Option<String>,
    /// Year of the work.
    pub year: Option<u16>,
    /// Seasons it holds, ascending; 0 holds specials.
    pub seasons: Vec<u32>,
    /// Episodes it holds, ascending. Without a season they are counted from the first of all.
    pub episodes: Vec<u32>,
    /// The day of a daily show.
    pub date: Option<Date>,
    /// It says that it holds everything: `Complete`, `Batch`, `Integrale`.
    pub complete: bool,
    /// Lines of the picture.
    pub resolution: Option<Resolution>,
    /// The picture comes in half frames: `1080i`.
    pub interlaced: bool,
    /// Width and height where both are written.
    pub dimensions: Option<(u16, u16)>,
    /// Where the picture was taken from.
    pub medium: Option<Medium>,
    /// How the picture is encoded.
    pub codec: Option<Codec>,
    /// Bits per colour: 8, 10 or 12.
    pub bit_depth: Option<u8>,
    /// Ranges of brightness, several for a file that serves all.
    pub hdr: Vec<Hdr>,
    /// Sound formats, in the order of the name.
    pub audio: Vec<Audio>,
    /// Loudspeakers of the best sound.
    pub channels: Option<Channels>,
    /// Spoken languages that are named, in the order of the name.
    pub languages: Vec<Language>,
    /// Languages of subtitles that are named as such.
    pub subtitles: Vec<Language>,
    /// Sound in several languages that are not all named: `MULTi`, `Dual Audio`.
    pub multi_audio: bool,
    /// A dubbed version.
    pub dubbed: bool,
    /// Subtitles are part of the picture: `HardSub`, `HC`.
    pub hard_subbed: bool,
    /// Who made the release.
    pub group: Option<String>,
    /// `Director's Cut`, `Extended`, `IMAX`, …
    pub edition: Option<String>,
    /// A corrected release of another group's.
    pub proper: bool,
    /// A corrected release of the same group's.
    pub repack: bool,
    /// A picture for two eyes.
    pub three_d: bool,
    /// Bytes, where the name says a size.
    pub size: Option<u64>,
    /// Extension of a video file, in lower case.
    pub container: Option<String>,
}

impl Release {
    /// Reads the name of a release, or the path of a file of one. What the name does not clearly say stays empty.
    pub fn parse(name: &str) -> Self {
        path::read(name)
    }

    /// The title with all that may belong to it, for comparing: the film `Reef - Low Tide` is not the film `Reef`.
    pub fn full_title(&self) -> &str {
        self.long_title.as_deref().unwrap_or(&self.title)
    }
}

#[cfg(test)]
mod tests;
