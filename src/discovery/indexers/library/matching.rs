//! Which of the operator's own files is the wanted video. Never a guess: what is unsure is left out.

use std::collections::BTreeMap;
use std::path::Path;

use url::Url;

use super::shelf::{Folder, Named, Shelf, Video};
use crate::discovery::{Found, Query};
use crate::domain::{FileEntry, TitleKind};
use crate::release::{Fit, Release, Vouched, Wanted};

/// The files that surely are the wanted video, as an indexer tells them.
pub(super) fn find(shelf: &Shelf, query: &Query) -> Vec<Found> {
    let wanted = wanted(query);
    let seeker = Seeker { shelf, query, wanted };
    // By path, so that a file which is found by its name and by its folder is told once.
    let mut found: BTreeMap<&Path, Found> = BTreeMap::new();
    let others = seeker.others();
    for (video, _) in shelf.videos.iter().zip(&others).filter(|(_, is_other)| !**is_other) {
        if seeker.is_it(&video.name) {
            found.insert(&video.path, seeker.tell(video, None));
        }
    }
    for folder in &shelf.folders {
        if let Some((at, video)) = seeker.in_folder(folder)
            && !others[at]
        {
            found.entry(&video.path).or_insert_with(|| seeker.tell(video, Some(&folder.name)));
        }
    }
    found.into_values().collect()
}

/// Whether a file of this name is surely the wanted video.
pub(super) fn fits(name: &Named, query: &Query) -> bool {
    wanted(query).fit(&name.release, vouched(name, query)) == Fit::Exact
}

fn wanted(query: &Query) -> Wanted {
    Wanted::new(query.title.as_deref(), query.title_kind(), query.episode, query.absolute)
}

/// An IMDb id in a name is the operator's word.
fn vouched(name: &Named, query: &Query) -> Vouched {
    let is_named = query.imdb().is_some_and(|wanted| name.imdb.iter().any(|id| id.as_str() == wanted));
    if is_named { Vouched::Title } else { Vouched::Nothing }
}

struct Seeker<'a> {
    shelf: &'a Shelf,
    query: &'a Query,
    wanted: Wanted,
}

impl<'a> Seeker<'a> {
    fn is_it(&self, name: &Named) -> bool {
        self.wanted.fit(&name.release, vouched(name, self.query)) == Fit::Exact
    }

    /// The videos whose own names, or those of folders around them, hold other IMDb ids than the wanted one: they are
    /// something else, whatever their words are. An episode's own name may hold the episode's id.
    fn others(&self) -> Vec<bool> {
        let mut others = vec![false; self.shelf.videos.len()];
        let Some(wanted) = self.query.imdb() else { return others };
        let is_other =
            |name: &Named| !name.imdb.is_empty() && name.imdb.iter().all(|id| id.as_str() != wanted);
        for folder in self.shelf.folders.iter().filter(|folder| is_other(&folder.name)) {
            others[folder.videos.clone()].fill(true);
        }
        if self.is_film() {
            for (other, video) in others.iter_mut().zip(&self.shelf.videos) {
                *other |= is_other(&video.name);
            }
        }
        others
    }

    fn is_film(&self) -> bool {
        self.query.title_kind() == TitleKind::Movie
    }

    /// The one video of a folder that is the wanted one, with its place on the shelf, if the folder is that of the
    /// wanted film or series.
    fn in_folder(&self, folder: &Folder) -> Option<(usize, &'a Video)> {
        // A folder holds everything of the title that it is named after, unless its name says less.
        let release = Release { complete: true, ..folder.name.release.clone() };
        let fit = self.wanted.fit(&release, vouched(&folder.name, self.query));
        if !matches!(fit, Fit::Exact | Fit::Pack) {
            return None;
        }
        let videos = &self.shelf.videos[folder.videos.clone()];
        let files: Vec<FileEntry> = videos.iter().filter_map(|video| entry(folder, video)).collect();
        let index = self.wanted.file(&files, &release).ok()?;
        let at = Some(index.0 as usize).filter(|_| files.len() == videos.len())?;
        let video =
            videos.get(at).filter(|video| !self.is_film() || self.may_be_film(&video.name.release))?;
        Some((folder.videos.start + at, video))
    }

    /// Whether the only video in a film's folder may be that film: its name need not say so, but must not say that it
    /// is another.
    fn may_be_film(&self, own: &Release) -> bool {
        let year = self.query.title.as_deref().and_then(|title| title.year);
        let is_of_time = own.year.zip(year).is_none_or(|(own, year)| own.abs_diff(year) <= 1);
        is_of_time && own.seasons.is_empty() && own.episodes.is_empty()
    }

    /// `folder` is the one whose name says what the file's own name does not.
    fn tell(&self, video: &Video, folder: Option<&Named>) -> Found {
        Found {
            place: Url::from_file_path(&video.path).ok(),
            name: folder.map_or_else(|| video.name.text.clone(), |folder| self.full_name(video, folder)),
            file_name: Some(video.name.text.clone()),
            file_size: Some(video.size),
            size: Some(video.size),
            imdb: self.query.imdb().map(str::to_owned),
            is_exact: true,
            ..Found::default()
        }
    }

    /// A name that says all that folder and file say together: title, number, and the qualities of either.
    fn full_name(&self, video: &Video, folder: &Named) -> String {
        let (own, outer) = (&video.name.release, &folder.release);
        let title = self.query.title.as_deref();
        let mut name = title.map_or_else(|| outer.title.clone(), |title| title.name.clone());
        let mut add = |word: Option<String>| {
            if let Some(word) = word {
                name.push(' ');
                name.push_str(&word);
            }
        };
        match (self.query.episode, self.query.absolute) {
            (Some((season, episode)), _) => add(Some(format!("S{season:02}E{episode:02}"))),
            (None, Some(number)) => add(Some(format!("- {number:02}"))),
            (None, None) => {
                add(title.and_then(|title| title.year).or(outer.year).map(|year| format!("({year})")));
            }
        }
        let text = |one: Option<&dyn ToString>| one.map(ToString::to_string);
        add(text(own.resolution.as_ref().or(outer.resolution.as_ref()).map(|it| it as &dyn ToString)));
        add(text(own.medium.as_ref().or(outer.medium.as_ref()).map(|it| it as &dyn ToString)));
        add(text(own.codec.as_ref().or(outer.codec.as_ref()).map(|it| it as &dyn ToString)));
        name
    }
}

/// A file of a folder as a file of a torrent, for the same careful choice.
fn entry(folder: &Folder, video: &Video) -> Option<FileEntry> {
    let path = video.path.strip_prefix(&folder.path).ok()?.to_str()?.to_owned();
    Some(FileEntry { path, length: video.size, offset: 0, padding: false })
}
