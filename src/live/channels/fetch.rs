//! Asks an address for a list of channels.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use url::Url;

use super::keep::LARGEST_LIST;
use crate::net::reason;

/// From asking to the last byte.
const PATIENCE: Duration = Duration::from_secs(60);

/// What an answer was marked with, to be told that nothing has changed since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tags {
    entity: Option<HeaderValue>,
    modified: Option<HeaderValue>,
}

/// An answer.
#[derive(Debug)]
pub(super) enum Fetched {
    /// The same as last time.
    Unchanged,
    /// The whole list, and what it was marked with.
    New {
        /// In whatever charset.
        bytes: Bytes,
        /// For the next time.
        tags: Tags,
    },
}

/// Why there is no answer. No text names the address, which may hold a key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchError {
    /// Nobody is there, or the connection broke.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("it did not arrive within {} s", PATIENCE.as_secs())]
    Late,
    /// Another status than 200 and 304.
    #[error("its server answers with status {0}")]
    Status(u16),
    /// It goes on and on.
    #[error("it has more than {} MiB", LARGEST_LIST >> 20)]
    TooLarge,
}

/// Asks for a list that was marked with `tags` last time.
///
/// # Errors
/// See [`FetchError`].
pub(super) async fn fetch(client: &reqwest::Client, url: &Url, tags: &Tags) -> Result<Fetched, FetchError> {
    tokio::time::timeout(PATIENCE, ask(client, url, tags)).await.map_err(|_| FetchError::Late)?
}

async fn ask(client: &reqwest::Client, url: &Url, tags: &Tags) -> Result<Fetched, FetchError> {
    let mut response =
        client.get(url.clone()).headers(tags.conditions()).send().await.map_err(unreachable)?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_MODIFIED => return Ok(Fetched::Unchanged),
        status => return Err(FetchError::Status(status.as_u16())),
    }
    let tags = Tags::read(response.headers());
    let mut body = BytesMut::new();
    while let Some(part) = response.chunk().await.map_err(unreachable)? {
        if (body.len() + part.len()) as u64 > LARGEST_LIST {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    Ok(Fetched::New { bytes: body.freeze(), tags })
}

impl Tags {
    fn read(headers: &HeaderMap) -> Self {
        let copy = |name: HeaderName| headers.get(name).cloned();
        Self { entity: copy(header::ETAG), modified: copy(header::LAST_MODIFIED) }
    }

    fn conditions(&self) -> HeaderMap {
        let both = [(header::IF_NONE_MATCH, &self.entity), (header::IF_MODIFIED_SINCE, &self.modified)];
        both.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }
}

fn unreachable(error: reqwest::Error) -> FetchError {
    FetchError::Unreachable(reason(error))
}
