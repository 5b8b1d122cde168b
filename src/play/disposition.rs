//! The `Content-Disposition` of a media response (RFC 6266, RFC 8187).

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters that RFC 8187 allows unescaped in an extended value (`attr-char`).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Longest name printed, in characters: torrents may carry kilobytes, response headers should not.
const MAX_NAME: usize = 200;

/// `inline` with the file's name twice: in ASCII for old players and in UTF-8 for the others.
///
/// The name comes from a torrent and is not trusted: what could end the header or the quotes, or
/// lead a client that saves the file into another folder, is dropped.
pub(super) fn content_disposition(name: &str) -> HeaderValue {
    let name: String = name.chars().filter(|&character| is_harmless(character)).take(MAX_NAME).collect();
    let name = name.trim_matches([' ', '.']);
    if name.is_empty() {
        return HeaderValue::from_static("inline");
    }
    let ascii: String =
        name.chars().map(|character| if character.is_ascii() { character } else { '_' }).collect();
    let extended = utf8_percent_encode(name, ESCAPED);
    HeaderValue::try_from(format!("inline; filename=\"{ascii}\"; filename*=UTF-8''{extended}"))
        .unwrap_or(HeaderValue::from_static("inline"))
}

fn is_harmless(character: char) -> bool {
    // U+202A to U+202E and U+2066 to U+2069 reorder text and can disguise an extension.
    let reorders = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !character.is_control() && !reorders && !matches!(character, '"' | '\\' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, wanted: &str) {
        assert_eq!(content_disposition(name).to_str().unwrap(), wanted, "{name:?}");
    }

    #[test]
    fn the_name_is_given_in_ascii_and_in_utf_8() {
        check("Sintel.mkv", "inline; filename=\"Sintel.mkv\"; filename*=UTF-8''Sintel.mkv");
        check("a b'c%.mp4", "inline; filename=\"a b'c%.mp4\"; filename*=UTF-8''a%20b%27c%25.mp4");
        check("Amélie.mkv", "inline; filename=\"Am_lie.mkv\"; filename*=UTF-8''Am%C3%A9lie.mkv");
    }

    #[test]
    fn nothing_in_the_name_ends_the_header_or_names_a_folder() {
        check(
            "a\r\nSet-Cookie: x.mkv",
            "inline; filename=\"aSet-Cookie: x.mkv\"; filename*=UTF-8''aSet-Cookie%3A%20x.mkv",
        );
        check(
            "../..\\\"; evil=\"x.mkv",
            "inline; filename=\"; evil=x.mkv\"; filename*=UTF-8''%3B%20evil%3Dx.mkv",
        );
        check("a\u{202e}vkm.exe", "inline; filename=\"avkm.exe\"; filename*=UTF-8''avkm.exe");
        check("\0\u{85}\n..", "inline");
        check("", "inline");
        assert!(content_disposition(&"é".repeat(5000)).len() < 1600);
    }
}
