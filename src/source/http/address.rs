//! Addresses with blanks in them, as operators write them: `https://nas.lan/{infohash}/{path}`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use url::Url;

use crate::domain::{FileIndex, InfoHash};

/// What RFC 3986 leaves as it is in a path segment, whatever may stand around it.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An address with blanks: `{infohash}`, `{INFOHASH}`, `{name}` (the torrent's), `{path}` (the file's below it; the
/// name once more if the torrent is a single file), `{fileIdx}` and `{size}` (the file's, in bytes).
#[derive(Clone, PartialEq, Eq)]
pub(in crate::source) struct Template(String);

impl std::fmt::Debug for Template {
    /// Shows nothing: an operator's address may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template").finish_non_exhaustive()
    }
}

/// What is known to fill the blanks of a [`Template`] with.
#[derive(Debug, Clone, Copy)]
pub(in crate::source) struct Blanks<'a> {
    /// The torrent.
    pub(in crate::source) info_hash: InfoHash,
    /// The torrent's name.
    pub(in crate::source) name: Option<&'a [u8]>,
    /// The segments of the file's path.
    pub(in crate::source) path: Option<&'a [Vec<u8>]>,
    /// The file's index.
    pub(in crate::source) index: Option<FileIndex>,
    /// Bytes of the file.
    pub(in crate::source) size: Option<u64>,
}

impl Template {
    /// Takes a template as the settings have it.
    pub(in crate::source) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The address, unless it needs what is not known or would not be an http address.
    pub(in crate::source) fn fill(&self, blanks: &Blanks<'_>) -> Option<Url> {
        let (mut filled, mut rest) = (String::new(), self.0.as_str());
        while let Some((before, after)) = rest.split_once('{') {
            let (blank, after) = after.split_once('}')?;
            filled.push_str(before);
            filled.push_str(&blanks.fill(blank)?);
            rest = after;
        }
        filled.push_str(rest);
        Url::parse(&filled).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
    }

    /// Whether the address tells the files of a torrent apart.
    pub(super) fn names_file(&self) -> bool {
        self.0.contains("{fileIdx}") || self.0.contains("{path}")
    }
}

impl Blanks<'_> {
    fn fill(&self, blank: &str) -> Option<String> {
        match blank {
            "infohash" => Some(self.info_hash.to_string()),
            "INFOHASH" => Some(self.info_hash.to_string().to_ascii_uppercase()),
            "name" => segment(self.name?),
            "path" => segments(self.path?),
            "fileIdx" => self.index.map(|index| index.to_string()),
            "size" => self.size.map(|size| size.to_string()),
            _ => None,
        }
    }
}

/// A path as part of an address; its separators stay.
pub(super) fn segments(path: &[Vec<u8>]) -> Option<String> {
    Some(path.iter().map(|part| segment(part)).collect::<Option<Vec<_>>>()?.join("/"))
}

/// One name as a segment of an address. `None` for names that an address takes for a way up (RFC 3986, 5.2.4),
/// encoded or not.
pub(super) fn segment(name: &[u8]) -> Option<String> {
    let is_dots = name == b"." || name == b"..";
    (!is_dots).then(|| percent_encode(name, RESERVED).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

    fn fill(template: &str, path: &[&str]) -> Option<String> {
        let path: Vec<Vec<u8>> = path.iter().map(|part| part.as_bytes().to_vec()).collect();
        let blanks = Blanks {
            info_hash: HASH.parse().unwrap(),
            name: Some("A & B".as_bytes()),
            path: Some(&path),
            index: Some(FileIndex(3)),
            size: Some(77),
        };
        Template::new(template).fill(&blanks).map(String::from)
    }

    #[test]
    fn every_blank_is_filled_and_names_are_encoded() {
        let url = fill("http://nas.lan/{infohash}/{name}/{path}?i={fileIdx}&s={size}", &["ä #1", "50%?.mkv"]);
        let expected = format!("http://nas.lan/{HASH}/A%20%26%20B/%C3%A4%20%231/50%25%3F.mkv?i=3&s=77");
        assert_eq!(url.unwrap(), expected);
        let upper = HASH.to_ascii_uppercase();
        assert_eq!(fill("http://a.example/{INFOHASH}", &[]).unwrap(), format!("http://a.example/{upper}"));
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_folder_or_to_another_host() {
        assert_eq!(fill("http://nas.lan/films/{path}", &["..", "x"]), None);
        assert_eq!(
            fill("http://nas.lan/films/{path}", &["a/../b"]).unwrap(),
            "http://nas.lan/films/a%2F..%2Fb"
        );
        assert_eq!(
            fill("http://nas.lan/{path}", &["@evil.example"]).unwrap(),
            "http://nas.lan/%40evil.example"
        );
    }

    #[test]
    fn nothing_is_asked_while_a_blank_is_unknown() {
        let blanks =
            Blanks { info_hash: HASH.parse().unwrap(), name: None, path: None, index: None, size: None };
        for template in [
            "http://a/{path}",
            "http://a/{name}",
            "http://a/{fileIdx}",
            "http://a/{size}",
            "http://a/{x}",
            "http://a/{",
        ] {
            assert_eq!(Template::new(template).fill(&blanks), None, "{template}");
        }
        assert!(Template::new("http://a/{infohash}").fill(&blanks).is_some());
    }
}
