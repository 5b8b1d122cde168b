//! Who is preparing what: every request for a content meets in one job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use moka::sync::Cache as Moka;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::ahead::Ahead;
use super::drive::drive;
use super::job::{Content, Job, JobId, JobStatus, unix_millis};
use super::ready::ReadyJobs;
use super::{Chain, PrepareError, PrepareSettings};
use crate::domain::{FileChoice, FileIndex, InfoHash};
use crate::source::Request;

/// How long a failure answers for new requests. One tap of a player is about ten requests within
/// a second or two; a person who taps again later deserves a new try.
const NEGATIVE: Duration = Duration::from_secs(5);

/// The room where requests become jobs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Prepare {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) chain: Chain,
    pub(super) settings: PrepareSettings,
    pub(super) ahead: Ahead,
    table: Mutex<Table>,
    ready: ReadyJobs,
    /// Failures that still answer for new requests.
    refused: Moka<(InfoHash, FileChoice), Arc<Job>>,
    /// Failures whose status can still be asked for.
    ended: Moka<JobId, Arc<Job>>,
    /// Told whenever it becomes known what a job is about, or how it ended.
    news: watch::Sender<()>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Jobs that are alive. Only weak handles: a job lives as long as somebody needs it.
#[derive(Debug, Default)]
struct Table {
    by_id: HashMap<JobId, Weak<Job>>,
    /// In flight, by what was asked for.
    flights: HashMap<(InfoHash, FileChoice), Weak<Job>>,
    /// Ready and perhaps watched longer than the moka cache remembers.
    watched: HashMap<(InfoHash, FileIndex), Weak<Job>>,
}

impl Prepare {
    /// A room that prepares through `chain`.
    pub fn new(chain: Chain, settings: PrepareSettings) -> Self {
        let inner = Inner {
            chain,
            settings,
            ahead: Ahead::new(),
            table: Mutex::default(),
            ready: ReadyJobs::new(settings.ready_torrents, settings.ready_lifetime),
            refused: Moka::builder().time_to_live(NEGATIVE).build(),
            ended: Moka::builder().time_to_live(settings.ready_lifetime).max_capacity(1000).build(),
            news: watch::Sender::new(()),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The job for a request: the ready one, the one in flight, the one that failed a moment ago, or a
    /// new one. Never waits.
    pub fn start(&self, request: Request) -> Arc<Job> {
        let inner = &self.inner;
        let key = (request.info_hash, request.file);
        let mut table = inner.table();
        if let Some(job) = inner.join(&table, &request) {
            return job;
        }
        if let Some(job) = inner.refused.get(&key).filter(|job| !brings_more(&request, job)) {
            return job;
        }
        let job = Job::new(table.fresh_id(&request), &request, inner.stop.child_token());
        table.by_id.insert(job.id(), Arc::downgrade(&job));
        table.flights.insert(key, Arc::downgrade(&job));
        drop(table);
        tracing::info!(job = %job.id(), "Background: Starting stream preparation");
        inner.tasks.spawn(drive(Arc::clone(inner), Arc::clone(&job), request));
        job
    }

    /// The job that is ready or in flight for a request, if there is one that it may join.
    pub fn join(&self, request: &Request) -> Option<Arc<Job>> {
        self.inner.join(&self.inner.table(), request)
    }

    /// Whether a request would join a job that is ready or in flight.
    pub fn is_known(&self, request: &Request) -> bool {
        let inner = &self.inner;
        let key = (request.info_hash, request.file);
        let table = inner.table();
        table.flights.get(&key).is_some_and(|job| job.strong_count() > 0)
            || inner.prepared(&table, key).is_some()
    }

    /// Runs work that belongs to no request until it ends or the room closes.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.inner.stop.clone();
        self.inner.tasks.spawn(async move {
            stop.run_until_cancelled(work).await;
        });
    }

    /// The job of this id, unless it has expired.
    pub fn find(&self, id: &JobId) -> Option<Arc<Job>> {
        let live = self.inner.table().by_id.get(id).and_then(Weak::upgrade);
        if let Some(job) = &live {
            // A look counts as a use: the torrent stays ready.
            self.inner.ready.get(id.info_hash, job.shared.request.file);
            job.touch();
        }
        live.or_else(|| self.inner.ended.get(id))
    }

    /// Every job that is in flight or ready, oldest first.
    pub fn jobs(&self) -> Vec<Arc<Job>> {
        let mut jobs: Vec<_> = self.inner.table().by_id.values().filter_map(Weak::upgrade).collect();
        jobs.retain(|job| !matches!(job.status(), JobStatus::Failed(_)));
        jobs.sort_by_key(|job| job.id().started_at);
        jobs
    }

    /// Changes whenever it becomes known what a job of [`Self::jobs`] is about, or how it ended.
    pub fn news(&self) -> watch::Receiver<()> {
        self.inner.news.subscribe()
    }

    /// Unix milliseconds at which a job expires if nobody uses it any more.
    pub fn expires_at(&self, job: &Job) -> u64 {
        let lifetime = u64::try_from(self.inner.settings.ready_lifetime.as_millis()).unwrap_or(u64::MAX);
        job.last_used().saturating_add(lifetime)
    }

    /// Cancels a job. Returns whether there was one.
    pub fn cancel(&self, id: &JobId) -> bool {
        let job = self.inner.table().by_id.get(id).and_then(Weak::upgrade);
        job.is_some_and(|job| {
            job.shared.stop.cancel();
            true
        })
    }

    /// Lets go of every ready job that nobody watches, so that its content can be deleted.
    pub fn release_unwatched(&self) {
        self.inner.release_unwatched();
    }

    /// Lets go of what has expired. Call every few seconds.
    pub fn tend(&self) {
        self.inner.ready.tend();
        self.inner.refused.run_pending_tasks();
        self.inner.ended.run_pending_tasks();
        self.inner.table().sweep();
    }

    /// Ends every job and waits for the tasks.
    pub async fn shutdown(&self) {
        self.inner.stop.cancel();
        self.inner.ready.clear();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }
}

impl Inner {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, table: &Table, request: &Request) -> Option<Arc<Job>> {
        let key = (request.info_hash, request.file);
        let flight = table.flights.get(&key).and_then(Weak::upgrade);
        let flight = flight.filter(|job| !ends_the_search(request, job));
        let joined = flight.filter(|job| job.join(&request.terms));
        joined.or_else(|| {
            let ready = self.prepared(table, key);
            ready.filter(|job| job.join(&request.terms))
        })
    }

    /// The ready job for a choice.
    fn prepared(&self, table: &Table, key: (InfoHash, FileChoice)) -> Option<Arc<Job>> {
        self.ready.get(key.0, key.1).or_else(|| self.rediscover(table, key))
    }

    /// How far a job is now, for those who wait for it and for those who wait for any.
    fn tell(&self, job: &Job, status: JobStatus) {
        job.shared.status.send_replace(status);
        self.news.send_replace(());
    }

    /// A job that the moka cache has forgotten while somebody still watches it.
    fn rediscover(&self, table: &Table, (info_hash, choice): (InfoHash, FileChoice)) -> Option<Arc<Job>> {
        let index = match choice {
            FileChoice::Index(index) => Some(index),
            FileChoice::Episode { .. } | FileChoice::Largest => None,
        };
        let watched = |index| table.watched.get(&(info_hash, index)).and_then(Weak::upgrade);
        let job = index.and_then(watched).or_else(|| watched(choice.stand_in()?))?;
        let JobStatus::Ready(content) = job.status() else { return None };
        self.ready.insert(&job, &content);
        Some(job)
    }

    /// It is known which file a job is about: whoever asks for that file by its index joins too.
    pub(super) fn make_described(&self, job: &Arc<Job>, content: Content) {
        let key = (job.id().info_hash, FileChoice::Index(content.index));
        let mut table = self.table();
        if table.flights.get(&key).is_none_or(|other| other.strong_count() == 0) {
            table.flights.insert(key, Arc::downgrade(job));
        }
        self.tell(job, JobStatus::Described(content));
    }

    /// A job goes on with another source; its idle time is not renewed by that.
    pub(super) fn make_revived(&self, job: &Arc<Job>, content: Content) {
        self.tell(job, JobStatus::Ready(content));
    }

    /// Lets go of every ready job that nobody watches.
    pub(super) fn release_unwatched(&self) {
        self.ready.remove_unwatched();
    }

    /// The first bytes of a job are there.
    pub(super) fn make_ready(&self, job: &Arc<Job>, content: Content) {
        let mut table = self.table();
        table.land(job);
        table.watched.insert((job.id().info_hash, content.index), Arc::downgrade(job));
        self.ready.insert(job, &content);
        job.touch();
        tracing::info!(job = %job.id(), source = content.source, "Background: Stream ready");
        self.tell(job, JobStatus::Ready(content));
    }

    /// A job has ended without the content. Its last handle may be gone already.
    pub(super) fn make_failed(&self, job: Option<Arc<Job>>, error: PrepareError) {
        let Some(job) = job else { return };
        let id = job.id();
        self.ready.remove(&job);
        let mut table = self.table();
        table.land(&job);
        if matches!(error, PrepareError::Cancelled) {
            tracing::info!(job = %id, "Background: Stream preparation cancelled");
        } else {
            tracing::warn!(job = %id, %error, "Background: Stream preparation failed");
            self.refused.insert((id.info_hash, job.shared.request.file), Arc::clone(&job));
        }
        self.ended.insert(id, Arc::clone(&job));
        self.tell(&job, JobStatus::Failed(error));
    }
}

impl Table {
    /// Takes a job out of the air.
    fn land(&mut self, job: &Arc<Job>) {
        self.flights.retain(|_, other| other.as_ptr() != Arc::as_ptr(job));
    }

    /// An id that no living job has: two jobs of one millisecond get different ones.
    fn fresh_id(&self, request: &Request) -> JobId {
        let file = match request.file {
            FileChoice::Index(index) => index,
            FileChoice::Episode { .. } | FileChoice::Largest => FileIndex(0),
        };
        let mut id = JobId { info_hash: request.info_hash, file, started_at: unix_millis() };
        while self.by_id.contains_key(&id) {
            id.started_at += 1;
        }
        id
    }

    fn sweep(&mut self) {
        self.by_id.retain(|_, job| job.strong_count() > 0);
        self.flights.retain(|_, job| job.strong_count() > 0);
        self.watched.retain(|_, job| job.strong_count() > 0);
    }
}

/// Whether a new request brings the very file table that a job is still searching for. The searching job finds
/// it, too, once the new one has it.
fn ends_the_search(new: &Request, searching: &Job) -> bool {
    new.metainfo.is_some()
        && !searching.shared.had_metainfo
        && matches!(searching.status(), JobStatus::Searching)
}

/// Whether a new request knows something that the failed one did not.
fn brings_more(new: &Request, failed: &Job) -> bool {
    let old = &failed.shared.request;
    new.trackers.iter().any(|tracker| !old.trackers.contains(tracker))
        || new.peers.iter().any(|peer| !old.peers.contains(peer))
        || new.web_seeds.iter().any(|seed| !old.web_seeds.contains(seed))
        || new.exact_sources.iter().any(|place| !old.exact_sources.contains(place))
        || (new.metainfo.is_some() && !failed.shared.had_metainfo)
        || !failed.join(&new.terms)
}
