//! What a .torrent says about places on the web: its web seeds (BEP 19), and the names of its files as bytes, which
//! the addresses below a web seed are made of.

use librqbit::torrent_from_bytes;
use url::Url;

use super::magnet::parse_web_address;
use crate::domain::FileIndex;

/// Real torrents name a handful.
const MAX_WEB_SEEDS: usize = 64;

/// Deeper nesting than this appears in no .torrent file.
const MAX_DEPTH: usize = 32;

/// The web seeds of a .torrent file (`url-list`, a string or a list), at most 64, http and https only. Nothing if
/// the file is malformed.
pub(in crate::source) fn web_seeds(torrent: &[u8]) -> Vec<Url> {
    let mut seeds: Vec<Url> = Vec::new();
    for text in url_list(torrent).unwrap_or_default() {
        let seed = str::from_utf8(text).ok().and_then(|text| parse_web_address(text.trim()));
        seeds.extend(seed.filter(|seed| !seeds.contains(seed)));
        if seeds.len() == MAX_WEB_SEEDS {
            break;
        }
    }
    seeds
}

/// The names in a .torrent file, as its bytes have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct FileNames {
    /// The torrent's own name.
    pub(in crate::source) torrent: Vec<u8>,
    /// The path of each file below the torrent's name; `None` if the torrent is one single file.
    pub(in crate::source) paths: Option<Vec<Vec<Vec<u8>>>>,
}

impl FileNames {
    /// Reads the names. `None` if the file is malformed or leaves out its name.
    pub(in crate::source) fn of(torrent: &[u8]) -> Option<Self> {
        let parsed = torrent_from_bytes(torrent).ok()?;
        let info = &parsed.info.data;
        let paths = info.files.as_ref().map(|files| {
            let path = |path: &[_]| path.iter().map(|part: &_| bytes(part)).collect();
            files.iter().map(|file| path(&file.path)).collect()
        });
        Some(Self { torrent: bytes(info.name.as_ref()?), paths })
    }

    /// The path of a file below the torrent's name; a single file is called like the torrent.
    pub(in crate::source) fn path(&self, index: FileIndex) -> Option<&[Vec<u8>]> {
        match &self.paths {
            Some(paths) => paths.get(index.0 as usize).map(Vec::as_slice),
            None => (index.0 == 0).then(|| std::slice::from_ref(&self.torrent)),
        }
    }
}

fn bytes(part: &impl AsRef<[u8]>) -> Vec<u8> {
    part.as_ref().to_vec()
}

/// The strings under the key `url-list` of the outermost dictionary. The engine's reader passes over that key.
fn url_list(torrent: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = torrent.strip_prefix(b"d")?;
    while !rest.starts_with(b"e") {
        let (key, value) = string(rest)?;
        if key == b"url-list" {
            return strings(value);
        }
        rest = skip(value, 0)?;
    }
    None
}

/// One string, or those in a list.
fn strings(value: &[u8]) -> Option<Vec<&[u8]>> {
    let Some(mut rest) = value.strip_prefix(b"l") else { return Some(vec![string(value)?.0]) };
    let mut found = Vec::new();
    while !rest.starts_with(b"e") {
        found.extend(string(rest).map(|(text, _)| text));
        rest = skip(rest, 0)?;
    }
    Some(found)
}

/// A bencoded string, and what follows it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = bytes.iter().take(11).position(|byte| *byte == b':')?;
    let length: usize = str::from_utf8(&bytes[..colon]).ok()?.parse().ok()?;
    bytes[colon + 1..].split_at_checked(length)
}

/// What follows a bencoded value.
fn skip(bytes: &[u8], depth: usize) -> Option<&[u8]> {
    match bytes.first()? {
        b'i' => {
            let end = bytes.iter().take(24).position(|byte| *byte == b'e')?;
            Some(&bytes[end + 1..])
        }
        b'l' | b'd' if depth < MAX_DEPTH => {
            let mut rest = &bytes[1..];
            while !rest.starts_with(b"e") {
                // Keys are values like any other here.
                rest = skip(rest, depth + 1)?;
            }
            Some(&rest[1..])
        }
        _ => string(bytes).map(|(_, rest)| rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn torrent(extra: &str) -> Vec<u8> {
        let mut bytes = b"d8:announce3:foo13:announce-listll3:fooee13:creation datei1e4:infod".to_vec();
        bytes.extend(b"6:lengthi16384e4:name5:a%#.m12:piece lengthi16384e6:pieces20:");
        bytes.extend([0xff; 20]);
        bytes.extend(b"e");
        bytes.extend(extra.as_bytes());
        bytes.extend(b"e");
        bytes
    }

    fn seeds(extra: &str) -> Vec<String> {
        web_seeds(&torrent(extra)).iter().map(Url::to_string).collect()
    }

    #[test]
    fn web_seeds_are_a_string_or_a_list() {
        assert_eq!(seeds("8:url-list17:http://a.example/"), ["http://a.example/"]);
        assert_eq!(
            seeds(
                "8:url-listl17:http://a.example/i7e18:https://b.example/17:http://a.example/16:ftp://c.example/e"
            ),
            ["http://a.example/", "https://b.example/"]
        );
        for none in ["", "8:url-list0:", "8:url-listle", "8:url-listi7e", "8:url-listd1:a1:be"] {
            assert_eq!(seeds(none), [""; 0], "{none}");
        }
    }

    #[test]
    fn a_url_list_inside_another_value_is_none() {
        assert_eq!(seeds("7:comment27:8:url-list17:http://a.example/"), [""; 0]);
        assert_eq!(seeds("1:xd8:url-list17:http://a.example/e"), [""; 0]);
    }

    #[test]
    fn malformed_and_endless_lists_do_no_harm() {
        let many: String = (100..400).map(|n| format!("20:http://a{n}.example/")).collect();
        assert_eq!(seeds(&format!("8:url-listl{many}e")).len(), MAX_WEB_SEEDS);
        for bytes in [&b"d"[..], b"d8:url-list", b"d8:url-listl", b"d8:url-list99999999999:a", b"d1:ai1"] {
            assert_eq!(web_seeds(bytes), [], "{bytes:?}");
        }
        let deep = [b"d1:a".as_slice(), &vec![b'l'; 1_000_000]].concat();
        assert_eq!(web_seeds(&deep), []);
    }

    #[test]
    fn names_are_what_the_bytes_say() {
        let single = FileNames::of(&torrent("")).unwrap();
        assert_eq!(single.torrent, b"a%#.m");
        assert_eq!(single.path(FileIndex(0)).unwrap(), [b"a%#.m".to_vec()]);
        assert_eq!(single.path(FileIndex(1)), None);

        let mut folder = b"d4:infod5:filesld6:lengthi9e4:pathl2:\xc3\xa43:b/ceee4:name2:..".to_vec();
        folder.extend(b"12:piece lengthi16384e6:pieces20:");
        folder.extend([7; 20]);
        folder.extend(b"ee");
        let names = FileNames::of(&folder).unwrap();
        assert_eq!(names.torrent, b"..");
        assert_eq!(names.path(FileIndex(0)).unwrap(), ["ä".as_bytes().to_vec(), b"b/c".to_vec()]);
    }
}
