//! A wanted video as words to search for.

use std::fmt::Write;

use super::reading::day_number;
use crate::discovery::Query;
use crate::domain::{ContentId, Date};

/// A day counts as one of a daily show if so many episodes were shown on different days of the week before it.
const DAILY: usize = 3;

/// What a wanted film or series is called.
pub(super) struct Named<'a> {
    /// The title, as it is written.
    pub(super) title: &'a str,
    /// The original title, or another one that a search for the first would not find.
    pub(super) other: Option<&'a str>,
    /// Year of the first showing.
    pub(super) year: Option<u16>,
}

impl<'a> Named<'a> {
    /// What is known of the wanted title.
    pub(super) fn of(query: &'a Query) -> Option<Self> {
        let title = query.title.as_deref()?;
        let main = words(&title.name);
        let differs = |name: &&String| {
            let other = words(name);
            !other.is_empty() && !other.eq_ignore_ascii_case(&main)
        };
        let other = title.aliases.iter().find(differs).map(String::as_str);
        (!main.is_empty()).then_some(Self { title: &title.name, other, year: title.year })
    }
}

/// Whether it is counted through from the first episode, as anime is: releases of it name that number.
pub(super) fn is_anime(query: &Query) -> bool {
    query.kind == "anime" || matches!(query.id, ContentId::Kitsu { .. })
}

/// The number that releases of anime name: the one counted through, or else the one within its entry, whose title
/// they name then.
pub(super) fn anime_number(query: &Query) -> Option<u32> {
    match query.id {
        _ if !is_anime(query) => None,
        ContentId::Kitsu { episode, .. } => query.absolute.or(episode),
        _ => query.absolute,
    }
}

/// The id that TMDB has for it, where Stremio asked with that one.
pub(super) fn tmdb(query: &Query) -> Option<&str> {
    let ContentId::Other(id) = &query.id else { return None };
    let id = id.strip_prefix("tmdb:")?.split(':').next()?;
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(id)
}

/// The day of the wanted episode, if the show comes almost daily: releases of such a one are named by the day.
pub(super) fn daily(query: &Query) -> Option<Date> {
    let (season, episode) = query.episode?;
    let title = query.title.as_deref()?;
    let day = title.episode(season, episode)?.released?;
    let before = |date: &Date| (0..7).contains(&(day_number(day) - day_number(*date)));
    let mut days: Vec<Date> =
        title.episodes.iter().filter_map(|episode| episode.released).filter(before).collect();
    days.sort_unstable();
    days.dedup();
    (days.len() >= DAILY).then_some(day)
}

/// A title as sites find it: releases have neither apostrophes nor other signs in their names, and seldom accents.
pub(super) fn words(title: &str) -> String {
    let mut text = String::with_capacity(title.len());
    for c in title.chars() {
        match c {
            '\'' | '’' | '‘' | '`' | '´' | '.' => {}
            '&' => text.push_str(" and "),
            c if c.is_alphanumeric() || is_mark(c) => {
                text.push_str(plain(c).unwrap_or(c.encode_utf8(&mut [0; 4])))
            }
            _ => text.push(' '),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Vowel signs of Indian and other scripts are parts of words without being letters.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}'..='\u{e4e}' | '\u{3099}'..='\u{309a}')
}

/// Latin letters without their accents.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'À'..='Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'Æ' => "AE",
        'æ' => "ae",
        'Ç' | 'Ć' | 'Č' => "C",
        'ç' | 'ć' | 'č' => "c",
        'Ď' | 'Đ' | 'Ð' => "D",
        'ď' | 'đ' | 'ð' => "d",
        'È'..='Ë' | 'Ē' | 'Ę' | 'Ě' => "E",
        'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
        'Ğ' => "G",
        'ğ' => "g",
        'Ì'..='Ï' | 'Ī' | 'İ' => "I",
        'ì'..='ï' | 'ī' | 'ı' => "i",
        'Ł' => "L",
        'ł' => "l",
        'Ñ' | 'Ń' | 'Ň' => "N",
        'ñ' | 'ń' | 'ň' => "n",
        'Ò'..='Ö' | 'Ø' | 'Ō' | 'Ő' => "O",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'Œ' => "OE",
        'œ' => "oe",
        'Ř' => "R",
        'ř' => "r",
        'Ś' | 'Ş' | 'Š' | 'Ș' => "S",
        'ś' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'Ť' | 'Ţ' | 'Ț' => "T",
        'ť' | 'ţ' | 'ț' => "t",
        'Ù'..='Ü' | 'Ū' | 'Ů' | 'Ű' => "U",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'Ý' => "Y",
        'ý' | 'ÿ' => "y",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ź' | 'ż' | 'ž' => "z",
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

/// `S01E02`.
pub(super) fn episode_code(season: u32, episode: u32) -> String {
    let mut code = season_code(season);
    // Writing to a string cannot fail.
    let _ = write!(code, "E{episode:02}");
    code
}

/// `S01`.
pub(super) fn season_code(season: u32) -> String {
    format!("S{season:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_lose_what_releases_do_not_have() {
        for (title, expected) in [
            ("Schindler's List", "Schindlers List"),
            ("S.W.A.T.", "SWAT"),
            ("Mr. Robot", "Mr Robot"),
            ("Fast & Furious", "Fast and Furious"),
            ("Spider-Man: No Way Home", "Spider Man No Way Home"),
            ("Le Fabuleux Destin d’Amélie Poulain", "Le Fabuleux Destin dAmelie Poulain"),
            ("Straße", "Strasse"),
            ("Брат 2", "Брат 2"),
            ("千と千尋の神隠し", "千と千尋の神隠し"),
            ("हिन्दी", "हिन्दी"),
            ("!!!", ""),
        ] {
            assert_eq!(words(title), expected, "{title}");
        }
    }
}
