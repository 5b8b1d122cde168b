//! Who made a release and where it was found: groups, sites, checksums, extensions.

use super::tags::Tagged;
use super::token::{Bracket, Gap, Kind, Mark, Shape, Strength, Text};
use super::words::Tag;
use crate::release::VIDEO_EXTENSIONS;

/// Endings of files that are no videos, but are named like one.
const OTHER_EXTENSIONS: [&str; 12] =
    ["srt", "sub", "ass", "ssa", "vtt", "idx", "sup", "torrent", "nzb", "iso", "rar", "zip"];

/// Splits the extension off. Some sites turn its point into a blank.
pub(super) fn split_extension(name: &str) -> (&str, Option<&str>) {
    let trimmed = name.trim_end();
    let Some(at) = trimmed.rfind(['.', ' ']) else { return (name, None) };
    let extension = &trimmed[at + 1..];
    let lower = extension.to_ascii_lowercase();
    let known = VIDEO_EXTENSIONS.contains(&lower.as_str()) || OTHER_EXTENSIONS.contains(&lower.as_str());
    // `TS` in capitals, or behind a blank, is a film filmed off a screen.
    let screen = lower == "ts" && (extension != "ts" || trimmed.as_bytes()[at] == b' ');
    let worded =
        trimmed.as_bytes()[at] == b' ' && !matches!(lower.as_str(), "mkv" | "mp4" | "avi" | "wmv" | "m4v");
    if known && !screen && !worded { (&trimmed[..at], Some(extension)) } else { (name, None) }
}

/// Ends of addresses.
const DOMAINS: [&str; 79] = [
    "ac", "ag", "am", "app", "biz", "blog", "br", "by", "bz", "cam", "cc", "ch", "club", "co", "com", "cx",
    "de", "dev", "es", "eu", "fr", "fun", "gd", "in", "info", "ink", "io", "is", "it", "kz", "li", "life",
    "link", "lol", "lt", "lv", "me", "mom", "mx", "my", "net", "nu", "nz", "one", "online", "org", "phd",
    "pics", "pl", "pm", "pro", "pt", "pw", "re", "red", "rs", "ru", "sbs", "se", "si", "site", "so", "space",
    "st", "store", "sx", "tech", "tel", "to", "top", "tv", "ua", "uk", "vip", "win", "world", "ws", "xyz",
    "zone",
];

/// Marks addresses of sites: `www.site.org`, `www site org - `, `[site.org]`, `site.com - `.
pub(super) fn mark_sites(text: &mut Text<'_>) {
    let mut index = 0;
    while index < text.len() {
        match site_at(text, index) {
            Some(end) => {
                text.mark(index..end, Mark::Other);
                index = end;
            }
            None => index += 1,
        }
    }
}

fn site_at(text: &Text<'_>, index: usize) -> Option<usize> {
    let closes = |index: usize| {
        let gap = text.gap(index);
        index >= text.len() || gap.has(Gap::BRACKET) || gap.is_dash() || gap.has(Gap::SLASH)
    };
    if matches!(text.word(index), "www" | "ww" | "wwww" | "www1") {
        let ends = |end: &usize| DOMAINS.contains(&text.word(*end - 1)) || closes(*end);
        let end = (index + 3..=index + 5).take_while(|end| *end <= text.len()).find(ends)?;
        // `www.site.co.za`: a country may follow.
        let country = text.gap(end) == Gap::DOT && text.word(end).len() == 2 && closes(end + 1);
        return Some(end + usize::from(country));
    }
    let dotted = |index: usize| text.gap(index) == Gap::DOT && DOMAINS.contains(&text.word(index));
    if !dotted(index + 1) || text.word(index).len() < 3 {
        return None;
    }
    let in_bracket = text.tokens[index].bracket.is_some_and(|place| {
        let bracket = text.brackets[place];
        (bracket.shape == Shape::Square || bracket.first == 0) && bracket.last == index + 2
    });
    let first = index == 0 && text.gap(index + 2).is_dash();
    (in_bracket || first).then_some(index + 2)
}

/// Marks the ids that libraries put into names: `tt1234567`.
pub(super) fn mark_ids(text: &mut Text<'_>) {
    for index in 1..text.len() {
        let digits = text.word(index).strip_prefix("tt").unwrap_or_default();
        if (7..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            text.mark(index..index + 1, Mark::Other);
        }
    }
}

/// Marks the number of a bonus film: `-x09-`.
pub(super) fn mark_bonus(text: &mut Text<'_>) {
    let is_bonus = |index: &usize| {
        let digits = text.word(*index).strip_prefix('x').unwrap_or_default();
        let numbered = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let between = [*index, index + 1].into_iter().all(|at| text.gap(at).has(Gap::HYPHEN));
        numbered && between && text.is_plain(*index)
    };
    if let Some(index) = (1..text.len()).find(is_bonus) {
        text.mark(index..index + 1, Mark::Other);
    }
}

/// Marks what stands in front of the title of a film that is numbered in its series: `Series-f03-Title`.
pub(super) fn mark_series(text: &mut Text<'_>) {
    let is_film = |index: &usize| {
        let digits = text.word(*index).strip_prefix('f').unwrap_or_default();
        // `F1` is a race.
        let numbered = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let between = [*index, index + 1].into_iter().all(|at| text.gap(at).has(Gap::HYPHEN));
        numbered && between && text.is_plain(index + 1)
    };
    if let Some(index) = (1..text.len()).find(is_film) {
        text.mark(0..index + 1, Mark::Other);
    }
}

/// Marks checksums, eight hexadecimal digits in brackets. Answers whether there is one.
pub(super) fn mark_checksums(text: &mut Text<'_>) -> bool {
    let is_checksum = |bracket: &&Bracket| {
        let word = text.word(bracket.first);
        let hexadecimal = word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let dated = word.starts_with("19") || word.starts_with("20");
        bracket.last == bracket.first + 1
            && hexadecimal
            && !(dated && text.tokens[bracket.first].kind == Kind::Number)
            && bracket.first > 0
    };
    let found: Vec<usize> = text.brackets.iter().filter(is_checksum).map(|bracket| bracket.first).collect();
    for index in &found {
        text.mark(*index..*index + 1, Mark::Other);
    }
    !found.is_empty()
}

/// The group behind the last hyphen, if words about quality stand before it. Marks it.
pub(super) fn read_trailing_group(text: &mut Text<'_>, tags: &[Tagged]) -> Option<String> {
    let mut last = text.len();
    let in_square = |index: usize| {
        text.tokens[index].bracket.is_some_and(|place| text.brackets[place].shape == Shape::Square)
    };
    let is_idle = |index: usize| {
        tags.binary_search_by_key(&index, |tag| tag.first).is_ok_and(|at| tags[at].tag == Tag::Idle)
    };
    while last > 0 && in_square(last - 1) {
        last -= 1;
    }
    if last == 0 || !(text.is_plain(last - 1) || is_idle(last - 1)) {
        return None;
    }
    // A group may hold dots or blanks, but no more than three words: `-GROUP`, `-The Group`.
    let start =
        (last.saturating_sub(3)..last).rev().take_while(|index| !in_square(*index)).find(|index| {
            let gap = text.gap(*index);
            gap.has(Gap::HYPHEN) && gap.only(Gap::HYPHEN | Gap::SPACE | Gap::CLOSE)
        })?;
    // ` - 25` is an episode.
    if text.gap(start).is_dash() && (start..last).all(|index| text.tokens[index].kind == Kind::Number) {
        return None;
    }
    // `2-pass` is no group.
    if start > 0 && text.tokens[start - 1].kind == Kind::Number && text.is_plain(start - 1) {
        return None;
    }
    let strong = text.tokens[..start].iter().any(|token| token.mark == Mark::Tag(Strength::Strong));
    let wholly_plain = (start..last).all(|index| text.is_plain(index) || is_idle(index));
    if !strong || !wholly_plain || text.gap(start).is_dash() && last - start > 1 {
        return None;
    }
    let group = &text.raw[text.tokens[start].start..text.tokens[last - 1].end];
    text.mark(start..last, Mark::Other);
    Some(group.to_owned())
}

/// The group that a file of the scene begins with instead: `klp-the.quiet.reef.2019.1080p.bluray.x264`. Marks it.
pub(super) fn read_prefix(text: &mut Text<'_>) -> Option<String> {
    let joined = text.gap(1) == Gap::HYPHEN && text.gap(2) == Gap::DOT;
    let dotted = !text.raw.contains(|c: char| c.is_ascii_uppercase() || c == ' ' || c == '_');
    let titled = text.is_plain(0) && text.is_plain(1) && text.tokens[1].kind == Kind::Word;
    let strong = text.tokens.iter().any(|token| token.mark == Mark::Tag(Strength::Strong));
    let led = is_short_for_a_group(text.word(0)) || begins_title(text.word(1));
    if !(joined && dotted && titled && strong && led) {
        return None;
    }
    text.mark(0..1, Mark::Other);
    Some(text.written(0).to_owned())
}

/// Whether letters are none of a word, for they hold no vowel or end as the names of groups do. `spider` and `x` are
/// the beginnings of titles.
fn is_short_for_a_group(word: &str) -> bool {
    let vowel = |byte: u8| matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let letters = (3..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
    letters && (!word.bytes().any(vowel) || word.len() > 3 && word.ends_with("hd"))
}

/// Whether a word is one that titles begin with, but no compound ends with: `kelp-the.quiet.reef`.
fn begins_title(word: &str) -> bool {
    const BEGINNINGS: [&str; 14] =
        ["the", "a", "an", "my", "our", "his", "her", "your", "how", "what", "when", "where", "who", "why"];
    BEGINNINGS.contains(&word)
}

/// Where the title begins, and the group in brackets before it.
pub(super) fn body(text: &Text<'_>) -> (usize, Option<String>) {
    let (mut index, mut group) = (0, None);
    while let Some(next) = past_leading(text, index) {
        if group.is_none() && text.is_plain(index) && text.tokens[index].bracket.is_some() {
            group = Some(text.raw[text.tokens[index].start..text.tokens[next - 1].end].to_owned());
        }
        index = next;
    }
    (index, group)
}

/// Past words about quality that a name begins with, as `h265 - HEVC`. They are known by letters and digits in one
/// word, for others may begin a title.
fn past_quality(text: &Text<'_>, index: usize) -> Option<usize> {
    let is_strong = |index: usize| text.get(index).is_some_and(|t| t.mark == Mark::Tag(Strength::Strong));
    let digits = text.word(index).bytes().filter(u8::is_ascii_digit).count();
    let telling = is_strong(index) && digits > 0 && text.tokens[index].kind == Kind::Word;
    let end = (index..text.len()).find(|at| !is_strong(*at))?;
    (telling && text.is_plain(end)).then_some(end)
}

fn past_leading(text: &Text<'_>, index: usize) -> Option<usize> {
    let token = text.get(index)?;
    let Some(bracket) = text.opened_at(index) else {
        let end = (index..text.len())
            .find(|at| text.tokens[*at].mark != Mark::Other || text.opened_at(*at).is_some());
        // What is new this month is no part of any title.
        if let Some(at) = (index..text.len().min(index + 3)).find(|at| text.word(*at).ends_with("新番")) {
            return (at + 1 < text.len()).then_some(at + 1);
        }
        let past_other = || (token.mark == Mark::Other).then(|| end.unwrap_or(text.len()));
        return past_quality(text, index).or_else(past_other);
    };
    let marks = || text.tokens[bracket.first..bracket.last].iter().map(|token| token.mark);
    let bare_text_follows = text.get(bracket.last).is_some_and(|token| token.bracket.is_none());
    let is_first = index == 0 && bracket.last < text.len();
    let holds_number = marks().any(|mark| mark == Mark::Number);
    let skipped = match bracket.shape {
        Shape::Star => true,
        Shape::Square => {
            let foreign = marks().all(|mark| !matches!(mark, Mark::Plain));
            let seasonal = text.word(bracket.last - 1).ends_with("新番") && !is_first;
            !holds_number
                && (seasonal || is_first && !looks_titled(text, bracket) || foreign || bare_text_follows)
        }
        Shape::Round => {
            let quality = marks().all(|mark| matches!(mark, Mark::Tag(_) | Mark::Other));
            let one_word = bracket.last == 1
                && text.tokens[0].kind == Kind::Word
                && text.gap(1).only(Gap::CLOSE | Gap::SPACE);
            quality
                || is_first
                    && (text.gap(bracket.last).has(Gap::UNDERSCORE)
                        || one_word && text.gap(1).has(Gap::SPACE))
        }
    };
    (skipped && bracket.last < text.len()).then_some(bracket.last)
}

/// Whether the first bracket holds a title rather than a group: it ends with a year and words stand before.
fn looks_titled(text: &Text<'_>, bracket: &Bracket) -> bool {
    let year = |index: usize| {
        text.free_number(index).is_some_and(|(value, width)| width == 4 && (1895..2036).contains(&value))
    };
    bracket.last > bracket.first + 1 && year(bracket.last - 1)
}
