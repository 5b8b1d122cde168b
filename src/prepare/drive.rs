//! The task that carries one job: keeps the crew of sources at work, tells when the first bytes are there, and
//! ends with the reason why nothing can be delivered.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::PrepareError;
use super::crew::{Crew, Event};
use super::job::{Content, Job, Shared};
use super::pace::{Need, Readers};
use super::registry::Inner;
use crate::cache::CacheFile;
use crate::source::{Known, Report, Request, Stage};

/// How often the sources are looked at while somebody needs bytes: a fraction of the hedge time, which it makes
/// longer by as much.
const PULSE: Duration = Duration::from_millis(100);

/// How often otherwise.
const SLOW_PULSE: Duration = Duration::from_secs(1);

/// Drives `job` until it fails, is cancelled, or its last handle is dropped.
pub(super) async fn drive(room: Arc<Inner>, job: Arc<Job>, request: Request) {
    let shared = Arc::clone(&job.shared);
    let weak = Arc::downgrade(&job);
    let stop = shared.stop.clone();
    // Until the first bytes are there this task keeps the job alive; then its users do.
    let mut drive = Drive {
        crew: Crew::new(room.chain.clone(), request, shared.clone()),
        room: Arc::clone(&room),
        shared,
        keep: Some(job),
        weak: weak.clone(),
        content: None,
        readers: Readers::default(),
        began: Instant::now(),
        reported: Instant::now(),
    };
    let error = tokio::select! {
        () = stop.cancelled() => PrepareError::Cancelled,
        error = drive.run() => error,
    };
    room.make_failed(drive.keep.take().or_else(|| weak.upgrade()), error);
}

struct Drive {
    room: Arc<Inner>,
    shared: Arc<Shared>,
    crew: Crew,
    /// The job, until its first bytes are there.
    keep: Option<Arc<Job>>,
    weak: Weak<Job>,
    content: Option<Content>,
    readers: Readers,
    began: Instant,
    reported: Instant,
}

impl Drive {
    /// Returns only with the reason why nothing can be delivered.
    async fn run(&mut self) -> PrepareError {
        loop {
            let event = if self.is_done() {
                // Whoever still shares the torrent may go on.
                self.crew.next().await
            } else {
                self.step().await
            };
            match event {
                Event::Nothing => {}
                Event::Found(known, source) => self.describe(known, source),
                Event::Full => self.room.release_unwatched(),
                Event::Over(error) => return error.into(),
            }
            if let Err(error) = self.take_stock() {
                return error;
            }
        }
    }

    /// Whether every byte is there and the world knows.
    fn is_done(&self) -> bool {
        self.keep.is_none() && self.content.as_ref().is_some_and(|content| content.file.is_complete())
    }

    async fn step(&mut self) -> Event {
        let need = self.need();
        self.crew.playing = self.keep.is_none();
        match self.crew.look(need) {
            Event::Nothing => self.wait(need).await,
            event => event,
        }
    }

    fn need(&mut self) -> Need {
        match &self.content {
            Some(content) => self.readers.look(Instant::now(), &content.file, self.keep.is_none()),
            None => Need::Waiting(self.began.elapsed()),
        }
    }

    /// Until a source does something, a reader moves, the first bytes arrive, or it is time to look again.
    async fn wait(&mut self, need: Need) -> Event {
        let file = self.content.as_ref().map(|content| &content.file);
        let (mut changes, mut demand) = (file.map(CacheFile::changes), file.map(CacheFile::demand));
        if self.keep.is_none() {
            // From now on only the pace matters, which the pulse sees.
            changes = None;
        }
        let pulse = if need == Need::None { SLOW_PULSE } else { PULSE };
        tokio::select! {
            event = self.crew.next() => event,
            () = changed(&mut changes) => Event::Nothing,
            () = changed(&mut demand) => Event::Nothing,
            () = tokio::time::sleep(pulse) => Event::Nothing,
        }
    }

    fn describe(&mut self, known: Known, source: &'static str) {
        let index = known.file.key().file;
        let label = self.crew.label(source);
        let content = Content { index, source, label, file: known.file, metainfo: known.metainfo };
        match (&self.keep, self.weak.upgrade()) {
            (Some(job), _) => self.room.make_described(job, content.clone()),
            // Its first bytes were on disk; now somebody delivers the others.
            (None, Some(job)) => self.room.make_revived(&job, content.clone()),
            (None, None) => {}
        }
        self.content = Some(content);
    }

    /// Sees what has become of the file, and tells the world.
    fn take_stock(&mut self) -> Result<(), PrepareError> {
        let Some(content) = &mut self.content else { return self.still_possible(false) };
        if let Some(failure) = content.file.failure() {
            return Err(PrepareError::Cache(failure));
        }
        let complete = content.file.is_complete();
        if complete {
            self.crew.dismiss();
        }
        let leader = self.crew.leader().filter(|name| *name != content.source);
        if let Some(name) = leader {
            (content.source, content.label) = (name, self.crew.label(name));
        }
        let first = content.file.length() == 0 || content.file.missing_from(0) > 0;
        match self.keep.take() {
            Some(job) if first => self.room.make_ready(&job, content.clone()),
            Some(job) => {
                self.keep = Some(job);
                if self.reported.elapsed() >= self.room.settings.progress_interval {
                    self.reported = Instant::now();
                    report_arrival(&self.shared.report, content.label, &content.file);
                }
            }
            None if leader.is_some() => {
                if let Some(job) = self.weak.upgrade() {
                    tracing::info!(job = %job.id(), source = content.source, "another source delivers now");
                    self.room.make_revived(&job, content.clone());
                }
            }
            None => {}
        }
        self.still_possible(complete)
    }

    fn still_possible(&self, complete: bool) -> Result<(), PrepareError> {
        // Whoever has come in the meantime may have accounts of his own.
        if complete || !self.crew.is_over() || !self.shared.parties.close(Instant::now()) {
            return Ok(());
        }
        let exhausted = || PrepareError::Exhausted(self.shared.attempts.snapshot());
        Err(self.crew.reason().map_or_else(exhausted, PrepareError::from))
    }
}

async fn changed<T>(receiver: &mut Option<watch::Receiver<T>>) {
    if let Some(receiver) = receiver
        && receiver.changed().await.is_ok()
    {
        return;
    }
    // The sender lives in the file, which the job holds: there is nothing to wait for.
    std::future::pending().await
}

fn report_arrival(report: &Report, label: &str, file: &CacheFile) {
    let first = file.layout().map_or(1, |layout| layout.piece_length).max(1);
    let fraction = file.received_bytes() as f64 / first as f64;
    report.update(Stage::Downloading, fraction.min(0.99), format!("Downloading from {label}..."));
}
