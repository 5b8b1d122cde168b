//! Words about quality that are made of others: `BRRipMux`, `EngSubs`, `cd1of2`.

use super::token::Strength::{Firm, Strong};
use super::words::{self, Tag, Word};

/// A medium with what was made of it behind, joined or not: `HDTVMux`, `BRRipMux`, `WEB Remux`.
pub(super) fn processed(word: &str) -> Option<Word> {
    let source = ["remux", "mux", "rip"].iter().find_map(|process| word.strip_suffix(process))?;
    let known = words::find(source)?;
    matches!(known.tag, Tag::Medium(_)).then_some(Word { strength: Strong, ..known })
}

/// What a single word says.
pub(super) fn find(word: &str) -> Option<Word> {
    translated(word).or_else(|| is_disc(word).then_some(Word { tag: Tag::Idle, strength: Firm }))
}

/// Whether a word is one that numbers or counts discs.
pub(super) fn means_disc(word: &str) -> bool {
    matches!(word, "cd" | "disc" | "disk" | "dvd" | "cds" | "discs" | "disks" | "dvds")
}

/// Which disc it was, or how many there are: `cd1`, `disc2`, `cd1of2`, `2cd`, `3dvds`.
fn is_disc(word: &str) -> bool {
    let few = |digits: &str| (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let letters = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let count = &word[..word.len() - letters.len()];
    if !count.is_empty() {
        return few(count) && means_disc(letters);
    }
    let digits = word.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let (which, all) = digits.split_once("of").unwrap_or((digits, "1"));
    means_disc(&word[..word.len() - digits.len()]) && few(which) && few(all)
}

/// A language with the word for subtitles or a dubbed version beside it, as one word: `EngSubs`, `SubIta`, `HunDub`.
fn translated(word: &str) -> Option<Word> {
    const BEHIND: [(&str, bool); 6] =
        [("subbed", false), ("subs", false), ("sub", false), ("dubbed", true), ("dubs", true), ("dub", true)];
    let behind = BEHIND.iter().find_map(|(end, dubbed)| Some((word.strip_suffix(end)?, *dubbed)));
    let ahead = || word.strip_prefix("sub").map(|language| (language, false));
    let (language, dubbed) = behind.or_else(ahead)?;
    let Tag::Spoken(code) = words::find(language).filter(|_| language.len() > 1)?.tag else { return None };
    let tag = if dubbed { Tag::Dubbed(code) } else { Tag::Subtitles(code) };
    Some(Word { tag, strength: Firm })
}
