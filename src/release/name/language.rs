//! Languages, as far as names of releases speak of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A language by its ISO 639-1 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language([u8; 2]);

/// The text is not the code of a language that is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the two-letter code of a known language")]
pub struct UnknownLanguage;

/// ISO 639-1 code, ISO 639-2 (B) code, English name.
const TABLE: &[(&str, &str, &str)] = &[
    ("ar", "ara", "Arabic"),
    ("bg", "bul", "Bulgarian"),
    ("bn", "ben", "Bengali"),
    ("ca", "cat", "Catalan"),
    ("cs", "cze", "Czech"),
    ("da", "dan", "Danish"),
    ("de", "ger", "German"),
    ("el", "gre", "Greek"),
    ("en", "eng", "English"),
    ("es", "spa", "Spanish"),
    ("et", "est", "Estonian"),
    ("fa", "per", "Persian"),
    ("fi", "fin", "Finnish"),
    ("fr", "fre", "French"),
    ("gu", "guj", "Gujarati"),
    ("he", "heb", "Hebrew"),
    ("hi", "hin", "Hindi"),
    ("hr", "hrv", "Croatian"),
    ("hu", "hun", "Hungarian"),
    ("id", "ind", "Indonesian"),
    ("is", "ice", "Icelandic"),
    ("it", "ita", "Italian"),
    ("ja", "jpn", "Japanese"),
    ("kn", "kan", "Kannada"),
    ("ko", "kor", "Korean"),
    ("lt", "lit", "Lithuanian"),
    ("lv", "lav", "Latvian"),
    ("ml", "mal", "Malayalam"),
    ("mr", "mar", "Marathi"),
    ("ms", "may", "Malay"),
    ("nl", "dut", "Dutch"),
    ("no", "nor", "Norwegian"),
    ("pa", "pan", "Punjabi"),
    ("pl", "pol", "Polish"),
    ("pt", "por", "Portuguese"),
    ("ro", "rum", "Romanian"),
    ("ru", "rus", "Russian"),
    ("sk", "slo", "Slovak"),
    ("sl", "slv", "Slovenian"),
    ("sq", "alb", "Albanian"),
    ("sr", "srp", "Serbian"),
    ("sv", "swe", "Swedish"),
    ("ta", "tam", "Tamil"),
    ("te", "tel", "Telugu"),
    ("th", "tha", "Thai"),
    ("tl", "tgl", "Tagalog"),
    ("tr", "tur", "Turkish"),
    ("uk", "ukr", "Ukrainian"),
    ("ur", "urd", "Urdu"),
    ("vi", "vie", "Vietnamese"),
    ("zh", "chi", "Chinese"),
];

impl Language {
    /// Every known language by its ISO 639-1 code, in alphabetical order.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().filter_map(|(code, _, _)| Self::of(code))
    }

    /// The language of an ISO 639-1 code.
    pub fn of(code: &str) -> Option<Self> {
        let (known, _, _) = TABLE.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(code))?;
        Some(Self(known.as_bytes().try_into().ok()?))
    }

    /// Its ISO 639-1 code, two lower-case letters.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// Its ISO 639-2 code for catalogues (B), three lower-case letters, as Stremio wants it.
    pub fn code3(self) -> &'static str {
        self.row().1
    }

    /// Its name in English.
    pub fn name(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> &'static (&'static str, &'static str, &'static str) {
        let row = TABLE.iter().find(|(code, _, _)| code.as_bytes() == self.0);
        row.expect("a language is made from this table alone")
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;

    fn try_from(code: String) -> Result<Self, UnknownLanguage> {
        Self::of(&code).ok_or(UnknownLanguage)
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.code().to_owned()
    }
}

/// The English name.
impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
