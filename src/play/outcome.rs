//! What a media request is answered with, decided from its headers and from what is known about the
//! content before a single byte of it has arrived.

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::RANGE;
use http::{HeaderMap, HeaderValue, Method};

use super::media_type::media_type;
use super::multipart::Multipart;
use super::precondition::{self, Validators, Verdict};
use super::range::{Selection, select};
use crate::cache::CacheFile;

/// The `Last-Modified` of every content, since the Unix epoch: 2 July 2001, when BitTorrent was published.
///
/// A content is named by its hash and so never changes. Any other date, such as the cache file's,
/// would differ between nodes and move during the download, and players that send it back in
/// `If-Range` or `If-Unmodified-Since` would fail to seek. It lies in the past of everything served
/// here, which makes it a strong validator (RFC 9110, section 8.8.2.2).
pub const LAST_MODIFIED: Duration = Duration::from_secs(994_032_000);

/// What is known about a content without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representation {
    /// Bytes of the content.
    pub length: u64,
    /// A strong entity-tag with its quotes (RFC 9110, section 8.8.3).
    pub etag: HeaderValue,
    /// Whole seconds, in the past.
    pub last_modified: SystemTime,
    /// The `Content-Type`.
    pub media_type: &'static str,
    /// The file's own name without folders, as the torrent has it.
    pub name: String,
}

/// The kinds of answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// 200 with every byte.
    Full,
    /// 206 with one run of bytes, half-open.
    Partial(Range<u64>),
    /// 206 with several runs.
    Multipart(Multipart),
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
    /// 416.
    Unsatisfiable,
}

impl Representation {
    /// What is known of a content of `length` bytes, called `name`.
    ///
    /// `tag` is the content's name in the cache: `<info-hash>-<file index>`, or [`CacheFile::tag`]. It is
    /// the same on every node, before, during and after the download, and becomes the entity-tag.
    /// VLC sends that back in `If-Match` with every seek.
    pub fn new(tag: &str, length: u64, name: &str) -> Self {
        // RFC 9110, section 8.8.3: what may stand between the quotes.
        let tag = tag
            .chars()
            .map(|character| if character.is_ascii_graphic() && character != '"' { character } else { '_' });
        let etag = HeaderValue::try_from(format!("\"{}\"", tag.collect::<String>()));
        Self {
            length,
            etag: etag.expect("printable ASCII is legal in a header"),
            last_modified: UNIX_EPOCH + LAST_MODIFIED,
            media_type: media_type(name),
            name: name.to_owned(),
        }
    }

    /// What is known of a cache file, whether its bytes have arrived or not.
    pub fn of(file: &CacheFile) -> Self {
        Self::new(file.tag(), file.length(), file.name())
    }

    fn validators(&self) -> Validators<'_> {
        Validators { etag: self.etag.as_bytes(), last_modified: self.last_modified }
    }
}

impl Outcome {
    /// Decides in the order of RFC 9110, section 13.2.2: preconditions, then `Range` under `If-Range`.
    ///
    /// `Range` is defined for GET alone (section 14.2); HEAD describes the whole.
    pub fn decide(method: &Method, headers: &HeaderMap, representation: &Representation) -> Self {
        let validators = representation.validators();
        match precondition::evaluate(method, headers, validators) {
            Verdict::NotModified => return Self::NotModified,
            Verdict::Failed => return Self::PreconditionFailed,
            Verdict::Proceed => {}
        }
        if method != Method::GET || !precondition::range_holds(headers, validators) {
            return Self::Full;
        }
        // Range is no list field; with two of them nobody knows which one is meant.
        let mut fields = headers.get_all(RANGE).iter();
        match (fields.next(), fields.next()) {
            (Some(field), None) => Self::of(select(field.as_bytes(), representation.length), representation),
            _ => Self::Full,
        }
    }

    /// The first byte that the answer to a GET sends of a content of `length` bytes, if it sends any.
    ///
    /// Headers alone do not keep a connection alive: tunnels hold them back until bytes follow, and
    /// ExoPlayer allows 8 s for every read. While this byte is missing the caller holds the answer
    /// back, or redirects, as the player's [`Tolerance`](super::Tolerance) says.
    pub fn first_byte(&self, length: u64) -> Option<u64> {
        match self {
            Self::Full => (length > 0).then_some(0),
            Self::Partial(range) => Some(range.start),
            Self::Multipart(multipart) => multipart.parts().first().map(|part| part.range.start),
            Self::NotModified | Self::PreconditionFailed | Self::Unsatisfiable => None,
        }
    }

    fn of(selection: Selection, representation: &Representation) -> Self {
        match selection {
            Selection::Whole => Self::Full,
            Selection::Single(range) => Self::Partial(range),
            Selection::Unsatisfiable => Self::Unsatisfiable,
            Selection::Several(ranges) => {
                let Representation { etag, media_type, length, .. } = representation;
                Multipart::new(ranges, etag.as_bytes(), media_type, *length)
                    .map_or(Self::Full, Self::Multipart)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::HeaderName;

    use super::*;
    use crate::domain::{ContentKey, FileIndex, InfoHash};

    fn representation() -> Representation {
        let key = ContentKey { info_hash: InfoHash::new([7; 20]), file: FileIndex(3) };
        Representation::new(&key.to_string(), 1000, "a.mkv")
    }

    fn decide(method: &Method, lines: &[(&'static str, &str)]) -> Outcome {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        Outcome::decide(method, &headers, &representation())
    }

    /// Status and content length, as the truth table counts them.
    fn weigh(outcome: &Outcome) -> (u16, u64) {
        match outcome {
            Outcome::Full => (200, 1000),
            Outcome::Partial(range) => (206, range.end - range.start),
            Outcome::Multipart(multipart) => {
                (206, multipart.parts().iter().map(|part| part.range.end - part.range.start).sum())
            }
            Outcome::NotModified => (304, 0),
            Outcome::PreconditionFailed => (412, 0),
            Outcome::Unsatisfiable => (416, 0),
        }
    }

    #[test]
    fn the_entity_tag_names_the_content() {
        let wanted = format!("\"{}-3\"", "07".repeat(20));
        assert_eq!(representation().etag.to_str().unwrap(), wanted);
        assert_eq!(Representation::new("a \"b\r\né", 1, "").etag.to_str().unwrap(), "\"a__b___\"");
    }

    #[test]
    fn the_truth_table_of_ranges_holds() {
        for (range, wanted) in [
            ("bytes=0-1", (206, 2)),
            ("bytes=-5", (206, 5)),
            ("bytes=990-5000", (206, 10)),
            ("bytes=-5000", (206, 1000)),
            ("bytes=-0", (416, 0)),
            ("bytes=1000-", (416, 0)),
            ("bytes=5-2", (416, 0)),
            ("bytes=abc", (416, 0)),
            ("items=0-1", (200, 1000)),
            ("Bytes=0-1", (206, 2)),
            ("bytes=0-1, 5000-", (206, 2)),
            ("bytes=0-,1-,2-", (200, 1000)),
            ("bytes=0-99999999999999999999999", (206, 1000)),
        ] {
            let outcome = decide(&Method::GET, &[("range", range)]);
            assert_eq!(weigh(&outcome), wanted, "{range}");
            assert!(!matches!(outcome, Outcome::Multipart(_)), "{range} leaves one run of bytes");
            assert_eq!(decide(&Method::HEAD, &[("range", range)]), Outcome::Full, "HEAD {range}");
        }
        let two = decide(&Method::GET, &[("range", "bytes=0-1,5-8")]);
        assert!(matches!(&two, Outcome::Multipart(multipart) if multipart.parts().len() == 2));
        assert_eq!(weigh(&two), (206, 6));
    }

    #[test]
    fn if_range_decides_between_the_range_and_the_whole() {
        let tag = representation().etag;
        let weak = format!("W/{}", tag.to_str().unwrap());
        for (validator, wanted) in [
            (tag.to_str().unwrap(), (206, 2)),
            ("Mon, 02 Jul 2001 00:00:00 GMT", (206, 2)),
            ("\"nope\"", (200, 1000)),
            (weak.as_str(), (200, 1000)),
            ("Mon, 02 Jul 2001 00:00:01 GMT", (200, 1000)),
        ] {
            let outcome = decide(&Method::GET, &[("range", "bytes=0-1"), ("if-range", validator)]);
            assert_eq!(weigh(&outcome), wanted, "{validator}");
            // An unsatisfiable range is no error either if the client means something else.
            let beyond = decide(&Method::GET, &[("range", "bytes=1000-"), ("if-range", validator)]);
            assert_eq!(weigh(&beyond).0, if wanted.0 == 206 { 416 } else { 200 }, "{validator}");
            assert_eq!(
                decide(&Method::GET, &[("if-range", validator)]),
                Outcome::Full,
                "{validator} without a range"
            );
        }
    }

    #[test]
    fn preconditions_come_before_the_range() {
        let range = ("range", "bytes=0-1");
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(decide(&method, &[range, ("if-match", "\"nope\"")]), Outcome::PreconditionFailed);
            assert_eq!(decide(&method, &[range, ("if-none-match", "*")]), Outcome::NotModified);
        }
        let vlc = representation().etag;
        assert_eq!(
            decide(&Method::GET, &[range, ("if-match", vlc.to_str().unwrap())]),
            Outcome::Partial(0..2)
        );
    }

    #[test]
    fn the_first_byte_needed_is_the_first_byte_sent() {
        for (range, wanted) in [
            ("items=0-1", Some(0)),
            ("bytes=5-", Some(5)),
            ("bytes=90-99,0-1", Some(90)),
            ("bytes=1000-", None),
        ] {
            let outcome = decide(&Method::GET, &[("range", range)]);
            assert_eq!(outcome.first_byte(1000), wanted, "{range}");
        }
        assert_eq!(Outcome::Full.first_byte(0), None);
    }

    #[test]
    fn two_range_fields_are_ignored() {
        assert_eq!(decide(&Method::GET, &[("range", "bytes=0-1"), ("range", "bytes=5-6")]), Outcome::Full);
    }
}
