//! Countries that tell shows of one title apart.

use std::ops::Range;

use super::token::{Mark, Strength, Text};

const COUNTRIES: [(&str, &str); 6] =
    [("us", "US"), ("uk", "UK"), ("au", "AU"), ("nz", "NZ"), ("usa", "US"), ("gb", "UK")];

/// The country that a token names.
pub(super) fn at(text: &Text<'_>, index: usize) -> Option<&'static str> {
    COUNTRIES.iter().find(|(word, _)| *word == text.word(index)).map(|(_, country)| *country)
}

/// Takes `(US)` or `US` off the end of a show's title.
pub(super) fn split_off(text: &Text<'_>, region: Range<usize>) -> (Range<usize>, Option<&'static str>) {
    if region.len() < 2 {
        return (region, None);
    }
    let last = region.end - 1;
    let country = at(text, last);
    let alone = text.opened_at(last).is_some_and(|bracket| bracket.last == region.end);
    let spoken = region.clone().any(|index| text.written(index).chars().any(char::is_lowercase));
    let ended = text.gap(region.end).is_dash()
        || text.get(region.end).is_some_and(|token| {
            matches!(token.mark, Mark::Number | Mark::Year | Mark::Tag(Strength::Strong))
        });
    match country {
        Some(_) if alone || (spoken && ended && text.is_loud(last)) => (region.start..last, country),
        _ => (region, None),
    }
}
