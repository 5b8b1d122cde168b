//! Puts what a name says together.

use super::bare::{self, Known};
use super::tags::Tagged;
use super::token::{Mark, Strength, Text};
use super::words::Tag;
use super::{Audio, Hdr, Language, Medium, Release};
use super::{days, numbers, origin, tags, title};
use crate::release::VIDEO_EXTENSIONS;

/// What one part of a path says.
struct Part {
    release: Release,
    /// Nothing shows that its title is one of a film or a show.
    is_doubtful: bool,
    /// It begins with the number of the episode; its title is that of the episode, if a folder names the show.
    leads: bool,
}

/// Reads a name, or the path of a file.
pub(super) fn read(name: &str) -> Release {
    let mut parts = split_path(name);
    let file = parts.pop().unwrap_or_default();
    let mut part = read_part(file);
    for folder in parts.into_iter().rev().filter(|folder| !is_shelf(folder)) {
        let above = read_part(folder);
        adopt(&mut part, above);
    }
    part.release
}

/// Folders that sort films and shows and name none.
fn is_shelf(folder: &str) -> bool {
    const SHELVES: [&str; 16] = [
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
                let titled = name[start..at].to_ascii_lowercase().ends_with("fate");
                if depth == 0 && !spaced && !titled {
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
fn adopt(part: &mut Part, above: Part) {
    let (release, folder) = (&mut part.release, above.release);
    let wanted = release.title.is_empty() || part.leads || (part.is_doubtful && !above.is_doubtful);
    if wanted && !folder.title.is_empty() {
        release.title = folder.title;
        release.other_titles = folder.other_titles;
        release.year = folder.year.or(release.year);
        // A folder of one episode may name it where the file has an abbreviation.
        if part.is_doubtful && release.episodes.is_empty() && folder.episodes.len() == 1 {
            release.seasons.clone_from(&folder.seasons);
            release.episodes = folder.episodes;
        }
        (part.is_doubtful, part.leads) = (above.is_doubtful, false);
    }
    if release.seasons.is_empty() && !release.episodes.is_empty() {
        release.seasons = folder.seasons;
    }
    release.year = release.year.or(folder.year);
    if release.resolution.is_none() {
        (release.resolution, release.dimensions) = (folder.resolution, folder.dimensions);
        release.interlaced = folder.interlaced;
    }
    release.medium = release.medium.or(folder.medium);
    release.codec = release.codec.or(folder.codec);
    release.bit_depth = release.bit_depth.or(folder.bit_depth);
    release.channels = release.channels.or(folder.channels);
    release.group = release.group.take().or(folder.group);
    for (own, others) in
        [(&mut release.languages, folder.languages), (&mut release.subtitles, folder.subtitles)]
    {
        if own.is_empty() {
            *own = others;
        }
    }
    if release.audio.is_empty() {
        release.audio = folder.audio;
    }
    if release.hdr.is_empty() {
        release.hdr = folder.hdr;
    }
}

fn read_part(name: &str) -> Part {
    let (stem, extension) = origin::split_extension(name);
    let mut text = Text::new(stem);
    let extension = extension.map(str::to_ascii_lowercase);
    let is_file = extension.is_some();
    let container = extension.filter(|known| VIDEO_EXTENSIONS.contains(&known.as_str()));
    origin::mark_sites(&mut text);
    let has_checksum = origin::mark_checksums(&mut text);
    let tags = tags::mark(&mut text);
    let group = origin::read_trailing_group(&mut text, &tags);
    let day = days::read_day(&mut text);
    let found = numbers::read(&mut text);
    let (mut body, leading_group) = origin::body(&text);
    let year = days::read_year(&mut text, body);
    let mut release =
        Release { container, year, date: day.flatten(), complete: found.complete, ..Release::default() };
    release.group = group.or(leading_group);
    (release.seasons, release.episodes) = (found.seasons, found.episodes);
    let mut leads_title = false;
    if release.episodes.is_empty() && day.is_none() && release.seasons.len() < 2 {
        let border = title::border(&text, body);
        let has_year = year.is_some();
        let known = Known { body, border, is_file, has_year, has_checksum, open_season: found.open_season };
        if let Some(bare) = bare::read(&mut text, known) {
            release.episodes.extend(bare.first..=bare.last);
            release.seasons.extend(bare.season);
            let leads = text.get(body).is_some_and(|token| token.mark == Mark::Number);
            while leads && text.get(body).is_some_and(|token| token.mark == Mark::Number) {
                (body, leads_title) = (body + 1, true);
            }
        }
    }
    let titles = title::read(&text, body);
    (release.title, release.other_titles, release.country) =
        (titles.title, titles.others, titles.country.map(str::to_owned));
    // A name that is nothing but a few words may be anything.
    let strong = text.tokens.iter().any(|token| token.mark == Mark::Tag(Strength::Strong));
    let is_doubtful = !strong
        && release.year.is_none()
        && release.seasons.is_empty()
        && release.episodes.is_empty()
        && day.is_none();
    describe(&text, body, &tags, &mut release);
    Part { release, is_doubtful, leads: leads_title }
}

/// Writes down what the words about quality say, those of the title left out.
fn describe(text: &Text<'_>, body: usize, tags: &[Tagged], release: &mut Release) {
    let title_end = title::end_of_title(text, body);
    let mut subtitles_follow = false;
    for (place, tagged) in tags.iter().enumerate() {
        if (body..title_end).contains(&tagged.first) || text.tokens[tagged.first].mark == Mark::Other {
            continue;
        }
        let adjoining = |place: usize, first: usize| {
            tags.get(place).filter(|next| next.first == first).map(|next| next.tag)
        };
        let next = adjoining(place + 1, tagged.first + 1);
        match tagged.tag {
            Tag::SubtitlesOf => subtitles_follow = matches!(next, Some(Tag::Spoken(_))),
            Tag::Spoken(code) => {
                // `Eng Subs`, but not `Eng Subs Spa`.
                let led = matches!(adjoining(place + 2, tagged.first + 2), Some(Tag::Spoken(_)));
                let of_subtitles = next == Some(Tag::SubtitlesOf) && !led;
                release.dubbed |= next == Some(Tag::Dub);
                let is_subtitle = of_subtitles || subtitles_follow;
                add(if is_subtitle { &mut release.subtitles } else { &mut release.languages }, code);
                subtitles_follow &= matches!(next, Some(Tag::Spoken(_)));
            }
            Tag::Subtitles(code) => add(&mut release.subtitles, code),
            tag => quality(with_plus(text, tagged.first, tag), release),
        }
    }
    release.audio.dedup();
}

/// The sign of `HDR10+` and `DD+` stands between words.
fn with_plus(text: &Text<'_>, index: usize, tag: Tag) -> Tag {
    let plus = text.raw.as_bytes().get(text.tokens[index].end) == Some(&b'+');
    match tag {
        Tag::Hdr(Hdr::Hdr10) if plus => Tag::Hdr(Hdr::Hdr10Plus),
        Tag::Audio(Audio::Ac3) if plus => Tag::Audio(Audio::Eac3),
        _ => tag,
    }
}

fn add(list: &mut Vec<Language>, code: &str) {
    list.extend(Language::of(code).filter(|language| !list.contains(language)));
}

fn quality(tag: Tag, release: &mut Release) {
    match tag {
        Tag::Lines(resolution) => lines(release, resolution, false),
        Tag::Interlaced(resolution) => lines(release, resolution, true),
        Tag::Dimensions(width, height) => {
            lines(release, tags::of_dimensions(width, height), false);
            release.dimensions = release.dimensions.or(Some((width, height)));
        }
        Tag::Medium(medium) => release.medium = Some(better(release.medium, medium)),
        Tag::Codec(codec) => release.codec = release.codec.or(Some(codec)),
        Tag::Depth(bits) => release.bit_depth = Some(bits),
        Tag::Hdr(hdr) => add_hdr(&mut release.hdr, hdr),
        Tag::Audio(audio) if !release.audio.contains(&audio) => release.audio.push(audio),
        Tag::Channels(around, below) => {
            release.channels = release.channels.max(Some(super::Channels(around, below)));
        }
        Tag::Dubbed(code) => {
            release.dubbed = true;
            add(&mut release.languages, code);
        }
        Tag::Dub => release.dubbed = true,
        Tag::MultiAudio => release.multi_audio = true,
        Tag::HardSub => release.hard_subbed = true,
        Tag::Edition(edition) => {
            release.edition = release.edition.take().or_else(|| Some(edition.to_owned()))
        }
        Tag::Proper => release.proper = true,
        Tag::Repack => release.repack = true,
        Tag::ThreeD => release.three_d = true,
        Tag::Complete => release.complete = true,
        Tag::Size(bytes) => release.size = release.size.or(Some(bytes)),
        _ => {}
    }
}

/// The highest resolution counts, for `UHD` and `4K` stand beside what the picture was made from.
fn lines(release: &mut Release, resolution: super::Resolution, interlaced: bool) {
    if release.resolution.is_none_or(|known| known < resolution) {
        release.resolution = Some(resolution);
        release.interlaced = interlaced;
    }
}

/// A remux of a disc is named with the disc; a film filmed off a screen is one whatever else is said.
fn better(known: Option<Medium>, medium: Medium) -> Medium {
    let Some(known) = known else { return medium };
    let filmed = known.min(medium);
    if filmed <= Medium::Screener { filmed } else { known.max(medium) }
}

/// `HDR10+` takes the place of `HDR`.
fn add_hdr(list: &mut Vec<Hdr>, hdr: Hdr) {
    if list.contains(&hdr) || (hdr == Hdr::Hdr10 && list.contains(&Hdr::Hdr10Plus)) {
        return;
    }
    if hdr == Hdr::Hdr10Plus {
        list.retain(|known| *known != Hdr::Hdr10);
    }
    list.push(hdr);
}
