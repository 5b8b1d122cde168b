//! Marks the words about quality, language and edition.

use super::token::{Gap, Kind, Mark, Strength, Text};
use super::words::{self, Tag, Word};
use super::{compounds, measures, tongues};

/// A word, or several that belong together, and what they say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tagged {
    pub(super) first: usize,
    pub(super) tag: Tag,
}

/// Words of a name are joined up to this length to be looked up.
const LONGEST: usize = 32;

/// Marks every word that says something about quality, language or edition.
pub(super) fn mark(text: &mut Text<'_>) -> Vec<Tagged> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < text.len() {
        let Some((word, count)) = read(text, index) else {
            index += 1;
            continue;
        };
        text.mark(index..index + count, Mark::Tag(word.strength));
        found.push(Tagged { first: index, tag: word.tag });
        let last = index + count - 1;
        index += count;
        index += channels_behind(text, last, word.tag, &mut found);
    }
    mark_bare_lines(text, &mut found);
    found
}

/// `1080` without a letter, where words about quality stand beside it.
fn mark_bare_lines(text: &mut Text<'_>, found: &mut Vec<Tagged>) {
    for index in 1..text.len() {
        let Some((value, _)) = text.free_number(index).filter(|(value, _)| measures::is_usual(*value)) else {
            continue;
        };
        if let Some(resolution) = measures::named(value).filter(|_| means_lines(text, index, value)) {
            text.mark(index..index + 1, Mark::Tag(Strength::Strong));
            let place = found.partition_point(|tagged| tagged.first < index);
            found.insert(place, Tagged { first: index, tag: Tag::Lines(resolution) });
        }
    }
}

/// Whether what stands around a number shows that it is one of lines.
fn means_lines(text: &Text<'_>, index: usize, value: u32) -> bool {
    let strength = |index: usize| match text.get(index).map(|token| token.mark) {
        Some(Mark::Tag(strength)) => Some(strength),
        _ => None,
    };
    let joined = [index, index + 1].map(|at| text.gap(at).only(Gap::PLAIN));
    let [beside, next] =
        [(joined[0], index - 1), (joined[1], index + 1)].map(|(joined, at)| strength(at).filter(|_| joined));
    let [before, behind] = [beside, next].map(|strength| strength == Some(Strength::Strong));
    let [any_before, any_behind] = [beside, next].map(|strength| strength.is_some());
    // Long shows have an episode 720 too, but never behind another number.
    let numbered = joined[0] && text.word(index - 1).bytes().any(|byte| byte.is_ascii_digit());
    let of_hd = joined[0] && text.word(index - 1) == "hd" || joined[1] && text.word(index + 1) == "hd";
    let alone = text.opened_at(index).is_some_and(|bracket| bracket.last == index + 1);
    // Behind a season with its episode, or behind the year, nothing else ends a name.
    let word = text.word(index - 1);
    let is_tag = word.bytes().any(|byte| byte.is_ascii_alphabetic()) || word.len() == 4;
    let last = numbered && is_tag && index + 1 == text.len();
    let boxed = text.tokens[index].bracket.is_some();
    match value {
        1080 | 2160 => before || behind || of_hd || alone || last || numbered && any_behind,
        720 => of_hd || last || boxed && (any_before || behind) || (before || numbered) && any_behind,
        _ => (before || numbered) && behind,
    }
}

fn read(text: &Text<'_>, index: usize) -> Option<(Word, usize)> {
    if text.tokens[index].mark != Mark::Plain {
        return None;
    }
    let compound = || compounds::find(text.word(index)).map(|word| (word, 1));
    disc(text, index)
        .or_else(|| expression(text, index))
        .or_else(|| measures::measured(text, index))
        .or_else(compound)
}

/// `CD 1`, `Disc 2 of 3`.
fn disc(text: &Text<'_>, index: usize) -> Option<(Word, usize)> {
    let single = |at: usize| text.free_number(at).is_some_and(|(_, width)| width == 1);
    let joined = |at: usize| text.gap(at).only(Gap::BLANK);
    let named = compounds::means_disc(text.word(index)) && single(index + 1) && joined(index + 1);
    let of_many = text.word(index + 2) == "of" && single(index + 3) && joined(index + 2) && joined(index + 3);
    let word = Word { tag: Tag::Idle, strength: Strength::Firm };
    named.then_some((word, if of_many { 4 } else { 2 }))
}

/// The longest known expression of up to three words.
fn expression(text: &Text<'_>, index: usize) -> Option<(Word, usize)> {
    let mut buffer = [0_u8; LONGEST];
    let mut ends = [0_usize; 3];
    let (mut length, mut count) = (0, 0);
    while count < 3 && index + count < text.len() {
        let gap = text.gap(index + count);
        if count > 0 && !(gap.only(Gap::PLAIN | Gap::PLUS) && text.is_plain(index + count) && !gap.is_dash())
        {
            break;
        }
        let Some(longer) = join(text.word(index + count), &mut buffer, length) else { break };
        (length, ends[count]) = (longer, longer);
        count += 1;
    }
    (1..=count).rev().find_map(|count| {
        let joined = std::str::from_utf8(&buffer[..ends[count - 1]]).ok()?;
        let word = words::find(joined)?;
        is_meant(text, index, count, joined, word).then_some((word, count))
    })
}

/// Puts a word behind others, without apostrophes. None if it does not fit.
fn join(word: &str, buffer: &mut [u8; LONGEST], mut length: usize) -> Option<usize> {
    if length + word.len() > LONGEST {
        return None;
    }
    for byte in word.bytes().filter(|byte| *byte != b'\'') {
        buffer[length] = byte;
        length += 1;
    }
    Some(length)
}

/// Two letters are a code only in capitals, and never where they come about by joining initials.
fn is_meant(text: &Text<'_>, index: usize, count: usize, joined: &str, word: Word) -> bool {
    let short = joined.len() == 2 && joined.bytes().all(|byte| byte.is_ascii_alphabetic());
    if count == 1 && words::is_common(joined) {
        let spoken = |byte: u8| byte.is_ascii_lowercase() && byte != b'i';
        return text.is_loud(index) && text.raw.bytes().any(spoken);
    }
    if count == 1 && tongues::is_also_a_word(joined) {
        return is_a_language(text, index);
    }
    if count == 1 {
        let medium = matches!(word.tag, Tag::Medium(_) | Tag::Hdr(_) | Tag::Idle);
        return !short
            || text.is_loud(index)
            || (medium && !text.raw.bytes().any(|b| b.is_ascii_uppercase()));
    }
    // `Sub Ita Eng`: the word for subtitles speaks of all that follow.
    if words::find(text.word(index)).is_some_and(|first| first.tag == Tag::SubtitlesOf) {
        return word.tag == Tag::SubtitlesOf;
    }
    let has_digit = joined.bytes().any(|byte| byte.is_ascii_digit());
    joined.len() >= 4 || (has_digit && text.tokens[index].kind == Kind::Word)
}

/// Whether the code of a language that is a word as well is meant as a code: in capitals, behind a sure word about
/// quality or a year, or beside another language.
fn is_a_language(text: &Text<'_>, index: usize) -> bool {
    let is_sure = |at: usize| text.tokens[at].mark == Mark::Tag(Strength::Strong);
    let is_year = |at: usize| {
        at > 0
            && text.free_number(at).is_some_and(|(value, width)| width == 4 && (1895..2036).contains(&value))
    };
    let spoken = |at: usize| {
        let known = words::find(text.word(at)).map(|word| word.tag);
        matches!(known, Some(Tag::Spoken(_) | Tag::SubtitlesOf | Tag::Dub | Tag::MultiAudio))
    };
    let beside = || index > 0 && spoken(index - 1) || spoken(index + 1);
    text.is_loud(index) || (0..index).any(|at| is_sure(at) || is_year(at)) || beside()
}

/// The channels behind a sound format: `DDP5.1`, `DD5 1`, `AAC 2.0`, `TrueHD 7.1`. Answers how many words they are.
fn channels_behind(text: &mut Text<'_>, last: usize, tag: Tag, found: &mut Vec<Tagged>) -> usize {
    if !matches!(tag, Tag::Audio(_)) {
        return 0;
    }
    let digit = |word: &str, most: u8| match word.as_bytes() {
        [.., digit @ b'0'..=b'9'] if digit - b'0' <= most => Some(digit - b'0'),
        _ => None,
    };
    let joined = |gap: Gap| gap == Gap::DOT || gap == Gap::SPACE || gap == Gap::UNDERSCORE;
    let is_digit = |index: usize| text.free_number(index).is_some_and(|(_, width)| width == 1);
    // The first digit belongs to the format's word, or is a word of its own.
    let own = is_digit(last + 1) && is_digit(last + 2) && text.gap(last + 1).only(Gap::PLAIN);
    let (first, second) = if own { (last + 1, last + 2) } else { (last, last + 1) };
    let glued = !own && text.word(last).len() > 1 && is_digit(second);
    let numbers = (digit(text.word(first), 9), digit(text.word(second), 4));
    let (true, true, (Some(around), Some(below))) = (own || glued, joined(text.gap(second)), numbers) else {
        return 0;
    };
    text.mark(last + 1..second + 1, Mark::Tag(Strength::Strong));
    found.push(Tagged { first: last + 1, tag: Tag::Channels(around, below) });
    second - last
}
