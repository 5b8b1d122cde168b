//! What every indexer can do.

use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Query;
use crate::domain::{FileIndex, InfoHash};

/// Somebody who knows releases.
pub trait Indexer: Send + Sync + 'static {
    /// What people call it; also the name in logs and metrics.
    fn name(&self) -> &str;

    /// How long one search may take in all, its fan-out included. The answer to a viewer does not wait so long; what
    /// comes later is there for the next one.
    fn budget(&self) -> Duration;

    /// Searches. Cancel by dropping. It sends what it finds as it comes, so that a slow part does not hide the rest.
    fn search<'a>(
        &'a self,
        query: &'a Query,
        sink: &'a (dyn Fn(Vec<Found>) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), IndexerError>>;

    /// How often it may have come to say something else, where it is part of this server and knows that.
    fn changes(&self) -> u64 {
        0
    }

    /// Asks for a sign of life and a small search, for the one who sets it up.
    fn probe(&self) -> BoxFuture<'_, Result<Probe, IndexerError>>;
}

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// What it calls itself, with its version where it tells.
    pub title: String,
    /// How many indexers are behind it, where it is a front of several.
    pub indexers: Option<usize>,
    /// How many releases a test search brought.
    pub results: usize,
}

/// One release as one indexer describes it. Everything is optional that some indexer leaves out; one of `info_hash`,
/// `torrent` and `place` is there.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Found {
    /// The torrent.
    pub info_hash: Option<InfoHash>,
    /// Where the .torrent file lies, or an address that redirects to a magnet link. May hold keys.
    pub torrent: Option<Url>,
    /// Where the content itself lies.
    pub place: Option<Url>,
    /// Headers that the server there wants.
    pub headers: Vec<(String, String)>,
    /// The name of the release.
    pub name: String,
    /// The wanted file, if the indexer knows which one it is.
    pub file: Option<FileIndex>,
    /// The name of the wanted file.
    pub file_name: Option<String>,
    /// Bytes of the wanted file.
    pub file_size: Option<u64>,
    /// Bytes of the whole release.
    pub size: Option<u64>,
    /// Who has it all.
    pub seeders: Option<u32>,
    /// Where its peers meet.
    pub trackers: Vec<Url>,
    /// Servers with the same files (BEP 19).
    pub web_seeds: Vec<Url>,
    /// When it was published.
    pub published: Option<SystemTime>,
    /// The part of a front that named it, such as the indexer behind a Jackett.
    pub by: Option<String>,
    /// The IMDb id that the indexer gives it, as `tt…`.
    pub imdb: Option<String>,
    /// The indexer keeps videos by id and episode and says that this is the wanted one.
    pub is_exact: bool,
    /// The torrent is of a private tracker.
    pub private: bool,
}

/// Why an indexer brought nothing, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexerError {
    /// The key is wrong or the account ended: the operator has to act, and asking again is of no use.
    #[error("{0}")]
    Credentials(String),
    /// Too many questions; ask again after this time.
    #[error("asked too often")]
    RateLimited(Option<Duration>),
    /// It does not answer, or says that it cannot at the moment.
    #[error("{0}")]
    Unavailable(String),
    /// It answers with something that is no answer: the address is probably another program's.
    #[error("{0}")]
    Malformed(String),
    /// It cannot search for this kind of video.
    #[error("does not search for this")]
    Unsupported,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found")
            .field("info_hash", &self.info_hash)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
