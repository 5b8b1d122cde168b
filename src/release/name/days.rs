//! Days of daily shows, and the year of a work.

use super::token::{Gap, Kind, Mark, Shape, Strength, Text};
use crate::domain::Date;

/// Years of films and shows. A later one in a name is part of a title.
const YEARS: std::ops::RangeInclusive<u32> = 1895..=2035;

/// Finds a day, and marks it: `2019.10.25`, `25.10.2019`, `20191025`, `25 Oct 2019`.
/// The inner value is absent where it is a day, but not clear which.
pub(super) fn read_day(text: &mut Text<'_>) -> Option<Option<Date>> {
    let (range, date) = (0..text.len()).find_map(|index| day_at(text, index))?;
    text.mark(range, Mark::Number);
    Some(date)
}

fn day_at(text: &Text<'_>, index: usize) -> Option<(std::ops::Range<usize>, Option<Date>)> {
    let token = text.get(index)?;
    if token.mark != Mark::Plain {
        return None;
    }
    if token.kind == Kind::Number && token.end - token.start == 8 {
        let figures = text.word(index);
        let part = |range| figures.get(range).and_then(|part: &str| part.parse().ok());
        let date = date(part(0..4)?, part(4..6)?, part(6..8)?)?;
        return YEARS.contains(&u32::from(date.year())).then_some((index..index + 1, Some(date)));
    }
    if let Some(date) = short_run(text, index) {
        return Some((index..index + 1, Some(date)));
    }
    with_month(text, index).or_else(|| of_three(text, index))
}

/// `191025` behind a title, as Korean names have it.
fn short_run(text: &Text<'_>, index: usize) -> Option<Date> {
    let figures = text.word(index);
    let token = text.tokens[index];
    if index == 0 || token.kind != Kind::Number || figures.len() != 6 {
        return None;
    }
    let part = |range| figures.get(range).and_then(|part: &str| part.parse::<u32>().ok());
    date(2000 + part(0..2).filter(|year| *year <= 35)?, part(2..4)?, part(4..6)?)
}

/// Three numbers with the same sign between them.
fn of_three(text: &Text<'_>, index: usize) -> Option<(std::ops::Range<usize>, Option<Date>)> {
    let (first, width) = text.free_number(index)?;
    let (second, second_width) = text.free_number(index + 1)?;
    let (third, third_width) = text.free_number(index + 2)?;
    let gap = text.gap(index + 1);
    let alike = gap == text.gap(index + 2) && gap != Gap::default();
    let range = index..index + 3;
    if !alike || second_width > 2 || !(gap.only(Gap::PLAIN | Gap::SLASH)) || gap.is_dash() {
        return None;
    }
    match (width, third_width) {
        (4, 1 | 2) if YEARS.contains(&first) => {
            // Some write the day before the month here too.
            date(first, second, third).or_else(|| date(first, third, second)).map(|date| (range, Some(date)))
        }
        (1 | 2, 4) if YEARS.contains(&third) => {
            let (european, american) = (date(third, second, first), date(third, first, second));
            // With dots the day is first everywhere; otherwise that is clear only where one order makes no day.
            let clear = gap == Gap::DOT || european.is_none() || american.is_none() || european == american;
            european.or(american).map(|date| (range, clear.then_some(date)))
        }
        (2, 2) if index > 0 && !gap.has(Gap::SPACE) && second_width == 2 => {
            short(first, second, third, gap).map(|date| (range, date))
        }
        _ => None,
    }
}

/// Three numbers of two digits: the year is first behind dots and last behind hyphens, as far as that makes a day.
fn short(first: u32, second: u32, third: u32, gap: Gap) -> Option<Option<Date>> {
    let century = |year: u32| if year <= 35 { 2000 + year } else { 1900 + year };
    let year_first = date(century(first), second, third);
    let year_last = date(century(third), first, second).or_else(|| date(century(third), second, first));
    let preferred = if gap.has(Gap::HYPHEN) { year_last.or(year_first) } else { year_first.or(year_last) };
    let clear = year_first.is_none() || year_last.is_none() || first > 12;
    preferred.map(|date| (clear || gap.has(Gap::HYPHEN) || first >= 10).then_some(date))
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const LONG_MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn month(word: &str) -> Option<u32> {
    let place = MONTHS.iter().position(|known| *known == word);
    let place = place.or_else(|| LONG_MONTHS.iter().position(|known| *known == word))?;
    u32::try_from(place + 1).ok()
}

/// `25 Oct 2019`, `25th October 2019`, `Oct 25 2019`.
fn with_month(text: &Text<'_>, index: usize) -> Option<(std::ops::Range<usize>, Option<Date>)> {
    let day = |index: usize| {
        let word = text.word(index);
        let bare = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
        bare.parse::<u32>().ok().filter(|_| bare.len() <= 2)
    };
    let is_year = |index: usize| {
        text.free_number(index).is_some_and(|(value, width)| width == 4 && YEARS.contains(&value))
    };
    if let (true, Some(month), Some(day)) = (is_year(index), month(text.word(index + 1)), day(index + 2)) {
        return Some((index..index + 3, Some(date(text.free_number(index)?.0, month, day)?)));
    }
    let (day, month) = match (month(text.word(index)), month(text.word(index + 1))) {
        (Some(month), _) => (day(index + 1)?, month),
        (None, Some(month)) => (day(index)?, month),
        (None, None) => return None,
    };
    let (year, width) = text.free_number(index + 2)?;
    if width != 4 || !YEARS.contains(&year) {
        return None;
    }
    Some((index..index + 3, Some(date(year, month, day)?)))
}

fn date(year: u32, month: u32, day: u32) -> Option<Date> {
    Date::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

/// Finds the year of the work, and marks it with what belongs to it (`2010-2015`, `2006г`).
///
/// A year in brackets is meant as one. Otherwise it is the last in front of the first sure word about
/// quality or the season, unless nothing would be left of the title.
pub(super) fn read_year(text: &mut Text<'_>, body: usize) -> Option<u16> {
    let in_brackets = (0..text.len()).find(|index| is_year(text, *index) && stands_in_brackets(text, *index));
    let mut chosen = in_brackets.or_else(|| plain_year(text, body))?;
    // Where it stands twice, the title ends at the first.
    let same = |index: &usize| text.free_number(*index) == text.free_number(chosen);
    chosen = (body + 1..chosen).find(same).unwrap_or(chosen);
    // Of `1993-2004` the first is the year of the work.
    let ascends = || text.free_number(chosen - 1) < text.free_number(chosen);
    let span = |gap: Gap| gap == Gap::HYPHEN || gap.is_dash() && ascends();
    if chosen > body + 1 && is_year(text, chosen - 1) && span(text.gap(chosen)) {
        chosen -= 1;
    }
    let (year, _) = text.free_number(chosen)?;
    let mut last = chosen + 1;
    let second = text.free_number(last).filter(|(value, width)| {
        let follows =
            *width == 4 && *value >= year && YEARS.contains(value) || *width == 2 && *value > year % 100;
        follows && text.gap(last).has(Gap::HYPHEN | Gap::SLASH) && !text.gap(last).has(Gap::BRACKET)
    });
    // The second of two years counts only as the end of a span that closes there.
    if second.is_some() && (text.gap(last + 1).has(Gap::BRACKET | Gap::COMMA | Gap::BLANK)) {
        last += 1;
    }
    if matches!(text.word(last), "г" | "год" | "г." | "гг") {
        last += 1;
    }
    text.mark(chosen..last, Mark::Year);
    u16::try_from(year).ok()
}

fn is_year(text: &Text<'_>, index: usize) -> bool {
    text.free_number(index).is_some_and(|(value, width)| width == 4 && YEARS.contains(&value))
}

/// Whether a year opens a bracket that holds nothing but years and words about quality or the like.
fn stands_in_brackets(text: &Text<'_>, index: usize) -> bool {
    let Some(bracket) = text.tokens[index].bracket.map(|place| text.brackets[place]) else { return false };
    let alone = bracket.last == bracket.first + 1;
    let spans = || {
        let end = text.gap(index + 1).has(Gap::HYPHEN) && text.free_number(index + 1).is_some();
        bracket.first == index && (end || text.gap(index + 1).has(Gap::HYPHEN | Gap::SLASH | Gap::CLOSE))
    };
    let led =
        || bracket.first == index && bracket.shape != Shape::Star && text.gap(index + 1).has(Gap::COMMA);
    alone || spans() || led()
}

fn plain_year(text: &Text<'_>, body: usize) -> Option<usize> {
    let ends = |index: &usize| {
        let token = &text.tokens[*index];
        *index > body && matches!(token.mark, Mark::Tag(Strength::Strong) | Mark::Number)
    };
    let border = (body..text.len()).find(ends).unwrap_or(text.len());
    let candidates = || (body..text.len()).filter(|index| is_year(text, *index));
    let before = candidates().rfind(|index| *index > body && *index < border);
    before
        .or_else(|| candidates().find(|index| *index > border))
        // A lone year in front is one only where a title is left behind it.
        .or_else(|| {
            let titled =
                (body + 1 < border) && text.is_plain(body + 1) && text.tokens[body + 1].kind != Kind::Number;
            (is_year(text, body) && titled).then_some(body)
        })
}
