//! Which of several titles is the title, and how each is written.

use std::ops::Range;

use super::title::Titles;
use super::token::{Gap, Kind, Mark, Strength, Text};

/// The parts of a title between slashes, bars and `AKA`.
pub(super) fn segments(text: &Text<'_>, region: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = region.start;
    for index in region.clone().skip(1) {
        let gap = text.gap(index);
        let before = text.tokens[index - 1].end;
        let between = &text.raw[before..text.tokens[index].start];
        let in_bracket = text.tokens[index].bracket.is_some();
        let slash =
            gap.has(Gap::SLASH) && (gap.has(Gap::SPACE) || in_bracket || between.contains(['|', '｜', '／']));
        let aka = text.word(index) == "aka" && index + 1 < region.end;
        if slash || aka || between == " _ " {
            found.push(start..index);
            start = index + usize::from(aka);
        }
    }
    found.push(start..region.end);
    found.retain(|part| !part.is_empty());
    found
}

/// The first in Latin letters is the title, else the first of all. Within one, Latin words that stand
/// beside East Asian ones are a title of their own.
pub(super) fn choose(text: &Text<'_>, segments: Vec<Range<usize>>) -> Titles {
    let mut parts: Vec<Range<usize>> = Vec::new();
    for segment in segments {
        match latin_run(text, &segment) {
            Some(run) if run != segment => {
                let rest = [segment.start..run.start, run.end..segment.end];
                parts.push(run);
                parts.extend(rest.into_iter().filter(|part| !part.is_empty()));
            }
            _ => parts.push(segment),
        }
    }
    let chosen = parts.iter().position(|part| part.clone().any(|index| is_latin(text, index))).unwrap_or(0);
    let mut all: Vec<String> = parts.into_iter().map(|part| written(text, part)).collect();
    let title = if all.is_empty() { String::new() } else { all.remove(chosen) };
    all.retain(|other| !other.is_empty() && *other != title);
    Titles { title, others: all, country: None }
}

/// The longest run of tokens without East Asian signs, if there are such signs and the run has Latin letters.
fn latin_run(text: &Text<'_>, segment: &Range<usize>) -> Option<Range<usize>> {
    let is_wide = |index: &usize| text.tokens[*index].kind == Kind::Wide;
    segment.clone().find(is_wide)?;
    let mut best: Option<Range<usize>> = None;
    let mut start = segment.start;
    while start < segment.end {
        let end = (start..segment.end).find(is_wide).unwrap_or(segment.end);
        let run = start..end;
        let letters = run.clone().filter(|index| is_latin(text, *index)).count();
        let longest = best.as_ref().is_none_or(|best| run.len() > best.len());
        if letters > 0 && longest {
            best = Some(run);
        }
        start = end + 1;
    }
    best
}

/// Whether a token holds two Latin letters at least.
pub(super) fn is_latin(text: &Text<'_>, index: usize) -> bool {
    text.word(index).bytes().filter(u8::is_ascii_alphabetic).count() >= 2
}

/// A title behind the season or the year, where a slash leads to it: `Название (1 сезон) / Title (2020)`.
pub(super) fn behind(text: &Text<'_>, from: usize) -> Option<String> {
    let start = (from..text.len()).find(|index| {
        let gap = text.gap(*index);
        gap.has(Gap::SLASH) && gap.has(Gap::SPACE) && text.tokens[*index].bracket.is_none()
    })?;
    let by_quality = text.tokens[from..start].iter().any(|token| token.mark == Mark::Tag(Strength::Strong));
    if !text.is_plain(start) || by_quality {
        return None;
    }
    let stop = |index: &usize| {
        let token = &text.tokens[*index];
        token.mark != Mark::Plain || token.bracket.is_some() || (*index > start && token.gap.has(Gap::SLASH))
    };
    let end = (start..text.len()).find(stop).unwrap_or(text.len());
    Some(written(text, start..end)).filter(|title| !title.is_empty())
}

/// Words that stand in the midst of a title, but do not belong to it.
fn is_inserted(word: &str) -> bool {
    word == "ppv"
}

/// The tokens as people write them.
fn written(text: &Text<'_>, part: Range<usize>) -> String {
    let (Some(first), Some(last)) =
        (text.get(part.start), part.end.checked_sub(1).and_then(|last| text.get(last)))
    else {
        return String::new();
    };
    let end = last.end + tail(text, part.clone());
    // `(500) Days` begins with its bracket.
    let opened = text.raw[..first.start].ends_with('(')
        && text.raw[first.start..end].matches('(').count() < text.raw[first.start..end].matches(')').count();
    let begin = first.start - usize::from(opened);
    let slice = &text.raw[begin..end];
    let blanks = slice.contains(' ') || slice.contains('_');
    let mut title = String::with_capacity(slice.len());
    let mut at = begin;
    for index in part.filter(|index| is_inserted(text.word(*index))) {
        push_spaced(&mut title, &text.raw[at..text.tokens[index].start], blanks);
        at = text.tokens[index].end;
    }
    push_spaced(&mut title, &text.raw[at..end], blanks);
    let junk = |c: char| c.is_whitespace() || "-–—_.,:;/|~+&*=#·\\".contains(c);
    title.trim_matches(junk).to_owned()
}

/// Bytes behind the last token that still belong to the title: `!`, `?`, a bracket that closes.
fn tail(text: &Text<'_>, part: Range<usize>) -> usize {
    let end = text.tokens[part.end - 1].end;
    let rest = &text.raw[end..text.get(part.end).map_or(text.raw.len(), |next| next.start)];
    let opened = text.raw[text.tokens[part.start].start..end].chars().filter(|c| *c == '(').count();
    let closed = text.raw[text.tokens[part.start].start..end].chars().filter(|c| *c == ')').count();
    let mut open = opened.saturating_sub(closed);
    let mut length = 0;
    for character in rest.chars() {
        match character {
            '!' | '?' | '！' | '？' | '☆' | '♪' | '%' | '\'' | '’' | '*' => {}
            ')' if open > 0 => open -= 1,
            _ => break,
        }
        length += character.len_utf8();
    }
    length
}

/// Adds a part with its blanks: underscores always are blanks, dots only in a name without others.
fn push_spaced(title: &mut String, slice: &str, blanks: bool) {
    for character in slice.chars() {
        let spaced = character.is_whitespace() || character == '_' || (character == '.' && !blanks);
        match spaced {
            true if !title.ends_with(' ') => title.push(' '),
            true => {}
            false => title.push(character),
        }
    }
}
