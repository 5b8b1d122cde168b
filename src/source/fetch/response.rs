//! Whether a response is what was asked for. Pure, so that every case stands in a table.

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG};
use http::{HeaderMap, StatusCode};

use super::Refusal;
use super::fault::Fault;
use crate::net::retry_after;

/// Bytes that are read and thrown away at most to reach the wanted ones, where a server ignores ranges.
const MOST_SKIPPED: u64 = 4 << 20;

/// What a server says in `X-Error` is shown to people up to this length.
const LONGEST_REASON: usize = 100;

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The first byte of the range.
    pub(super) start: u64,
    /// Bytes of the whole file, if they are known.
    pub(super) length: Option<u64>,
    /// The strong entity tag that the same address had before.
    pub(super) tag: Option<&'a str>,
}

/// A response that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// Bytes of the body that come before the wanted ones.
    pub(super) skip: u64,
    /// Where the body ends in the file.
    pub(super) end: u64,
    /// Bytes of the whole file.
    pub(super) total: u64,
    /// Its strong entity tag.
    pub(super) tag: Option<String>,
    /// Whether the server answered with a range.
    pub(super) partial: bool,
}

/// Judges the head of a response to a request for a range.
pub(super) fn judge(status: StatusCode, headers: &HeaderMap, asked: &Asked<'_>) -> Result<Answer, Fault> {
    if status != StatusCode::OK && status != StatusCode::PARTIAL_CONTENT {
        return Err(refused(status, headers));
    }
    let partial = status == StatusCode::PARTIAL_CONTENT;
    let range = if partial { content_range(headers) } else { whole(headers) };
    let fits = range.as_ref().is_some_and(|range| asked.length.is_none_or(|length| length == range.total));
    if is_page(headers, fits) {
        return Err(Fault::Refused(Refusal::NotMedia));
    }
    let range = range.ok_or(Fault::Refused(Refusal::BadRange))?;
    if let Some(expected) = asked.length
        && !fits
    {
        return Err(Fault::Refused(Refusal::WrongLength { expected, got: range.total }));
    }
    let tag = strong_tag(headers);
    if let (Some(known), Some(new)) = (asked.tag, &tag)
        && known != new
    {
        return Err(Fault::Refused(Refusal::OtherFile));
    }
    let skip =
        asked.start.checked_sub(range.start).filter(|skip| *skip == 0 || !partial && *skip < MOST_SKIPPED);
    match skip {
        Some(skip) if asked.start < range.end => {
            Ok(Answer { skip, end: range.end, total: range.total, tag, partial })
        }
        _ => Err(Fault::Refused(Refusal::BadRange)),
    }
}

/// A range of a file and the file's length.
struct Place {
    start: u64,
    end: u64,
    total: u64,
}

/// `Content-Range: bytes 0-99/1000` (RFC 9110, 14.4). An unknown total is of no use.
fn content_range(headers: &HeaderMap) -> Option<Place> {
    let (unit, rest) = text(headers, &CONTENT_RANGE)?.trim().split_once(' ')?;
    let (range, total) = rest.trim().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (start, end) = (first.trim().parse().ok()?, last.trim().parse::<u64>().ok()?.checked_add(1)?);
    let place = Place { start, end, total: total.trim().parse().ok()? };
    let sound = unit.eq_ignore_ascii_case("bytes") && place.start < place.end && place.end <= place.total;
    (sound && is_plain(headers)).then_some(place)
}

/// The whole file, if its length is known.
fn whole(headers: &HeaderMap) -> Option<Place> {
    let total = text(headers, &CONTENT_LENGTH)?.trim().parse().ok()?;
    is_plain(headers).then_some(Place { start: 0, end: total, total })
}

/// A compressed body has other offsets than the file.
fn is_plain(headers: &HeaderMap) -> bool {
    text(headers, &CONTENT_ENCODING).is_none_or(|coding| coding.trim().eq_ignore_ascii_case("identity"))
}

/// Whether this is a page for people or an answer for programs. Some file servers call everything plain text whose
/// extension they do not know; the exact length of the content tells it from a message.
fn is_page(headers: &HeaderMap, fits: bool) -> bool {
    let kind = text(headers, &CONTENT_TYPE).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" | "application/json" | "application/problem+json" => true,
        "text/plain" => !fits,
        _ => false,
    }
}

fn refused(status: StatusCode, headers: &HeaderMap) -> Fault {
    let reason = text(headers, &"x-error".parse().expect("a valid header name")).map(|reason| {
        reason.chars().filter(|character| !character.is_control()).take(LONGEST_REASON).collect()
    });
    let refusal = Refusal::Status { status: status.as_u16(), reason };
    match status.as_u16() {
        // With a reason of its own the service tells the origin what to do.
        429 | 502..=504 if matches!(refusal, Refusal::Status { reason: None, .. }) => {
            Fault::Busy(refusal, retry_after(headers))
        }
        _ => Fault::Refused(refusal),
    }
}

/// The entity tag, if it promises equal bytes (RFC 9110, 8.8.3).
fn strong_tag(headers: &HeaderMap) -> Option<String> {
    text(headers, &ETAG).map(str::trim).filter(|tag| tag.starts_with('"') && tag.len() > 2).map(str::to_owned)
}

fn text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LENGTH: u64 = 10_000_000;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn answer(status: u16, lines: &[(&'static str, &str)], start: u64) -> Result<Answer, Fault> {
        let asked = Asked { start, length: Some(LENGTH), tag: Some("\"one\"") };
        judge(StatusCode::from_u16(status).unwrap(), &headers(lines), &asked)
    }

    fn status(status: u16, reason: Option<&str>) -> Refusal {
        Refusal::Status { status, reason: reason.map(str::to_owned) }
    }

    #[test]
    fn only_the_range_that_was_asked_for_is_taken() {
        let good = answer(206, &[("content-range", "bytes 500-999/10000000")], 500).unwrap();
        assert_eq!(good, Answer { skip: 0, end: 1000, total: LENGTH, tag: None, partial: true });
        for (line, start) in [
            ("bytes 500-999/10000000", 400),
            ("bytes 500-999/10000000", 600),
            ("bytes 500-499/10000000", 500),
            ("bytes 500-10000000/10000000", 500),
            ("bytes 500-999/*", 500),
            ("bytes */10000000", 500),
            ("items 500-999/10000000", 500),
            ("500-999/10000000", 500),
            ("", 500),
        ] {
            let refusal = answer(206, &[("content-range", line)], start);
            assert_eq!(refusal, Err(Fault::Refused(Refusal::BadRange)), "{line}");
        }
        assert_eq!(answer(206, &[], 0), Err(Fault::Refused(Refusal::BadRange)));
    }

    #[test]
    fn another_total_is_another_file() {
        for (code, line) in
            [(206, ("content-range", "bytes 0-99/10000001")), (200, ("content-length", "10000001"))]
        {
            let wrong = Refusal::WrongLength { expected: LENGTH, got: LENGTH + 1 };
            assert_eq!(answer(code, &[line], 0), Err(Fault::Refused(wrong)));
        }
    }

    #[test]
    fn an_ignored_range_is_skipped_only_near_the_start() {
        let whole = [("content-length", "10000000")];
        let skip = |start| answer(200, &whole, start).map(|answer| (answer.skip, answer.end, answer.partial));
        assert_eq!(skip(0), Ok((0, LENGTH, false)));
        assert_eq!(skip(MOST_SKIPPED - 1), Ok((MOST_SKIPPED - 1, LENGTH, false)));
        assert_eq!(skip(MOST_SKIPPED), Err(Fault::Refused(Refusal::BadRange)));
        assert_eq!(answer(200, &[], 0), Err(Fault::Refused(Refusal::BadRange)), "a length must be known");
        let packed = [("content-length", "10000000"), ("content-encoding", "gzip")];
        assert_eq!(answer(200, &packed, 0), Err(Fault::Refused(Refusal::BadRange)));
    }

    #[test]
    fn pages_are_no_media_whatever_their_length() {
        let length = ("content-length", "10000000");
        for kind in ["text/html", "Text/HTML; charset=utf-8", "application/json"] {
            let refusal = answer(200, &[("content-type", kind), length], 0);
            assert_eq!(refusal, Err(Fault::Refused(Refusal::NotMedia)), "{kind}");
        }
        let short = [("content-type", "text/plain"), ("content-length", "12")];
        assert_eq!(answer(200, &short, 0), Err(Fault::Refused(Refusal::NotMedia)));
        assert!(answer(200, &[("content-type", "text/plain"), length], 0).is_ok(), "an unknown extension");
        assert!(answer(200, &[("content-type", "video/mp4"), length], 0).is_ok());
    }

    #[test]
    fn errors_are_refusals_with_the_reason_that_the_server_gives() {
        for code in [301, 400, 401, 403, 404, 410, 416, 451, 500, 501] {
            assert_eq!(answer(code, &[], 0), Err(Fault::Refused(status(code, None))));
        }
        let reason = [("x-error", "link_expired"), ("content-type", "text/html")];
        assert_eq!(answer(503, &reason, 0), Err(Fault::Refused(status(503, Some("link_expired")))));
    }

    #[test]
    fn a_busy_server_may_say_when_to_come_back() {
        let busy = |code, line| answer(code, &[line], 0);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(busy(429, ("retry-after", "3")), Err(Fault::Busy(status(429, None), seconds(3))));
        assert_eq!(busy(503, ("x-other", "1")), Err(Fault::Busy(status(503, None), None)));
        let past = ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(busy(503, past), Err(Fault::Busy(status(503, None), seconds(0))));
    }

    #[test]
    fn a_changed_strong_tag_is_another_file_and_a_weak_one_says_nothing() {
        let range = ("content-range", "bytes 0-99/10000000");
        let tag = |tag| answer(206, &[range, ("etag", tag)], 0).map(|answer| answer.tag);
        assert_eq!(tag("\"one\""), Ok(Some("\"one\"".to_owned())));
        assert_eq!(tag("\"two\""), Err(Fault::Refused(Refusal::OtherFile)));
        assert_eq!(tag("W/\"two\""), Ok(None));
    }
}
