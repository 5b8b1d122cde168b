//! Preparations: one job per content, whoever asks, and the chain of sources behind it.
//!
//! [`Prepare`] joins every request for a content to one [`Job`], which a task of its own drives. The
//! first request may leave; the job goes on. Ready jobs stay in a moka cache keyed by info-hash until
//! nobody used the torrent for a while.

mod ahead;
mod attempt;
mod chain;
mod crew;
mod drive;
mod job;
mod pace;
mod parties;
mod ready;
mod registry;

use std::time::Duration;

pub use attempt::Attempt;
pub use chain::{Chain, Policy};
pub use job::{Content, Job, JobId, JobStatus, Viewing};
pub use registry::Prepare;

use crate::cache::CacheError;
use crate::source::SourceError;

/// How long things are kept and waited for.
#[derive(Debug, Clone, Copy)]
pub struct PrepareSettings {
    /// How long a ready job lives after its last use (`LINK_GENERATION_TIMEOUT`).
    pub ready_lifetime: Duration,
    /// How many torrents are kept ready; the least recently used one leaves for the next.
    pub ready_torrents: u64,
    /// How often progress is refreshed while bytes arrive (`PROGRESS_UPDATE_INTERVAL`).
    pub progress_interval: Duration,
    /// How long a needed byte may be missing without progress until the next source joins.
    pub hedge_after: Duration,
    /// How often a source that failed in passing is tried again (`TORRENT_MAX_RETRIES`).
    pub retries: u32,
}

/// Why a preparation ended without the content, by what the viewer can do about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PrepareError {
    /// Every source was tried; another release or a later try may work.
    #[error("Download failed from all sources ({})", story(.0))]
    Exhausted(Vec<Attempt>),
    /// The torrent has no such file.
    #[error("{0}")]
    NoSuchFile(String),
    /// The torrent itself is malformed.
    #[error("{0}")]
    Broken(String),
    /// The cache refused; the operator has to act.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The operator cancelled the job, or the server stops.
    #[error("the preparation was cancelled")]
    Cancelled,
}

impl From<SourceError> for PrepareError {
    /// A source's answer as the end of the whole preparation.
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::NoSuchFile(why) => Self::NoSuchFile(why),
            SourceError::Broken(why) => Self::Broken(why),
            SourceError::Cache(error) => Self::Cache(error),
            SourceError::NotHere(_) | SourceError::Transient(_) => Self::Exhausted(Vec::new()),
        }
    }
}

/// One line that says what each source answered.
fn story(attempts: &[Attempt]) -> String {
    let told: Vec<String> =
        attempts.iter().map(|attempt| format!("{}: {}", attempt.source, attempt.outcome)).collect();
    told.join("; ")
}

#[cfg(test)]
mod tests;
