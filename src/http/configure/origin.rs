//! Who may post, and what a browser may do with the answer.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::http::error::ApiError;

/// Everything comes from this server, nothing stands in the page itself, and no other page may frame it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a browser is told of every answer of the page. The id of a profile stands in its address, so no other server
/// learns where a visitor came from; `no-referrer` would also hide the origin of our own forms from us.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Refuses what another site's page posts, and guards the answers.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if is_safe || is_from_here(request.headers()) {
        next.run(request).await
    } else {
        ApiError::Forbidden("Forms of other sites are not taken; open the configure page itself".to_owned())
            .into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a page of this server sent it, or no page at all. Browsers say so in `Sec-Fetch-Site` (W3C Fetch Metadata);
/// older ones name their page's origin, which then has to be the host that they ask.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some_and(|host| text("host").is_some_and(|own| own.eq_ignore_ascii_case(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_other_sites_are_known_by_what_browsers_say() {
        for (headers, expected) in [
            (&[("host", "tv.example")][..], true),
            (&[("host", "tv.example"), ("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (&[("host", "tv.example"), ("sec-fetch-site", "none")], true),
            (&[("host", "tv.example"), ("sec-fetch-site", "cross-site")], false),
            (
                &[("host", "tv.example"), ("sec-fetch-site", "same-site"), ("origin", "https://tv.example")],
                false,
            ),
            (&[("host", "tv.example:7000"), ("origin", "http://TV.example:7000")], true),
            (&[("host", "tv.example:7000"), ("origin", "http://tv.example")], false),
            (&[("host", "tv.example"), ("origin", "https://evil.example")], false),
            (&[("host", "tv.example"), ("origin", "null")], false),
            (&[("origin", "https://evil.example")], false),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.insert(*name, HeaderValue::from_static(value));
            }
            assert_eq!(is_from_here(&map), expected, "{headers:?}");
        }
    }
}
