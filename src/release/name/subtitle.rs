//! Where the title proper ends and a second title or the number of a part begins.

use std::ops::Range;

use super::token::{Gap, Kind, Mark, Text};
use super::writing;

/// The first token of what stands behind the title proper: `Low Tide` in `The Quiet Reef - Low Tide`, `Part 2` in
/// `The Quiet Reef Part 2`. A year that follows shows that all of it is meant as the name of one work.
pub(super) fn begin(text: &Text<'_>, region: &Range<usize>) -> Option<usize> {
    let in_several = |index: usize| {
        let parted = index > region.start && text.gap(index).has(Gap::SLASH);
        parted || text.word(index) == "aka" || writing::is_foreign(text, index)
    };
    if region.clone().any(in_several) {
        return None;
    }
    let dated = text.get(region.end).is_some_and(|token| token.mark == Mark::Year);
    let leads = text.tokens[..region.start].iter().any(|token| token.mark == Mark::Year);
    let boxed = leads || dated && text.gap(region.end).has(Gap::OPEN);
    (region.start + 1..region.end).find(|index| {
        let dashed = is_set_off(text, region.start, *index) && (!boxed || is_numbered(text, *index));
        dashed || !dated && begins_part(text, *index) || begins_extra(text, region, *index)
    })
}

/// Whether a hyphen between blanks stands before a token, or two, and words before that. Whoever has a longer dash at
/// hand writes titles as they are.
fn is_set_off(text: &Text<'_>, start: usize, index: usize) -> bool {
    let [before, token] = [text.tokens[index - 1], text.tokens[index]];
    let between = &text.raw[before.end..token.start];
    let dashed = [" - ", "_-_", ".-.", "--"].iter().any(|dash| between.contains(dash));
    let outside = token.bracket == text.tokens[start].bracket;
    dashed && outside && (start..index).any(|index| text.tokens[index].kind != Kind::Number)
}

/// Whether a numbered part of a series ends before a token, so that its name begins there: `Episode IV - `.
fn is_numbered(text: &Text<'_>, index: usize) -> bool {
    let label = index.checked_sub(2).map_or("", |label| text.word(label));
    let labelled = matches!(label, "episode" | "part" | "chapter" | "volume" | "vol" | "book");
    labelled && is_count(text, index - 1)
}

/// `Part 2`, `Pt. II`, `Part One`, `Part 1of4`.
fn begins_part(text: &Text<'_>, index: usize) -> bool {
    let of_many = text.word(index + 1).split_once("of").is_some_and(|(which, all)| {
        [which, all]
            .iter()
            .all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let joined = text.gap(index).only(Gap::PLAIN | Gap::COMMA) && text.gap(index + 1).only(Gap::PLAIN);
    matches!(text.word(index), "part" | "pt") && joined && (of_many || is_count(text, index + 1))
}

/// `OVA`, `OVA 2` as the last words: what was sold beside a show.
fn begins_extra(text: &Text<'_>, region: &Range<usize>, index: usize) -> bool {
    let last = index + 1 == region.end || index + 2 == region.end && text.free_number(index + 1).is_some();
    last && matches!(text.word(index), "ova" | "oav" | "oad" | "ona") && text.gap(index).only(Gap::PLAIN)
}

/// Whether a token counts: a number of one or two digits, a Roman one, or a word.
fn is_count(text: &Text<'_>, index: usize) -> bool {
    let word = text.word(index);
    let roman = (1..=4).contains(&word.len()) && word.bytes().all(|byte| b"ivx".contains(&byte));
    let spelt = || {
        matches!(word, "one" | "two" | "three" | "four" | "five" | "six" | "seven" | "eight" | "nine" | "ten")
    };
    text.free_number(index).is_some_and(|(_, width)| width <= 2) || roman || spelt()
}
