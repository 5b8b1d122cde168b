//! Which of several titles is the title, and how each is written.

use std::ops::Range;

use super::acronym;
use super::title::Titles;
use super::token::{Gap, Kind, Mark, Shape, Strength, Text};

/// The parts of a title between slashes, bars and `AKA`, and a title in brackets at the end.
pub(super) fn segments(text: &Text<'_>, region: Range<usize>) -> Vec<Range<usize>> {
    let appendix = appendix(text, &region);
    let end = appendix.as_ref().map_or(region.end, |appendix| appendix.start);
    let mut found = Vec::new();
    let mut start = region.start;
    for index in region.start + 1..end {
        let gap = text.gap(index);
        let before = text.tokens[index - 1].end;
        let between = &text.raw[before..text.tokens[index].start];
        let is_number = |index: usize| text.tokens[index].kind == Kind::Number;
        let in_bracket = text.tokens[index].bracket.is_some() && !(is_number(index - 1) && is_number(index));
        let slash =
            gap.has(Gap::SLASH) && (gap.has(Gap::SPACE) || in_bracket || between.contains(['|', '｜', '／']));
        let aka = text.word(index) == "aka" && index + 1 < end;
        if slash || aka || between == " _ " {
            found.push(start..index);
            start = index + usize::from(aka);
        }
    }
    found.push(start..end);
    // Behind titles in several languages brackets hold who made the film.
    let titled = found.len() == 1;
    if let Some(appendix) = appendix.filter(|_| titled) {
        found.push(appendix.clone());
        found.push(region.start..appendix.end);
    }
    found.retain(|part| !part.is_empty());
    found
}

/// The round brackets that a title ends with, if they hold another title: `Le Récif (The Reef)`. Those that number
/// a part or spell out the initials before them belong to the title.
fn appendix(text: &Text<'_>, region: &Range<usize>) -> Option<Range<usize>> {
    let bracket = text.brackets.iter().find(|bracket| {
        let placed = bracket.first > region.start && bracket.last == region.end && bracket.outer.is_none();
        placed && bracket.shape == Shape::Round && bracket.first < bracket.last
    })?;
    let numbers = |index: usize| {
        text.tokens[index].kind == Kind::Number
            || matches!(
                text.word(index),
                "part" | "chapter" | "vol" | "volume" | "book" | "teil" | "partie" | "parte"
            )
    };
    let spells_out = bracket.first == region.start + 1 && {
        let initials = (bracket.first..bracket.last).filter_map(|index| text.word(index).chars().next());
        initials.eq(text.word(region.start).chars())
    };
    let telling = (bracket.first..bracket.last).any(|index| is_latin(text, index));
    (telling && !numbers(bracket.first) && !spells_out).then_some(bracket.first..bracket.last)
}

/// The first in Latin letters is the title, else the last of all, for that of the original follows its translation.
/// Within one, Latin words that stand beside those of another script are a title of their own.
pub(super) fn choose(text: &Text<'_>, segments: Vec<Range<usize>>) -> Titles {
    let latin = |part: &Range<usize>| part.clone().any(|index| is_latin(text, index));
    let whole = |part: &Range<usize>| latin(part) && !part.clone().any(|index| is_foreign(text, index));
    let has_whole = segments.iter().any(whole);
    let mut parts: Vec<Range<usize>> = Vec::new();
    for segment in segments {
        match latin_run(text, &segment).filter(|_| !has_whole) {
            Some(run) if run != segment => {
                let rest = [segment.start..run.start, run.end..segment.end];
                parts.push(run);
                parts.extend(rest.into_iter().filter(|part| !part.is_empty()));
            }
            _ => parts.push(segment),
        }
    }
    let chosen = parts.iter().position(whole).or_else(|| parts.iter().position(latin));
    let chosen = chosen.unwrap_or(parts.len().saturating_sub(1));
    let mut all: Vec<String> = parts.into_iter().map(|part| written(text, part)).collect();
    let title = if all.is_empty() { String::new() } else { all.remove(chosen) };
    all.retain(|other| !other.is_empty() && *other != title);
    Titles { title, others: all, ..Titles::default() }
}

/// The longest run of tokens without signs of another script, if there are such signs and the run has Latin letters.
fn latin_run(text: &Text<'_>, segment: &Range<usize>) -> Option<Range<usize>> {
    let is_foreign = |index: &usize| is_foreign(text, *index);
    segment.clone().find(is_foreign)?;
    // A single word may be a name in a title of an alphabet that is often mixed with the Latin one.
    let fewest = if segment.clone().any(|index| stands_apart(text, index)) { 1 } else { 2 };
    let mut best: Option<Range<usize>> = None;
    let mut start = segment.start;
    while start < segment.end {
        let end = (start..segment.end).find(is_foreign).unwrap_or(segment.end);
        let run = start..end;
        let letters = run.clone().filter(|index| is_latin(text, *index)).count();
        let longest = best.as_ref().is_none_or(|best| run.len() > best.len());
        // What stands amid other words is one of them.
        let outer = run.start == segment.start || run.end == segment.end;
        if letters >= fewest && longest && outer {
            best = Some(run);
        }
        start = end + 1;
    }
    best
}

/// Whether a token is written in another script than the Latin one.
pub(super) fn is_foreign(text: &Text<'_>, index: usize) -> bool {
    // Latin letters with signs end at U+024F, and go on from U+1E00 to U+1EFF. Roman numerals have signs of their own.
    let other = |c: char| {
        let latin = matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{2160}'..='\u{217f}');
        c.is_alphabetic() && !latin
    };
    text.word(index).chars().any(other)
}

/// Whether a token is of a script that is seldom mixed with the Latin one: those of East Asia, and those written
/// from the right.
fn stands_apart(text: &Text<'_>, index: usize) -> bool {
    let from_right =
        |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    text.tokens[index].kind == Kind::Wide || text.word(index).chars().any(from_right)
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
pub(super) fn written(text: &Text<'_>, part: Range<usize>) -> String {
    let (Some(first), Some(last)) =
        (text.get(part.start), part.end.checked_sub(1).and_then(|last| text.get(last)))
    else {
        return String::new();
    };
    let mut end = last.end + tail(text, part.clone());
    // The last point of initials is theirs, but that of a lone word parts it from the next.
    end += usize::from(text.raw[end..].starts_with('.') && acronym::ends_with(&text.raw[first.start..end]));
    // `(500) Days` begins with its bracket.
    let opened = text.raw[..first.start].ends_with('(')
        && text.raw[first.start..end].matches('(').count() < text.raw[first.start..end].matches(')').count();
    let begin = first.start - usize::from(opened);
    let slice = &text.raw[begin..end];
    // Dots are blanks in a name without others, and where one leads on to the next word of the name.
    let leads_on = text.gap(part.end) == Gap::DOT && part.end < text.len();
    let blanks = !leads_on && (slice.contains(' ') || slice.contains('_')) && !slice.contains(".-.");
    let mut title = String::with_capacity(slice.len());
    let mut at = begin;
    for index in part.filter(|index| is_inserted(text.word(*index))) {
        push_spaced(&mut title, &text.raw[at..text.tokens[index].start], blanks);
        at = text.tokens[index].end;
    }
    push_spaced(&mut title, &text.raw[at..end], blanks);
    let junk = |c: char| c.is_whitespace() || "-–—_.,:;/|~+&*=#·\\".contains(c);
    let closes_initials = title.ends_with('.') && acronym::holds(&title, title.len() - 1);
    let mut title = title.trim_matches(junk).to_owned();
    if closes_initials {
        title.push('.');
    }
    // `Title ~Second Title~`: the sign that ends it is a part of it.
    if title.matches('~').count() == 1 && text.raw[end..].starts_with('~') {
        title.push('~');
    }
    with_article_first(title)
}

/// `Quiet Reef, The` as people say it.
fn with_article_first(title: String) -> String {
    const ARTICLES: [&str; 12] =
        ["the", "a", "an", "le", "la", "les", "der", "die", "das", "el", "los", "il"];
    match title.rsplit_once(',').map(|(rest, article)| (rest, article.trim_start())) {
        Some((rest, article)) if ARTICLES.contains(&article.to_ascii_lowercase().as_str()) => {
            format!("{article} {}", rest.trim_end())
        }
        _ => title,
    }
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

/// Whether the dot at a place is one of two in front of a blank.
fn is_pair_of_dots(bytes: &[u8], at: usize) -> bool {
    let dot = |at: usize| bytes.get(at) == Some(&b'.');
    let first = if at > 0 && dot(at - 1) { at - 1 } else { at };
    let led = first > 0 && dot(first - 1);
    dot(first) && dot(first + 1) && !led && matches!(bytes.get(first + 2), Some(b' ' | b'_'))
}

/// Adds a part with its blanks: underscores always are blanks, dots only where nothing else is, and never in front
/// of a blank.
fn push_spaced(title: &mut String, slice: &str, blanks: bool) {
    for (at, character) in slice.char_indices() {
        // Two dots are a slip, three are meant.
        let slip = blanks && is_pair_of_dots(&slice.as_bytes()[at.saturating_sub(2)..], at.min(2));
        let meant = slice.as_bytes().get(at + 1) == Some(&b' ') || acronym::holds(slice, at);
        let dot = character == '.' && (slip || !blanks && !meant);
        let spaced = character.is_whitespace() || character == '_' || dot;
        match spaced {
            true if !title.ends_with(' ') => title.push(' '),
            true => {}
            false => title.push(character),
        }
        // `S.W.A.T.Under`: the last point ends a word as well.
        if character == '.' && !dot && acronym::ends_at(slice, at) {
            title.push(' ');
        }
    }
}
