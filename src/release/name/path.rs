//! Reads the path of a file: what its folders say that it does not.

use super::parse::{Part, read_part};
use super::{Release, origin};

/// Reads a name, or the path of a file.
pub(super) fn read(name: &str) -> Release {
    let mut parts = split_path(name);
    let file = parts.pop().unwrap_or_default();
    let mut part = read_part(if is_of_a_disc(file) { "" } else { file });
    for folder in parts.into_iter().rev().filter(|folder| !is_shelf(folder)) {
        if folder.trim().eq_ignore_ascii_case("specials") {
            let of_none = part.release.seasons.is_empty() && !part.release.episodes.is_empty();
            part.release.seasons.extend(of_none.then_some(0));
            continue;
        }
        let above = read_part(folder);
        adopt(&mut part, above);
    }
    part.release
}

/// The files of a DVD, which have the same names on every one.
fn is_of_a_disc(file: &str) -> bool {
    let file = file.to_ascii_lowercase();
    file.starts_with("vts_") || file.starts_with("video_ts")
}

/// Folders that sort films and shows and name none.
fn is_shelf(folder: &str) -> bool {
    const SHELVES: [&str; 24] = [
        "",
        "movies",
        "movie",
        "films",
        "film",
        "tv",
        "tv shows",
        "shows",
        "series",
        "videos",
        "video",
        "downloads",
        "mnt",
        "media",
        "anime",
        "download",
        "subs",
        "subtitles",
        "video_ts",
        "bdmv",
        "stream",
        "sample",
        "extras",
        "featurettes",
    ];
    SHELVES.contains(&folder.trim().to_ascii_lowercase().as_str())
}

/// The folders of a path and its file. A slash is one of a path only where a file ends it; blanks around it
/// or brackets make it part of a name.
fn split_path(name: &str) -> Vec<&str> {
    let is_path = origin::split_extension(name).1.is_some() || name.starts_with('/');
    if !is_path {
        return vec![name];
    }
    let bytes = name.as_bytes();
    let (mut start, mut depth, mut parts) = (0, 0_usize, Vec::new());
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth = depth.saturating_sub(1),
            b'/' | b'\\' => {
                let spaced = at > 0 && bytes[at - 1] == b' ' || bytes.get(at + 1) == Some(&b' ');
                // A franchise whose every title holds a slash.
                let titled =
                    bytes[start..at].last_chunk::<4>().is_some_and(|end| end.eq_ignore_ascii_case(b"fate"));
                // So may a title behind a group, for folders of groups end with a bracket.
                let led = bytes[start] == b'['
                    && !matches!(bytes[at - 1], b']' | b')')
                    && bytes.get(at + 1) != Some(&b'[');
                if depth == 0 && !spaced && !titled && !led {
                    parts.push(&name[start..at]);
                    start = at + 1;
                }
            }
            _ => {}
        }
    }
    parts.push(&name[start..]);
    parts
}

/// Takes from a folder what the file in it does not say.
fn adopt(part: &mut Part, mut above: Part) {
    let (release, folder) = (&mut part.release, &mut above.release);
    let wanted = release.title.is_empty() || part.leads || (part.is_doubtful && !above.is_doubtful);
    if wanted && !folder.title.is_empty() {
        release.title = std::mem::take(&mut folder.title);
        release.other_titles = std::mem::take(&mut folder.other_titles);
        release.long_title = folder.long_title.take();
        release.year = folder.year.or(release.year);
        // A folder of one episode may name it where the file has an abbreviation.
        if part.is_doubtful && release.episodes.is_empty() && folder.episodes.len() == 1 {
            release.seasons.clone_from(&folder.seasons);
            release.episodes = std::mem::take(&mut folder.episodes);
        }
        (part.is_doubtful, part.leads) = (above.is_doubtful, false);
    }
    if release.seasons.is_empty() && !release.episodes.is_empty() {
        release.seasons = std::mem::take(&mut folder.seasons);
    }
    release.year = release.year.or(folder.year);
    adopt_quality(release, above.release);
}

fn adopt_quality(release: &mut Release, folder: Release) {
    if release.resolution.is_none() {
        (release.resolution, release.dimensions) = (folder.resolution, folder.dimensions);
        release.interlaced = folder.interlaced;
    }
    release.medium = release.medium.or(folder.medium);
    release.codec = release.codec.or(folder.codec);
    release.bit_depth = release.bit_depth.or(folder.bit_depth);
    release.channels = release.channels.or(folder.channels);
    release.group = release.group.take().or(folder.group);
    adopt_list(&mut release.languages, folder.languages);
    adopt_list(&mut release.subtitles, folder.subtitles);
    adopt_list(&mut release.audio, folder.audio);
    adopt_list(&mut release.hdr, folder.hdr);
}

fn adopt_list<T>(own: &mut Vec<T>, others: Vec<T>) {
    if own.is_empty() {
        *own = others;
    }
}
