//! The task that carries one job: opens the chain, waits for the first bytes, and replaces a source
//! that dies later.

use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::job::{Content, Job, Shared};
use super::registry::Inner;
use super::{Attempt, PrepareError};
use crate::cache::{CacheError, CacheFile};
use crate::source::{Opened, Report, Request, SourceError, Stage, Writer};

/// How long a full cache may take to let go of what nobody watches. Sources leave within a second or two, and
/// have-maps are saved every two.
const MAKING_ROOM: Duration = Duration::from_secs(6);

/// Drives `job` until it fails, is cancelled, or its last handle is dropped.
pub(super) async fn drive(room: Arc<Inner>, job: Arc<Job>, request: Request) {
    let shared = Arc::clone(&job.shared);
    let weak = Arc::downgrade(&job);
    let stop = shared.stop.clone();
    // Until the first bytes are there this task keeps the job alive; then its users do.
    let mut keep = Some(job);
    let error = tokio::select! {
        () = stop.cancelled() => PrepareError::Cancelled,
        error = run(&room, &shared, &request, &weak, &mut keep) => error,
    };
    room.make_failed(keep.take().or_else(|| weak.upgrade()), error);
}

/// Goes along the chain. Returns only with the reason why nothing can be delivered.
async fn run(
    room: &Inner,
    shared: &Shared,
    request: &Request,
    weak: &Weak<Job>,
    keep: &mut Option<Arc<Job>>,
) -> PrepareError {
    let mut position = 0;
    // What was verified when a source failed last; a revival that adds nothing is not repeated.
    let mut verified = None;
    loop {
        let (at, opened) = match open(room, shared, request, position).await {
            Ok(found) => found,
            Err(error) => return error,
        };
        let Opened { file, metainfo, mut writer, .. } = opened;
        let content = Content { index: file.key().file, source: room.chain.name(at), file, metainfo };
        if let Some(job) = &keep {
            room.make_described(job, content.clone());
        }
        if let Err(error) = first_bytes(room, shared, &content, writer.as_mut()).await {
            shared.note(content.source, &error);
            match next(&error, at) {
                Some(next) => position = next,
                None => return error.into(),
            }
            continue;
        }
        announce(room, weak, keep, content.clone());
        let error = match writer {
            Some(mut writer) => ended(&mut writer.failed).await,
            None => std::future::pending().await,
        };
        shared.note(content.source, &error);
        // A source that worked so far may be asked again: a swarm comes back, a link is renewed.
        let now = Some(content.file.verified_bytes());
        match next(&error, at) {
            Some(next) => position = if verified == now { next } else { at },
            None => return error.into(),
        }
        verified = now;
    }
}

/// Tells the world that the first bytes are there, and hands the job over to its users.
fn announce(room: &Inner, weak: &Weak<Job>, keep: &mut Option<Arc<Job>>, content: Content) {
    if let Some(job) = keep.take() {
        room.make_ready(&job, content);
    } else if let Some(job) = weak.upgrade() {
        room.make_revived(&job, content);
    }
}

/// Asks the chain. A cache that is full of what nobody watches is given a moment to let go of it.
async fn open(
    room: &Inner,
    shared: &Shared,
    request: &Request,
    position: usize,
) -> Result<(usize, Opened), PrepareError> {
    let deadline = Instant::now() + MAKING_ROOM;
    loop {
        let mut attempts = shared.attempts();
        let opened = room.chain.open(position, request, &shared.report, &mut attempts).await;
        let full = matches!(opened, Err(PrepareError::Cache(CacheError::Full(_))));
        if full && Instant::now() < deadline {
            room.release_unwatched();
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        }
        shared.set_attempts(attempts);
        return opened;
    }
}

/// Waits for the first bytes, refreshing the progress on the way.
async fn first_bytes(
    room: &Inner,
    shared: &Shared,
    content: &Content,
    writer: Option<&mut Writer>,
) -> Result<(), SourceError> {
    let mut failed = writer.map(|writer| writer.failed.clone());
    let mut tick = tokio::time::interval(room.settings.progress_interval);
    let mut arrived = (content.file.received_bytes(), Instant::now());
    loop {
        tokio::select! {
            biased;
            first = content.file.wait_for(0) => return first.map_err(SourceError::from),
            error = async {
                match &mut failed {
                    Some(failed) => ended(failed).await,
                    None => SourceError::NotHere("the file on disk is incomplete".to_owned()),
                }
            } => return Err(error),
            _ = tick.tick() => report_arrival(&shared.report, content.source, &content.file),
        }
        // A source may be connected and still deliver nothing, for ever.
        let received = content.file.received_bytes();
        if received != arrived.0 {
            arrived = (received, Instant::now());
        } else if arrived.1.elapsed() >= room.settings.source_budget {
            let limit = room.settings.source_budget.as_secs();
            return Err(SourceError::NotHere(format!("connected, but nothing arrived within {limit} s")));
        }
    }
}

/// Waits until a source gives up.
async fn ended(failed: &mut watch::Receiver<Option<SourceError>>) -> SourceError {
    let gone = || SourceError::Transient("the source stopped without saying why".to_owned());
    match failed.wait_for(Option::is_some).await {
        Ok(error) => error.clone().unwrap_or_else(gone),
        Err(_) => gone(),
    }
}

fn report_arrival(report: &Report, source: &str, file: &CacheFile) {
    let first = file.layout().map_or(1, |layout| layout.piece_length).max(1);
    let fraction = file.received_bytes() as f64 / first as f64;
    let label = source.to_uppercase();
    report.update(Stage::Downloading, fraction.min(0.99), format!("Downloading from {label}..."));
}

/// Where in the chain to go on after `error` of the source at `at`; nowhere if no source can help.
fn next(error: &SourceError, at: usize) -> Option<usize> {
    match error {
        SourceError::NotHere(_) | SourceError::Transient(_) => Some(at + 1),
        SourceError::NoSuchFile(_) | SourceError::Broken(_) | SourceError::Cache(_) => None,
    }
}

impl Shared {
    fn attempts(&self) -> Vec<Attempt> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_attempts(&self, attempts: Vec<Attempt>) {
        *self.attempts.lock().unwrap_or_else(PoisonError::into_inner) = attempts;
    }

    /// Corrects the record of the source that had opened the content and has now failed.
    fn note(&self, source: &'static str, error: &SourceError) {
        tracing::warn!(job = %self.id, source, %error, "a source failed");
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = attempts.iter_mut().rev().find(|attempt| attempt.source == source) {
            last.outcome = error.to_string();
        }
    }
}
