//! When two names mean the same work.
//!
//! A name is reduced to its letters and digits, so that dots, accents, `&` and the spaces between words make no
//! difference. Words that sometimes tell two works apart (an article, a country) are left out only in a second
//! key, which counts where the year agrees.

use unicode_normalization::UnicodeNormalization;

/// What names of one work have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TitleKeys {
    exact: Vec<String>,
    loose: Vec<String>,
    /// One of the names has several words and many letters.
    telling: bool,
}

/// How much two names have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// Different names.
    Different,
    /// The same but for a word that may tell two works apart.
    Loose,
    /// The same name.
    Same,
}

/// Words in front of a name that people leave out or move to its end.
const ARTICLES: [&str; 20] = [
    "the", "a", "an", "der", "die", "das", "le", "la", "les", "l", "el", "los", "las", "il", "lo", "gli",
    "i", "o", "os", "as",
];

/// Words behind a name that say which country's version it is.
const COUNTRIES: [&str; 10] = ["us", "usa", "uk", "gb", "au", "ca", "nz", "ie", "za", "jp"];

/// What has a number in a name: `Part Two`, `Vol. 2`.
const NUMBERED: [&str; 6] = ["part", "chapter", "volume", "vol", "pt", "book"];

/// A name of fewer letters is not long.
const LONG: usize = 9;

impl TitleKeys {
    /// The keys of one name.
    pub(super) fn of(name: &str) -> Self {
        let mut keys = Self::default();
        keys.add(name);
        keys
    }

    /// Adds a further name of the same work.
    pub(super) fn add(&mut self, name: &str) {
        for spelling in spellings(name) {
            let mut words = words(&spelling);
            // `Office, The`
            if name.contains(',') && words.len() > 1 && words.last().is_some_and(|word| is_article(word)) {
                words.rotate_right(1);
            }
            push(&mut self.exact, words.concat());
            let bare = without_article(&words);
            let letters: usize = bare.iter().map(|word| word.chars().count()).sum();
            self.telling |= bare.len() > 1 && letters >= LONG;
            push(&mut self.loose, without_qualifiers(bare).concat());
        }
    }

    /// How much the two have in common.
    pub(super) fn likeness(&self, other: &Self) -> Likeness {
        let common = |some: &[String], others: &[String]| some.iter().any(|key| others.contains(key));
        if common(&self.exact, &other.exact) {
            Likeness::Same
        } else if common(&self.loose, &other.loose) {
            Likeness::Loose
        } else {
            Likeness::Different
        }
    }

    /// Whether hardly two works can have this name: it has several words and many letters.
    pub(super) const fn is_telling(&self) -> bool {
        self.telling
    }
}

fn push(keys: &mut Vec<String>, key: String) {
    if !key.is_empty() && !keys.contains(&key) {
        keys.push(key);
    }
}

/// The name as it is, with umlauts written out, and in Latin letters.
fn spellings(name: &str) -> Vec<String> {
    let lower = name.to_lowercase();
    if lower.is_ascii() {
        return vec![lower];
    }
    let written_out: String =
        lower.nfc().map(|c| umlaut(c).map_or_else(|| c.to_string(), str::to_owned)).collect();
    let latin: String = lower.nfc().map(|c| latin(c).map_or_else(|| c.to_string(), str::to_owned)).collect();
    let mut all = vec![lower];
    for other in [written_out, latin] {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// The words of a name in lower case, folded. `and` is left out, because some names leave it out.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![];
    let mut word = String::new();
    // Put together again, because the marks of some scripts tell letters apart.
    for c in name.nfkd().filter(|c| !is_within_words(*c)).nfc() {
        if let Some(letters) = plain(c) {
            word.push_str(letters);
        } else if c.is_alphanumeric() {
            word.push(c);
        } else {
            words.push(std::mem::take(&mut word));
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty() && word != "and");
    for at in 1..words.len() {
        let numbered = NUMBERED.contains(&words[at - 1].as_str());
        if let Some(digits) = digits(&words[at], numbered) {
            digits.clone_into(&mut words[at]);
        }
    }
    words
}

/// Accents, and marks that do not part a word in two.
const fn is_within_words(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | 'ʻ' | '·')
}

/// Letters that no decomposition turns into plain ones.
const fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        'ŋ' => "n",
        _ => return None,
    })
}

/// An umlaut as it is written where there are none.
const fn umlaut(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' | 'æ' => "ae",
        'ö' | 'ø' => "oe",
        'ü' => "ue",
        'å' => "aa",
        _ => return None,
    })
}

/// A Cyrillic letter in Latin ones, as most releases write it.
const fn latin(c: char) -> Option<&'static str> {
    Some(match c {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' => "g",
        'д' => "d",
        'е' | 'э' | 'є' => "e",
        'ё' => "yo",
        'ж' => "zh",
        'з' => "z",
        'и' | 'і' => "i",
        'й' | 'ы' => "y",
        'ї' => "yi",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ъ' | 'ь' => "",
        'ю' => "yu",
        'я' => "ya",
        _ => return None,
    })
}

/// A Roman numeral, or a number in words where a number is to be expected.
fn digits(word: &str, expected: bool) -> Option<&'static str> {
    Some(match word {
        "ii" => "2",
        "iii" => "3",
        "iv" => "4",
        "vi" => "6",
        "vii" => "7",
        "viii" => "8",
        "ix" => "9",
        "i" | "one" if expected => "1",
        "two" if expected => "2",
        "three" if expected => "3",
        "four" if expected => "4",
        "v" | "five" if expected => "5",
        "six" if expected => "6",
        _ => return None,
    })
}

fn without_article(words: &[String]) -> &[String] {
    match words {
        [article, rest @ ..] if !rest.is_empty() && is_article(article) => rest,
        _ => words,
    }
}

/// Without a country or a year behind.
fn without_qualifiers(mut words: &[String]) -> &[String] {
    while let [rest @ .., qualifier] = words
        && !rest.is_empty()
        && (COUNTRIES.contains(&qualifier.as_str()) || is_year(qualifier))
    {
        words = rest;
    }
    words
}

fn is_article(word: &str) -> bool {
    ARTICLES.contains(&word)
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.parse().is_ok_and(|year: u16| (1900..2100).contains(&year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, other: &str, expected: Likeness) {
        assert_eq!(TitleKeys::of(one).likeness(&TitleKeys::of(other)), expected, "{one} and {other}");
        assert_eq!(TitleKeys::of(other).likeness(&TitleKeys::of(one)), expected, "{other} and {one}");
    }

    #[test]
    fn spelling_makes_no_difference() {
        for (one, other) in [
            ("Mr. Quill's Attic", "MR QUILLS ATTIC"),
            ("Mr. Quill’s Attic", "Mr Quill's Attic"),
            ("Salt & Pepper", "Salt and Pepper"),
            ("Salt & Pepper", "Salt Pepper"),
            ("Lantern-Man", "Lanternman"),
            ("Lantern-Man", "Lantern Man"),
            ("Q.U.I.L.L.", "QUILL"),
            ("Señorita Añil", "Senorita Anil"),
            ("Für Immer Blau", "Fur Immer Blau"),
            ("Für Immer Blau", "Fuer immer blau"),
            ("Straße der Möwen", "Strasse der Moewen"),
            ("Sølvfisken", "Solvfisken"),
            ("Sølvfisken", "Soelvfisken"),
            ("Lantern II", "Lantern 2"),
            ("Lantern: Part Two", "Lantern Part II"),
            ("Lantern, The", "The Lantern"),
            ("Синий маяк", "Siniy Mayak"),
            ("Ёлка", "елка"),
            ("灯台の歌", "灯台の歌"),
            ("नीला घर", "नीला घर"),
        ] {
            check(one, other, Likeness::Same);
        }
    }

    #[test]
    fn articles_countries_and_years_make_a_small_difference() {
        for (one, other) in [
            ("The Lantern", "Lantern"),
            ("La Linterna", "Linterna"),
            ("The Lantern", "The Lantern US"),
            ("Lantern (UK)", "Lantern"),
            ("Lantern 2009", "Lantern"),
        ] {
            check(one, other, Likeness::Loose);
        }
    }

    #[test]
    fn other_words_and_numbers_make_another_work() {
        for (one, other) in [
            ("Lantern", "Lantern 2"),
            ("Lantern II", "Lantern III"),
            ("Lantern", "Lanterns"),
            ("Lantern", "Green Lantern"),
            ("Lantern Man", "Lantern Men"),
            ("Harbour", "Harbour Nights"),
            ("1917", "1918"),
            ("灯台の歌", "灯台の詩"),
            ("がく", "かく"),
            ("", "Lantern"),
            ("!!!", "???"),
        ] {
            check(one, other, Likeness::Different);
        }
    }

    #[test]
    fn a_word_that_is_a_whole_name_is_no_qualifier() {
        check("Us", "Us", Likeness::Same);
        check("The", "A", Likeness::Different);
        check("2012", "2013", Likeness::Different);
        check("The Us", "Us", Likeness::Loose);
    }

    #[test]
    fn long_names_tell_more_than_short_ones() {
        assert!(TitleKeys::of("Seven Blue Lanterns").is_telling());
        for name in ["Lantern", "The Lantern", "Extraordinarily", "It Is", ""] {
            assert!(!TitleKeys::of(name).is_telling(), "{name}");
        }
    }
}
