//! Short questions to an engine, and lenient reading of what it answers.

use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::Value;
use url::Url;

/// No answer of an engine that we ask for is longer.
pub(super) const MOST_ANSWER: usize = 256 * 1024;

/// An engine does not answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AskError {
    #[error("cannot be reached")]
    Unreachable,
    #[error("does not answer in time")]
    Timeout,
    #[error("answers with status {0}")]
    Status(u16),
    #[error("answers with something other than JSON")]
    NotJson,
}

impl From<reqwest::Error> for AskError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() && !error.is_connect() { Self::Timeout } else { Self::Unreachable }
    }
}

/// Asks for JSON; any status but 200 is an error.
pub(super) async fn ask(client: &Client, url: Url, patience: Duration) -> Result<Value, AskError> {
    let response = client.get(url).timeout(patience).send().await?;
    match response.status().as_u16() {
        200 => json(response).await,
        status => Err(AskError::Status(status)),
    }
}

/// Reads the body of an answer as JSON, as far as it is not absurdly long.
pub(super) async fn json(mut response: Response) -> Result<Value, AskError> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        body.extend_from_slice(&piece);
        if body.len() > MOST_ANSWER {
            return Err(AskError::NotJson);
        }
    }
    serde_json::from_slice(&body).map_err(|_| AskError::NotJson)
}

/// What an answer that is no JSON says, short.
pub(super) async fn text(mut response: Response) -> String {
    let status = response.status();
    match response.chunk().await {
        Ok(Some(piece)) if !piece.is_empty() => plain(&String::from_utf8_lossy(&piece)),
        _ => format!("status {}", status.as_u16()),
    }
}

/// Words of an engine, without what could break a log line.
fn plain(text: &str) -> String {
    /// Longer ones are stack traces.
    const MOST: usize = 160;
    text.chars().filter(|character| !character.is_control()).take(MOST).collect()
}

/// A number that may have been written as a string, as positions are.
pub(super) fn number(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|number| number as i64))
        .or_else(|| value.as_str()?.trim().parse().ok())
}

/// What `error` of an answer says, short and without what could break a log line.
pub(super) fn complaint(answer: &Value) -> Option<String> {
    let error = answer.get("error").filter(|error| !error.is_null())?;
    let text = error.as_str().or_else(|| error.get("message")?.as_str()).unwrap_or("unknown error");
    Some(plain(text))
}
