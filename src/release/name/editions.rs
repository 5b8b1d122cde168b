//! Editions of a work that are named with several words: `Director's Cut`, `Ultimate Fan Collection`.

/// What an edition is called last.
const NOUNS: [&str; 5] = ["edition", "cut", "version", "collection", "boxset"];

/// What kinds there are, and the name that each is kept by.
const KINDS: [(&str, &str); 29] = [
    ("alternate", "Alternative"),
    ("alternative", "Alternative"),
    ("anniversary", "Anniversary Edition"),
    ("collectors", "Collector's Edition"),
    ("collector", "Collector's Edition"),
    ("assembly", "Assembly Cut"),
    ("criterion", "Criterion"),
    ("definitive", "Definitive Edition"),
    ("deluxe", "Deluxe Edition"),
    ("diamond", "Diamond Edition"),
    ("directors", "Director's Cut"),
    ("director", "Director's Cut"),
    ("extended", "Extended"),
    ("fan", "Fan Edition"),
    ("final", "Final Cut"),
    ("gold", "Gold Edition"),
    ("imax", "IMAX"),
    ("international", "International"),
    ("limited", "Limited Edition"),
    ("platinum", "Platinum Edition"),
    ("producers", "Producer's Cut"),
    ("remastered", "Remastered"),
    ("restored", "Restored"),
    ("rogue", "Rogue Cut"),
    ("special", "Special Edition"),
    ("theatrical", "Theatrical"),
    ("ultimate", "Ultimate Edition"),
    ("uncut", "Uncut"),
    ("unrated", "Unrated"),
];

/// The edition that words say which are joined without blanks and apostrophes: one or two kinds and a noun, or an
/// anniversary with its number.
pub(super) fn find(joined: &str) -> Option<&'static str> {
    let plain = joined.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = joined.len() - plain.len();
    if digits > 3 {
        return None;
    }
    if digits > 0 {
        let counted = ["th", "st", "nd", "rd"].iter().find_map(|end| plain.strip_prefix(end))?;
        return matches!(counted, "anniversary" | "anniversaryedition").then_some("Anniversary Edition");
    }
    let kinds = NOUNS.iter().find_map(|noun| joined.strip_suffix(noun))?;
    named(kinds).or_else(|| named(kinds.strip_prefix("the")?))
}

/// The name of one or two kinds.
fn named(kinds: &str) -> Option<&'static str> {
    let (name, rest) = leading(kinds)?;
    (rest.is_empty() || leading(rest).is_some_and(|(_, rest)| rest.is_empty())).then_some(name)
}

/// The kind that words begin with, and what follows it.
fn leading(words: &str) -> Option<(&'static str, &str)> {
    KINDS.iter().find_map(|(kind, name)| Some((*name, words.strip_prefix(kind)?)))
}
