//! Which episodes a release holds, and which of its files is the wanted one.

use crate::domain::{Date, FileChoice, FileEntry, FileIndex};

use super::{Fit, MOST_IN_ONE_FILE, Wanted};
use crate::release::choice::{self, choose};
use crate::release::{NoSuchFile, Release};

impl Wanted {
    /// Whether the numbers or the day in the name are those of the wanted episode.
    pub(super) fn fit_episode(&self, release: &Release) -> Fit {
        match (release.seasons.as_slice(), release.episodes.as_slice()) {
            ([], []) => self.fit_unnumbered(release),
            ([], numbers) => self.fit_counted(numbers),
            (seasons, numbers) => self.fit_seasons(seasons, numbers),
        }
    }

    /// The file of a torrent that holds it, if exactly one does. `release` is what the torrent's name says, because
    /// the numbers of its files may be meant within that.
    ///
    /// # Errors
    /// Says what is missing, in words a viewer can read.
    pub fn file(&self, files: &[FileEntry], release: &Release) -> Result<FileIndex, NoSuchFile> {
        if self.is_film {
            return self.film(files);
        }
        let by_seasons = self.episode.map_or_else(
            || Err(NoSuchFile::NoEpisode { season: 1, episode: self.absolute.unwrap_or(0) }),
            |(season, episode)| choose(files, FileChoice::Episode { season, episode }),
        );
        let Err(missing @ NoSuchFile::NoEpisode { .. }) = by_seasons else { return by_seasons };
        self.counted(files, release)
            .or_else(|| self.dated(files))
            .or_else(|| self.only(files, release))
            .ok_or(missing)
    }

    fn fit_unnumbered(&self, release: &Release) -> Fit {
        match (release.date, self.aired) {
            (Some(day), Some(aired)) if day == aired => Fit::Exact,
            // Viewers west and east of the studio count the same evening as two days.
            (Some(day), Some(aired)) if near(day, aired) => Fit::Unsure,
            (Some(_), Some(_)) => Fit::Wrong,
            (None, _) if release.complete || release.year.is_none() => Fit::Pack,
            // Nobody knows the day; or a name with a year and no number, which is a film's.
            _ => Fit::Unsure,
        }
    }

    /// Numbers without a season count from the first episode of all.
    fn fit_counted(&self, numbers: &[u32]) -> Fit {
        match self.absolute {
            Some(wanted) if numbers.contains(&wanted) => exact_or_pack(numbers),
            Some(_) => Fit::Wrong,
            // Nobody knows how many episodes came before this season.
            None => Fit::Unsure,
        }
    }

    fn fit_seasons(&self, seasons: &[u32], numbers: &[u32]) -> Fit {
        let Some((season, episode)) = self.episode else {
            // Counted without seasons, which is the count of the first one.
            let counted = self.absolute.filter(|_| seasons == [1]);
            return match counted {
                Some(wanted) if numbers.contains(&wanted) => exact_or_pack(numbers),
                Some(_) if numbers.is_empty() => Fit::Pack,
                Some(_) => Fit::Wrong,
                None => Fit::Unsure,
            };
        };
        match (seasons.contains(&season), numbers) {
            (true, []) => Fit::Pack,
            // From an episode of one season to one of another.
            (true, _) if seasons.len() > 1 => Fit::Pack,
            (true, numbers) if numbers.contains(&episode) => exact_or_pack(numbers),
            _ => Fit::Wrong,
        }
    }

    /// The largest video, unless others are nearly as long: then the one whose name fits.
    fn film(&self, files: &[FileEntry]) -> Result<FileIndex, NoSuchFile> {
        let largest = choose(files, FileChoice::Largest)?;
        let length = files.get(largest.0 as usize).map_or(0, |file| file.length);
        let long = choice::videos(files)?.into_iter().filter(|(_, file)| file.length > length / 2);
        let long: Vec<(FileIndex, &FileEntry)> = long.collect();
        if long.len() == 1 {
            return Ok(largest);
        }
        let fits = |file: &FileEntry| {
            let release = Release::parse(file.name());
            self.fit_film(&release) == Fit::Exact && self.title_fits(&release) == Fit::Exact
        };
        let mut fitting = long.iter().filter(|(_, file)| fits(file)).map(|(index, _)| *index);
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(NoSuchFile::Several { files: long.iter().map(|(index, _)| *index).collect() }),
        }
    }

    /// The file with the number counted from the first episode of all.
    fn counted(&self, files: &[FileEntry], release: &Release) -> Option<FileIndex> {
        let absolute = self.absolute?;
        let claims = choice::claims(files).ok()?;
        if claims.iter().any(|(_, claim)| claim.season.is_some_and(|season| season != 0)) {
            return None;
        }
        let numbered = |wanted| choice::only(&claims, |claim| claim.is_absolute(wanted));
        let (&[season], Some((wanted, episode))) = (release.seasons.as_slice(), self.episode) else {
            return numbered(absolute);
        };
        if season != wanted {
            return None;
        }
        // The name speaks of one season, and its files either begin anew or count on.
        let before = absolute.checked_sub(episode)?;
        let least = claims.iter().filter_map(|(_, claim)| claim.first()).min()?;
        if before == 0 || least <= before {
            numbered(episode)
        } else if self.season_length > 0 && least > self.season_length {
            numbered(absolute)
        } else {
            None
        }
    }

    /// The file with the day in its name.
    fn dated(&self, files: &[FileEntry]) -> Option<FileIndex> {
        let aired = self.aired?;
        let videos = choice::videos(files).ok()?;
        let mut found = videos
            .iter()
            .filter(|(_, file)| Release::parse(file.name()).date == Some(aired))
            .map(|(index, _)| *index);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The only video of a torrent that itself is named as the episode, as long as the file says nothing else.
    fn only(&self, files: &[FileEntry], release: &Release) -> Option<FileIndex> {
        let videos = choice::videos(files).ok()?;
        let [(index, _)] = *videos.as_slice() else { return None };
        let silent = choice::claims(files).ok()?.is_empty();
        (silent && self.fit_episode(release) == Fit::Exact).then_some(index)
    }
}

fn exact_or_pack(numbers: &[u32]) -> Fit {
    if numbers.len() <= MOST_IN_ONE_FILE { Fit::Exact } else { Fit::Pack }
}

/// At most a day apart.
fn near(one: Date, other: Date) -> bool {
    days(one).abs_diff(days(other)) <= 1
}

/// Days since the first of March of the year 0, by which leap days come last in a year.
fn days(date: Date) -> u32 {
    let (year, month) = (u32::from(date.year()), u32::from(date.month()));
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + u32::from(date.day())
}
