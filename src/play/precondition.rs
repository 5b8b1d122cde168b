//! Conditional requests (RFC 9110, section 13): whether the request may proceed at all, and whether
//! its range still refers to this representation. Pure.

use std::time::SystemTime;

use http::header::{HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, Method};

/// What requests are compared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validators<'a> {
    /// A strong entity-tag with its quotes.
    pub(super) etag: &'a [u8],
    /// Whole seconds, and in the past, which makes the date a strong validator (section 8.8.2.2).
    pub(super) last_modified: SystemTime,
}

/// What the preconditions say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Go on to `Range` and the content.
    Proceed,
    /// The client has this already: 304.
    NotModified,
    /// The client means something else: 412.
    Failed,
}

/// Evaluates the preconditions in the order of section 13.2.2.
pub(super) fn evaluate(method: &Method, headers: &HeaderMap, validators: Validators<'_>) -> Verdict {
    let safe = method == Method::GET || method == Method::HEAD;
    if headers.contains_key(IF_MATCH) {
        if !lists(headers, &IF_MATCH, |tag| !tag.weak && tag.opaque == validators.etag) {
            return Verdict::Failed;
        }
    } else if date(headers, &IF_UNMODIFIED_SINCE).is_some_and(|date| validators.last_modified > date) {
        return Verdict::Failed;
    }
    if headers.contains_key(IF_NONE_MATCH) {
        return match lists(headers, &IF_NONE_MATCH, |tag| tag.opaque == validators.etag) {
            true if safe => Verdict::NotModified,
            true => Verdict::Failed,
            false => Verdict::Proceed,
        };
    }
    match date(headers, &IF_MODIFIED_SINCE) {
        Some(date) if safe && validators.last_modified <= date => Verdict::NotModified,
        _ => Verdict::Proceed,
    }
}

/// Whether `Range` may be honoured: there is no `If-Range`, or it names this very representation by
/// strong comparison of the tag or by the exact date (section 13.1.5).
pub(super) fn range_holds(headers: &HeaderMap, validators: Validators<'_>) -> bool {
    let mut values = headers.get_all(IF_RANGE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return !headers.contains_key(IF_RANGE);
    };
    let value = value.as_bytes();
    // A weak tag is neither equal to the strong one nor a date, hence never matches.
    value == validators.etag || parse_date(value) == Some(validators.last_modified)
}

/// One member of an `If-Match` or `If-None-Match` list.
struct Tag<'a> {
    weak: bool,
    opaque: &'a [u8],
}

/// Whether the list is `*` or one of its tags matches. Repeated fields form one list (section 5.3).
fn lists(headers: &HeaderMap, name: &HeaderName, matches: impl Fn(&Tag<'_>) -> bool) -> bool {
    headers.get_all(name).iter().any(|value| {
        let mut rest = value.as_bytes();
        if rest == b"*" {
            return true;
        }
        while !rest.is_empty() {
            let (tag, after) = next_tag(rest);
            if tag.is_some_and(|tag| matches(&tag)) {
                return true;
            }
            rest = after;
        }
        false
    })
}

/// The tag at the start of `list` and what follows its comma. A member that is no entity-tag (some
/// clients forget the quotes) yields none and is skipped up to the next comma.
fn next_tag(list: &[u8]) -> (Option<Tag<'_>>, &[u8]) {
    let list = list.trim_ascii_start();
    let (weak, quoted) = list.strip_prefix(b"W/").map_or((false, list), |quoted| (true, quoted));
    let closing = match quoted {
        [b'"', inner @ ..] => inner.iter().position(|&byte| byte == b'"').map(|at| at + 2),
        _ => None,
    };
    let (opaque, after) = quoted.split_at(closing.unwrap_or(0));
    let (gap, rest) = match after.iter().position(|&byte| byte == b',') {
        Some(comma) => (&after[..comma], &after[comma + 1..]),
        None => (after, &after[after.len()..]),
    };
    let whole = closing.is_some() && gap.trim_ascii().is_empty();
    (whole.then_some(Tag { weak, opaque }), rest)
}

/// The date of a header that must hold exactly one valid date to count (sections 13.1.3, 13.1.4).
fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => parse_date(value.as_bytes()),
        _ => None,
    }
}

fn parse_date(text: &[u8]) -> Option<SystemTime> {
    httpdate::parse_http_date(std::str::from_utf8(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    const MODIFIED: &str = "Mon, 02 Jul 2001 00:00:00 GMT";
    const BEFORE: &str = "Sun, 01 Jul 2001 23:59:59 GMT";
    const AFTER: &str = "Mon, 02 Jul 2001 00:00:01 GMT";

    fn validators() -> Validators<'static> {
        Validators { etag: b"\"abc-1\"", last_modified: UNIX_EPOCH + Duration::from_secs(994_032_000) }
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let line =
            |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in lines.iter().map(line) {
            headers.append(name, value);
        }
        headers
    }

    fn check(wanted: Verdict, lines: &[(&'static str, &str)]) {
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(evaluate(&method, &headers(lines), validators()), wanted, "{method} {lines:?}");
        }
    }

    #[test]
    fn if_match_compares_strongly_and_hides_if_unmodified_since() {
        use Verdict::{Failed, Proceed};
        for passes in [
            "*",
            "\"abc-1\"",
            "\"x\", \"abc-1\"",
            "\"x\" ,\t\"abc-1\" , \"y\"",
            ",, \"abc-1\",",
            "\"a,b\",\"abc-1\"",
            "nope, \"abc-1\"",
        ] {
            check(Proceed, &[("if-match", passes)]);
            check(Proceed, &[("if-match", passes), ("if-unmodified-since", BEFORE)]);
        }
        for fails in [
            "\"nope\"",
            "W/\"abc-1\"",
            "abc-1",
            "\"abc-1",
            "\"abc-1\"x",
            "\"x,\"abc-1\"",
            "",
            "w/\"abc-1\"",
            "\"ABC-1\"",
        ] {
            check(Failed, &[("if-match", fails)]);
            check(Failed, &[("if-match", fails), ("if-none-match", "\"abc-1\"")]);
        }
        check(Proceed, &[("if-match", "\"x\""), ("if-match", "\"abc-1\"")]);
    }

    #[test]
    fn if_unmodified_since_fails_only_before_the_date() {
        check(Verdict::Failed, &[("if-unmodified-since", BEFORE)]);
        for passes in
            [MODIFIED, AFTER, "Monday, 02-Jul-01 00:00:00 GMT", "Mon Jul  2 00:00:00 2001", "yesterday", ""]
        {
            check(Verdict::Proceed, &[("if-unmodified-since", passes)]);
        }
        check(Verdict::Proceed, &[("if-unmodified-since", BEFORE), ("if-unmodified-since", BEFORE)]);
    }

    #[test]
    fn if_none_match_compares_weakly_and_hides_if_modified_since() {
        for known in ["*", "\"abc-1\"", "W/\"abc-1\"", "\"x\", W/\"abc-1\""] {
            check(Verdict::NotModified, &[("if-none-match", known)]);
            check(Verdict::NotModified, &[("if-none-match", known), ("if-modified-since", BEFORE)]);
        }
        for unknown in ["\"nope\"", "abc-1", "\"\"", ""] {
            check(Verdict::Proceed, &[("if-none-match", unknown)]);
            check(Verdict::Proceed, &[("if-none-match", unknown), ("if-modified-since", AFTER)]);
        }
        let post = headers(&[("if-none-match", "*")]);
        assert_eq!(evaluate(&Method::POST, &post, validators()), Verdict::Failed);
    }

    #[test]
    fn if_modified_since_needs_one_valid_date_and_a_safe_method() {
        for known in [MODIFIED, AFTER, "Tue, 01 Jan 2999 00:00:00 GMT"] {
            check(Verdict::NotModified, &[("if-modified-since", known)]);
        }
        for unknown in [BEFORE, "nonsense", "", "994032000"] {
            check(Verdict::Proceed, &[("if-modified-since", unknown)]);
        }
        check(Verdict::Proceed, &[("if-modified-since", AFTER), ("if-modified-since", AFTER)]);
        let post = headers(&[("if-modified-since", AFTER)]);
        assert_eq!(evaluate(&Method::POST, &post, validators()), Verdict::Proceed);
    }

    #[test]
    fn if_range_needs_the_strong_tag_or_the_exact_date() {
        for holds in ["\"abc-1\"", MODIFIED] {
            assert!(range_holds(&headers(&[("if-range", holds)]), validators()), "{holds}");
        }
        for fails in
            ["W/\"abc-1\"", "\"nope\"", "abc-1", "*", "\"abc-1\", \"x\"", BEFORE, AFTER, "nonsense", ""]
        {
            assert!(!range_holds(&headers(&[("if-range", fails)]), validators()), "{fails}");
        }
        assert!(range_holds(&HeaderMap::new(), validators()));
        assert!(!range_holds(&headers(&[("if-range", MODIFIED), ("if-range", MODIFIED)]), validators()));
    }
}
