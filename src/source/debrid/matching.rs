//! Which of the files that a service lists is the one we want. Pure.

use super::service::RemoteFile;
use crate::domain::{FileChoice, FileEntry, FileIndex};
use crate::release::{choose, is_extra, is_video};

/// The file that is wanted, as well as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// From the torrent's file table.
    File {
        /// The path inside the torrent.
        path: String,
        /// Bytes.
        length: u64,
    },
    /// The file table is unknown; the service's list of files is all there is to choose from.
    Choice(FileChoice),
}

/// None of the files is surely the wanted one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoMatch {
    /// For this reason, in words for a viewer.
    Unsure(String),
    /// There are only archives, which cannot be played from.
    Archives,
}

/// What archives are called; parts of split ones (`.r00`, `.001`) count as well.
const ARCHIVES: [&str; 9] = ["rar", "zip", "7z", "tar", "gz", "tgz", "bz2", "xz", "iso"];

/// Finds the wanted file. Services drop folders and rename, so name and size are compared in steps, and nothing
/// is guessed: an answer that could be wrong is none.
pub(super) fn find<'a>(target: &Target, files: &'a [RemoteFile]) -> Result<&'a RemoteFile, NoMatch> {
    let plain: Vec<&RemoteFile> = files.iter().filter(|file| !is_archive(&file.path)).collect();
    let found = match target {
        Target::File { path, length } => by_entry(&plain, path, *length),
        Target::Choice(choice) => by_choice(&plain, *choice),
    };
    // Files that the item leaves out stand in the list all the same, or its only file would pass for the torrent's.
    let found = found.and_then(|file| {
        if file.id.is_empty() { Err("the item leaves the file out".to_owned()) } else { Ok(file) }
    });
    found.map_err(|reason| {
        let archives = plain.len() < files.len() && !plain.iter().any(|file| is_video(&file.path));
        if archives { NoMatch::Archives } else { NoMatch::Unsure(reason) }
    })
}

fn by_entry<'a>(files: &[&'a RemoteFile], path: &str, length: u64) -> Result<&'a RemoteFile, String> {
    let of_size = |size: Option<u64>| files.iter().copied().filter(move |file| file.size == size);
    if let Some(same_path) = of_size(Some(length)).find(|file| ends_with(&file.path, path)) {
        return Ok(same_path);
    }
    let named = |size| only(of_size(size).filter(|file| name(&file.path) == name(path)));
    let unsized_path = || only(of_size(None).filter(|file| ends_with(&file.path, path)));
    named(Some(length))
        .or_else(|| only(of_size(Some(length))))
        .or_else(unsized_path)
        .or_else(|| named(None))
        .ok_or_else(|| {
            match files.iter().find(|file| name(&file.path) == name(path)).and_then(|file| file.size) {
                Some(size) if size != length => {
                    format!("it has another version of the file: {size} bytes instead of {length}")
                }
                _ => "the file is not among those it offers".to_owned(),
            }
        })
}

fn by_choice<'a>(files: &[&'a RemoteFile], choice: FileChoice) -> Result<&'a RemoteFile, String> {
    let videos: Vec<&RemoteFile> = files.iter().copied().filter(|file| is_video(&file.path)).collect();
    let main: Vec<&RemoteFile> = videos.iter().copied().filter(|file| !is_extra(&file.path)).collect();
    let main = if main.is_empty() { videos } else { main };
    match choice {
        // Services list files in their own order, so a number means nothing among several.
        FileChoice::Index(FileIndex(index)) => only(main.into_iter())
            .ok_or_else(|| format!("which of its files is number {index} of the torrent is not known")),
        FileChoice::Largest if main.len() > 1 && main.iter().any(|file| file.size.is_none()) => {
            Err("it does not say how large its files are".to_owned())
        }
        FileChoice::Largest | FileChoice::Episode { .. } => {
            let entries: Vec<FileEntry> = main.iter().map(|file| entry(file)).collect();
            let index = choose(&entries, choice).map_err(|error| error.to_string())?;
            main.get(index.0 as usize).copied().ok_or_else(|| "it offers no files".to_owned())
        }
    }
}

/// A listed file as an entry of a file table. A file whose size is not told has at least a byte.
fn entry(file: &RemoteFile) -> FileEntry {
    FileEntry { path: file.path.clone(), length: file.size.unwrap_or(1), offset: 0, padding: false }
}

fn only<'a>(mut files: impl Iterator<Item = &'a RemoteFile>) -> Option<&'a RemoteFile> {
    files.next().filter(|_| files.next().is_none())
}

/// Whether `path` ends with all segments of `tail`. Services put the torrent's name in front.
fn ends_with(path: &str, tail: &str) -> bool {
    path.strip_suffix(tail).is_some_and(|head| head.is_empty() || head.ends_with('/'))
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_archive(path: &str) -> bool {
    let Some((_, extension)) = name(path).rsplit_once('.') else { return false };
    let extension = extension.to_ascii_lowercase();
    let numbered = |digits: &str| digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_part = extension.len() == 3 && extension.strip_prefix(['r', 'z']).is_some_and(numbered);
    let is_volume = extension.len() == 3 && numbered(&extension);
    ARCHIVES.contains(&extension.as_str()) || is_part || is_volume
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths and sizes.
    type List<'a> = &'a [(&'a str, Option<u64>)];

    fn files(list: List<'_>) -> Vec<RemoteFile> {
        let numbered = list.iter().enumerate();
        numbered
            .map(|(id, (path, size))| RemoteFile {
                id: id.to_string(),
                path: (*path).to_owned(),
                size: *size,
            })
            .collect()
    }

    /// The number of the file that was found.
    fn found(target: &Target, list: List<'_>) -> Result<usize, NoMatch> {
        find(target, &files(list)).map(|file| file.id.parse().unwrap())
    }

    fn entry_of(path: &str, length: u64) -> Target {
        Target::File { path: path.to_owned(), length }
    }

    #[test]
    fn a_file_of_the_table_is_found_by_path_then_name_then_size() {
        let wanted = entry_of("Season 1/01.mkv", 100);
        let cases: [(List<'_>, usize); 8] = [
            // The path decides among equal names and sizes.
            (&[("Show/Season 2/01.mkv", Some(100)), ("Show/Season 1/01.mkv", Some(100))], 1),
            (&[("/Season 1/01.mkv", Some(100))], 0),
            // The service dropped the folders.
            (&[("00.mkv", Some(100)), ("01.mkv", Some(100))], 1),
            // The service renamed.
            (&[("a.mkv", Some(99)), ("b.mkv", Some(100))], 1),
            // The right size under another name beats the right name with another size.
            (&[("Season 1/01.mkv", Some(99)), ("x.mkv", Some(100))], 1),
            // Sizes are not told.
            (&[("Season 2/01.mkv", None), ("Season 1/01.mkv", None)], 1),
            (&[("02.mkv", None), ("01.mkv", None)], 1),
            // An archive of the right size is none.
            (&[("01.rar", Some(100)), ("01.mkv", Some(100))], 1),
        ];
        for (list, expected) in cases {
            assert_eq!(found(&wanted, list), Ok(expected), "{list:?}");
        }
    }

    #[test]
    fn a_file_of_the_table_is_never_guessed() {
        let wanted = entry_of("Season 1/01.mkv", 100);
        let cases: [List<'_>; 6] = [
            &[],
            &[("Season 1/01.mkv", Some(99))],
            &[("a.mkv", Some(100)), ("b.mkv", Some(100))],
            &[("Season 2/01.mkv", Some(100)), ("Season 3/01.mkv", Some(100))],
            &[("a/01.mkv", None), ("b/01.mkv", None)],
            &[("Other Season 1/02.mkv", None)],
        ];
        for list in cases {
            assert!(matches!(found(&wanted, list), Err(NoMatch::Unsure(_))), "{list:?}");
        }
        // `ends_with` compares whole segments.
        let list = [("Not01.mkv", None), ("x/Season 1/01.mkv.mkv", None)];
        assert!(found(&entry_of("01.mkv", 5), &list).is_err());
    }

    #[test]
    fn another_version_is_named_as_such() {
        let Err(NoMatch::Unsure(reason)) = found(&entry_of("a.mkv", 100), &[("x/a.mkv", Some(40))]) else {
            panic!("it matched");
        };
        assert!(reason.contains("40 bytes instead of 100"), "{reason}");
    }

    #[test]
    fn without_a_table_episodes_are_strict() {
        let episode = Target::Choice(FileChoice::Episode { season: 1, episode: 2 });
        let pack: List<'_> = &[
            ("Show.S01E01.mkv", Some(900)),
            ("Show.S01E02.mkv", Some(10)),
            ("Sample/show.s01e02.sample.mkv", Some(1)),
        ];
        assert_eq!(found(&episode, pack), Ok(1));
        for list in [
            &[("Show.S01E01.mkv", Some(900)), ("Show.S01E03.mkv", Some(10))][..],
            &[("Show.S01E01.mkv", Some(900))],
            &[("a/Show.S01E02.mkv", Some(9)), ("b/Show.S01E02.mkv", Some(9))],
            &[("readme.txt", Some(9))],
        ] {
            assert!(matches!(found(&episode, list), Err(NoMatch::Unsure(_))), "{list:?}");
        }
    }

    #[test]
    fn without_a_table_the_largest_needs_sizes_and_a_number_needs_a_single_video() {
        let (largest, third) =
            (Target::Choice(FileChoice::Largest), Target::Choice(FileChoice::Index(FileIndex(2))));
        let film: List<'_> = &[("a.txt", Some(5_000)), ("film.mkv", Some(900)), ("sample.mkv", Some(1))];
        let two: List<'_> = &[("cd1.avi", Some(7)), ("cd2.avi", Some(8))];
        let vague: List<'_> = &[("cd1.avi", None), ("cd2.avi", Some(8))];
        assert_eq!(found(&largest, film), Ok(1));
        assert_eq!(found(&third, film), Ok(1));
        assert_eq!(found(&largest, two), Ok(1));
        assert!(found(&third, two).is_err());
        assert!(found(&largest, vague).is_err());
        assert_eq!(found(&largest, &[("film.mkv", None)]), Ok(0));
    }

    #[test]
    fn files_that_an_item_leaves_out_count_but_are_never_the_answer() {
        let item = |left_out: &str| {
            let mut files = files(&[("Show.S01E01.mkv", Some(700)), ("Show.S01E02.mkv", Some(900))]);
            files.iter_mut().filter(|file| file.path == left_out).for_each(|file| file.id.clear());
            files
        };
        let second = || Target::Choice(FileChoice::Episode { season: 1, episode: 2 });
        let numbered = Target::Choice(FileChoice::Index(FileIndex(1)));
        let targets = [second(), numbered, Target::Choice(FileChoice::Largest)];
        for target in targets.into_iter().chain([entry_of("Show.S01E02.mkv", 900)]) {
            let files = item("Show.S01E02.mkv");
            assert!(matches!(find(&target, &files), Err(NoMatch::Unsure(_))), "{target:?}");
        }
        assert_eq!(find(&second(), &item("Show.S01E01.mkv")).unwrap().path, "Show.S01E02.mkv");
    }

    #[test]
    fn archives_alone_are_told_apart_from_nothing() {
        let targets = [
            entry_of("film.mkv", 100),
            Target::Choice(FileChoice::Largest),
            Target::Choice(FileChoice::Episode { season: 1, episode: 1 }),
            Target::Choice(FileChoice::Index(FileIndex(0))),
        ];
        for target in targets {
            for archive in ["film.RAR", "film.zip", "film.r00", "film.z01", "film.001", "film.7z"] {
                let list = [("info.nfo", Some(1)), (archive, Some(100))];
                assert_eq!(found(&target, &list), Err(NoMatch::Archives), "{archive}");
            }
        }
        // A video that merely is not the wanted one is something else.
        let list = [("extra.rar", Some(1)), ("other.mkv", Some(7))];
        assert!(matches!(found(&entry_of("film.mkv", 100), &list), Err(NoMatch::Unsure(_))));
    }
}
