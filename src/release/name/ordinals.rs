//! Ordinals, and numbers that are spelt out.

use super::counting::{Unit, sign};
use super::token::decimal;

/// A number in Chinese signs with a sign behind it, as in `第二十三話`: the number and what it counts.
pub(super) fn chinese(word: &str) -> Option<(u32, Unit)> {
    let signs = word.strip_prefix('第')?;
    let (mut tens, mut ones, mut seen) = (0, 0, false);
    for (at, character) in signs.char_indices() {
        match character {
            '十' => (tens, ones) = (if seen { ones } else { 1 }, 0),
            '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' => {
                ones = "一二三四五六七八九".chars().position(|digit| digit == character)? as u32 + 1;
            }
            _ => return seen.then(|| sign(&signs[at..]).map(|unit| (tens * 10 + ones, unit)))?,
        }
        seen = true;
    }
    None
}

/// The number of an English ordinal that is spelt out.
pub(super) fn spelt(word: &str) -> Option<u32> {
    const ORDINALS: [&str; 10] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    ORDINALS.iter().position(|known| *known == word).and_then(|place| u32::try_from(place + 1).ok())
}

/// The number that follows `Season` as a word or in Roman letters.
pub(super) fn number_word(written: &str) -> Option<u32> {
    const WORDS: [&str; 10] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    const ROMAN: [&str; 10] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"];
    let place = WORDS.iter().position(|word| word.eq_ignore_ascii_case(written));
    let place = place.or_else(|| ROMAN.iter().position(|roman| *roman == written))?;
    u32::try_from(place + 1).ok()
}

/// The number of an ordinal in figures: `2nd`, `3rd`, `1a`, `2e`, `4th`, `2ème`, `5ta`, `1-й`.
pub(super) fn ordinal(word: &str) -> Option<u32> {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let suffix = &word[digits..];
    let known = matches!(
        suffix,
        "st" | "nd"
            | "rd"
            | "th"
            | "a"
            | "o"
            | "e"
            | "ª"
            | "er"
            | "ere"
            | "ère"
            | "eme"
            | "ème"
            | "da"
            | "ra"
            | "ta"
            | "da."
    );
    (known && (1..=2).contains(&digits)).then(|| decimal(&word.as_bytes()[..digits]))
}

/// Whether a word is the end of an ordinal that stands apart: `10 th`, `3 й`.
pub(super) fn is_ordinal_end(word: &str) -> bool {
    matches!(
        word,
        "st" | "nd" | "rd" | "th" | "й" | "я" | "ый" | "ой" | "ий" | "â" | "a" | "o" | "e" | "ème" | "ère"
    )
}
