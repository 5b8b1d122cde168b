//! The title: where it ends, and which of several it is.

use std::ops::Range;

use super::token::{Gap, Kind, Mark, Shape, Strength, Text};
use super::words::{self, Tag};

/// What a name calls the work.
#[derive(Debug, Default)]
pub(super) struct Titles {
    pub(super) title: String,
    pub(super) others: Vec<String>,
    /// Country that tells works of one title apart.
    pub(super) country: Option<&'static str>,
}

/// Names may hold more titles than anyone would look for.
const MOST_TITLES: usize = 8;

/// The first token from `body` on that is surely none of the title's; the number of tokens if there is none.
pub(super) fn border(text: &Text<'_>, body: usize) -> usize {
    let is_sure = |index: usize| {
        let mark = text.tokens[index].mark;
        matches!(mark, Mark::Tag(Strength::Strong) | Mark::Year | Mark::Number | Mark::Other)
    };
    let mut index = body;
    // Whatever a name begins with is part of the title, if words of a title follow: `3D Kanojo`, `8 Bit Christmas`.
    while index < text.len()
        && matches!(text.tokens[index].mark, Mark::Tag(_))
        && text.tokens[index].bracket.is_none()
    {
        index += 1;
    }
    if index > body && !text.is_plain(index) {
        index = body + 1;
    }
    (index..text.len()).find(|index| is_sure(*index)).unwrap_or(text.len())
}

/// Reads the titles of a name whose other parts are all marked.
pub(super) fn read(text: &Text<'_>, body: usize) -> Titles {
    let (region, country) = without_country(text, region(text, body));
    let mut titles = choose(text, segments(text, region.clone()));
    titles.country = country;
    titles.others.extend(behind(text, region.end));
    titles.others.truncate(MOST_TITLES);
    titles
}

/// Behind the last token of the title that begins at `body`.
pub(super) fn end_of_title(text: &Text<'_>, body: usize) -> usize {
    region(text, body).end
}

fn region(text: &Text<'_>, body: usize) -> Range<usize> {
    let mut start = body;
    while text.get(start).is_some_and(|token| matches!(token.mark, Mark::Year)) {
        start += 1;
    }
    match text.opened_at(start).filter(|bracket| bracket.shape != Shape::Round) {
        Some(_) => bracketed(text, start),
        None => start..end(text, start),
    }
}

/// The title of a name that consists of brackets: the last one in Latin letters, for those before it hold
/// groups and the title in other letters.
fn bracketed(text: &Text<'_>, start: usize) -> Range<usize> {
    let border = border(text, start);
    let candidates = || {
        text.brackets.iter().filter(|bracket| {
            let titled = bracket.first >= start && bracket.first < border && bracket.outer.is_none();
            let kind =
                bracket.last == bracket.first + 1 && matches!(text.word(bracket.first), "movie" | "film");
            titled && bracket.last > bracket.first && text.is_plain(bracket.first) && !kind
        })
    };
    let latin =
        candidates().rev().find(|bracket| (bracket.first..bracket.last).any(|index| is_latin(text, index)));
    let Some(chosen) = latin.or_else(|| candidates().next()) else { return start..start };
    chosen.first..chosen.last.min(border.max(chosen.first + 1))
}

/// Where the title that begins at `start` ends.
fn end(text: &Text<'_>, start: usize) -> usize {
    let border = border(text, start);
    let mut index = start + 1;
    let mut bracket_end = None;
    while index < border {
        let Some(bracket) = text.opened_at(index) else {
            index += 1;
            continue;
        };
        if ends_title(text, start, index) {
            bracket_end = Some(index);
            break;
        }
        index = bracket.last.max(index + 1);
    }
    let end = bracket_end.unwrap_or(border);
    trimmed(text, start, end)
}

/// Whether the title ends in front of a bracket. One in round brackets may belong to it.
fn ends_title(text: &Text<'_>, start: usize, index: usize) -> bool {
    let Some(bracket) = text.opened_at(index) else { return false };
    if bracket.shape != Shape::Round {
        return true;
    }
    let inside = &text.tokens[bracket.first..bracket.last];
    let sure = |mark| matches!(mark, Mark::Tag(Strength::Strong) | Mark::Year | Mark::Number | Mark::Other);
    let other_script = is_latin(text, start)
        && inside.iter().any(|token| !text.raw[token.start..token.end].is_ascii())
        && !(bracket.first..bracket.last).any(|index| is_latin(text, index));
    other_script
        || inside.iter().any(|token| sure(token.mark))
        || inside.iter().all(|token| token.mark != Mark::Plain)
}

/// Takes words about quality off the end, as far as what follows shows that they are meant so.
fn trimmed(text: &Text<'_>, start: usize, end: usize) -> usize {
    let by_quality = text.get(end).is_some_and(|token| {
        let bracket_of_tags = || {
            text.opened_at(end)
                .is_some_and(|b| text.tokens[b.first..b.last].iter().any(|t| matches!(t.mark, Mark::Tag(_))))
        };
        matches!(token.mark, Mark::Tag(_)) || bracket_of_tags()
    });
    let spoken = (start..end).any(|index| text.written(index).chars().any(char::is_lowercase));
    let mut last = end;
    while last > start + 1 {
        let meant = match text.tokens[last - 1].mark {
            Mark::Tag(Strength::Weak) => {
                by_quality || (spoken && text.is_loud(last - 1) && is_language(text, last - 1))
            }
            Mark::Tag(_) => true,
            _ => false,
        };
        if !meant {
            break;
        }
        last -= 1;
    }
    // `The Original`, `A Dual`: an article is never what a title ends with.
    if last < end && matches!(text.word(last - 1), "the" | "a" | "an" | "of" | "le" | "la" | "el") {
        end
    } else {
        last
    }
}

fn is_language(text: &Text<'_>, index: usize) -> bool {
    words::find(text.word(index)).is_some_and(|word| matches!(word.tag, Tag::Spoken(_) | Tag::MultiAudio))
}

const COUNTRIES: [(&str, &str); 6] =
    [("us", "US"), ("uk", "UK"), ("au", "AU"), ("nz", "NZ"), ("usa", "US"), ("gb", "UK")];

/// Takes `(US)` or `US` off the end of a show's title.
fn without_country(text: &Text<'_>, region: Range<usize>) -> (Range<usize>, Option<&'static str>) {
    if region.len() < 2 {
        return (region, None);
    }
    let last = region.end - 1;
    let country = COUNTRIES.iter().find(|(word, _)| *word == text.word(last)).map(|(_, country)| *country);
    let alone = text.opened_at(last).is_some_and(|bracket| bracket.last == region.end);
    let spoken = region.clone().any(|index| text.written(index).chars().any(char::is_lowercase));
    let numbered = text.get(region.end).is_some_and(|token| matches!(token.mark, Mark::Number | Mark::Year));
    match country {
        Some(_) if alone || (spoken && numbered && text.is_loud(last)) => (region.start..last, country),
        _ => (region, None),
    }
}

/// The parts of a title between slashes, bars and `AKA`.
fn segments(text: &Text<'_>, region: Range<usize>) -> Vec<Range<usize>> {
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
fn choose(text: &Text<'_>, segments: Vec<Range<usize>>) -> Titles {
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
fn is_latin(text: &Text<'_>, index: usize) -> bool {
    text.word(index).bytes().filter(u8::is_ascii_alphabetic).count() >= 2
}

/// A title behind the season or the year, where a slash leads to it: `Название (1 сезон) / Title (2020)`.
fn behind(text: &Text<'_>, from: usize) -> Option<String> {
    let start = (from..text.len()).find(|index| {
        let gap = text.gap(*index);
        gap.has(Gap::SLASH) && gap.has(Gap::SPACE) && text.tokens[*index].bracket.is_none()
    })?;
    if !text.is_plain(start) {
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
    let slice = &text.raw[first.start..end];
    let blanks = slice.contains(' ') || slice.contains('_');
    let mut title = String::with_capacity(slice.len());
    let mut at = first.start;
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
