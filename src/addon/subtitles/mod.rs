//! Subtitle files that lie beside a video: in its torrent, or in the operator's folder.
//!
//! A track is offered only where its name says that it belongs to the video: a subtitle of another episode is worse
//! than none.

mod language;
mod text;
mod timing;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::{FileIndex, Metainfo};
use crate::release::{self, Language, is_subtitle, is_video};

pub use text::{Form, NotSubtitles, read};

/// Bytes. No text of a film is longer; what is larger is a picture format or no subtitle at all.
pub const LARGEST: u64 = 5 << 20;

/// What a player is told of a track whose language nobody knows (ISO 639-2, undetermined).
const UNKNOWN: &str = "und";

/// Most tracks of one video: players list them all.
const MOST_TRACKS: usize = 40;

/// A subtitle file that belongs to a video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track<P> {
    /// Which file it is.
    pub place: P,
    /// Its own name, without folders.
    pub name: String,
    /// Its language, as far as the name tells.
    pub language: Option<Language>,
}

impl<P> Track<P> {
    /// The language as Stremio wants it: an ISO 639-2 code.
    pub fn lang(&self) -> &'static str {
        self.language.map_or(UNKNOWN, Language::code3)
    }
}

/// The subtitles of one video of a torrent, in the order of the file table.
pub fn of_torrent(table: &Metainfo, video: FileIndex) -> Vec<Track<FileIndex>> {
    let Some(film) = table.file(video) else { return Vec::new() };
    let videos =
        table.files.iter().filter(|file| is_video(&file.path) && !release::is_extra(&file.path)).count();
    let entries = (0..).map(FileIndex).zip(&table.files);
    entries
        .filter(|(_, file)| !file.padding && (1..=LARGEST).contains(&file.length) && is_subtitle(&file.path))
        .filter(|(_, file)| videos == 1 || belongs(&film.path, &file.path))
        .map(|(index, file)| track(index, &film.path, &file.path))
        .take(MOST_TRACKS)
        .collect()
}

/// The subtitles beside a video of the operator's, in alphabetical order. Blocking.
pub fn beside(video: &Path) -> Vec<Track<PathBuf>> {
    let (Some(folder), Some(film)) = (video.parent(), video.file_name().and_then(OsStr::to_str)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    // Players' own habits: beside the film, or in a folder for subtitles.
    for folder in [folder.to_owned(), folder.join("Subs"), folder.join("Subtitles")] {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            let Some(name) = path.file_name().and_then(OsStr::to_str) else { continue };
            let is_fit =
                fs::metadata(&path).is_ok_and(|data| data.is_file() && (1..=LARGEST).contains(&data.len()));
            if is_fit && is_subtitle(name) && belongs(film, name) {
                found.push(track(path.clone(), film, name));
            }
        }
    }
    found.sort_by(|one, other| one.place.cmp(&other.place));
    found.truncate(MOST_TRACKS);
    found
}

/// Whether the name of a subtitle says that it is this video's: it begins like the video's own, lies in a folder named
/// like it, or speaks of the same episode.
fn belongs(video: &str, subtitle: &str) -> bool {
    let film = stem(video);
    let named = |text: &str| {
        text.get(..film.len()).is_some_and(|start| start.eq_ignore_ascii_case(film))
            && !text[film.len()..].starts_with(|c: char| c.is_alphanumeric())
    };
    let (folders, _) = subtitle.rsplit_once('/').unwrap_or_default();
    named(stem(subtitle))
        || folders.split('/').any(|folder| folder.eq_ignore_ascii_case(film))
        || release::is_same_episode(video, subtitle)
}

fn track<P>(place: P, video: &str, subtitle: &str) -> Track<P> {
    let name = file_name(subtitle).to_owned();
    Track { place, language: language::of_name(stem(video), subtitle), name }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The file's name without folders and extension.
fn stem(path: &str) -> &str {
    let name = file_name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FileEntry, InfoHash};

    fn table(files: &[(&str, u64)]) -> Metainfo {
        let entry = |(path, length): &(&str, u64)| FileEntry {
            path: (*path).to_owned(),
            length: *length,
            offset: 0,
            padding: false,
        };
        Metainfo {
            info_hash: InfoHash::new([1; 20]),
            name: "any".to_owned(),
            piece_length: 1 << 14,
            pieces: [].into(),
            files: files.iter().map(entry).collect(),
            private: false,
        }
    }

    fn names(tracks: &[Track<FileIndex>]) -> Vec<(u32, &'static str)> {
        tracks.iter().map(|track| (track.place.0, track.lang())).collect()
    }

    #[test]
    fn every_text_that_is_offered_can_be_read() {
        for extension in release::SUBTITLE_EXTENSIONS {
            assert!(Form::of_name(&format!("a.{extension}")).is_some(), "{extension}");
        }
    }

    #[test]
    fn a_film_has_every_text_of_its_torrent() {
        let table = table(&[
            ("Harbour.2011/Harbour.2011.mkv", 1 << 30),
            ("Harbour.2011/Subs/2_English.srt", 90_000),
            ("Harbour.2011/Subs/3_French.vtt", 90_000),
            ("Harbour.2011/Subs/film.idx", 90_000),
            ("Harbour.2011/Harbour.2011.srt", 0),
            ("Harbour.2011/huge.srt", LARGEST + 1),
            ("Harbour.2011/Harbour.2011.ger.forced.ass", 90_000),
        ]);
        assert_eq!(names(&of_torrent(&table, FileIndex(0))), [(1, "eng"), (2, "fre"), (6, "ger")]);
    }

    #[test]
    fn an_episode_of_a_pack_has_its_own_only() {
        let table = table(&[
            ("Pack/Slow Boats S01E01 720p.mkv", 1 << 30),
            ("Pack/Slow Boats S01E02 720p.mkv", 1 << 30),
            ("Pack/Slow Boats S01E01 720p.en.srt", 9_000),
            ("Pack/Subs/Slow Boats S01E02 720p/2_Spanish.srt", 9_000),
            ("Pack/Subs/slow.boats.s01e02.other-group.srt", 9_000),
            ("Pack/Subs/English.srt", 9_000),
            ("Pack/Slow Boats S01E01 720p2.en.srt", 9_000),
        ]);
        assert_eq!(names(&of_torrent(&table, FileIndex(0))), [(2, "eng"), (6, "eng")]);
        assert_eq!(names(&of_torrent(&table, FileIndex(1))), [(3, "spa"), (4, "und")]);
        assert!(of_torrent(&table, FileIndex(99)).is_empty());
    }

    #[test]
    fn texts_beside_a_file_of_the_operator_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "1").unwrap();
        };
        for name in [
            "Harbour.mkv",
            "Harbour.srt",
            "Harbour.pt-BR.srt",
            "Other.srt",
            "Subs/Harbour.de.vtt",
            "Harbour.txt",
        ] {
            write(name);
        }
        let tracks = beside(&folder.path().join("Harbour.mkv"));
        let mut found: Vec<_> = tracks.iter().map(|track| (track.name.as_str(), track.lang())).collect();
        found.sort_unstable();
        assert_eq!(found, [("Harbour.de.vtt", "ger"), ("Harbour.pt-BR.srt", "por"), ("Harbour.srt", "und")]);
    }
}
