//! Numbers of scene names, which hold the season as well as the episode.

use super::bare::{Bare, Known, figure, is_claimed, is_fraction, is_year};
use super::places::before_weak_words;
use super::token::{Gap, Kind, Mark, Text};
use super::words::{self, Tag};
use super::{Medium, measures};

/// Numbers of four digits that hold a season. Some shows count past a thousand from their first episode, and none has
/// more than forty seasons.
const SEASONS_OF_TWO_DIGITS: std::ops::RangeInclusive<u32> = 1300..=4000;

/// The number in front of the medium, or that in front of the name of the episode.
pub(super) fn read(text: &Text<'_>, known: Known) -> Option<Bare> {
    last(text, known).or_else(|| inner(text, known))
}

/// A number in front of the medium of a scene name: `show.name.203.hdtv-group` holds the season too, and so does
/// `show.name.2009.203.hdtv-group`; `show.name.13.pdtv-group` and `show.name.02.dvdrip-group` do not.
fn last(text: &Text<'_>, known: Known) -> Option<Bare> {
    let has_year_at = |index: usize| text.get(index).is_some_and(|token| token.mark == Mark::Year);
    let border = if has_year_at(known.border) { known.border + 2 } else { known.border };
    let end = before_weak_words(text, known.body, border.min(text.len()));
    let index = end.checked_sub(1).filter(|index| *index > known.body)?;
    let (value, width) = figure(text, index)?;
    let scene = text.gap(index) == Gap::DOT && text.gap(end) == Gap::DOT && !text.raw.contains(' ');
    let dated = known.has_year && !(has_year_at(index - 1) && width >= 3);
    let quiet = !dated && !is_claimed(text, index) && measures::named(value).is_none();
    let broadcast = is_broadcast(text, border);
    let (season, last) = match width {
        // Films are broadcast as well, but the numbers of their sequels have one digit.
        2 if scene && (broadcast || value < 10) => (None, value),
        4 if value >= 1000 && (!broadcast || is_year(value) || !SEASONS_OF_TWO_DIGITS.contains(&value)) => {
            return None;
        }
        3 | 4 if broadcast && is_apart(text, index, end) => (Some(value / 100), value % 100),
        3 | 4 if scene && matches!(text.word(border), "dvdrip" | "webrip" | "720p" | "ws") => {
            (Some(value / 100), value % 100)
        }
        _ => return None,
    };
    let sound = season != Some(0) && (1..=40).contains(&last) || season.is_none() && last > 0;
    // `101.102` holds two.
    let before = text.free_number(index - 1).filter(|(before, digits)| *digits == 3 && before + 1 == value);
    let two = u32::from(width == 3 && before.is_some() && last > 1 && text.gap(index - 1) == Gap::DOT);
    let from = if two == 1 { index - 1 } else { index };
    (sound && quiet).then_some(Bare { season, first: last - two, last, from, to: index + 1 })
}

/// Whether blanks stand around the last number of a title, or a bracket behind it.
fn is_apart(text: &Text<'_>, index: usize, end: usize) -> bool {
    text.gap(index).only(Gap::BLANK) && text.gap(end).only(Gap::BLANK | Gap::OPEN)
}

/// `Show.Name.203.Episode.Name.HDTV`, `Show.Name.05.Episode.Name.PDTV`: the one number amid the words of a name that
/// was broadcast.
fn inner(text: &Text<'_>, known: Known) -> Option<Bare> {
    let scene = !known.has_year && is_broadcast(text, known.border) && !text.raw.contains(' ');
    let mut numbers = (known.body..known.border).filter(|at| text.tokens[*at].kind == Kind::Number);
    let (Some(index), None) = (numbers.next().filter(|at| scene && *at > known.body), numbers.next()) else {
        return None;
    };
    let (value, width) = text.free_number(index)?;
    let (season, episode) = match width {
        2 if value < 10 => (None, value),
        3 => (Some(value / 100), value % 100),
        _ => return None,
    };
    let dotted = text.gap(index) == Gap::DOT && text.gap(index + 1) == Gap::DOT && text.is_plain(index + 1);
    // Few seasons have more episodes, and titles hold round numbers.
    let sound = season != Some(0) && (1..=30).contains(&episode) && measures::named(value).is_none();
    let quiet = !is_claimed(text, index) && !is_fraction(text, index, index + 1);
    (dotted && sound && quiet).then_some(Bare {
        season,
        first: episode,
        last: episode,
        from: index,
        to: index + 1,
    })
}

/// Whether the medium at a place, or behind the lines there, is one of broadcasts.
fn is_broadcast(text: &Text<'_>, index: usize) -> bool {
    let tag = |at: usize| words::find(text.word(at)).map(|word| word.tag);
    let of_lines = measures::measured(text, index)
        .is_some_and(|(word, count)| count == 1 && matches!(word.tag, Tag::Lines(_)));
    let medium = tag(index + usize::from(of_lines));
    matches!(medium, Some(Tag::Medium(Medium::SdTv | Medium::HdTv)))
}
