//! Editions of a work that are named with several words: `Director's Cut`, `Ultimate Fan Collection`.

/// What an edition is called last.
const NOUNS: [&str; 5] = ["edition", "cut", "version", "collection", "boxset"];

/// What kinds there are, and the name that each is kept by.
const KINDS: [(&str, &str); 24] = [
    ("alternate", "Alternative"),
    ("alternative", "Alternative"),
    ("anniversary", "Anniversary Edition"),
    ("collectors", "Collector's Edition"),
    ("collector", "Collector's Edition"),
    ("criterion", "Criterion"),
    ("definitive", "Definitive Edition"),
    ("deluxe", "Deluxe Edition"),
    ("directors", "Director's Cut"),
    ("director", "Director's Cut"),
    ("extended", "Extended"),
    ("fan", "Fan Edition"),
    ("final", "Final Cut"),
    ("imax", "IMAX"),
    ("international", "International"),
    ("limited", "Limited Edition"),
    ("producers", "Producer's Cut"),
    ("remastered", "Remastered"),
    ("restored", "Restored"),
    ("special", "Special Edition"),
    ("theatrical", "Theatrical"),
    ("ultimate", "Ultimate Edition"),
    ("uncut", "Uncut"),
    ("unrated", "Unrated"),
];

/// The edition that words say which are joined without blanks and apostrophes: one or two kinds and a noun.
pub(super) fn find(joined: &str) -> Option<&'static str> {
    let kinds = NOUNS.iter().find_map(|noun| joined.strip_suffix(noun))?;
    let kinds = kinds.strip_prefix("the").unwrap_or(kinds);
    let (name, rest) = leading(kinds)?;
    (rest.is_empty() || leading(rest).is_some_and(|(_, rest)| rest.is_empty())).then_some(name)
}

/// The kind that words begin with, and what follows it.
fn leading(words: &str) -> Option<(&'static str, &str)> {
    KINDS.iter().find_map(|(kind, name)| Some((*name, words.strip_prefix(kind)?)))
}
