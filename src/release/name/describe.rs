//! Writes down what the words about quality say.

use super::tags::Tagged;
use super::token::{Mark, Shape, Text};
use super::words::Tag;
use super::{Audio, Channels, Hdr, Language, Medium, Release, Resolution, measures, title};

/// Writes down what the words about quality say, those of the title left out.
pub(super) fn describe(text: &Text<'_>, body: usize, tags: &[Tagged], release: &mut Release) {
    let title_end = title::end_of_title(text, body);
    let mut subtitles_follow = false;
    let mut grade = None;
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
            Tag::Grade(resolution) => grade = grade.max(Some(resolution)),
            Tag::Medium(medium) => {
                // `UHD BluRay` is one expression.
                let is_uhd = text.word(tagged.first).starts_with("uhd");
                grade = grade.max(is_uhd.then_some(Resolution::P2160));
                quality(Tag::Medium(medium), release);
            }
            tag => quality(with_plus(text, tagged.first, tag), release),
        }
    }
    release.resolution = boxed_lines(text, tags).or(release.resolution).or(grade);
    release.audio.dedup();
}

/// The lines in square brackets of their own behind others beside a medium, which are those of the disc that the
/// release was made from: `[1080p.BluRay] [720p]`.
fn boxed_lines(text: &Text<'_>, tags: &[Tagged]) -> Option<Resolution> {
    let of_square = |first: usize| {
        let bracket = text.tokens[first].bracket.map(|place| &text.brackets[place]);
        bracket.filter(|bracket| bracket.shape == Shape::Square)
    };
    let mut lines = tags.iter().filter_map(|tagged| match tagged.tag {
        Tag::Lines(resolution) => Some((resolution, of_square(tagged.first)?)),
        _ => None,
    });
    let ((_, source), (own, bracket)) = (lines.next()?, lines.next()?);
    let beside_medium = tags.iter().any(|tagged| {
        matches!(tagged.tag, Tag::Medium(_)) && (source.first..source.last).contains(&tagged.first)
    });
    let sound = beside_medium && bracket.last == bracket.first + 1 && lines.next().is_none();
    sound.then_some(own)
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
            lines(release, measures::of_dimensions(width, height), false);
            release.dimensions = release.dimensions.or(Some((width, height)));
        }
        Tag::Medium(medium) => release.medium = Some(better(release.medium, medium)),
        Tag::Codec(codec) => release.codec = release.codec.or(Some(codec)),
        Tag::Depth(bits) => release.bit_depth = Some(bits),
        Tag::Hdr(hdr) => add_hdr(&mut release.hdr, hdr),
        Tag::Audio(audio) if !release.audio.contains(&audio) => release.audio.push(audio),
        Tag::Channels(around, below) => {
            release.channels = release.channels.max(Some(Channels(around, below)));
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

/// The highest resolution counts, for some packs hold several.
fn lines(release: &mut Release, resolution: Resolution, interlaced: bool) {
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
