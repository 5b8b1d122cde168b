//! A flag for each language, as lists of releases show them.

use crate::release::Language;

/// The flag of the country that a language is best known from; its code where no country is.
pub(super) fn flag(language: Language) -> &'static str {
    let code = language.code();
    TABLE.iter().find(|(known, _)| *known == code).map_or(code, |(_, flag)| flag)
}

const TABLE: [(&str, &str); 50] = [
    ("ar", "🇸🇦"),
    ("bg", "🇧🇬"),
    ("bn", "🇧🇩"),
    ("cs", "🇨🇿"),
    ("da", "🇩🇰"),
    ("de", "🇩🇪"),
    ("el", "🇬🇷"),
    ("en", "🇬🇧"),
    ("es", "🇪🇸"),
    ("et", "🇪🇪"),
    ("fa", "🇮🇷"),
    ("fi", "🇫🇮"),
    ("fr", "🇫🇷"),
    ("gu", "🇮🇳"),
    ("he", "🇮🇱"),
    ("hi", "🇮🇳"),
    ("hr", "🇭🇷"),
    ("hu", "🇭🇺"),
    ("id", "🇮🇩"),
    ("is", "🇮🇸"),
    ("it", "🇮🇹"),
    ("ja", "🇯🇵"),
    ("kn", "🇮🇳"),
    ("ko", "🇰🇷"),
    ("lt", "🇱🇹"),
    ("lv", "🇱🇻"),
    ("ml", "🇮🇳"),
    ("mr", "🇮🇳"),
    ("ms", "🇲🇾"),
    ("nl", "🇳🇱"),
    ("no", "🇳🇴"),
    ("pa", "🇮🇳"),
    ("pl", "🇵🇱"),
    ("pt", "🇵🇹"),
    ("ro", "🇷🇴"),
    ("ru", "🇷🇺"),
    ("sk", "🇸🇰"),
    ("sl", "🇸🇮"),
    ("sq", "🇦🇱"),
    ("sr", "🇷🇸"),
    ("sv", "🇸🇪"),
    ("ta", "🇮🇳"),
    ("te", "🇮🇳"),
    ("th", "🇹🇭"),
    ("tl", "🇵🇭"),
    ("tr", "🇹🇷"),
    ("uk", "🇺🇦"),
    ("ur", "🇵🇰"),
    ("vi", "🇻🇳"),
    ("zh", "🇨🇳"),
];
