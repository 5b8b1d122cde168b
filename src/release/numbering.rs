//! The ways season and episode numbers are written in names.
//!
//! Every function reads lower-case text and answers only what the text clearly says.

use std::ops::{Range, RangeInclusive};

/// Episode numbers, as ranges because one file may hold several.
pub(super) type Numbers = Vec<RangeInclusive<u32>>;

/// No file holds more episodes than this; a longer span is some other number.
const LONGEST_RANGE: u32 = 60;

/// What stands before a season number, in a few languages; `s` last, for it begins most of them.
const SEASON_WORDS: [&str; 7] = ["season", "series", "saison", "staffel", "temporada", "stagione", "s"];

/// What stands before an episode number, longest first.
const EPISODE_WORDS: [&str; 4] = ["episode", "ep", "e", "#"];

/// `S01E02`, `s1 - ep 2`, `1x02`, `Season 1 Episode 2`, with ranges and lists.
pub(super) fn season_and_episodes(text: &str) -> Option<(u32, Numbers)> {
    let text = text.as_bytes();
    word_starts(text).find_map(|start| tagged(text, start).or_else(|| crossed(text, start)))
}

/// The season a folder holds: `Season 1`, `Show.S01.1080p`, `Specials`. Several seasons are none.
pub(super) fn season_of_folder(folder: &str) -> Option<u32> {
    if folder.trim() == "specials" {
        return Some(0);
    }
    let text = folder.as_bytes();
    let (season, end) = only_season(text)?;
    let after = past(text, end, b" -~&+");
    let several = after > end && number(text, after, 2).is_some_and(|(_, end)| !touched(text, end));
    (!several).then_some(season)
}

/// The season a file name speaks of apart from its episode: `Show S2 - 05`, `Show 2nd Season - 05`.
pub(super) fn season_of_name(stem: &str) -> Option<u32> {
    only_season(stem.as_bytes()).map(|(season, _)| season)
}

/// The one number that can be an episode: `E05`, `Episode 5`, `Show - 05`, `05 - Name`, `[05]`.
pub(super) fn bare_number(text: &str) -> Option<Numbers> {
    let bytes = text.as_bytes();
    if let Some(numbers) = word_starts(bytes).find_map(|start| episode_at(bytes, start, None)) {
        return Some(numbers);
    }
    let plain = without_brackets(text);
    let trailing = trailing_number(plain.as_bytes());
    let single = match (leading_number(plain.as_bytes()), trailing) {
        (Some((leading, true)), Some(trailing)) if leading != trailing => return None,
        (_, Some(trailing)) => trailing,
        (Some((leading, _)), None) => leading,
        (None, None) => bracketed_number(text)?,
    };
    Some(vec![single..=single])
}

/// `S01E02` at `start`, with whatever episodes follow.
fn tagged(text: &[u8], start: usize) -> Option<(u32, Numbers)> {
    let (season, end) = season_at(text, start)?;
    let episodes = episode_at(text, past(text, end, b" ._-,"), Some(season))?;
    Some((season, episodes))
}

/// `1x02` at `start`. Two digits at least after the cross keep `5x1` and the like out.
fn crossed(text: &[u8], start: usize) -> Option<(u32, Numbers)> {
    let (season, cross) = number(text, start, 2)?;
    let digits = after_word(text, cross, "x")?;
    let (first, end) = number(text, digits, 3).filter(|(_, end)| end - digits >= 2)?;
    closes(text, end).then(|| (season, with_following(text, Some(season), first, digits..end)))
}

/// The one season the text speaks of, however often, and where its first mention ends.
fn only_season(text: &[u8]) -> Option<(u32, usize)> {
    let mentions =
        word_starts(text).filter_map(|start| season_at(text, start).or_else(|| ordinal_season(text, start)));
    let mut mentions = mentions.filter(|(season, end)| *season <= 99 && !touched(text, *end));
    let first = mentions.next()?;
    mentions.all(|(season, _)| season == first.0).then_some(first)
}

/// A season word and its number: the number and where it ends.
fn season_at(text: &[u8], start: usize) -> Option<(u32, usize)> {
    SEASON_WORDS.iter().find_map(|word| {
        let after = after_word(text, start, word)?;
        number(text, if *word == "s" { after } else { past(text, after, b" ._") }, 4)
    })
}

/// `2nd Season`.
fn ordinal_season(text: &[u8], start: usize) -> Option<(u32, usize)> {
    let (season, end) = number(text, start, 2)?;
    let end = ["st", "nd", "rd", "th"].iter().find_map(|suffix| after_word(text, end, suffix))?;
    Some((season, after_word(text, past(text, end, b" ._"), "season")?))
}

/// An episode word at `start`, its number and those that follow.
fn episode_at(text: &[u8], start: usize, season: Option<u32>) -> Option<Numbers> {
    EPISODE_WORDS.iter().find_map(|word| {
        let after = after_word(text, start, word)?;
        let digits = if *word == "e" { after } else { past(text, after, b" ._-") };
        let (first, end) = number(text, digits, 4)?;
        closes(text, end).then(|| with_following(text, season, first, digits..end))
    })
}

/// Adds what follows the first number: `E02` lists, `-E03` spans, `-03` spans of equal width.
fn with_following(text: &[u8], season: Option<u32>, first: u32, digits: Range<usize>) -> Numbers {
    let mut numbers = vec![first..=first];
    let (mut last, mut end) = (first, digits.end);
    while let Some((next, span, after)) = following(text, season, end, digits.len()) {
        if next <= last || next - last > LONGEST_RANGE {
            break;
        }
        numbers.push(if span { last..=next } else { next..=next });
        (last, end) = (next, after);
    }
    numbers
}

/// The next number of a list or a span: the number, whether it ends a span, and where it ends.
fn following(text: &[u8], season: Option<u32>, end: usize, width: usize) -> Option<(u32, bool, usize)> {
    let at = past(text, end, b" ._-~&+");
    let span = text[end..at].iter().any(|byte| matches!(byte, b'-' | b'~'));
    if let Some(digits) = repeated_tag(text, at, season) {
        let (next, after) = number(text, digits, 4)?;
        return closes(text, after).then_some((next, span, after));
    }
    // Without a tag only a hyphen that touches both numbers is a span: `01-03`, but not `01 - 10 Things`.
    let (next, after) = number(text, at, 4)?;
    let touching = span && at == end + 1 && after - at == width && width >= 2;
    (touching && !touched(text, after)).then_some((next, true, after))
}

/// Past `e`, `ep`, `s01e` or `1x` of the same season, in front of a further number of a list.
fn repeated_tag(text: &[u8], at: usize, season: Option<u32>) -> Option<usize> {
    let bare = |at| ["ep", "e"].iter().find_map(|word| after_word(text, at, word));
    let same =
        |at, most| number(text, at, most).filter(|(number, _)| Some(*number) == season).map(|(_, end)| end);
    let tagged = || bare(same(after_word(text, at, "s")?, 4)?);
    let crossed = || after_word(text, same(at, 2)?, "x");
    bare(at).or_else(tagged).or_else(crossed)
}

/// `Show - 05`, at the end of the name or before a further hyphen; brackets are blank by now.
fn trailing_number(text: &[u8]) -> Option<u32> {
    let mut found = text.windows(2).enumerate().filter_map(|(at, pair)| {
        let hyphen = pair == b"- " && (at == 0 || text[at - 1] == b' ');
        let (number, end) = hyphen.then(|| number(text, past(text, at + 1, b" "), 4))??;
        let end = past_version(text, end);
        let rest = past(text, end, b" ._");
        let closed = rest == text.len() || (text[rest] == b'-' && rest > end);
        (closed && !is_year(number)).then_some(number)
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// `05 - Name` or `05.Name`, and whether punctuation sets the number off from the words.
fn leading_number(text: &[u8]) -> Option<(u32, bool)> {
    let start = past(text, 0, b" ._-");
    let (number, end) = number(text, start, 3)?;
    let end = past_version(text, end);
    let rest = past(text, end, b" ");
    let set_off = rest == text.len() || matches!(text[rest], b'-' | b'.' | b'_' | b')');
    (set_off || rest > end).then_some((number, set_off))
}

/// `[05]`, if exactly one pair of brackets holds a number of two or three digits.
fn bracketed_number(text: &str) -> Option<u32> {
    let mut found = text.split('[').skip(1).filter_map(|part| {
        let inside = part.split_once(']')?.0.as_bytes();
        let (number, end) = number(inside, 0, 3).filter(|(_, end)| *end >= 2)?;
        (past_version(inside, end) == inside.len()).then_some(number)
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The text with everything in brackets, and the brackets, turned into spaces.
fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let blank = text.chars().map(|c| match c {
        '[' | '(' | '{' => {
            depth += 1;
            ' '
        }
        ']' | ')' | '}' if depth > 0 => {
            depth -= 1;
            ' '
        }
        _ if depth > 0 => ' ',
        _ => c,
    });
    blank.collect()
}

/// Every place where a word or a number begins. Bytes above ASCII belong to letters.
fn word_starts(text: &[u8]) -> impl Iterator<Item = usize> {
    (0..text.len()).filter(|at| *at == 0 || (!touched(text, at - 1) && text[at - 1].is_ascii()))
}

/// The digits at `at` as a number and where they end; none where there are more than `most`.
fn number(text: &[u8], at: usize, most: usize) -> Option<(u32, usize)> {
    let rest = text.get(at..)?;
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=most).contains(&count) {
        return None;
    }
    let value = rest[..count].iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    Some((value, at + count))
}

/// Past a version such as `v2`, if there is one.
fn past_version(text: &[u8], at: usize) -> usize {
    match text.get(at..) {
        Some([b'v', digit, ..]) if digit.is_ascii_digit() => at + 2,
        _ => at,
    }
}

/// Whether an episode number may end here: before anything but a letter, or before `v2`, a further
/// `E03` or the letter of a part. This keeps `1080p` and `10bit` from being episodes.
fn closes(text: &[u8], end: usize) -> bool {
    let part = matches!(text.get(end), Some(b'a'..=b'd')) && !touched(text, end + 1);
    !touched(text, end) || part || past_version(text, end) > end || repeated_tag(text, end, None).is_some()
}

fn after_word(text: &[u8], at: usize, word: &str) -> Option<usize> {
    text.get(at..)?.starts_with(word.as_bytes()).then(|| at + word.len())
}

fn past(text: &[u8], at: usize, skipped: &[u8]) -> usize {
    at + text.iter().skip(at).take_while(|byte| skipped.contains(byte)).count()
}

/// Whether a letter or digit stands at `at`.
fn touched(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(u8::is_ascii_alphanumeric)
}

const fn is_year(number: u32) -> bool {
    matches!(number, 1900..=2099)
}
