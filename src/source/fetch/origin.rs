//! Where the bytes of one content can be fetched over HTTP, as the fetcher sees it.

use std::ops::Range;
use std::sync::Arc;

use futures::future::BoxFuture;
use http::HeaderMap;
use tokio::sync::Semaphore;
use url::Url;

use crate::source::SourceError;

/// A place that holds a whole content: a debrid service's copy, a web seed, an operator's server. The fetcher
/// asks it for an address, and for another one when that stops working.
pub trait Origin: Send + Sync + 'static {
    /// What people know it by, for messages: a service's name, a host. Never an address.
    fn name(&self) -> &str {
        "the file server"
    }

    /// An address to fetch from. `refused` says what happened to the one given before; `None` asks for the
    /// first. Implementations keep addresses for as long as they live, let one caller at a time fetch a fresh one,
    /// and bound how often that happens.
    fn link<'a>(&'a self, refused: Option<&'a Refusal>) -> BoxFuture<'a, Result<Link, SourceError>>;

    /// How many other places it can still give an address of. Each call of `link` with a refusal takes one away; while
    /// there are some, none of them gets a second chance before it has answered once.
    fn others(&self) -> usize {
        0
    }

    /// The bytes of `range` of the torrent, which lie outside the content: what its first and last piece
    /// share with the neighbouring files. `None` if this place has only the content itself. At least one of the
    /// link's connections is free for it when it is called.
    fn surroundings(&self, range: Range<u64>) -> BoxFuture<'_, Option<Vec<u8>>>;

    /// Says that a piece did not match its hash that came from `sender` alone, one of the addresses given out before.
    /// Whatever lies there is not to be used again for this torrent.
    fn blame(&self, sender: &Link);
}

/// An address of a content's bytes.
#[derive(Clone)]
pub struct Link {
    /// The client that reaches it, with the right proxy, name and guard.
    pub client: reqwest::Client,
    /// The address. It may be a secret: it is never logged.
    pub url: Url,
    /// What else the server wants to see in a request.
    pub headers: HeaderMap,
    /// One permit for each connection that the server may be bothered with.
    pub connections: Arc<Semaphore>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

/// Why an address is of no more use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It answered with an error status. Some services add the reason in `X-Error`.
    #[error("the file server answered {status}{}", reason.as_ref().map(|why| format!(" ({why})")).unwrap_or_default())]
    Status {
        /// The status code.
        status: u16,
        /// The value of `X-Error`, if there was one.
        reason: Option<String>,
    },
    /// It delivers a web page or JSON instead of a file.
    #[error("the file server sent a web page instead of the file")]
    NotMedia,
    /// Its file has another length than the content.
    #[error("the file there has {got} bytes instead of {expected}")]
    WrongLength {
        /// Bytes of the content.
        expected: u64,
        /// Bytes that the server says it has.
        got: u64,
    },
    /// Its bytes are those of another file: another container, or other bytes where some are known already.
    #[error("the file there is another version or another file")]
    OtherFile,
    /// It ignores ranges or answers with other ones than it was asked for.
    #[error("the file server does not answer ranges as it must")]
    BadRange,
    /// It cannot be reached, or breaks off again and again, or sends nothing.
    #[error("the file server does not deliver: {0}")]
    Silent(String),
}
