//! Episode numbers that stand alone, where place and form make clear what they are.

use super::token::{Gap, Kind, Mark, Shape, Text, decimal};
use super::{ahead, counting, places, scene};

/// What is known of the name so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// First token behind leading groups and sites.
    pub(super) body: usize,
    /// First token that is surely none of the title's.
    pub(super) border: usize,
    /// The name has the extension of a file.
    pub(super) is_file: bool,
    pub(super) has_year: bool,
    pub(super) has_checksum: bool,
    /// The season a word spoke of, and the token behind it.
    pub(super) open_season: Option<usize>,
}

/// A season, if the numbers say one, and episodes from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bare {
    pub(super) season: Option<u32>,
    pub(super) first: u32,
    pub(super) last: u32,
    /// The tokens it was read from.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Finds the one place that clearly holds episode numbers, and marks it.
pub(super) fn read(text: &mut Text<'_>, known: Known) -> Option<Bare> {
    mark_fraction(text, known);
    let led_by_group =
        text.opened_at(0).is_some_and(|bracket| bracket.shape == Shape::Square) && known.body > 0;
    let in_brackets = places::bracketed(text, known, led_by_group);
    let dashed = places::dashed(text, known);
    let is_span = |bare: &Bare| bare.first < bare.last;
    let found = dashed
        .filter(is_span)
        .or(in_brackets.filter(is_span))
        .or(dashed)
        .or(in_brackets)
        .or_else(|| places::behind_season(text, known))
        .or_else(|| places::full_span(text, known, led_by_group))
        .or_else(|| places::pair(text, known, led_by_group))
        .or_else(|| ahead::leading(text, known, led_by_group))
        .or_else(|| places::trailing(text, known, led_by_group))
        .or_else(|| ahead::in_front_of_name(text, known, led_by_group))
        .or_else(|| places::behind_year(text, known, led_by_group))
        .or_else(|| places::inner(text, known))
        .or_else(|| places::hashed(text, known))
        .or_else(|| scene::read(text, known))?;
    Some(found)
}

/// The span behind `&` that goes on after another.
pub(super) fn next_span(text: &Text<'_>, one: &Bare) -> Option<Bare> {
    let next = span_at(text, one.to).filter(|next| next.first > one.last && next.first < next.last)?;
    (one.first < one.last && text.gap(one.to).has(Gap::PLUS)).then_some(next)
}

/// Marks ` - 14.5`, ` - 04.1`: a special between two episodes, which ends the title but is no episode.
fn mark_fraction(text: &mut Text<'_>, known: Known) {
    let found = (known.body + 1..text.len()).find(|index| {
        let padded = text.free_number(*index).is_some_and(|(_, width)| width > 1);
        let half = text.free_number(*index).is_some() && text.free_number(index + 1) == Some((5, 1));
        let part = padded && text.free_number(index + 1).is_some_and(|(_, width)| width == 1);
        (half || part)
            && text.gap(*index).is_dash()
            && text.gap(index + 1) == Gap::DOT
            && closes(text, index + 2)
    });
    if let Some(index) = found {
        text.mark(index..index + 2, Mark::Number);
    }
}

/// Marks numbers counted from the first episode of all in front of a season with its episode: ` - 313 - S16E03`,
/// `313-315 S16E03-05`.
pub(super) fn mark_absolute(text: &mut Text<'_>, tag: usize) {
    let found = (tag.saturating_sub(2).max(1)..tag).find(|index| {
        let Some(bare) = span_at(text, *index).filter(|bare| bare.to == tag) else { return false };
        let behind = text.gap(tag);
        let dashed = text.gap(*index).is_dash() && (behind.is_dash() || behind.has(Gap::OPEN));
        let is_span =
            bare.first < bare.last && text.gap(*index).only(Gap::PLAIN) && text.gap(*index) != Gap::HYPHEN;
        let wide = text.free_number(*index).is_some_and(|(_, width)| (2..=4).contains(&width));
        wide && (dashed || is_span)
    });
    if let Some(index) = found {
        text.mark(index..tag, Mark::Number);
    }
}

/// A number of one token: `05`, `05v2`, `107a`. Value, digits.
pub(super) fn figure(text: &Text<'_>, index: usize) -> Option<(u32, usize)> {
    if let Some(found) = text.free_number(index) {
        return Some(found);
    }
    let token = text.get(index).filter(|token| token.mark == Mark::Plain && token.kind == Kind::Word)?;
    let word = &text.lower.as_bytes()[token.start..token.end];
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let known = matches!(&word[digits..], [b'a'..=b'd'] | [b'v', b'0'..=b'9'] | b"end" | b"fin");
    ((2..=4).contains(&digits) && known).then(|| (decimal(&word[..digits]), digits))
}

pub(super) const fn is_year(value: u32) -> bool {
    matches!(value, 1895..=2099)
}

/// One number, or the span it begins. The second number of a span is at least as wide as the first.
pub(super) fn span_at(text: &Text<'_>, index: usize) -> Option<Bare> {
    let (first, width) = figure(text, index)?;
    let single = Bare { season: None, first, last: first, from: index, to: index + 1 };
    let gap = text.gap(index + 1);
    let worded =
        counting::spans(text.word(index + 1)) && gap == Gap::SPACE && text.gap(index + 2) == Gap::SPACE;
    let second = index + 1 + usize::from(worded);
    let Some((last, last_width)) = figure(text, second) else { return Some(single) };
    let listed = gap.has(Gap::COMMA) && last_width == width && width >= 2;
    let pair =
        (gap.has(Gap::PLUS) || listed) && gap.only(Gap::PLUS | Gap::COMMA | Gap::SPACE) && last == first + 1;
    let joined = worded
        || pair
        || gap.has(Gap::TILDE)
        || gap == Gap::HYPHEN
        || (gap.is_dash() && width >= 2 && (last_width == width || first == 1));
    let grows = last > first && last_width >= width && last - first <= 2000 && !(width < 4 && is_year(last));
    let whole = joined && grows && gap.only(Gap::PLAIN | Gap::TILDE | Gap::PLUS | Gap::COMMA);
    Some(if whole { Bare { last, to: second + 1, ..single } } else { single })
}

/// A number with a fraction is a special between episodes, not an episode.
pub(super) fn is_fraction(text: &Text<'_>, index: usize, to: usize) -> bool {
    let after = text.gap(to) == Gap::DOT && text.free_number(to).is_some_and(|(_, width)| width <= 2);
    let before = index > 0 && text.gap(index) == Gap::DOT && text.tokens[index - 1].kind == Kind::Number;
    after || before
}

/// Whether the word in front makes a number part of a title or the count of something else.
pub(super) fn is_claimed(text: &Text<'_>, index: usize) -> bool {
    let before = index.checked_sub(1).map_or("", |before| text.word(before));
    matches!(
        before,
        "movie"
            | "film"
            | "part"
            | "vol"
            | "volume"
            | "no"
            | "chapter"
            | "ova"
            | "oad"
            | "sp"
            | "special"
            | "ncop"
            | "nced"
            | "op"
            | "ed"
            | "pv"
            | "cm"
            | "menu"
            | "opening"
            | "ending"
            | "extra"
            | "trailer"
            | "teaser"
            | "preview"
            | "disc"
            | "cd"
            | "pt"
    )
}

/// Whether nothing of the title follows: the end, a bracket, a dash, or a word about quality.
pub(super) fn closes(text: &Text<'_>, index: usize) -> bool {
    let gap = text.gap(index);
    if is_finish(text.word(index)) && (index + 1 >= text.len() || text.gap(index + 1).has(Gap::BRACKET)) {
        return true;
    }
    let tagged = text.get(index).is_none_or(|token| token.mark != Mark::Plain);
    tagged || gap.has(Gap::BRACKET) || gap.is_dash()
}

/// Words behind the last number of a batch.
pub(super) fn is_finish(word: &str) -> bool {
    matches!(word, "end" | "fin" | "final" | "完" | "完结" | "全" | "v2" | "v3" | "complete" | "batch")
}
