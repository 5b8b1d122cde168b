//! One question to an indexer and its answer, whose errors say what to do and hold no secrets.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use crate::discovery::IndexerError;
use crate::net::retry_after;

/// No server of this kind asks for more patience; those that do have made a mistake.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3_600);

/// What an indexer answered, whatever its status.
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// The body, as much of it as came.
    pub(super) body: Bytes,
    /// All of the body came.
    pub(super) is_whole: bool,
    pause: Option<Duration>,
    is_html: bool,
}

/// Sends a question and reads the answer, at most `most_bytes` of it. What has come of a body within `limit` is there,
/// however the rest fares.
///
/// # Errors
/// `Unavailable` if no answer begins within `limit`.
pub(super) async fn ask(
    request: reqwest::RequestBuilder,
    limit: Duration,
    most_bytes: usize,
) -> Result<Answer, IndexerError> {
    let end = Instant::now() + limit;
    let begun = timeout_at(end, request.send()).await.map_err(|_| late())?;
    let mut response = begun.map_err(|error| plain(&error))?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = BytesMut::new();
    let is_whole = loop {
        match timeout_at(end, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                let room = most_bytes.saturating_sub(body.len());
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    break false;
                }
            }
            Ok(Ok(None)) => break true,
            Ok(Err(_)) | Err(_) => break false,
        }
    };
    let is_html = is_html(&headers, &body);
    Ok(Answer { status, body: body.freeze(), is_whole, pause: pause(&headers), is_html })
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// What [`Answer::refusal`] says, or `Malformed` for JSON of another shape, of which nothing is repeated.
    pub(super) fn json<T: DeserializeOwned>(&self, expected: &str) -> Result<T, IndexerError> {
        if let Some(error) = self.refusal(expected) {
            return Err(error);
        }
        if !self.is_whole {
            return Err(unavailable("its answer broke off"));
        }
        serde_json::from_slice(&self.body).map_err(|_| not(expected, "it answered with something else"))
    }

    /// What status and kind say, if that is a refusal. `expected` is what should be there: `a Prowlarr`.
    pub(super) fn refusal(&self, expected: &str) -> Option<IndexerError> {
        Some(match self.status {
            429 => IndexerError::RateLimited(self.pause),
            401 => refused_key(),
            // What stands in front of a server refuses with pages, too, and knows nothing of its keys.
            403 if !self.is_html => refused_key(),
            410 => unavailable("it is disabled there"),
            status @ (403 | 408 | 500..) => unavailable(format!("it answered with status {status}")),
            404 => not(expected, "there is nothing at it (status 404)"),
            _ if self.is_html => not(expected, "it answered with a web page"),
            200..300 => return None,
            status => not(expected, &format!("it answered with status {status}")),
        })
    }

    /// How long it asks not to be asked again.
    pub(super) const fn pause(&self) -> Option<Duration> {
        self.pause
    }
}

/// The error for an address that is something else's.
pub(super) fn not(expected: &str, what: &str) -> IndexerError {
    IndexerError::Malformed(format!("this is not {expected}: {what}"))
}

pub(super) fn unavailable(what: impl Into<String>) -> IndexerError {
    IndexerError::Unavailable(what.into())
}

/// The error for one who takes too long.
pub(super) fn late() -> IndexerError {
    unavailable("it does not answer in time")
}

pub(super) fn refused_key() -> IndexerError {
    IndexerError::Credentials("the API key is refused".to_owned())
}

/// What a server says in its own words, as far as that can be shown: the beginning of the first line, without
/// addresses, settings and whatever else may be or hold a key.
pub(super) fn shown(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.split_whitespace().filter(|word| is_harmless(word)).take(16).collect::<Vec<_>>().join(" ")
}

/// Keys are long, or are letters and digits in a mixture.
fn is_harmless(word: &str) -> bool {
    let has_digits = word.contains(|c: char| c.is_ascii_digit());
    let is_mixed = word.len() > 5 && has_digits && word.contains(|c: char| c.is_alphabetic());
    let has_signs = word.contains(['/', '=', '&', '?', '@', '\\', '<', '>', '"']);
    word.len() <= 20 && !is_mixed && !has_signs
}

/// What went wrong on the way, without the address, which may hold a key.
fn plain(error: &reqwest::Error) -> IndexerError {
    unavailable(match error {
        error if error.is_connect() => "there is no connection to it",
        error if error.is_timeout() => return late(),
        error if error.is_redirect() => "it leads to where nobody may go",
        error if error.is_builder() => "its address cannot be used",
        _ => "the connection to it broke off",
    })
}

fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let start = body.trim_ascii_start();
    let begins = |tag: &[u8]| start.get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag));
    let declared = kind.to_ascii_lowercase().starts_with("text/html");
    // Some servers call their XML a web page.
    begins(b"<!doctype html") || begins(b"<html") || declared && !begins(b"<?xml") && !begins(b"<rss")
}

fn pause(headers: &HeaderMap) -> Option<Duration> {
    retry_after(headers).map(|pause| pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::header::RETRY_AFTER;

    use super::*;

    #[test]
    fn pauses_are_read_as_seconds_and_as_dates() {
        let pause = |text: &str| {
            pause(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())])).map(|pause| pause.as_secs())
        };
        assert_eq!(pause("90"), Some(90));
        assert_eq!(pause("99999999"), Some(LONGEST_PAUSE.as_secs()));
        assert_eq!(pause("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
        assert_eq!(pause("later"), None);
        let some_day = httpdate::fmt_http_date(SystemTime::now() + 2 * LONGEST_PAUSE);
        assert_eq!(pause(&some_day), Some(LONGEST_PAUSE.as_secs()));
    }

    #[test]
    fn what_servers_say_is_shown_without_what_may_be_secret() {
        let said = "Error at https://tracker.example/rss?passkey=abc key=0123 0123456789abcdef0123456789abcdef k3y0f0urs now\nX";
        assert_eq!(shown(said), "Error at now");
    }
}
