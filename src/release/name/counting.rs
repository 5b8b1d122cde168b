//! The words that stand before or behind the numbers of seasons and episodes, in many languages.

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
    "serya",
    "serii",
    "seriia",
    "serija",
    "seria",
    "ser",
    "odcinek",
    "odcinki",
    "odc",
    "bölüm",
    "blm",
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

/// Whether a word behind which a hyphen and a number stand numbers the series of a show.
pub(super) fn is_series(word: &str) -> bool {
    matches!(word, "тв" | "tv")
}

/// Whether a word that may count seasons is also one that titles end with.
pub(super) fn ends_titles(word: &str) -> bool {
    matches!(word, "series" | "serie" | "série" | "seria" | "cap")
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
            | "sp"
            | "sps"
            | "ona"
            | "onas"
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
