//! What lies in the media folder: every video with what its name says, folder by folder.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::ImdbId;
use crate::release::{Release, is_video};

/// Videos beyond these are not looked at: more than the largest collections hold, and a bound on memory.
const MOST_VIDEOS: usize = 50_000;

/// Files of any kind that are looked at.
const MOST_FILES: usize = 500_000;

/// Folders in folders.
const DEEPEST: usize = 8;

/// The media folder as it was at one moment.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Every video, those of one folder and the folders in it next to each other.
    pub(super) videos: Vec<Video>,
    /// Every folder with videos in or below it, the media folder itself left out.
    pub(super) folders: Vec<Folder>,
    looked_at: usize,
}

/// A video.
#[derive(Debug)]
pub(super) struct Video {
    pub(super) path: PathBuf,
    pub(super) name: Arc<Named>,
    /// Bytes.
    pub(super) size: u64,
}

/// A folder.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) name: Arc<Named>,
    /// The videos in it and in the folders below it.
    pub(super) videos: Range<usize>,
}

/// The name of a file or folder, and what it says.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) text: String,
    pub(super) release: Release,
    /// IMDb ids in it.
    pub(super) imdb: Vec<ImdbId>,
}

impl Named {
    pub(super) fn read(text: &str) -> Self {
        let words = || text.split(|c: char| !c.is_ascii_alphanumeric());
        // Shorter ones stand in ordinary words.
        let imdb = words().filter(|word| word.len() >= 9).filter_map(|word| word.parse().ok()).collect();
        let without: Vec<&str> = text
            .split_inclusive(['[', ']', '{', '}', '(', ')', ' '])
            .filter(|part| !words_of(part).any(|word| word.len() >= 9 && word.parse::<ImdbId>().is_ok()))
            .collect();
        let release = Release::parse(&without.concat());
        Self { text: text.to_owned(), release, imdb }
    }
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

impl Shelf {
    /// Looks through `folder`. What the same names said in `before` is not read again. `go_on` is asked at every
    /// folder. Links are not followed, hidden files not looked at. Blocking.
    pub(super) fn scan(folder: &Path, before: &Self, go_on: &dyn Fn() -> bool) -> Self {
        let known = before.videos.iter().map(|video| &video.name);
        let known = known.chain(before.folders.iter().map(|folder| &folder.name));
        let known: HashMap<&str, &Arc<Named>> = known.map(|name| (name.text.as_str(), name)).collect();
        let mut shelf = Self::default();
        shelf.add(folder, 0, &known, go_on);
        shelf
    }

    fn add(
        &mut self,
        folder: &Path,
        depth: usize,
        known: &HashMap<&str, &Arc<Named>>,
        go_on: &dyn Fn() -> bool,
    ) {
        let mut entries: Vec<fs::DirEntry> = match fs::read_dir(folder) {
            Ok(entries) if go_on() => entries.filter_map(Result::ok).collect(),
            Ok(_) => return,
            Err(error) => {
                tracing::debug!(folder = %folder.display(), %error, "a folder of the library cannot be read");
                return;
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            self.looked_at += 1;
            if self.looked_at > MOST_FILES || self.videos.len() >= MOST_VIDEOS {
                return;
            }
            let Ok(name) = entry.file_name().into_string() else { continue };
            let Ok(kind) = entry.file_type() else { continue };
            if name.starts_with('.') {
                continue;
            }
            let named = |name: &str| {
                known.get(name).map_or_else(|| Arc::new(Named::read(name)), |known| Arc::clone(known))
            };
            if kind.is_dir() && depth < DEEPEST {
                let first = self.videos.len();
                self.add(&entry.path(), depth + 1, known, go_on);
                if self.videos.len() > first {
                    let videos = first..self.videos.len();
                    self.folders.push(Folder { path: entry.path(), name: named(&name), videos });
                }
            } else if kind.is_file() && is_video(&name) {
                let size = entry.metadata().map_or(0, |data| data.len());
                if size > 0 {
                    self.videos.push(Video { path: entry.path(), name: named(&name), size });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn put(folder: &Path, path: &str) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }

    #[test]
    fn videos_are_found_folder_by_folder_and_links_are_not_followed() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "Show/Season 1/1.mkv",
            "Show/Season 1/2.mkv",
            "Show/info.nfo",
            "Film.mp4",
            ".trash/x.mkv",
            "Empty/a.txt",
        ] {
            put(root.path(), path);
        }
        fs::write(root.path().join("nothing.mkv"), "").unwrap();
        symlink(root.path(), root.path().join("Show/loop")).unwrap();
        let shelf = Shelf::scan(root.path(), &Shelf::default(), &|| true);
        let names: Vec<_> = shelf.videos.iter().map(|video| video.name.text.as_str()).collect();
        assert_eq!(names, ["Film.mp4", "1.mkv", "2.mkv"]);
        let folders: Vec<_> =
            shelf.folders.iter().map(|one| (one.name.text.as_str(), one.videos.clone())).collect();
        assert_eq!(folders, [("Season 1", 1..3), ("Show", 1..3)]);
        let again = Shelf::scan(root.path(), &shelf, &|| true);
        assert!(Arc::ptr_eq(&again.videos[0].name, &shelf.videos[0].name), "a known name is not read again");
        assert!(Shelf::scan(root.path(), &shelf, &|| false).videos.is_empty());
    }

    #[test]
    fn imdb_ids_in_names_are_read_and_are_no_part_of_the_title() {
        for text in ["A Film (2011) {imdb-tt1234567}", "A Film (2011) [tt1234567]", "A Film 2011 tt1234567"] {
            let name = Named::read(text);
            assert_eq!(name.imdb, ["tt1234567".parse().unwrap()], "{text}");
            assert_eq!((name.release.title.as_str(), name.release.year), ("A Film", Some(2011)), "{text}");
        }
        assert!(Named::read("Battle of tt12").imdb.is_empty());
    }
}
