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

/// Ordinals from the first on: one row for each number.
const ORDINALS: [&[&str]; 10] = [
    &["first", "erste", "primera", "primeira", "prima", "première"],
    &["second", "zweite", "segunda", "seconda", "deuxième", "deuxieme", "seconde"],
    &["third", "dritte", "tercera", "terceira", "terza", "troisième", "troisieme"],
    &["fourth", "vierte", "cuarta", "quarta", "quatrième", "quatrieme"],
    &["fifth", "fünfte", "fuenfte", "quinta", "cinquième", "cinquieme"],
    &["sixth", "sechste", "sexta", "sesta", "sixième", "sixieme"],
    &["seventh", "siebte", "séptima", "septima", "sétima", "setima", "settima", "septième", "septieme"],
    &["eighth", "achte", "octava", "oitava", "ottava", "huitième", "huitieme"],
    &["ninth", "neunte", "novena", "nona", "neuvième", "neuvieme"],
    &["tenth", "zehnte", "décima", "decima", "dixième", "dixieme"],
];

/// Numbers from one on, as they follow a word for seasons in its language.
const NUMBERS: [&[&str]; 10] = [
    &["one", "un", "une", "eins", "uno", "una", "um", "uma"],
    &["two", "deux", "zwei", "dos", "due", "dois", "duas"],
    &["three", "trois", "drei", "tres", "tre", "três"],
    &["four", "quatre", "vier", "cuatro", "quattro", "quatro"],
    &["five", "cinq", "fünf", "fuenf", "cinco", "cinque"],
    &["six", "sechs", "seis", "sei"],
    &["seven", "sept", "sieben", "siete", "sette", "sete"],
    &["eight", "huit", "acht", "ocho", "otto", "oito"],
    &["nine", "neuf", "neun", "nueve", "nove"],
    &["ten", "dix", "zehn", "diez", "dieci", "dez"],
];

/// The number of the row that holds a word.
fn row_of(word: &str, rows: &[&[&str]; 10]) -> Option<u32> {
    let place = rows.iter().position(|row| row.contains(&word))?;
    u32::try_from(place + 1).ok()
}

/// The number of an ordinal that is spelt out.
pub(super) fn spelt(word: &str) -> Option<u32> {
    row_of(word, &ORDINALS)
}

/// The number that follows `Season` as a word or in Roman letters, as it is written and in lower case.
pub(super) fn number_word(written: &str, lower: &str) -> Option<u32> {
    const ROMAN: [&str; 10] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"];
    let roman = ROMAN.iter().position(|roman| *roman == written);
    row_of(lower, &NUMBERS).or_else(|| u32::try_from(roman? + 1).ok())
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
