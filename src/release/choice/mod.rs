//! Which file of a torrent a request means.

use crate::domain::{FileChoice, FileEntry, FileIndex};

use super::episode::{Claim, claim, is_extra};
use super::is_video;

/// The torrent has no file that the request surely means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSuchFile {
    /// The index is beyond the file table.
    #[error("the torrent has no file {index}: it has {count} files, counted from 0")]
    Index {
        /// What was asked for.
        index: FileIndex,
        /// How many there are.
        count: usize,
    },
    /// The index names a padding file, which holds zeros only.
    #[error("file {0} of the torrent is padding")]
    Padding(FileIndex),
    /// Nothing in the torrent is a video.
    #[error("none of the torrent's {count} files is a video")]
    NoVideo {
        /// How many files there are.
        count: usize,
    },
    /// There are videos, but none says that it is this episode.
    #[error("no video of the torrent is season {season} episode {episode}")]
    NoEpisode {
        /// What was asked for.
        season: u32,
        /// What was asked for.
        episode: u32,
    },
    /// Several videos say that they are this episode. Playing one would be a guess.
    #[error("files {} of the torrent all say they are season {season} episode {episode}", list(files))]
    Ambiguous {
        /// What was asked for.
        season: u32,
        /// What was asked for.
        episode: u32,
        /// The files in question.
        files: Vec<FileIndex>,
    },
    /// Several videos are about equally long, and none of them is named as the film.
    #[error("files {} of the torrent may all be the film", list(files))]
    Several {
        /// The files in question.
        files: Vec<FileIndex>,
    },
}

/// Finds the file that `choice` means. An index may name any file but padding; the other choices mean
/// videos that are neither samples nor extras, and an episode is never guessed.
///
/// # Errors
/// Says what is missing, in words a viewer can read.
pub fn choose(files: &[FileEntry], choice: FileChoice) -> Result<FileIndex, NoSuchFile> {
    match choice {
        FileChoice::Index(index) => by_index(files, index),
        FileChoice::Episode { season, episode } => by_episode(files, season, episode),
        FileChoice::Largest => largest(files),
    }
}

fn by_index(files: &[FileEntry], index: FileIndex) -> Result<FileIndex, NoSuchFile> {
    match files.get(index.0 as usize) {
        None => Err(NoSuchFile::Index { index, count: files.len() }),
        Some(file) if file.padding => Err(NoSuchFile::Padding(index)),
        Some(_) => Ok(index),
    }
}

/// The first of several equally large ones, so that the answer is always the same.
fn largest(files: &[FileEntry]) -> Result<FileIndex, NoSuchFile> {
    let videos = videos(files)?;
    let most = videos.iter().map(|(_, file)| file.length).max();
    let first = videos.iter().find(|(_, file)| Some(file.length) == most);
    first.map(|(index, _)| *index).ok_or(NoSuchFile::NoVideo { count: files.len() })
}

fn by_episode(files: &[FileEntry], season: u32, episode: u32) -> Result<FileIndex, NoSuchFile> {
    let claims = claims(files)?;
    let mut matching: Vec<FileIndex> = matching(&claims, |claim| claim.is(season, episode));
    // A bare number counts from the first episode of all, which is that of season 1 only as long as no
    // file of the torrent speaks of seasons. Specials do not count: they are numbered apart.
    let seasons = claims.iter().any(|(_, claim)| claim.season.is_some_and(|season| season != 0));
    if matching.is_empty() && season == 1 && !seasons {
        matching = self::matching(&claims, |claim| claim.is_absolute(episode));
    }
    match *matching.as_slice() {
        [] => Err(NoSuchFile::NoEpisode { season, episode }),
        [only] => Ok(only),
        _ => Err(NoSuchFile::Ambiguous { season, episode, files: matching }),
    }
}

/// The videos that say which episodes they hold.
pub(super) fn claims(files: &[FileEntry]) -> Result<Vec<(FileIndex, Claim)>, NoSuchFile> {
    Ok(videos(files)?.iter().filter_map(|(index, file)| Some((*index, claim(&file.path)?))).collect())
}

/// The one file whose claim is as `wanted`; none where several are.
pub(super) fn only(claims: &[(FileIndex, Claim)], wanted: impl Fn(&Claim) -> bool) -> Option<FileIndex> {
    match *matching(claims, wanted).as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

fn matching(claims: &[(FileIndex, Claim)], wanted: impl Fn(&Claim) -> bool) -> Vec<FileIndex> {
    claims.iter().filter(|(_, claim)| wanted(claim)).map(|(index, _)| *index).collect()
}

/// The videos worth playing. Where every video looks like an extra the words that say so belong to the
/// title, and none is left out.
pub(super) fn videos(files: &[FileEntry]) -> Result<Vec<(FileIndex, &FileEntry)>, NoSuchFile> {
    let all: Vec<(FileIndex, &FileEntry)> = (0..)
        .map(FileIndex)
        .zip(files)
        .filter(|(_, file)| !file.padding && file.length > 0 && is_video(&file.path))
        .collect();
    if all.is_empty() {
        return Err(NoSuchFile::NoVideo { count: files.len() });
    }
    let main: Vec<_> = all.iter().copied().filter(|(_, file)| !is_extra(&file.path)).collect();
    Ok(if main.is_empty() { all } else { main })
}

fn list(files: &[FileIndex]) -> String {
    files.iter().map(FileIndex::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
