//! Sources: what can write the bytes of a content into its cache file.

pub mod cached;
pub mod torrent;

mod progress;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::sync::watch;

use crate::cache::{CacheError, CacheFile};
use crate::domain::{FileChoice, InfoHash, Metainfo};

pub use progress::{Progress, Report, Stage};

/// One way of getting a content. The chain of `prepare` asks its sources in order.
pub trait Source: Send + Sync + 'static {
    /// The short name for logs, metrics and attempt records: `cache`, `p2p`, …
    fn name(&self) -> &'static str;

    /// Finds the content and starts writing it. Returns as soon as its length and name are known;
    /// writing goes on for as long as the returned [`Writer`] lives. Dropping the future cancels.
    fn open<'a>(
        &'a self,
        request: &'a Request,
        report: &'a Report,
    ) -> BoxFuture<'a, Result<Opened, SourceError>>;
}

/// What a viewer asked for, with every hint that came along.
#[derive(Debug, Clone)]
pub struct Request {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The file in it.
    pub file: FileChoice,
    /// Trackers named by the request (`tr`), beside those of the settings.
    pub trackers: Vec<url::Url>,
    /// Peers named by the request (`x.pe`).
    pub peers: Vec<SocketAddr>,
    /// An uploaded .torrent whose info-hash was already compared.
    pub metainfo: Option<Bytes>,
}

/// A content that can be read now or soon.
#[derive(Debug)]
pub struct Opened {
    /// The cache file, which knows its length and name.
    pub file: CacheFile,
    /// The torrent's file table where it is known.
    pub metainfo: Option<Arc<Metainfo>>,
    /// What fills the file, unless it is complete.
    pub writer: Option<Writer>,
}

/// A source at work on one cache file. Dropping it stops the work.
pub struct Writer {
    /// Becomes `Some` when the source gave up.
    pub failed: watch::Receiver<Option<SourceError>>,
    /// Whatever must stay alive for the source to go on.
    pub guard: Box<dyn Send + Sync>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("failed", &*self.failed.borrow()).finish_non_exhaustive()
    }
}

/// Why a source could not deliver.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SourceError {
    /// This source has not got it; the next one may.
    #[error("{0}")]
    NotHere(String),
    /// It did not work this time; trying the same again may help.
    #[error("{0}")]
    Transient(String),
    /// The torrent has no such file; no source can change that.
    #[error("{0}")]
    NoSuchFile(String),
    /// The torrent itself is malformed; no source can use it.
    #[error("{0}")]
    Broken(String),
    /// The cache refused; no source can help until the operator acts.
    #[error(transparent)]
    Cache(#[from] CacheError),
}
