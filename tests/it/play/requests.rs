//! Random media requests, each as a viewer would send it and as nginx has to be asked for the answer
//! that is wanted here.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Header names and values.
pub(super) type Headers = Vec<(&'static str, String)>;

/// A request by its parts.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: &'static str,
    range: Option<Ranges>,
    if_range: Option<String>,
    if_match: Option<String>,
    if_none_match: Option<String>,
    if_modified_since: Option<&'static str>,
    if_unmodified_since: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct Ranges {
    unit: &'static str,
    elements: Vec<Element>,
    separator: &'static str,
}

#[derive(Debug, Clone)]
enum Element {
    From(u128, Option<u128>),
    Suffix(u128),
    Other(&'static str),
}

/// Equal to the file's date, one second to either side, far away, and no date at all.
const DATES: [&str; 7] = [
    "Mon, 02 Jul 2001 00:00:00 GMT",
    "Sun, 01 Jul 2001 23:59:59 GMT",
    "Mon, 02 Jul 2001 00:00:01 GMT",
    "Monday, 02-Jul-01 00:00:00 GMT",
    "Mon Jul  2 00:00:00 2001",
    "Tue, 20 Oct 2026 10:00:00 GMT",
    "no date",
];

/// Mostly the one that is served.
const UNITS: [&str; 12] = [
    "bytes=", "bytes=", "bytes=", "bytes=", "bytes=", "bytes=", "Bytes=", "BYTES=", "items=", "bytes ",
    "bytes", "",
];

const SEPARATORS: [&str; 6] = [",", ",", ", ", " , ", ",  ", ",\t"];

impl Request {
    /// As a viewer sends it.
    pub(super) fn headers(&self) -> Headers {
        let range = self.range.as_ref().map(Ranges::text);
        self.with(range, self.if_modified_since, self.if_unmodified_since)
    }

    /// What nginx is asked instead. It differs exactly where the wanted answer is not nginx's:
    ///
    /// - HEAD with `Range`: the RFC defines ranges for GET alone; nginx answers 206.
    /// - `If-Match` hides `If-Unmodified-Since`, and `If-None-Match` hides `If-Modified-Since` (RFC 9110,
    ///   section 13.2.2); nginx evaluates both.
    /// - An `If-Unmodified-Since` that is no date does not count (section 13.1.4); nginx answers 412.
    /// - What is said at [`Ranges::for_nginx`].
    pub(super) fn headers_for_nginx(&self, length: u64) -> Headers {
        let range =
            self.range.as_ref().filter(|_| self.method == "GET").and_then(|range| range.for_nginx(length));
        let modified = self.if_modified_since.filter(|_| self.if_none_match.is_none());
        let unmodified =
            self.if_unmodified_since.filter(|date| self.if_match.is_none() && *date != "no date");
        self.with(range, modified, unmodified)
    }

    fn with(&self, range: Option<String>, modified: Option<&str>, unmodified: Option<&str>) -> Headers {
        let lines = [
            ("Range", range),
            ("If-Range", self.if_range.clone()),
            ("If-Match", self.if_match.clone()),
            ("If-None-Match", self.if_none_match.clone()),
            ("If-Modified-Since", modified.map(str::to_owned)),
            ("If-Unmodified-Since", unmodified.map(str::to_owned)),
        ];
        lines.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl Ranges {
    fn text(&self) -> String {
        let elements: Vec<String> = self.elements.iter().map(|element| element.text(u128::MAX)).collect();
        format!("{}{}", self.unit, elements.join(self.separator))
    }

    /// - More than sixteen ranges are ignored here; nginx has no such limit by default.
    /// - A last position before the first makes the whole set invalid (section 14.1.1), hence 416; nginx
    ///   drops that range alone. An empty set is 416 here; nginx ignores it if nothing follows the `=`.
    /// - Empty list elements and tabs are allowed by the list syntax (section 5.6.1); nginx rejects them.
    /// - Numbers beyond 63 bits are clamped; nginx rejects them. Any number far behind the end says the
    ///   same.
    fn for_nginx(&self, length: u64) -> Option<String> {
        let elements: Vec<&Element> = self.elements.iter().filter(|element| !element.is_empty()).collect();
        if elements.len() > 16 && self.is_bytes() {
            return None;
        }
        if self.is_bytes() && (elements.is_empty() || elements.iter().any(|element| element.is_backward())) {
            return Some("bytes=invalid".to_owned());
        }
        let limit = u128::from(length) * 10;
        let elements: Vec<String> = elements.iter().map(|element| element.text(limit)).collect();
        Some(format!("{}{}", self.unit, elements.join(&self.separator.replace('\t', " "))))
    }

    fn is_bytes(&self) -> bool {
        self.unit.eq_ignore_ascii_case("bytes=")
    }
}

impl Element {
    fn text(&self, limit: u128) -> String {
        match *self {
            Self::From(first, None) => format!("{}-", first.min(limit)),
            Self::From(first, Some(last)) => format!("{}-{}", first.min(limit), last.min(limit)),
            Self::Suffix(count) => format!("-{}", count.min(limit)),
            Self::Other(text) => text.to_owned(),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Other(""))
    }

    fn is_backward(&self) -> bool {
        // Both saturate at 64 bits in the server, where the one is then as good as the other.
        let fits = |number: u128| number.min(u64::MAX.into());
        matches!(*self, Self::From(first, Some(last)) if fits(last) < fits(first))
    }
}

/// Requests for a file of `length` bytes whose entity-tag is `etag`.
pub(super) fn requests(length: u64, etag: &str) -> impl Strategy<Value = Request> {
    let tags = option::weighted(0.3, tags(etag));
    let date = || option::weighted(0.25, select(&DATES[..]));
    let if_range = prop_oneof![tag(etag), select(&DATES[..]).prop_map(str::to_owned)];
    (
        select(&["GET", "GET", "GET", "GET", "HEAD"][..]),
        option::weighted(0.9, ranges(length)),
        option::weighted(0.3, if_range),
        tags.clone(),
        tags,
        date(),
        date(),
    )
        .prop_map(
            |(method, range, if_range, if_match, if_none_match, if_modified_since, if_unmodified_since)| {
                Request {
                    method,
                    range,
                    if_range,
                    if_match,
                    if_none_match,
                    if_modified_since,
                    if_unmodified_since,
                }
            },
        )
}

fn tag(etag: &str) -> impl Strategy<Value = String> + Clone + use<> {
    let others = ["\"other\"", "W/\"other\"", "\"\"", "other", "torn\"", "*"].map(str::to_owned);
    let own = [etag.to_owned(), format!("W/{etag}"), etag.trim_matches('"').to_owned(), format!("{etag}x")];
    prop_oneof![2 => Just(etag.to_owned()), 3 => select([&others[..], &own[..]].concat())]
}

fn tags(etag: &str) -> impl Strategy<Value = String> + Clone + use<> {
    (prop::collection::vec(tag(etag), 1..4), select(&[",", ", ", " ,", "\t,\t"][..]))
        .prop_map(|(tags, separator)| tags.join(separator))
}

fn ranges(length: u64) -> impl Strategy<Value = Ranges> {
    let count = prop_oneof![6 => 1..2_usize, 3 => 2..5_usize, 1 => 5..20_usize];
    count
        .prop_flat_map(move |count| {
            (
                select(&UNITS[..]),
                prop::collection::vec(element(length, count), count),
                select(&SEPARATORS[..]),
            )
        })
        .prop_map(|(unit, elements, separator)| Ranges { unit, elements, separator })
}

/// One of `count` elements; of many each is short, since otherwise the sum always exceeds the file.
fn element(length: u64, count: usize) -> impl Strategy<Value = Element> {
    let length = u128::from(length);
    let longest = length / count as u128;
    let near = move || {
        prop_oneof![
            12 => 0..length,
            2 => length - 3..length + 4,
            1 => 0..4_u128,
            1 => select(vec![u128::from(u64::MAX), u128::from(u64::MAX) + 1, 1 << 63, 10_u128.pow(25)]),
        ]
    };
    prop_oneof![
        12 => (near(), 0..longest).prop_map(|(first, more)| Element::From(first, Some(first + more))),
        2 => (near(), near()).prop_map(|(first, last)| Element::From(first, Some(last))),
        3 => near().prop_map(|first| Element::From(first, None)),
        3 => (0..longest + 3).prop_map(Element::Suffix),
        1 => near().prop_map(Element::Suffix),
        1 => select(vec!["", "abc", "-", "5", "--5", "1-2-3", "1 - 2", "0x1-2", "+1-2", "1-2 3"]).prop_map(Element::Other),
    ]
}
