//! The places of a name where a number alone is an episode.

use super::bare::{
    Bare, Known, closes, figure, is_claimed, is_finish, is_fraction, is_year, next_span, span_at,
};
use super::token::{Gap, Kind, Mark, Strength, Text};
use super::words::{self, Tag};
use super::{Medium, counting, measures};

/// ` - 05`, ` - 01 ~ 12`.
pub(super) fn dashed(text: &Text<'_>, known: Known) -> Option<Bare> {
    let start = known.body.max(1);
    let mut found = (start..text.len()).filter_map(|index| {
        let gap = text.gap(index);
        // `01 - 12` is a span.
        let ends_span = index > start && span_at(text, index - 1).is_some_and(|bare| bare.to > index);
        let bare = (gap.is_dash() && !gap.has(Gap::OPEN)).then(|| span_at(text, index))??;
        let width = text.tokens[index].end - text.tokens[index].start;
        let year = is_year(bare.first) && width == 4 && bare.from + 1 == bare.to;
        let sequel = width == 1 && (known.has_year || !known.is_file && known.open_season.is_none());
        let sound = closes(text, bare.to) && !year && !sequel && !is_claimed(text, index);
        (sound && !ends_span && !is_fraction(text, index, bare.to)).then_some(bare)
    });
    let first = found.next()?;
    // `12 - 05` says two things.
    let leading = known.body + 1 == first.from && figure(text, known.body).is_some() && known.is_file;
    let lone_title = leading && text.opened_at(0).is_none();
    (!lone_title).then_some(first)
}

/// `[05]`, `(01-12)`, `[01-12 END]`.
pub(super) fn bracketed(text: &Text<'_>, known: Known, led_by_group: bool) -> Option<Bare> {
    text.brackets.iter().find_map(|bracket| {
        let bare = span_at(text, bracket.first)?;
        let rest = bare.to..bracket.last;
        // `[01-10/10]` says how many there are as well, `[01-10+OVA]` what else.
        let of_all = |index: usize| text.gap(index).has(Gap::SLASH) && text.free_number(index).is_some();
        let extra =
            |index: usize| text.gap(index).has(Gap::PLUS) && counting::counts_otherwise(text.word(index));
        let of_span = |index: usize| bare.first < bare.last && (of_all(index) || extra(index));
        let alone = bracket.last > bracket.first
            && rest.clone().all(|index| is_finish(text.word(index)) || of_span(index));
        let width = text.tokens[bracket.first].end - text.tokens[bracket.first].start;
        let single = bare.first == bare.last;
        let year = single && is_year(bare.first);
        let placed = led_by_group || bracket.first < known.border || known.open_season.is_some();
        let first_group = bracket.first == 0 && single;
        let versioned = text.tokens[bracket.first].kind == Kind::Number || single;
        (alone && width >= 2 && placed && !year && !first_group && versioned)
            .then_some(Bare { to: bracket.last, ..bare })
    })
}

/// `2nd Season 05`.
pub(super) fn behind_season(text: &Text<'_>, known: Known) -> Option<Bare> {
    let index = known.open_season?;
    let bare = span_at(text, index)?;
    let (_, width) = figure(text, index)?;
    let sound = text.gap(index).only(Gap::BLANK) && (2..=3).contains(&width) && closes(text, bare.to);
    let lines = measures::named(bare.first).is_some();
    (sound && !lines && !is_fraction(text, index, bare.to)).then_some(bare)
}

/// `Full 1-291`, `01-12`, in a name that holds several: from one, behind a word that says so, or as the last words
/// of a title behind a group.
pub(super) fn full_span(text: &Text<'_>, known: Known, led_by_group: bool) -> Option<Bare> {
    (known.body + 1..text.len()).find_map(|index| {
        let bare = span_at(text, index).filter(|bare| bare.to > index + 1)?;
        let width = text.tokens[index].end - text.tokens[index].start;
        let counted = !known.is_file && bare.to == text.len() && width == 2 && bare.last < 100;
        let from_one = counted || bare.first == 1 && bare.last >= 10 && (!known.is_file || width >= 2);
        let said = matches!(text.word(index - 1), "full" | "complete" | "batch" | "all");
        let tagged = text.get(bare.to).is_some_and(|token| matches!(token.mark, Mark::Tag(_)));
        let placed = led_by_group || tagged && !known.has_year;
        let alike = text.tokens[bare.to - 1].end - text.tokens[bare.to - 1].start == width;
        let of_group = placed && alike && width >= 2 && !text.gap(bare.to).is_dash();
        let plain = text.gap(index).only(Gap::BLANK | Gap::COMMA | Gap::CLOSE);
        let ends = closes(text, bare.to) || next_span(text, &bare).is_some();
        ((from_one || said || of_group) && plain && ends).then_some(bare)
    })
}

/// `office_03_19`, `Ozk.02.09`, `2-06.`: a season and an episode of two digits, first or last in a short name; or in
/// brackets anywhere, as `[2.06]`.
pub(super) fn pair(text: &Text<'_>, known: Known, led_by_group: bool) -> Option<Bare> {
    if known.open_season.is_some() {
        return None;
    }
    let first = if known.is_file { 0 } else { known.body };
    (first..text.len().saturating_sub(1)).find_map(|index| {
        let (season, width) = text.free_number(index)?;
        let (episode, episode_width) = text.free_number(index + 1)?;
        let [before, gap, behind] = [index, index + 1, index + 2].map(|index| text.gap(index));
        let tight = gap == Gap::DOT || gap == Gap::HYPHEN || gap == Gap::UNDERSCORE;
        let is_boxed = gap == Gap::DOT && before.has(Gap::OPEN) && behind.has(Gap::CLOSE);
        let small = (1..=2).contains(&width) && season > 0 && episode > 0;
        let padded = episode_width == 2 || is_boxed && known.is_file && episode_width == 3;
        let is_first = index == known.body && gap == Gap::HYPHEN;
        let apart = !(gap == Gap::HYPHEN && before.has(Gap::HYPHEN));
        let part_letter = text.len() == index + 3 && text.word(index + 2).len() == 1;
        let is_last = index > known.body
            && apart
            && (text.get(index + 2).is_none() || part_letter || behind.is_dash())
            && (known.is_file || before.is_dash());
        let numbers_end = text.free_number(index + 2).is_none();
        let dated = known.has_year && gap != Gap::UNDERSCORE;
        let placed = is_boxed || !led_by_group && (is_first || is_last);
        (tight && small && padded && numbers_end && !dated && placed).then_some(Bare {
            season: Some(season),
            first: episode,
            last: episode,
            from: index,
            to: index + 2,
        })
    })
}

/// The last number of the title: `[Group] Title 05 [720p]`, `Title 05.mkv`.
pub(super) fn trailing(text: &Text<'_>, known: Known, led_by_group: bool) -> Option<Bare> {
    let mut end = known.border.min(text.len());
    // A bracket in front of the border ends the title as well.
    if let Some(bracket) = text.brackets.iter().find(|bracket| bracket.first > known.body) {
        end = end.min(bracket.first);
    }
    // So does a word about quality behind a number, whatever follows: `603 VOSTFR by Name`.
    let firm = |index: usize| matches!(text.tokens[index].mark, Mark::Tag(Strength::Firm | Strength::Strong));
    let tagged = (known.body + 2..end).find(|index| firm(*index) && figure(text, index - 1).is_some());
    end = tagged.unwrap_or(end);
    end = before_weak_words(text, known.body, end);
    let index = end.checked_sub(1).filter(|index| *index > known.body)?;
    let bare = figure(text, index).map(|(first, _)| Bare {
        season: None,
        first,
        last: first,
        from: index,
        to: index + 1,
    })?;
    let width = text.word(index).bytes().take_while(u8::is_ascii_digit).count();
    let padded = width == 2 && bare.first < 10 || width == 3 && bare.first < 100;
    let as_file = known.is_file || known.has_checksum;
    // A name without an extension may be that of a pack, and its number that of the title.
    // Nobody names a pack so that only its group and its number stand beside the title.
    let bare_name = width == 2 && index + 1 == text.len();
    let single =
        as_file || bare_name || (padded || width == 3 && bare.first % 100 != 0) && !is_from_disc(text);
    let of_group = led_by_group && single && width >= 2 && !is_year(bare.first);
    let of_file = known.is_file && padded && !known.has_year && text.gap(index).only(Gap::PLAIN);
    // What a span ends with says nothing without the rest.
    let ends_span = text.gap(index) == Gap::HYPHEN && text.tokens[index - 1].kind == Kind::Number;
    let apart = text.gap(index) != Gap::default() && !ends_span;
    // In front of a season it belongs to the title.
    let apart = apart && text.get(end).is_none_or(|token| token.mark != Mark::Number);
    let sound = !is_claimed(text, index) && !is_fraction(text, index, end) && apart;
    ((of_group || of_file) && sound).then_some(bare)
}

/// `[Group] Title (2009) 04 [720p]`, `Title 2009 04 720p.mkv`: a number behind the year, and nothing of a title
/// behind it.
pub(super) fn behind_year(text: &Text<'_>, known: Known, led_by_group: bool) -> Option<Bare> {
    let year = (known.body..text.len()).rfind(|index| text.tokens[*index].mark == Mark::Year)?;
    let index = year + 1;
    let (first, width) = figure(text, index).filter(|(first, _)| *first > 0 && !is_year(*first))?;
    let padded = width == 2 && first < 10 || width == 3 && first < 100;
    let apart = text.gap(index).only(Gap::BLANK | Gap::CLOSE) && closes(text, index + 1);
    let sound = apart && known.is_file && (2..=3).contains(&width) && !is_fraction(text, index, index + 1);
    let lines = measures::named(first).is_some();
    ((led_by_group || padded) && sound && !lines).then_some(Bare {
        season: None,
        first,
        last: first,
        from: index,
        to: index + 1,
    })
}

/// The end of a title without the words about quality that it may hold as well.
pub(super) fn before_weak_words(text: &Text<'_>, body: usize, mut end: usize) -> usize {
    let weak = |index: usize| matches!(text.tokens[index].mark, Mark::Tag(Strength::Weak | Strength::Firm));
    while end > body && weak(end - 1) {
        end -= 1;
    }
    end
}

/// `Title 05 Name.mkv`, `Title.05.Name.mkv`: a padded number amid the words of a file.
pub(super) fn inner(text: &Text<'_>, known: Known) -> Option<Bare> {
    let is_padded = |index: &usize| {
        let padded = text.free_number(*index).is_some_and(|(value, width)| {
            value > 0 && (width == 2 && value < 10 || width == 3 && value < 100)
        });
        let behind = text.gap(index + 1);
        let apart = text.gap(*index).only(Gap::BLANK) && (behind.only(Gap::BLANK) || behind.is_dash());
        padded && apart && !is_claimed(text, *index) && !is_fraction(text, *index, index + 1)
    };
    let mut found = (known.body + 1..known.border).filter(is_padded);
    let unmarked = text.get(known.border).is_none_or(|token| token.mark == Mark::Other);
    let index = found.next().filter(|_| known.is_file && !known.has_year && unmarked)?;
    let (first, _) = text.free_number(index)?;
    found.next().is_none().then_some(Bare { season: None, first, last: first, from: index, to: index + 1 })
}

/// Whether a name speaks of a disc, as those of packs do.
fn is_from_disc(text: &Text<'_>) -> bool {
    (0..text.len())
        .filter_map(|index| words::find(text.word(index)))
        .any(|word| matches!(word.tag, Tag::Medium(medium) if medium >= Medium::DvdRip && !is_of_web(medium)))
}

const fn is_of_web(medium: Medium) -> bool {
    matches!(medium, Medium::WebRip | Medium::WebDl)
}

/// `Title #12`, `Title #05 Name`, `Title #1-4`.
pub(super) fn hashed(text: &Text<'_>, known: Known) -> Option<Bare> {
    let index = (known.body + 1..text.len()).find(|index| text.gap(*index).has(Gap::HASH))?;
    let bare = span_at(text, index).filter(|bare| !known.has_year && bare.first > 0)?;
    let padded = text.word(index).starts_with('0');
    (padded || closes(text, bare.to)).then_some(bare)
}
