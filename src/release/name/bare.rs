//! Episode numbers that stand alone, where place and form make clear what they are.

use super::counting;
use super::token::{Gap, Kind, Mark, Shape, Strength, Text, decimal};

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
    from: usize,
    to: usize,
}

/// Marks ` - 14.5`: a special between two episodes, which ends the title but is no episode.
fn mark_fraction(text: &mut Text<'_>, known: Known) {
    let found = (known.body + 1..text.len()).find(|index| {
        let parts = text.free_number(*index).is_some() && text.free_number(index + 1) == Some((5, 1));
        parts && text.gap(*index).is_dash() && text.gap(index + 1) == Gap::DOT && closes(text, index + 2)
    });
    if let Some(index) = found {
        text.mark(index..index + 2, Mark::Number);
    }
}

/// Finds the one place that clearly holds episode numbers, and marks it.
pub(super) fn read(text: &mut Text<'_>, known: Known) -> Option<Bare> {
    mark_fraction(text, known);
    let led_by_group =
        text.opened_at(0).is_some_and(|bracket| bracket.shape == Shape::Square) && known.body > 0;
    let in_brackets = bracketed(text, known, led_by_group);
    let found = in_brackets
        .filter(|bare| bare.first < bare.last)
        .or_else(|| dashed(text, known))
        .or(in_brackets)
        .or_else(|| full_span(text, known))
        .or_else(|| pair(text, known, led_by_group))
        .or_else(|| leading(text, known))
        .or_else(|| trailing(text, known, led_by_group))
        .or_else(|| inner(text, known))
        .or_else(|| compressed(text, known))?;
    text.mark(found.from..found.to, Mark::Number);
    Some(found)
}

/// A number of one token: `05`, `05v2`, `107a`. Value, digits.
fn figure(text: &Text<'_>, index: usize) -> Option<(u32, usize)> {
    if let Some(found) = text.free_number(index) {
        return Some(found);
    }
    let token = text.get(index).filter(|token| token.mark == Mark::Plain && token.kind == Kind::Word)?;
    let word = &text.lower.as_bytes()[token.start..token.end];
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let known = matches!(&word[digits..], [b'a'..=b'd'] | [b'v', b'0'..=b'9'] | b"end" | b"fin");
    ((2..=4).contains(&digits) && known).then(|| (decimal(&word[..digits]), digits))
}

const fn is_year(value: u32) -> bool {
    matches!(value, 1895..=2099)
}

/// One number, or the span it begins. The second number of a span is at least as wide as the first.
fn span_at(text: &Text<'_>, index: usize) -> Option<Bare> {
    let (first, width) = figure(text, index)?;
    let single = Bare { season: None, first, last: first, from: index, to: index + 1 };
    let gap = text.gap(index + 1);
    let worded =
        counting::spans(text.word(index + 1)) && gap == Gap::SPACE && text.gap(index + 2) == Gap::SPACE;
    let second = index + 1 + usize::from(worded);
    let Some((last, last_width)) = figure(text, second) else { return Some(single) };
    let joined = worded
        || gap.has(Gap::TILDE)
        || gap == Gap::HYPHEN
        || (gap.is_dash() && last_width == width && width >= 2);
    let grows = last > first && last_width >= width && last - first <= 2000 && !(width < 4 && is_year(last));
    let whole = joined && grows && gap.only(Gap::PLAIN | Gap::TILDE);
    Some(if whole { Bare { last, to: second + 1, ..single } } else { single })
}

/// A number with a fraction is a special between episodes, not an episode.
fn is_fraction(text: &Text<'_>, index: usize, to: usize) -> bool {
    let after = text.gap(to) == Gap::DOT && text.free_number(to).is_some_and(|(_, width)| width <= 2);
    let before = index > 0 && text.gap(index) == Gap::DOT && text.tokens[index - 1].kind == Kind::Number;
    after || before
}

/// Whether the word in front makes a number part of a title or the count of something else.
fn is_claimed(text: &Text<'_>, index: usize) -> bool {
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
            | "pt"
    )
}

/// Whether nothing of the title follows: the end, a bracket, a dash, or a word about quality.
fn closes(text: &Text<'_>, index: usize) -> bool {
    let gap = text.gap(index);
    if is_finish(text.word(index)) && (index + 1 >= text.len() || text.gap(index + 1).has(Gap::BRACKET)) {
        return true;
    }
    let tagged = text.get(index).is_none_or(|token| token.mark != Mark::Plain);
    tagged || gap.has(Gap::BRACKET) || gap.is_dash()
}

/// ` - 05`, ` - 01 ~ 12`.
fn dashed(text: &Text<'_>, known: Known) -> Option<Bare> {
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
fn bracketed(text: &Text<'_>, known: Known, led_by_group: bool) -> Option<Bare> {
    text.brackets.iter().find_map(|bracket| {
        let bare = span_at(text, bracket.first)?;
        let rest = bare.to..bracket.last;
        let alone = bracket.last > bracket.first && rest.clone().all(|index| is_finish(text.word(index)));
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

/// Words behind the last number of a batch.
fn is_finish(word: &str) -> bool {
    matches!(word, "end" | "fin" | "final" | "完" | "完结" | "全" | "v2" | "v3" | "complete" | "batch")
}

/// `Full 1-291`, `01-12`, in a name that holds several: from one, or behind a word that says so.
fn full_span(text: &Text<'_>, known: Known) -> Option<Bare> {
    (known.body + 1..text.len()).find_map(|index| {
        let bare = span_at(text, index).filter(|bare| bare.to > index + 1)?;
        let width = text.tokens[index].end - text.tokens[index].start;
        let from_one = bare.first == 1 && bare.last >= 10 && (!known.is_file || width >= 2);
        let said = matches!(text.word(index - 1), "full" | "complete" | "batch" | "all");
        let plain = text.gap(index).only(Gap::BLANK | Gap::COMMA);
        ((from_one || said) && plain && closes(text, bare.to)).then_some(bare)
    })
}

/// `office_03_19`, `Ozk.02.09`, `2-06.`: a season and an episode of two digits, first or last in a short name.
fn pair(text: &Text<'_>, known: Known, led_by_group: bool) -> Option<Bare> {
    if led_by_group || known.open_season.is_some() {
        return None;
    }
    (known.body..text.len().saturating_sub(1)).find_map(|index| {
        let (season, width) = text.free_number(index)?;
        let (episode, episode_width) = text.free_number(index + 1)?;
        let gap = text.gap(index + 1);
        let tight = gap == Gap::DOT || gap == Gap::HYPHEN || gap == Gap::UNDERSCORE;
        let small = (1..=2).contains(&width) && season > 0 && episode_width == 2 && episode > 0;
        let before = text.gap(index);
        let is_first = index == known.body && gap == Gap::HYPHEN;
        let is_boxed = gap == Gap::DOT && before.has(Gap::OPEN) && text.gap(index + 2).has(Gap::CLOSE);
        let apart = !(gap == Gap::HYPHEN && before.has(Gap::HYPHEN));
        let part_letter = text.len() == index + 3 && text.word(index + 2).len() == 1;
        let behind = text.gap(index + 2);
        let is_last = index > known.body
            && apart
            && (text.get(index + 2).is_none() || part_letter || behind.is_dash())
            && (known.is_file || before.is_dash());
        let numbers_end = text.free_number(index + 2).is_none();
        let dated = known.has_year && gap != Gap::UNDERSCORE;
        (tight && small && numbers_end && !dated && (is_first || is_last || is_boxed)).then_some(Bare {
            season: Some(season),
            first: episode,
            last: episode,
            from: index,
            to: index + 2,
        })
    })
}

/// `05 - Name`, `102 - Name`, `02 Name`, `611-612 - Names`: the number of a file in its folder.
fn leading(text: &Text<'_>, known: Known) -> Option<Bare> {
    if !known.is_file || known.has_year || known.body > 0 {
        return None;
    }
    let bare = span_at(text, 0)?;
    let width = text.tokens[0].end - text.tokens[0].start;
    let padded = width == 2 && bare.first < 10 || width == 3 && bare.first < 100;
    let behind = text.gap(bare.to);
    let set_off =
        behind.is_dash() || (behind.has(Gap::DOT) && behind.has(Gap::SPACE)) || text.get(bare.to).is_none();
    let other = counting::counts_otherwise(text.word(bare.to)) || text.free_number(bare.to).is_some();
    let lone = text.get(bare.to).is_none() && !padded;
    let sound = width <= 3 && !other && !lone && !is_fraction(text, 0, bare.to);
    ((padded || set_off) && sound).then_some(bare)
}

/// The last number of the title: `[Group] Title 05 [720p]`, `Title 05.mkv`.
fn trailing(text: &Text<'_>, known: Known, led_by_group: bool) -> Option<Bare> {
    let mut end = known.border.min(text.len());
    // A bracket in front of the border ends the title as well.
    if let Some(bracket) = text.brackets.iter().find(|bracket| bracket.first > known.body) {
        end = end.min(bracket.first);
    }
    let weak = |index: usize| matches!(text.tokens[index].mark, Mark::Tag(Strength::Weak | Strength::Firm));
    while end > known.body && weak(end - 1) {
        end -= 1;
    }
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
    let of_group = led_by_group && as_file && width >= 2 && !is_year(bare.first);
    let of_file = known.is_file && padded && !known.has_year && text.gap(index).only(Gap::PLAIN);
    let sound =
        !is_claimed(text, index) && !is_fraction(text, index, end) && text.gap(index) != Gap::default();
    ((of_group || of_file) && sound).then_some(bare)
}

/// `Title 05 Name.mkv`, `Title.05.Name.mkv`: a padded number amid the words of a file.
fn inner(text: &Text<'_>, known: Known) -> Option<Bare> {
    let is_padded = |index: &usize| {
        let padded =
            text.free_number(*index).is_some_and(|(value, width)| value < 10 && width == 2 && value > 0);
        let apart = text.gap(*index).only(Gap::BLANK) && text.gap(index + 1).only(Gap::BLANK);
        padded && apart && !is_claimed(text, *index) && !is_fraction(text, *index, index + 1)
    };
    let mut found = (known.body + 1..known.border).filter(is_padded);
    let index = found.next().filter(|_| known.is_file && !known.has_year && known.border == text.len())?;
    let (first, _) = text.free_number(index)?;
    found.next().is_none().then_some(Bare { season: None, first, last: first, from: index, to: index + 1 })
}

/// `show.name.203.hdtv-group`: season and episode in one number, in front of the medium of a scene name.
fn compressed(text: &Text<'_>, known: Known) -> Option<Bare> {
    let index = known.border.checked_sub(1).filter(|index| *index > known.body)?;
    let (value, width) = text.free_number(index)?;
    let scene = text.gap(index) == Gap::DOT && text.gap(known.border) == Gap::DOT && !text.raw.contains(' ');
    let medium = matches!(
        text.word(known.border),
        "hdtv" | "pdtv" | "dsr" | "dvdrip" | "webrip" | "tvrip" | "720p" | "ws"
    );
    let (season, episode) = (value / 100, value % 100);
    let sound = (width == 3 || width == 4 && value < 1000) && season > 0 && (1..=40).contains(&episode);
    let quiet = !known.has_year && !is_claimed(text, index) && super::tags::named(value).is_none();
    (scene && medium && sound && quiet).then_some(Bare {
        season: Some(season),
        first: episode,
        last: episode,
        from: index,
        to: index + 1,
    })
}
