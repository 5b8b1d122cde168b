//! From an [`Outcome`] to a response: every header of a media answer is set here.

use http::header::{
    ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_DISPOSITION,
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, LAST_MODIFIED, LOCATION,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::body::{MediaBody, Viewing};
use super::disposition::content_disposition;
use super::outcome::{Outcome, Representation};
use super::walk::Segment;

/// Not stored, because a link is personal and because shared caches (Cloudflare caches by file extension)
/// may turn a range into a download of the whole. Not transformed, because carriers recompress video.
const MEDIA_CACHING: HeaderValue = HeaderValue::from_static("no-store, no-transform");

/// What scripts of web players may read of an answer.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Last-Modified",
);

const TRANSFER_MODE: HeaderName = HeaderName::from_static("transfermode.dlna.org");
const FEATURES_WANTED: HeaderName = HeaderName::from_static("getcontentfeatures.dlna.org");
const FEATURES: HeaderName = HeaderName::from_static("contentfeatures.dlna.org");

/// Seeking by byte (`OP=01`), not converted (`CI=0`), streaming mode and background transfer
/// allowed, DLNA 1.5; the flags are 32 digits, of which TVs reject any other number.
const SEEKABLE: HeaderValue =
    HeaderValue::from_static("DLNA.ORG_OP=01;DLNA.ORG_CI=0;DLNA.ORG_FLAGS=01700000000000000000000000000000");

/// Answers a GET of a content: headers at once, bytes as they arrive.
pub fn serve(headers: &HeaderMap, representation: &Representation, viewing: Viewing) -> Response<MediaBody> {
    let outcome = Outcome::decide(&Method::GET, headers, representation);
    let mut response = describe(&outcome, headers, representation);
    *response.body_mut() = match outcome {
        Outcome::Full => MediaBody::walk(viewing, vec![Segment::Run(0..representation.length)]),
        Outcome::Partial(range) => MediaBody::walk(viewing, vec![Segment::Run(range)]),
        Outcome::Multipart(multipart) => {
            let parts = multipart.parts().iter();
            let parts =
                parts.flat_map(|part| [Segment::Text(part.head.clone()), Segment::Run(part.range.clone())]);
            let closing = Segment::Text(multipart.closing().clone());
            MediaBody::walk(viewing, parts.chain([closing]).collect())
        }
        Outcome::NotModified => MediaBody::empty(),
        Outcome::PreconditionFailed => MediaBody::text(CHANGED),
        Outcome::Unsatisfiable => MediaBody::text(BEYOND),
    };
    response
}

/// Answers a HEAD of a content. Needs neither the cache file nor a viewing, so that it can be
/// answered as soon as the length is known.
pub fn serve_head(headers: &HeaderMap, representation: &Representation) -> Response<MediaBody> {
    let outcome = Outcome::decide(&Method::HEAD, headers, representation);
    describe(&outcome, headers, representation)
}

/// 307 to the same URL with the next waiting state; `location` comes from `Waiting::location`.
pub fn redirect_to_self(location: HeaderValue) -> Response<MediaBody> {
    let mut response = Response::new(MediaBody::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    let headers = response.headers_mut();
    headers.insert(LOCATION, location);
    // A remembered redirect would keep the player in the loop after the content is ready.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    allow_origins(headers);
    response
}

/// Answers the OPTIONS request that browsers send before a GET with an unusual `Range`.
pub fn preflight() -> Response<MediaBody> {
    let mut response = Response::new(MediaBody::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    allow_origins(headers);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST, OPTIONS"));
    let allowed =
        "Content-Type, Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since";
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

const CHANGED: &str = "The precondition of the request does not hold for this content.\n";
const BEYOND: &str = "The range lies outside this content.\n";

/// Status and headers of `outcome`, with an empty body.
fn describe(outcome: &Outcome, request: &HeaderMap, representation: &Representation) -> Response<MediaBody> {
    let length = representation.length;
    let mut response = Response::new(MediaBody::empty());
    let headers = response.headers_mut();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CACHE_CONTROL, MEDIA_CACHING);
    headers.insert(ETAG, representation.etag.clone());
    allow_origins(headers);
    let (status, content_length) = match outcome {
        Outcome::Full => (StatusCode::OK, Some(length)),
        Outcome::Partial(range) => {
            headers.insert(CONTENT_RANGE, content_range(range.start, range.end, length));
            (StatusCode::PARTIAL_CONTENT, Some(range.end - range.start))
        }
        Outcome::Multipart(multipart) => (StatusCode::PARTIAL_CONTENT, Some(multipart.content_length())),
        // Section 15.4.5: validators and caching only, and no length, which would be the 200's.
        Outcome::NotModified => (StatusCode::NOT_MODIFIED, None),
        Outcome::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, Some(CHANGED.len() as u64)),
        Outcome::Unsatisfiable => {
            let unsatisfied = HeaderValue::try_from(format!("bytes */{length}"));
            headers.insert(CONTENT_RANGE, unsatisfied.expect("digits are legal in a header"));
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(BEYOND.len() as u64))
        }
    };
    if let Some(content_length) = content_length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(content_length));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CONTENT_TYPE, content_type(outcome, representation));
    }
    if status.is_success() {
        headers.insert(LAST_MODIFIED, date(representation));
        headers.insert(CONTENT_DISPOSITION, content_disposition(&representation.name));
        headers.insert(TRANSFER_MODE, HeaderValue::from_static("Streaming"));
        if request.get(FEATURES_WANTED).is_some_and(|value| value == "1") {
            headers.insert(FEATURES, SEEKABLE);
        }
    }
    *response.status_mut() = status;
    response
}

fn content_type(outcome: &Outcome, representation: &Representation) -> HeaderValue {
    match outcome {
        Outcome::Multipart(multipart) => {
            HeaderValue::try_from(multipart.media_type()).expect("a boundary is hexadecimal digits")
        }
        Outcome::Full | Outcome::Partial(_) => HeaderValue::from_static(representation.media_type),
        _ => HeaderValue::from_static("text/plain; charset=utf-8"),
    }
}

/// `end` is exclusive, as everywhere here; the header's last position is not.
fn content_range(start: u64, end: u64, length: u64) -> HeaderValue {
    let last = end.saturating_sub(1);
    HeaderValue::try_from(format!("bytes {start}-{last}/{length}")).expect("digits are legal in a header")
}

fn date(representation: &Representation) -> HeaderValue {
    let date = httpdate::fmt_http_date(representation.last_modified);
    HeaderValue::try_from(date).expect("a date is ASCII")
}

fn allow_origins(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

#[cfg(test)]
mod tests {
    use http_body::Body;

    use super::*;

    fn head(lines: &[(&'static str, &str)]) -> Response<MediaBody> {
        answer(&Method::HEAD, lines)
    }

    /// What a GET would be described as; the body is another matter.
    fn answer(method: &Method, lines: &[(&'static str, &str)]) -> Response<MediaBody> {
        let representation = Representation::new("abc-3", 1000, "Film é.mkv");
        let mut request = HeaderMap::new();
        for (name, value) in lines {
            request.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        describe(&Outcome::decide(method, &request, &representation), &request, &representation)
    }

    fn check(response: &Response<MediaBody>, status: u16, wanted: &[(&str, Option<&str>)]) {
        assert_eq!(response.status(), status);
        for (name, value) in wanted {
            let found = response.headers().get(*name).map(|value| value.to_str().unwrap());
            assert_eq!(found, *value, "{name}");
        }
    }

    const ALWAYS: [(&str, Option<&str>); 4] = [
        ("accept-ranges", Some("bytes")),
        ("etag", Some("\"abc-3\"")),
        ("cache-control", Some("no-store, no-transform")),
        ("access-control-allow-origin", Some("*")),
    ];

    #[test]
    fn head_describes_the_whole_even_with_a_range() {
        let response = head(&[("range", "bytes=0-1")]);
        check(&response, 200, &ALWAYS);
        let wanted = [
            ("content-length", Some("1000")),
            ("content-range", None),
            ("content-type", Some("video/x-matroska")),
            ("x-content-type-options", Some("nosniff")),
            ("last-modified", Some("Mon, 02 Jul 2001 00:00:00 GMT")),
            (
                "content-disposition",
                Some("inline; filename=\"Film _.mkv\"; filename*=UTF-8''Film%20%C3%A9.mkv"),
            ),
            ("transfermode.dlna.org", Some("Streaming")),
            ("contentfeatures.dlna.org", None),
        ];
        check(&response, 200, &wanted);
        assert_eq!(response.body().size_hint().exact(), Some(0));
    }

    #[test]
    fn one_range_names_its_place_and_length() {
        let response = answer(&Method::GET, &[("range", "bytes=5-8")]);
        check(&response, 206, &ALWAYS);
        let wanted = [
            ("content-range", Some("bytes 5-8/1000")),
            ("content-length", Some("4")),
            ("content-type", Some("video/x-matroska")),
            ("last-modified", Some("Mon, 02 Jul 2001 00:00:00 GMT")),
        ];
        check(&response, 206, &wanted);
    }

    #[test]
    fn several_ranges_have_no_content_range_of_their_own() {
        let response = answer(&Method::GET, &[("range", "bytes=0-1,5-8")]);
        check(&response, 206, &ALWAYS);
        check(&response, 206, &[("content-range", None)]);
        let media_type = response.headers()["content-type"].to_str().unwrap();
        assert!(media_type.starts_with("multipart/byteranges; boundary="), "{media_type}");
    }

    #[test]
    fn not_modified_carries_validators_and_nothing_of_the_content() {
        let response = answer(&Method::GET, &[("if-none-match", "*"), ("range", "bytes=0-1")]);
        check(&response, 304, &ALWAYS);
        let absent =
            ["content-length", "content-type", "content-range", "content-disposition", "last-modified"];
        check(&response, 304, &absent.map(|name| (name, None)));
    }

    #[test]
    fn an_unsatisfiable_range_is_told_the_length() {
        let response = answer(&Method::GET, &[("range", "bytes=1000-")]);
        check(&response, 416, &ALWAYS);
        check(
            &response,
            416,
            &[("content-range", Some("bytes */1000")), ("content-type", Some("text/plain; charset=utf-8"))],
        );
        let failed = answer(&Method::GET, &[("if-match", "\"nope\"")]);
        check(&failed, 412, &ALWAYS);
        check(&failed, 412, &[("content-range", None), ("content-disposition", None)]);
    }

    #[test]
    fn televisions_get_their_features_when_they_ask() {
        let response = head(&[("getcontentfeatures.dlna.org", "1")]);
        let features = response.headers()["contentfeatures.dlna.org"].to_str().unwrap();
        assert_eq!(features.rsplit_once('=').unwrap().1.len(), 32);
        check(&head(&[("getcontentfeatures.dlna.org", "0")]), 200, &[("contentfeatures.dlna.org", None)]);
    }

    #[test]
    fn redirects_are_not_remembered_and_preflights_allow_ranges() {
        let redirect = redirect_to_self(HeaderValue::from_static("/play?w=x"));
        check(&redirect, 307, &[("location", Some("/play?w=x")), ("cache-control", Some("no-store"))]);
        let preflight = preflight();
        check(&preflight, 204, &[("access-control-allow-origin", Some("*"))]);
        assert!(preflight.headers()["access-control-allow-headers"].to_str().unwrap().contains("Range"));
    }
}
