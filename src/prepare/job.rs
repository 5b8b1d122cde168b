//! One preparation: its identity, its state, and those who look at it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::attempt::Attempts;
use super::parties::Parties;
use super::{Attempt, PrepareError};
use crate::cache::CacheFile;
use crate::domain::{FileChoice, FileIndex, InfoHash, Metainfo};
use crate::source::{Progress, Report, Request, Terms};

/// `hash:fileIndex:milliseconds`, as `async-stream-preparation` writes it. The index is what was asked
/// for, or 0 where the request left the choice to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobId {
    /// The torrent.
    pub info_hash: InfoHash,
    /// The file asked for.
    pub file: FileIndex,
    /// Unix time of the start, in milliseconds.
    pub started_at: u64,
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.info_hash, self.file, self.started_at)
    }
}

impl FromStr for JobId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split(':');
        let (Some(hash), Some(file), Some(at), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        Ok(Self {
            info_hash: hash.parse().map_err(drop)?,
            file: FileIndex(file.parse().map_err(drop)?),
            started_at: at.parse().map_err(drop)?,
        })
    }
}

/// A content whose length and name are known.
#[derive(Debug, Clone)]
pub struct Content {
    /// The cache file, complete or being filled.
    pub file: CacheFile,
    /// The file's index in its torrent.
    pub index: FileIndex,
    /// The name of the source that delivers most, or else that opened it.
    pub source: &'static str,
    /// The same for people.
    pub label: &'static str,
    /// The torrent's file table where it is known.
    pub metainfo: Option<Arc<Metainfo>>,
}

/// How far a job is.
#[derive(Debug, Clone)]
pub enum JobStatus {
    /// No source has found the content yet.
    Searching,
    /// Length and name are known; the first bytes are on their way.
    Described(Content),
    /// The first bytes are there.
    Ready(Content),
    /// It ended without the content.
    Failed(PrepareError),
}

/// A preparation. While any handle lives, its sources go on; the last one stops them.
#[derive(Debug)]
pub struct Job {
    pub(super) shared: Arc<Shared>,
    /// Ends the driving task with the last handle.
    _stop: DropGuard,
}

/// What the job's handles and its task have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) id: JobId,
    /// What was asked for, without the uploaded .torrent: that is dropped with the task.
    pub(super) request: Request,
    pub(super) had_metainfo: bool,
    pub(super) report: Report,
    pub(super) status: watch::Sender<JobStatus>,
    pub(super) attempts: Arc<Attempts>,
    pub(super) parties: Parties,
    pub(super) stop: CancellationToken,
    viewers: AtomicUsize,
    played: AtomicBool,
    last_used: AtomicU64,
}

/// One viewer of a job, who keeps it alive.
#[derive(Debug)]
pub struct Viewing {
    job: Arc<Job>,
    terms: Terms,
}

impl Job {
    pub(super) fn new(id: JobId, request: &Request, stop: CancellationToken) -> Arc<Self> {
        let shared = Shared {
            id,
            had_metainfo: request.metainfo.is_some(),
            request: Request { metainfo: None, ..request.clone() },
            report: Report::new(),
            status: watch::Sender::new(JobStatus::Searching),
            attempts: Arc::new(Attempts::new()),
            parties: Parties::new(request.terms.clone(), Instant::now()),
            stop: stop.clone(),
            viewers: AtomicUsize::new(0),
            played: AtomicBool::new(false),
            last_used: AtomicU64::new(unix_millis()),
        };
        Arc::new(Self { shared: Arc::new(shared), _stop: stop.drop_guard() })
    }

    /// Its identity.
    pub fn id(&self) -> JobId {
        self.shared.id
    }

    /// How far it is.
    pub fn status(&self) -> JobStatus {
        self.shared.status.borrow().clone()
    }

    /// The latest report of its sources.
    pub fn progress(&self) -> Progress {
        self.shared.report.latest()
    }

    /// What its sources did so far.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.shared.attempts.snapshot()
    }

    /// Viewers at this moment.
    pub fn viewers(&self) -> usize {
        self.shared.viewers.load(Ordering::Relaxed)
    }

    /// Unix milliseconds of the last use.
    pub fn last_used(&self) -> u64 {
        self.shared.last_used.load(Ordering::Relaxed)
    }

    /// Whether this is the first play of the job. A player makes many requests for one play.
    pub fn is_first_play(&self) -> bool {
        !self.shared.played.swap(true, Ordering::Relaxed)
    }

    /// Whether anybody has played it.
    pub fn was_played(&self) -> bool {
        self.shared.played.load(Ordering::Relaxed)
    }

    /// The file that was asked for.
    pub fn choice(&self) -> FileChoice {
        self.shared.request.file
    }

    /// Somebody asks by these terms for what the job is about. Returns whether the job counts for him.
    pub(super) fn join(&self, terms: &Terms) -> bool {
        self.touch();
        self.shared.parties.join(terms, Instant::now())
    }

    pub(super) fn touch(&self) {
        self.shared.last_used.store(unix_millis(), Ordering::Relaxed);
    }

    /// Waits until length and name are known. Cancel by dropping; the job goes on.
    pub async fn content(&self) -> Result<Content, PrepareError> {
        let mut status = self.shared.status.subscribe();
        loop {
            match &*status.borrow_and_update() {
                JobStatus::Searching => {}
                JobStatus::Described(content) | JobStatus::Ready(content) => return Ok(content.clone()),
                JobStatus::Failed(error) => return Err(error.clone()),
            }
            // The sender lives in `self`, so this cannot fail.
            let _ = status.changed().await;
        }
    }

    /// Waits until the job fails, and says why.
    pub fn failed(&self) -> impl Future<Output = PrepareError> + Send + 'static {
        let mut status = self.shared.status.subscribe();
        async move {
            loop {
                if let JobStatus::Failed(error) = &*status.borrow_and_update() {
                    return error.clone();
                }
                if status.changed().await.is_err() {
                    return PrepareError::Cancelled;
                }
            }
        }
    }

    /// Registers a viewer who has asked by these terms. While he watches, his accounts may be used for the content.
    pub fn view(self: Arc<Self>, terms: &Terms) -> Viewing {
        self.shared.viewers.fetch_add(1, Ordering::Relaxed);
        self.shared.parties.arrive(terms, Instant::now());
        self.touch();
        Viewing { job: self, terms: terms.clone() }
    }
}

impl Drop for Viewing {
    fn drop(&mut self) {
        self.job.touch();
        self.job.shared.parties.leave(&self.terms, Instant::now());
        self.job.shared.viewers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The wall clock in Unix milliseconds, as job ids and `expiresAt` use it.
pub(super) fn unix_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_ids_read_back_what_they_write() {
        let text = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c:3:1700512345678";
        let id: JobId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        for bad in
            ["", "abc:0:1", "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c", &format!("{text}:1"), &text[..43]]
        {
            assert_eq!(bad.parse::<JobId>(), Err(()), "{bad}");
        }
    }
}
