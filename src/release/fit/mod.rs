//! Whether a release holds the video that is wanted. Pure.
//!
//! Unsure is left out: a list without the right episode is a nuisance, a list with a wrong one is a spoiler.

mod episode;
mod title;

use crate::domain::{Date, Title, TitleKind};

use self::title::{Likeness, TitleKeys};
use super::Release;

/// A file of this many episodes may exist; what names more is a folder of files.
const MOST_IN_ONE_FILE: usize = 3;

/// The video that is wanted, prepared for comparing many releases with it.
#[derive(Debug, Clone)]
pub struct Wanted {
    titles: TitleKeys,
    is_film: bool,
    /// Year of the first showing.
    year: Option<u16>,
    last_year: Option<u16>,
    /// The episode by seasons.
    episode: Option<(u32, u32)>,
    /// The episode counted from the first of all.
    absolute: Option<u32>,
    /// When the episode was shown first.
    aired: Option<Date>,
    /// Years in which the episode's season was shown.
    season_years: Vec<u16>,
    /// Episodes of that season, 0 where that is unknown.
    season_length: u32,
}

/// What is known of a release beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vouched {
    /// Nothing.
    Nothing,
    /// Somebody keeps it under the id of the film or series.
    Title,
    /// Somebody keeps it under the id of this very video.
    Video,
}

/// Whether a release holds the wanted video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is this video, or a file of a few episodes that has this one.
    Exact,
    /// It should hold the video among others; its file table tells which file it is.
    Pack,
    /// It may or may not.
    Unsure,
    /// It does not.
    Wrong,
}

impl Wanted {
    /// The wanted video, as far as it is known. `episode` is counted by seasons, `absolute` from the first of all.
    pub fn new(
        title: Option<&Title>,
        kind: TitleKind,
        episode: Option<(u32, u32)>,
        absolute: Option<u32>,
    ) -> Self {
        let mut titles = TitleKeys::default();
        for name in title.iter().flat_map(|title| std::iter::once(&title.name).chain(&title.aliases)) {
            titles.add(name);
        }
        let known = episode.and_then(|(season, episode)| title?.episode(season, episode));
        let season: Vec<_> = title
            .iter()
            .flat_map(|title| &title.episodes)
            .filter(|one| episode.is_some_and(|(season, _)| one.season == season))
            .collect();
        // Counted from the first of all, the first season has the numbers it has by itself.
        let first = || episode.filter(|(season, _)| *season == 1).map(|(_, episode)| episode);
        Self {
            titles,
            is_film: kind == TitleKind::Movie,
            year: title.and_then(|title| title.year),
            last_year: title.and_then(|title| title.last_year),
            episode,
            absolute: absolute.or_else(|| known?.absolute).or_else(first),
            aired: known.and_then(|one| one.released),
            season_years: season.iter().filter_map(|one| Some(one.released?.year())).collect(),
            season_length: season.iter().map(|one| one.episode).max().unwrap_or(0),
        }
    }

    /// Whether `release` holds it.
    pub fn fit(&self, release: &Release, vouched: Vouched) -> Fit {
        let by_name = if self.is_film { self.fit_film(release) } else { self.fit_episode(release) };
        if vouched == Vouched::Video {
            return if by_name == Fit::Wrong { Fit::Wrong } else { trusted(by_name) };
        }
        match (by_name, self.title_fits(release)) {
            (Fit::Wrong, _) => Fit::Wrong,
            (fit, _) if vouched == Vouched::Title => fit,
            (_, Fit::Wrong) => Fit::Wrong,
            (fit, Fit::Exact) => fit,
            _ => Fit::Unsure,
        }
    }

    /// Whether name and year are those of the wanted title: `Exact`, `Unsure` or `Wrong`.
    fn title_fits(&self, release: &Release) -> Fit {
        let (likeness, year) = if self.ends_with_year(release) {
            (Likeness::Same, None)
        } else {
            (self.likeness(release), self.year_fits(release))
        };
        match (likeness, year) {
            (Likeness::Different, _) | (_, Some(false)) => Fit::Wrong,
            (Likeness::Same, Some(true)) => Fit::Exact,
            // An article may be all that tells two works of neighbouring years apart.
            (Likeness::Loose, Some(true)) if release.year == self.year => Fit::Exact,
            (Likeness::Same, None) if !self.is_film || self.titles.is_telling() => Fit::Exact,
            (Likeness::Same | Likeness::Loose, _) => Fit::Unsure,
        }
    }

    fn likeness(&self, release: &Release) -> Likeness {
        let mut named = TitleKeys::of(release.full_title());
        for other in &release.other_titles {
            named.add(other);
        }
        let plain = self.titles.likeness(&named);
        let Some(country) = &release.country else { return plain };
        // Shows of one name in two countries are two shows.
        let with_country = TitleKeys::of(&format!("{} {country}", release.full_title()));
        self.titles.likeness(&with_country).max(plain.min(Likeness::Loose))
    }

    /// Whether what looks like the year of the release is the last word of the wanted title.
    fn ends_with_year(&self, release: &Release) -> bool {
        release.year.is_some_and(|year| {
            let named = TitleKeys::of(&format!("{} {year}", release.full_title()));
            self.titles.likeness(&named) == Likeness::Same
        })
    }

    /// Whether the year of the name is one of the wanted title's; `None` where either says nothing.
    fn year_fits(&self, release: &Release) -> Option<bool> {
        let (year, first) = (release.year?, self.year?);
        if self.is_film {
            // Festival and cinema are often a year apart.
            return Some(year.abs_diff(first) <= 1);
        }
        if year == first || self.season_years.contains(&year) {
            return Some(true);
        }
        let between = (first..=self.last_year.unwrap_or(u16::MAX)).contains(&year);
        let several = release.seasons.len() > 1 || release.complete;
        match (between, several, self.season_years.is_empty()) {
            (true, true, _) => Some(true),
            // It may be the year of the season, or of another series of this name.
            (true, false, true) => None,
            _ => Some(false),
        }
    }

    fn fit_film(&self, release: &Release) -> Fit {
        if !release.seasons.is_empty() || !release.episodes.is_empty() || release.date.is_some() {
            return Fit::Wrong;
        }
        if release.complete { Fit::Pack } else { Fit::Exact }
    }
}

/// What somebody vouches for is taken for more than its name can say.
const fn trusted(by_name: Fit) -> Fit {
    match by_name {
        Fit::Pack => Fit::Pack,
        _ => Fit::Exact,
    }
}

#[cfg(test)]
mod tests;
