//! The language that the name of a subtitle file speaks of.

use crate::release::Language;

/// Words for languages beside their codes and English names: ISO 639-2 (T) codes, and the languages' own names.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("bahasa", "id"),
    ("brazilian", "pt"),
    ("castellano", "es"),
    ("ces", "cs"),
    ("cesky", "cs"),
    ("chs", "zh"),
    ("cht", "zh"),
    ("cro", "hr"),
    ("dansk", "da"),
    ("deu", "de"),
    ("deutsch", "de"),
    ("ell", "el"),
    ("espanol", "es"),
    ("español", "es"),
    ("farsi", "fa"),
    ("fas", "fa"),
    ("fra", "fr"),
    ("francais", "fr"),
    ("français", "fr"),
    ("isl", "is"),
    ("italiano", "it"),
    ("jap", "ja"),
    ("latino", "es"),
    ("lat", "es"),
    ("magyar", "hu"),
    ("mandarin", "zh"),
    ("msa", "ms"),
    ("nederlands", "nl"),
    ("nld", "nl"),
    ("norsk", "no"),
    ("pob", "pt"),
    ("polski", "pl"),
    ("portugues", "pt"),
    ("português", "pt"),
    ("ron", "ro"),
    ("romana", "ro"),
    ("slk", "sk"),
    ("sqi", "sq"),
    ("suomi", "fi"),
    ("svenska", "sv"),
    ("turkce", "tr"),
    ("türkçe", "tr"),
    ("zho", "zh"),
    ("русский", "ru"),
    ("українська", "uk"),
    ("العربية", "ar"),
    ("עברית", "he"),
    ("हिन्दी", "hi"),
    ("中文", "zh"),
    ("日本語", "ja"),
    ("한국어", "ko"),
];

/// The language of the subtitle `path` of a video whose name without extension is `film`. What follows the video's own
/// name counts; else the whole name, from its end, and codes of two letters only where nothing follows but such words
/// as `forced`. `None` where nothing is said.
pub(super) fn of_name(film: &str, path: &str) -> Option<Language> {
    let stem = super::stem(path).to_lowercase();
    let film = film.to_lowercase();
    let own = stem.strip_prefix(&film);
    let words: Vec<&str> =
        own.unwrap_or(&stem).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if own.is_some() {
        return words.iter().find_map(|word| code(word).or_else(|| name(word)));
    }
    let last = words.iter().rev().find(|word| !is_remark(word))?;
    code(last).or_else(|| words.iter().rev().find_map(|word| name(word)))
}

/// A code of two or three letters.
fn code(word: &str) -> Option<Language> {
    match word.len() {
        2 => Language::of(word),
        3 => Language::all().find(|language| language.code3() == word).or_else(|| other(word)),
        _ => None,
    }
}

/// A whole name.
fn name(word: &str) -> Option<Language> {
    if word.chars().count() < 4 && word.is_ascii() {
        return None;
    }
    Language::all().find(|language| language.name().eq_ignore_ascii_case(word)).or_else(|| other(word))
}

fn other(word: &str) -> Option<Language> {
    OTHER_NAMES.iter().find(|(name, _)| *name == word).and_then(|(_, code)| Language::of(code))
}

/// Words behind the language that say what kind of track it is.
fn is_remark(word: &str) -> bool {
    matches!(word, "forced" | "sdh" | "cc" | "hi" | "full" | "default" | "subs" | "sub" | "utf8" | "br")
        || word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_read_from_codes_and_names() {
        for (path, expected) in [
            ("Film.en.srt", Some("en")),
            ("Film.ger.forced.srt", Some("de")),
            ("Film.deu.srt", Some("de")),
            ("Film.pt-BR.srt", Some("pt")),
            ("Film.hi.srt", Some("hi")),
            ("Film - Français.srt", Some("fr")),
            ("Film.srt", None),
            ("Film.2.srt", None),
            ("Subs/2_English.srt", Some("en")),
            ("Subs/14_Brazilian Portuguese.srt", Some("pt")),
            ("Subs/English [SDH].srt", Some("en")),
            ("Subs/it.srt", Some("it")),
            ("Subs/Русский.srt", Some("ru")),
            ("Subs/Is It So.srt", None),
            ("Subs/anything else.srt", None),
        ] {
            assert_eq!(of_name("Film", path).map(Language::code), expected, "{path}");
        }
    }
}
