//! The words for languages in release names.

use super::token::Strength::{self, Firm, Weak};
use super::words::Tag;

/// ISO 639-1 code, and words for the language as it is spoken. Words of two letters are read as such
/// only in capitals and among other words about quality.
const SPOKEN: &[(&str, &str)] = &[
    ("ar", "arabic ara arab العربية"),
    ("bg", "bulgarian bul bgaudio"),
    ("bn", "bengali ben bangla"),
    ("ca", "catalan cat català"),
    ("cs", "czech cze ces cz česky čeština"),
    ("da", "danish danske"),
    ("de", "german ger deu deutsch aleman alemán swissgerman"),
    ("el", "greek gre ell gr ελληνικά"),
    ("en", "english eng ing en anglais ingles inglés inglese английский 英语 英文"),
    ("es", "spanish spa esp es castellano español espanol latino lat latin espanhol 西班牙语"),
    ("et", "estonian est"),
    ("fa", "persian farsi"),
    ("fi", "finnish fin suomi"),
    ("fr", "french fre fra fr français francais vff vfq vfi vf2 vf vof vo frances francés 法语"),
    ("gu", "gujarati guj"),
    ("he", "hebrew heb"),
    ("hi", "hindi hin हिंदी हिन्दी"),
    ("hr", "croatian hrv"),
    ("hu", "hungarian hun magyar hunsub"),
    ("id", "indonesian indo"),
    ("is", "icelandic"),
    ("it", "italian ita italiano italien"),
    ("ja", "japanese jap jpn ja jp japones japonés 日本語 日语 日文"),
    ("kn", "kannada kan"),
    ("ko", "korean kor ko kr 韩语"),
    ("lt", "lithuanian lit"),
    ("lv", "latvian"),
    ("ml", "malayalam mal mlm"),
    ("mr", "marathi"),
    ("ms", "malay"),
    ("nl", "dutch nl nld dut flemish"),
    ("no", "norwegian norsk"),
    ("pa", "punjabi"),
    ("pl", "polish pol pl polski lektor lektorpl"),
    ("pt", "portuguese por pt ptbr br português portugues brazilian"),
    ("ro", "romanian rum ron ro"),
    ("ru", "russian rus ru русский 俄语"),
    ("sk", "slovak slo slk sk"),
    ("sl", "slovenian slv"),
    ("sq", "albanian"),
    ("sr", "serbian srp"),
    ("sv", "swedish swe svenska"),
    ("ta", "tamil tam"),
    ("te", "telugu tel"),
    ("th", "thai tha"),
    ("tl", "tagalog filipino"),
    ("tr", "turkish tur tr türkçe turkce"),
    ("uk", "ukrainian ukr ua українська"),
    ("ur", "urdu"),
    ("vi", "vietnamese vie"),
    ("zh", "chinese chi zho mandarin cantonese cantonés 国语 國語 粤语 粵語 国粤 国配 中配"),
];

/// Codes that are words of titles as well: `Big Cat`, `Tai Chi`.
const ALSO_WORDS: [&str; 20] = [
    "cat", "chi", "est", "fin", "por", "mal", "tel", "lat", "kan", "ben", "tam", "pol", "ing", "rum", "spa",
    "vie", "lit", "nor", "ara", "indo",
];

/// Whether the code of a language is a word of titles as well.
pub(super) fn is_also_a_word(code: &str) -> bool {
    ALSO_WORDS.contains(&code)
}

/// The same for subtitles.
const SUBTITLES: &[(&str, &str)] = &[
    ("en", "vosta esub esubs engsub engsubs ensub ensubs"),
    ("fr", "vostfr vfstfr subfrench stfr frsub vost subvf"),
    ("es", "subesp subspa vose vosesp subspanish"),
    ("pt", "legendado legendados leg legpt"),
    ("it", "subita itasub subsita"),
    ("sv", "swesub swesubs svsub"),
    ("da", "dansub danishsubs dksub dksubs"),
    ("no", "norsub nosub nosubs"),
    ("fi", "finsub"),
    ("nl", "nlsub nlsubs dutchsub"),
    ("pl", "plsub plsubbed subpl napisypl"),
    ("de", "gersub desub germansub"),
    ("ru", "russub"),
    ("cs", "cztit cztitulky"),
    ("ro", "rosub rosubbed subro"),
    (
        "zh",
        "chs cht 简体 繁體 繁体 简中 繁中 中字 简繁 简日 繁日 国语中字 中英字幕 简体内嵌 繁體內嵌 简体中字",
    ),
];

/// The same for dubbed versions.
const DUBBED: &[(&str, &str)] = &[
    ("cs", "dabing czdab czdabing"),
    ("fr", "truefrench"),
    ("pt", "dublado"),
    ("pl", "pldub dubpl plldub"),
    ("en", "engdub engdubbed"),
    ("de", "gerdub"),
    ("ru", "дубляж дублированный mvo avo dvo"),
];

/// Every word with what it says, as [`super::words`] keeps them.
pub(super) fn words() -> impl Iterator<Item = (&'static str, Tag, Strength)> {
    let spoken = SPOKEN.iter().map(|(code, words)| (*words, Tag::Spoken(code), Weak));
    let subtitles = SUBTITLES.iter().map(|(code, words)| (*words, Tag::Subtitles(code), Firm));
    let dubbed = DUBBED.iter().map(|(code, words)| (*words, Tag::Dubbed(code), Firm));
    spoken.chain(subtitles).chain(dubbed)
}
