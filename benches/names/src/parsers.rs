//! The parsers that are compared, and what each one's answer is in common terms.

use headwater::release::Release;
use hunch::Property;
use torrent_name_parser::Metadata;

/// What a parser reads from a name.
#[derive(Debug, Default)]
pub struct Parsed {
    pub title: String,
    pub seasons: Vec<u32>,
    pub episodes: Vec<u32>,
    pub year: Option<u32>,
    /// The ways in which the answer can be written; one of them has to be the expected one.
    pub resolutions: Vec<String>,
}

/// A parser under test.
pub struct Parser {
    pub name: &'static str,
    pub parse: fn(&str) -> Parsed,
    /// The bare call, to be timed without the translation of its answer. Answers something that depends on it.
    pub run: fn(&str) -> usize,
}

/// Every parser; our own is the first.
pub const PARSERS: [Parser; 4] = [
    Parser { name: "headwater", parse: own, run: |name| Release::parse(name).title.len() },
    Parser { name: "ptt-rs 0.1.0", parse: ptt, run: |name| ptt_rs::parse_title(name).title.len() },
    Parser { name: "hunch 2.0.4", parse: hunch, run: |name| hunch::hunch(name).title().map_or(0, str::len) },
    Parser { name: "torrent-name-parser 0.12.1", parse: torrent_name_parser, run: run_torrent_name_parser },
];

/// A picture whose size is written out may be expected as `1896x1048p`, and half frames as `1080i`.
fn own(name: &str) -> Parsed {
    let release = Release::parse(name);
    let mut resolutions: Vec<String> = Vec::new();
    if let Some(lines) = release.resolution {
        let form = if release.interlaced { 'i' } else { 'p' };
        resolutions.push(format!("{}{form}", lines.lines()));
    }
    resolutions.extend(release.dimensions.map(|(width, height)| format!("{width}x{height}p")));
    Parsed {
        title: release.title,
        seasons: release.seasons,
        episodes: release.episodes,
        year: release.year.map(u32::from),
        resolutions,
    }
}

fn ptt(name: &str) -> Parsed {
    let read = ptt_rs::parse_title(name);
    Parsed {
        title: read.title,
        seasons: numbers(&read.seasons),
        episodes: numbers(&read.episodes),
        year: read.year.and_then(|year| u32::try_from(year).ok()),
        resolutions: read.resolution.into_iter().collect(),
    }
}

fn hunch(name: &str) -> Parsed {
    let read = hunch::hunch(name);
    let all = |property| read.all(property).into_iter().filter_map(|text| text.parse().ok()).collect();
    Parsed {
        title: read.title().unwrap_or_default().to_owned(),
        seasons: all(Property::Season),
        episodes: all(Property::Episode),
        year: read.year().and_then(|year| u32::try_from(year).ok()),
        resolutions: read.screen_size().map(str::to_owned).into_iter().collect(),
    }
}

/// It answers with an error where it finds no title; then nothing is read.
fn torrent_name_parser(name: &str) -> Parsed {
    let Ok(read) = Metadata::from(name) else { return Parsed::default() };
    let mut episodes = numbers(read.episodes());
    episodes.extend(read.episode().and_then(|episode| u32::try_from(episode).ok()));
    Parsed {
        title: read.title().to_owned(),
        seasons: read.season().and_then(|season| u32::try_from(season).ok()).into_iter().collect(),
        episodes,
        year: read.year().and_then(|year| u32::try_from(year).ok()),
        resolutions: read.resolution().map(str::to_owned).into_iter().collect(),
    }
}

fn run_torrent_name_parser(name: &str) -> usize {
    Metadata::from(name).map_or(0, |read| read.title().len())
}

fn numbers(read: &[i32]) -> Vec<u32> {
    read.iter().filter_map(|number| u32::try_from(*number).ok()).collect()
}
