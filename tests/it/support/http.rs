//! The HTTP client of the tests: no proxy, no redirects unless asked, every request bounded.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// An answer with its whole body.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The header section.
    pub(crate) headers: HeaderMap,
    /// The body, complete.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in the answer {} {:?}", self.status, self.text()))
    }

    /// The body as text, shortened for messages.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body[..self.body.len().min(2000)]).into_owned()
    }

    /// A header's value, empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A client that stays where it is sent.
pub(crate) fn unmoved() -> reqwest::Client {
    builder().redirect(reqwest::redirect::Policy::none()).build().expect("the client has fixed settings")
}

/// A client that follows redirects as players do; the waiting policy of a cold hit sends them in circles.
pub(crate) fn client() -> reqwest::Client {
    builder().redirect(reqwest::redirect::Policy::limited(20)).build().expect("the client has fixed settings")
}

/// Sends a request and reads the whole body, within `patience`.
///
/// # Errors
/// Whatever goes wrong on the way, a body that ends too early included.
pub(crate) async fn send(
    client: &reqwest::Client,
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
    patience: Duration,
) -> Result<Answer, reqwest::Error> {
    let mut request = client.request(method, url).timeout(patience).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
}

/// Percent-encodes a query value completely.
pub(crate) fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests are clients from outside; the server's own rules are not theirs"
)]
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().connect_timeout(Duration::from_secs(5))
}
