//! What becomes of each candidate: an offer, a pack whose files must be seen first, or nothing.

use std::sync::Arc;

use super::Offer;
use crate::cache::Presence;
use crate::discovery::{Candidate, LIBRARY, Locator, Query};
use crate::domain::{FileChoice, FileEntry, FileIndex, Metainfo};
use crate::release::{Fit, Release, Vouched, Wanted, choose, has_no_picture, is_episode_named, is_video};

/// Candidates by what is known about them.
#[derive(Debug, Default)]
pub struct Sifted {
    /// They hold the video.
    pub offers: Vec<Offer>,
    /// They may hold it among others; their file tables would tell.
    pub unseen: Vec<Arc<Candidate>>,
}

/// What is known of the files of a torrent.
#[derive(Debug, Clone)]
pub enum Contents {
    /// All of them.
    Table(Arc<Metainfo>),
    /// Names and sizes, as a debrid service lists them: in an order of its own.
    Listed(Arc<[FileEntry]>),
    /// Nothing.
    Unknown,
}

/// Decides about every candidate. `contents` tells what is known of its files.
pub fn sift(
    query: &Query,
    candidates: &[Arc<Candidate>],
    contents: impl Fn(&Candidate) -> Contents,
) -> Sifted {
    let wanted = Wanted::new(query.title.as_deref(), query.title_kind(), query.episode, query.absolute);
    let mut sifted = Sifted::default();
    for candidate in candidates {
        let vouched = match candidate.as_ref() {
            Candidate { is_exact: true, .. } => Vouched::Video,
            Candidate { is_of_title: true, .. } => Vouched::Title,
            _ => Vouched::Nothing,
        };
        let fit = wanted.fit(&candidate.release, vouched);
        if !matches!(fit, Fit::Exact | Fit::Pack) {
            continue;
        }
        let contents = contents(candidate);
        if matches!(contents, Contents::Unknown) && has_no_picture(&candidate.name, &candidate.release) {
            continue;
        }
        let judged = Judged { query, wanted: &wanted, candidate, fit };
        match judged.file(&contents) {
            Found::File(file) => sifted.offers.push(judged.offer(file)),
            Found::Unseen => sifted.unseen.push(Arc::clone(candidate)),
            Found::None => {}
        }
    }
    sifted
}

/// A candidate whose name fits.
struct Judged<'a> {
    query: &'a Query,
    wanted: &'a Wanted,
    candidate: &'a Arc<Candidate>,
    fit: Fit,
}

/// The video's file in a candidate.
struct VideoFile {
    choice: FileChoice,
    name: Option<String>,
    size: Option<u64>,
    is_checked: bool,
}

enum Found {
    File(VideoFile),
    Unseen,
    None,
}

impl Judged<'_> {
    fn file(&self, contents: &Contents) -> Found {
        match (&self.candidate.locator, contents) {
            (Locator::Place(place), _) if self.fit == Fit::Exact => Found::File(VideoFile {
                choice: FileChoice::Index(FileIndex(0)),
                name: Some(place.name.clone()),
                size: place.size,
                is_checked: true,
            }),
            (Locator::Place(_), _) => Found::None,
            (Locator::Torrent { file, .. }, Contents::Table(table)) => self.tabled(table, *file),
            (Locator::Torrent { file, .. }, Contents::Listed(files)) => {
                self.listed(files).map_or_else(|| self.unlisted(*file), Found::File)
            }
            (Locator::Torrent { file, .. }, Contents::Unknown) => self.unlisted(*file),
        }
    }

    /// The file in a service's list. Its number there is none that anybody else knows, so that it must be what a play
    /// finds by what is wanted.
    fn listed(&self, files: &[FileEntry]) -> Option<VideoFile> {
        let index = self.wanted.file(files, &self.candidate.release).ok()?;
        let choice = match self.query.episode {
            Some((season, episode)) => FileChoice::Episode { season, episode },
            None => FileChoice::Largest,
        };
        let file = files.get(index.0 as usize).filter(|_| choose(files, choice) == Ok(index))?;
        let (name, size) = (Some(file.name().to_owned()), Some(file.length));
        Some(VideoFile { choice, name, size, is_checked: true })
    }

    /// The file in a known table. What the table says goes before what an indexer said.
    fn tabled(&self, table: &Metainfo, said: Option<FileIndex>) -> Found {
        let said = said.filter(|index| {
            self.candidate.is_exact
                && table
                    .file(*index)
                    .is_some_and(|file| is_video(&file.path) && !is_episode_named(&file.path))
        });
        let found = self.wanted.file(&table.files, &self.candidate.release).ok().or(said);
        let Some((index, file)) = found.and_then(|index| Some((index, table.file(index)?))) else {
            return Found::None;
        };
        Found::File(VideoFile {
            choice: FileChoice::Index(index),
            name: Some(file.name().to_owned()),
            size: Some(file.length),
            is_checked: true,
        })
    }

    /// The file as far as it can be told without a table.
    fn unlisted(&self, said: Option<FileIndex>) -> Found {
        if let Some(name) = &self.candidate.file_name
            && self.wanted.fit(&Release::parse(name), Vouched::Video) == Fit::Wrong
        {
            return Found::Unseen;
        }
        let file = |choice| Found::File(VideoFile { choice, name: None, size: None, is_checked: false });
        match said {
            // Whoever keeps this very file knows its name and size.
            Some(index) if self.candidate.is_exact => {
                return Found::File(VideoFile {
                    choice: FileChoice::Index(index),
                    name: self.candidate.file_name.clone(),
                    size: self.candidate.file_size,
                    is_checked: false,
                });
            }
            Some(index) if self.fit == Fit::Exact => return file(FileChoice::Index(index)),
            _ => {}
        }
        if self.fit != Fit::Exact {
            return Found::Unseen;
        }
        let release = &self.candidate.release;
        let is_numbered = self.query.episode.is_some() && !release.seasons.is_empty();
        // Whoever names one file speaks of a torrent that may hold others, the largest of which is another video. Only
        // a file that the operator provided for the torrent is all there is.
        let is_one_of_many = self.candidate.file_name.is_some() || self.candidate.is_exact;
        if is_one_of_many && !is_numbered && !self.is_provided() {
            return Found::Unseen;
        }
        match self.query.episode {
            Some((season, episode)) if !release.seasons.is_empty() => {
                file(FileChoice::Episode { season, episode })
            }
            // The file cannot be told by its season; but a release of one episode has one video of importance.
            _ if release.episodes.len() <= 1 => file(FileChoice::Largest),
            _ => Found::Unseen,
        }
    }

    /// Whether the operator provided the file himself: it is served whatever file is asked for.
    fn is_provided(&self) -> bool {
        self.candidate.said_by.iter().any(|name| name == LIBRARY)
    }

    fn offer(&self, file: VideoFile) -> Offer {
        let candidate = self.candidate;
        let named = file.name.as_ref().or(candidate.file_name.as_ref());
        let mut release = candidate.release.clone();
        if let Some(name) = named {
            complete(&mut release, Release::parse(name));
        }
        Offer {
            candidate: Arc::clone(candidate),
            fit: self.fit,
            file: file.choice,
            file_name: file.name,
            file_size: file.size,
            is_checked: file.is_checked,
            release,
            here: Presence::Absent,
            services: Vec::new(),
        }
    }
}

/// Adds what the name of the file says and that of the release does not.
fn complete(release: &mut Release, file: Release) {
    release.resolution = release.resolution.or(file.resolution);
    release.medium = release.medium.or(file.medium);
    release.codec = release.codec.or(file.codec);
    release.bit_depth = release.bit_depth.or(file.bit_depth);
    release.channels = release.channels.or(file.channels);
    release.group = release.group.take().or(file.group);
    release.edition = release.edition.take().or(file.edition);
    // The file is what is played, so its own extension counts.
    release.container = file.container.or(release.container.take());
    release.multi_audio |= file.multi_audio;
    for (all, more) in [(&mut release.languages, file.languages), (&mut release.subtitles, file.subtitles)] {
        if all.is_empty() {
            *all = more;
        }
    }
    if release.hdr.is_empty() {
        release.hdr = file.hdr;
    }
    if release.audio.is_empty() {
        release.audio = file.audio;
    }
}
