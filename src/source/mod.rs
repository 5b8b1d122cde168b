//! Sources: what can write the bytes of a content into its cache file.

pub mod cached;
pub mod debrid;
pub mod fetch;
pub mod http;
pub mod lookup;
pub mod torrent;

mod aim;
mod content;
mod graft;
mod progress;
mod waits;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::watch;

use crate::cache::{CacheError, CacheFile};
use crate::domain::{FileChoice, InfoHash, Metainfo};

pub use graft::graft;
pub use progress::{Progress, Report, Stage};

/// One way of getting a content. The chain of `prepare` asks its sources by policy.
pub trait Source: Send + Sync + 'static {
    /// The short name for logs, metrics and attempt records: `cache`, `p2p`, `realdebrid`, …
    fn name(&self) -> &'static str;

    /// The name that people read: `P2P`, `Real-Debrid`, …
    fn label(&self) -> &'static str;

    /// What the order of asking goes by.
    fn kind(&self) -> Kind;

    /// How long [`Source::open`] may take, and how long an opened source may deliver nothing that is wanted.
    fn budget(&self) -> Duration;

    /// Finds the content and starts writing it. Returns as soon as its length and name are known;
    /// writing goes on for as long as the returned [`Writer`] lives. Dropping the future cancels.
    fn open<'a>(
        &'a self,
        wanted: &'a Wanted,
        report: &'a Report,
    ) -> BoxFuture<'a, Result<Opened, SourceError>>;

    /// Looks up what [`Source::open`] will need first, for a request that may come soon. It fetches no byte of the
    /// content and has no result: what it finds is where `open` looks. Cancel by dropping.
    fn warm<'a>(&'a self, _request: &'a Request) -> BoxFuture<'a, ()> {
        std::future::ready(()).boxed()
    }
}

/// The kinds of sources, in the order in which they are asked unless the policy says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What is on disk already.
    Cache,
    /// Peers.
    P2p,
    /// A debrid service that holds the content already.
    Debrid,
    /// Web seeds and other plain HTTP servers.
    Http,
    /// A debrid service that has to fetch the content first, which takes minutes.
    Fetching,
}

/// What a source is to open.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What was asked for.
    pub request: Request,
    /// What another source of the same job has found. The file is to be written then, if this source has the
    /// very same one.
    pub known: Option<Known>,
}

/// A content that another source has opened.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its cache file.
    pub file: CacheFile,
    /// The torrent's file table where it is known.
    pub metainfo: Option<Arc<Metainfo>>,
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
    /// Web seeds named by the request (`ws`, BEP 19).
    pub web_seeds: Vec<url::Url>,
    /// Where the .torrent file may lie (`xs`, `as`).
    pub exact_sources: Vec<url::Url>,
    /// Where the content itself lies, if it is no torrent's: the SHA-1 of that place stands for the info-hash then.
    pub place: Option<Place>,
    /// The torrent is said to be of a private tracker (BEP 27): before its file table is known, peers are asked by
    /// nobody, and no service is told.
    pub private: bool,
    /// The rules of the profile that asks; those of the operator where it has none.
    pub terms: Terms,
}

/// Where a content lies that no torrent describes.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// `http:`, `https:`, or `file:` for a file of the operator's media folder. May hold keys, so it is for no log.
    pub url: url::Url,
    /// Headers that the server there wants, such as `Referer`.
    pub headers: Vec<(String, String)>,
    /// Its name for people and players.
    pub name: String,
    /// Bytes, where somebody said so.
    pub size: Option<u64>,
}

/// By whose rules and with whose accounts a content is prepared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// The debrid accounts, by service in the order in which they are asked; `None` means those of the operator.
    pub services: Option<Arc<[debrid::ServiceTokens]>>,
    /// Which source comes first; `None` means as the operator says.
    pub policy: Option<crate::config::SourcePolicy>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("name", &self.name).field("size", &self.size).finish_non_exhaustive()
    }
}

impl Request {
    /// A request without any hint.
    pub fn new(info_hash: InfoHash, file: FileChoice) -> Self {
        Self {
            info_hash,
            file,
            trackers: Vec::new(),
            peers: Vec::new(),
            metainfo: None,
            web_seeds: Vec::new(),
            exact_sources: Vec::new(),
            place: None,
            private: false,
            terms: Terms::default(),
        }
    }

    /// The torrent that is asked about.
    ///
    /// # Errors
    /// It is none: the content has an address of its own, and only what lies there will do.
    pub(in crate::source) fn torrent(&self) -> Result<InfoHash, SourceError> {
        match self.place {
            None => Ok(self.info_hash),
            Some(_) => Err(SourceError::NotHere("this is not a torrent's".to_owned())),
        }
    }
}

/// What stands for the info-hash of a content that is known by its address alone: SHA-1 of the address without its
/// fragment, which no server is ever told.
pub fn place_hash(url: &url::Url) -> InfoHash {
    let mut url = url.clone();
    url.set_fragment(None);
    let mut bytes = [0; 20];
    bytes.copy_from_slice(digest(&SHA1_FOR_LEGACY_USE_ONLY, url.as_str().as_bytes()).as_ref());
    InfoHash::new(bytes)
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
    /// Bytes it has received for this file so far, whether they were new or not.
    pub received: Arc<AtomicU64>,
    /// What `received` stood at when this writer began: several of one source may share the counter.
    pub before: u64,
    /// Whether it shall work or rest: a source that another has overtaken keeps its connections and links, so
    /// that it can go on at once, and fetches nothing.
    pub duty: watch::Sender<Duty>,
    /// Whatever must stay alive for the source to go on.
    pub guard: Box<dyn Send + Sync>,
}

/// What a writer is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Fetch what the playheads need next.
    Work,
    /// Fetch nothing, but be ready.
    Rest,
}

impl Writer {
    /// Bytes that have come since it began.
    pub fn delivered(&self) -> u64 {
        self.received.load(Ordering::Relaxed).saturating_sub(self.before)
    }
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
