//! Episode numbers in front of the title, or of the name of the episode.

use super::bare::{Bare, Known, is_claimed, is_fraction, span_at};
use super::counting;
use super::token::{Gap, Kind, Mark, Text};

/// Behind a group a title may begin with a number too, as `[Group] 86 - Name`. Most shows of such groups have no more
/// episodes than half a year has weeks.
const TWO_COURS: u32 = 26;

/// `05 - Name`, `102 - Name`, `02 Name`, `611-612 - Names`: the number of a file in its folder.
pub(super) fn leading(text: &Text<'_>, known: Known, led_by_group: bool) -> Option<Bare> {
    let first = if led_by_group { known.body } else { 0 };
    if !known.is_file || known.has_year || known.body > first {
        return None;
    }
    let bare = span_at(text, first)?;
    let width = text.tokens[first].end - text.tokens[first].start;
    let padded = width == 2 && bare.first < 10 || width == 3 && bare.first < 100;
    let behind = text.gap(bare.to);
    let set_off =
        behind.is_dash() || (behind.has(Gap::DOT) && behind.has(Gap::SPACE)) || text.get(bare.to).is_none();
    let other = counting::counts_otherwise(text.word(bare.to)) || text.free_number(bare.to).is_some();
    let lone = text.get(bare.to).is_none() && !padded;
    let sound = width <= 3 && !other && !lone && !is_fraction(text, first, bare.to);
    let of_film = || (bare.to..known.border).any(|at| counting::counts_otherwise(text.word(at)));
    let meant = if led_by_group {
        let usual = padded || width == 2 && bare.first <= TWO_COURS && !of_film();
        usual && set_off || padded && !of_film() && is_lone(text, known, &bare)
    } else {
        padded || set_off
    };
    (meant && sound).then_some(bare)
}

/// `[Group] 06 Name (720p)`: two digits, no other number in the title, and words about quality in brackets behind it.
fn is_lone(text: &Text<'_>, known: Known, bare: &Bare) -> bool {
    let tagged = text.get(known.border).is_some_and(|token| {
        token.bracket.is_some_and(|place| {
            let bracket = &text.brackets[place];
            (bracket.first..bracket.last).any(|index| matches!(text.tokens[index].mark, Mark::Tag(_)))
        })
    });
    let others = (bare.to..known.border).any(|index| text.tokens[index].kind == Kind::Number);
    let two = bare.first > 0 && text.word(bare.from).len() == 2;
    two && tagged && !others && text.gap(bare.to).only(Gap::SPACE | Gap::UNDERSCORE)
}

/// `[Group] Title 34 - Name [781219F1]`: groups that print checksums number the episode in front of its name.
pub(super) fn in_front_of_name(text: &Text<'_>, known: Known, led_by_group: bool) -> Option<Bare> {
    if !(led_by_group && known.has_checksum && known.is_file) || known.has_year || known.open_season.is_some()
    {
        return None;
    }
    let mut numbers = (known.body..known.border).filter(|at| text.tokens[*at].kind == Kind::Number);
    let (index, None) = (numbers.next().filter(|index| *index > known.body)?, numbers.next()) else {
        return None;
    };
    let (value, width) = text.free_number(index)?;
    let behind = text.gap(index + 1).is_dash() && text.is_plain(index + 1);
    let apart = text.gap(index).only(Gap::SPACE | Gap::UNDERSCORE) && !is_claimed(text, index);
    let of_film = (index + 1..known.border).any(|at| counting::counts_otherwise(text.word(at)));
    ((2..=3).contains(&width) && value > 0 && behind && apart && !of_film).then_some(Bare {
        season: None,
        first: value,
        last: value,
        from: index,
        to: index + 1,
    })
}
