//! One question to a server that answers in JSON, and every way in which that can go wrong.

use std::time::Duration;

use bytes::BytesMut;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use url::Url;

use super::IndexerError;
use crate::net::{reason, retry_after};

/// A server that wants to be left alone for longer is asked again after this all the same.
const LONGEST_WISH: Duration = Duration::from_secs(60 * 60);

/// How much of a server's time and of our memory one question may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// From asking to the last byte.
    pub(super) time: Duration,
    /// Bytes of the answer.
    pub(super) bytes: usize,
}

/// Asks `url` with these headers and reads the JSON it answers with; `None` if the server says that there is nothing
/// (404, 410). No error names the address, which may hold a key.
///
/// # Errors
/// By what can be done about it.
pub(super) async fn get_json(
    client: &reqwest::Client,
    url: Url,
    headers: HeaderMap,
    allowance: Allowance,
) -> Result<Option<Value>, IndexerError> {
    let asking = ask(client, url, headers, allowance.bytes);
    match tokio::time::timeout(allowance.time, asking).await {
        Ok(answer) => answer,
        Err(_) => {
            let limit = allowance.time.as_secs();
            Err(IndexerError::Unavailable(format!("did not answer within {limit} s")))
        }
    }
}

async fn ask(
    client: &reqwest::Client,
    url: Url,
    headers: HeaderMap,
    most: usize,
) -> Result<Option<Value>, IndexerError> {
    let mut response = client.get(url).headers(headers).send().await.map_err(unreachable)?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
        status => return Err(refused(status, response.headers())),
    }
    let mut body = BytesMut::new();
    while let Some(part) = response.chunk().await.map_err(unreachable)? {
        if body.len() + part.len() > most {
            return Err(IndexerError::Malformed(format!("sends more than {most} bytes")));
        }
        body.extend_from_slice(&part);
    }
    let read = serde_json::from_slice(&body);
    read.map(Some).map_err(|_| IndexerError::Malformed("does not answer in JSON".to_owned()))
}

fn refused(status: StatusCode, headers: &HeaderMap) -> IndexerError {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            IndexerError::Credentials(format!("refuses us ({})", status.as_u16()))
        }
        StatusCode::TOO_MANY_REQUESTS => IndexerError::RateLimited(pause(headers)),
        // A busy server that names a time is one that wants fewer questions.
        StatusCode::SERVICE_UNAVAILABLE if headers.contains_key(RETRY_AFTER) => {
            IndexerError::RateLimited(pause(headers))
        }
        status => IndexerError::Unavailable(format!("answers with status {}", status.as_u16())),
    }
}

fn pause(headers: &HeaderMap) -> Option<Duration> {
    retry_after(headers).map(|wish| wish.min(LONGEST_WISH))
}

fn unreachable(error: reqwest::Error) -> IndexerError {
    IndexerError::Unavailable(format!("cannot be reached: {}", reason(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::fake::{Fake, Reply};

    async fn ask(reply: Reply) -> Result<Option<Value>, IndexerError> {
        let fake = Fake::start([("/key-1/x", reply)]).await;
        let client = crate::net::client().unwrap();
        let allowance = Allowance { time: Duration::from_millis(500), bytes: 100 };
        get_json(&client, fake.url("/key-1/x"), HeaderMap::new(), allowance).await
    }

    #[tokio::test]
    async fn an_answer_is_json_or_nothing() {
        assert_eq!(ask(Reply::json("{\"a\":1}")).await, Ok(Some(serde_json::json!({ "a": 1 }))));
        assert_eq!(ask(Reply::status(404)).await, Ok(None));
        for wrong in [Reply::json("<html>"), Reply::json(""), Reply::json(&"1".repeat(101))] {
            assert!(matches!(ask(wrong).await, Err(IndexerError::Malformed(_))));
        }
    }

    #[tokio::test]
    async fn refusals_say_what_can_be_done() {
        assert!(matches!(ask(Reply::status(401)).await, Err(IndexerError::Credentials(_))));
        assert!(matches!(ask(Reply::status(500)).await, Err(IndexerError::Unavailable(_))));
        assert_eq!(ask(Reply::status(429)).await, Err(IndexerError::RateLimited(None)));
        let wish = Reply::status(503).header("Retry-After", "7");
        assert_eq!(ask(wish).await, Err(IndexerError::RateLimited(Some(Duration::from_secs(7)))));
        let dated = Reply::status(429).header("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(ask(dated).await, Err(IndexerError::RateLimited(Some(Duration::ZERO))));
    }

    #[tokio::test]
    async fn silence_ends_and_no_error_tells_the_address() {
        let silent = ask(Reply::silence()).await.unwrap_err();
        assert!(silent.to_string().contains("within"), "{silent}");
        let client = crate::net::client().unwrap();
        let allowance = Allowance { time: Duration::from_secs(5), bytes: 100 };
        let nowhere = "http://127.0.0.1:1/key-1/x".parse().unwrap();
        let error = get_json(&client, nowhere, HeaderMap::new(), allowance).await.unwrap_err();
        assert!(matches!(error, IndexerError::Unavailable(_)));
        assert!(!error.to_string().contains("key-1"), "{error}");
    }
}
