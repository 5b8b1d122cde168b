//! The words that stand before or behind the numbers of seasons and episodes, in many languages.

use super::token::decimal;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Season,
    Episode,
}

/// Words for a season. Most stand before the number, many behind an ordinal.
const SEASONS: &[&str] = &[
    "season",
    "seasons",
    "saison",
    "saisons",
    "staffel",
    "staffeln",
    "temporada",
    "temporadas",
    "temp",
    "stagione",
    "stagioni",
    "sezon",
    "sezonul",
    "sezonas",
    "sezona",
    "sezóna",
    "sezony",
    "сезон",
    "сезоны",
    "сезона",
    "сезонов",
    "сезони",
    "sez",
    "сез",
    "seizoen",
    "säsong",
    "sasong",
    "sæson",
    "saeson",
    "sesong",
    "kausi",
    "évad",
    "evad",
    "řada",
    "série",
    "serie",
    "series",
    "sezonlar",
    "σεζόν",
    "κύκλος",
    "الموسم",
    "موسم",
    "עונה",
    "mùa",
    "musim",
    "시즌",
    "シーズン",
    "ซีซั่น",
    "ซีซัน",
    "ปี",
    "phần",
    "seas",
    "sezono",
    "temporadaa",
];

/// Words for an episode.
const EPISODES: &[&str] = &[
    "episode",
    "episodes",
    "ep",
    "eps",
    "epi",
    "epis",
    "épisode",
    "épisodes",
    "episodio",
    "episodios",
    "episódio",
    "episódios",
    "episodi",
    "folge",
    "folgen",
    "capitulo",
    "capitulos",
    "capítulo",
    "capítulos",
    "cap",
    "caps",
    "puntata",
    "puntate",
    "серия",
    "серии",
    "серій",
    "серія",
    "серії",
    "серий",
    "сер",
    "эпизод",
    "эпизоды",
    "эп",
    "епизод",
    "епізод",
    "seriya",
    "serii",
    "seriia",
    "serija",
    "seria",
    "ser",
    "odcinek",
    "odcinki",
    "odc",
    "bölüm",
    "bolum",
    "avsnitt",
    "afsnit",
    "aflevering",
    "afleveringen",
    "afl",
    "jakso",
    "rész",
    "resz",
    "díl",
    "epizoda",
    "epizód",
    "episodul",
    "episoade",
    "tập",
    "επεισόδιο",
    "επεισόδια",
    "επ",
    "الحلقة",
    "حلقة",
    "פרק",
    "ตอนที่",
    "ตอน",
    "episoden",
    "epizode",
    "эпизода",
    "에피소드",
    "エピソード",
    "episodyo",
    "भाग",
    "एपिसोड",
];

/// Words for several episodes at once: a number of these says how many there are.
const MANY_EPISODES: [&str; 8] =
    ["серии", "серій", "серий", "серії", "serii", "episodes", "episodios", "эпизоды"];

/// What a word counts, if it is one of those that stand beside numbers.
pub(super) fn unit(word: &str) -> Option<Unit> {
    if word.len() < 2 {
        return None;
    }
    if SEASONS.contains(&word) {
        return Some(Unit::Season);
    }
    EPISODES.contains(&word).then_some(Unit::Episode)
}

/// Whether a word speaks of several episodes.
pub(super) fn means_many(word: &str) -> bool {
    MANY_EPISODES.contains(&word)
}

/// A word with its number behind it and no blank between: `season02`, `ep12v2`, `cap102`.
/// Answers the unit and the length of the word.
pub(super) fn glued(word: &str) -> Option<(Unit, usize)> {
    let letters = word.bytes().take_while(|byte| !byte.is_ascii_digit()).count();
    if letters == word.len() || !word.is_char_boundary(letters) {
        return None;
    }
    unit(&word[..letters]).map(|unit| (unit, letters))
}

/// What an East Asian sign behind a number counts.
pub(super) fn sign(word: &str) -> Option<Unit> {
    match word.chars().next()? {
        '話' | '话' | '集' | '回' | '화' | '회' => Some(Unit::Episode),
        '季' | '期' | '기' => Some(Unit::Season),
        _ => None,
    }
}

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

/// Whether a word between two numbers makes them the ends of a span.
pub(super) fn spans(word: &str) -> bool {
    matches!(
        word,
        "to" | "a"
            | "al"
            | "ao"
            | "à"
            | "по"
            | "до"
            | "through"
            | "thru"
            | "bis"
            | "până"
            | "do"
            | "tot"
            | "til"
            | "till"
    )
}

/// Whether a word between two numbers makes them a list.
pub(super) fn adds(word: &str) -> bool {
    matches!(word, "and" | "e" | "y" | "et" | "und" | "и" | "та" | "i" | "og" | "och" | "en" | "ve")
}

/// Whether a word between two numbers says that the first is one, or some, of as many as the second says.
pub(super) fn is_of(word: &str) -> bool {
    matches!(word, "of" | "из" | "iz" | "з" | "od" | "von" | "sur")
}

/// Whether a word behind a number shows that it counts something else: `4 Movies`, `10 Years`.
pub(super) fn counts_otherwise(word: &str) -> bool {
    matches!(
        word,
        "movies"
            | "movie"
            | "films"
            | "film"
            | "specials"
            | "special"
            | "ova"
            | "ovas"
            | "extras"
            | "oav"
            | "years"
            | "days"
            | "discs"
            | "disc"
            | "dvds"
            | "dvd"
            | "cds"
            | "audio"
            | "audios"
            | "subs"
            | "gb"
            | "mb"
            | "bit"
            | "ch"
            | "fps"
    )
}
