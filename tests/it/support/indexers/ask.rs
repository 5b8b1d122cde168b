//! A request as a site reads it.

use std::time::Instant;

use axum::extract::Request;
use bytes::Bytes;
use http::HeaderMap;

/// How much of a body is read; nobody here is sent as much.
const LONGEST_BODY: usize = 1 << 20;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// The method, in capitals.
    pub(crate) method: String,
    /// The path as it was sent, still encoded.
    pub(crate) path: String,
    /// The query as it was sent, without the question mark.
    pub(crate) query: String,
    /// The header section.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
    /// How the site is addressed: `http://127.0.0.1:1234`.
    pub(crate) base: String,
    /// When it came.
    pub(crate) at: Instant,
}

impl Ask {
    pub(super) async fn read(request: Request) -> Self {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, LONGEST_BODY).await.unwrap_or_default();
        let host = head.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            base: format!("http://{host}"),
            headers: head.headers,
            body,
            at: Instant::now(),
        }
    }

    /// The parts of the path, decoded.
    pub(crate) fn segments(&self) -> Vec<String> {
        let decoded =
            |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
        self.path.trim_start_matches('/').split('/').map(decoded).collect()
    }

    /// Every parameter of the query, decoded.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// The first value of a parameter that is there and not empty. Names are compared in either case, as ASP.NET
    /// does, on which most of these programs run.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let found = |(key, value): &(String, String)| key.eq_ignore_ascii_case(name) && !value.is_empty();
        self.parameters().into_iter().find(found).map(|(_, value)| value)
    }

    /// Every value of a parameter.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let wanted = self.parameters().into_iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        wanted.map(|(_, value)| value).collect()
    }

    /// A header's value, empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
