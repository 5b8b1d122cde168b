//! What the path of one file says about the episode it holds.

use super::numbering::{Numbers, bare_number, season_and_episodes, season_of_folder, season_of_name};

/// The episodes a file says it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    /// Absent where the name has a bare number and no folder names a season.
    pub(super) season: Option<u32>,
    episodes: Numbers,
}

impl Claim {
    /// Whether the file holds this episode of this season.
    pub(super) fn is(&self, season: u32, episode: u32) -> bool {
        self.season == Some(season) && self.holds(episode)
    }

    /// Whether the file holds this episode, counted without seasons.
    pub(super) fn is_absolute(&self, episode: u32) -> bool {
        self.season.is_none() && self.holds(episode)
    }

    /// The first episode it holds.
    pub(super) fn first(&self) -> Option<u32> {
        self.episodes.iter().map(|range| *range.start()).min()
    }

    fn holds(&self, episode: u32) -> bool {
        self.episodes.iter().any(|range| range.contains(&episode))
    }
}

/// Reads a path. The file's own name is believed before its folders, the nearest folder before others.
pub(super) fn claim(path: &str) -> Option<Claim> {
    let path = path.to_ascii_lowercase();
    let mut folders = path.rsplit('/');
    let stem = without_extension(folders.next()?);
    // Releases of single episodes often name the episode on their folder only.
    let full = season_and_episodes(stem).or_else(|| season_and_episodes(folders.clone().next()?));
    if let Some((season, episodes)) = full {
        return Some(Claim { season: Some(season), episodes });
    }
    let episodes = bare_number(stem)?;
    let season = season_of_name(stem).or_else(|| folders.find_map(season_of_folder));
    Some(Claim { season, episodes })
}

/// Whether the path says which episode the file holds.
pub fn is_episode_named(path: &str) -> bool {
    claim(path).is_some()
}

/// Whether both paths say that they hold the same episodes of the same season.
pub fn is_same_episode(one: &str, other: &str) -> bool {
    claim(one).is_some_and(|one| claim(other).is_some_and(|other| one == other))
}

/// Folders whose videos are not what the torrent is about.
const EXTRA_FOLDERS: [&str; 15] = [
    "sample",
    "samples",
    "extra",
    "extras",
    "featurette",
    "featurettes",
    "bonus",
    "trailer",
    "trailers",
    "interviews",
    "deleted scenes",
    "behind the scenes",
    "proof",
    "screens",
    "creditless",
];

/// Words that mark an extra when they end a name. Elsewhere they may belong to a title.
const EXTRA_ENDINGS: [&str; 9] = [
    "sample",
    "trailer",
    "teaser",
    "featurette",
    "deleted",
    "interview",
    "behindthescenes",
    "preview",
    "promo",
];

/// Whether the path says that the file is a sample, a trailer or another extra.
pub fn is_extra(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let words: Vec<&str> = without_extension(name)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    folders.split('/').any(|folder| EXTRA_FOLDERS.contains(&spaced(folder).as_str()))
        || words.first() == Some(&"sample")
        || words.last().is_some_and(|word| EXTRA_ENDINGS.contains(word))
        || words.iter().any(|word| is_creditless(word))
}

/// Openings and endings without credits: `NCOP`, `NCED`, perhaps with a number.
fn is_creditless(word: &str) -> bool {
    let number = word.strip_prefix("ncop").or_else(|| word.strip_prefix("nced"));
    number.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

fn without_extension(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn spaced(folder: &str) -> String {
    folder.replace(['.', '_', '-'], " ").trim().to_owned()
}
