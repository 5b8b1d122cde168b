//! Jobs over scripted sources: who joins whom, what is remembered, what ends.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::*;
use crate::cache::{Cache, CacheFile, CacheLimits, Layout};
use crate::domain::{ContentKey, FileChoice, FileIndex, InfoHash};
use crate::source::{Duty, Kind, Opened, Report, Request, Source, SourceError, Terms, Wanted, Writer};

mod ahead;
mod fallback;
mod parties;

const PATIENCE: Duration = Duration::from_secs(10);

/// What a scripted source does on its next opening.
enum Act {
    Fail(SourceError),
    /// Opens an empty content of two pieces; the test plays the swarm.
    Open,
    /// Brings everything before anybody has seen that it opened.
    Whole,
}

struct Scripted {
    name: &'static str,
    kind: Kind,
    cache: Cache,
    acts: Mutex<VecDeque<Act>>,
    /// Openings wait for a permit, so that tests decide when a source answers.
    gate: Semaphore,
    opened: AtomicUsize,
    warmed: AtomicUsize,
    failure: watch::Sender<Option<SourceError>>,
    received: Arc<AtomicU64>,
    /// Alive while a writer is.
    writers: Mutex<std::sync::Weak<()>>,
    /// What the latest writer was told to do.
    duty: Mutex<watch::Receiver<Duty>>,
}

impl Source for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn label(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn budget(&self) -> Duration {
        Duration::from_secs(3)
    }

    fn open<'a>(&'a self, wanted: &'a Wanted, _: &'a Report) -> BoxFuture<'a, Result<Opened, SourceError>> {
        async move {
            self.gate.acquire().await.unwrap().forget();
            self.opened.fetch_add(1, Ordering::Relaxed);
            let act = self.acts.lock().unwrap().pop_front().unwrap_or(Act::Open);
            if let Act::Fail(error) = act {
                return Err(error);
            }
            let file = self.file(wanted.request.info_hash);
            self.failure.send_replace(None);
            let guard = Arc::new(());
            *self.writers.lock().unwrap() = Arc::downgrade(&guard);
            let duty = watch::Sender::new(Duty::Work);
            *self.duty.lock().unwrap() = duty.subscribe();
            let (failed, received) = (self.failure.subscribe(), self.received.clone());
            let before = received.load(Ordering::Relaxed);
            if matches!(act, Act::Whole) {
                received.fetch_add(20_000, Ordering::Relaxed);
                (0..2).for_each(|piece| file.complete_piece(piece));
            }
            let writer = Writer { failed, received, before, duty, guard: Box::new(guard) };
            Ok(Opened { file, metainfo: None, writer: Some(writer) })
        }
        .boxed()
    }

    fn warm<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, ()> {
        async move {
            self.gate.acquire().await.unwrap().forget();
            self.warmed.fetch_add(1, Ordering::Relaxed);
        }
        .boxed()
    }
}

impl Scripted {
    fn new(name: &'static str, kind: Kind, cache: &Cache, acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Arc::new(Self {
            name,
            kind,
            cache: cache.clone(),
            acts: Mutex::new(acts.into_iter().collect()),
            gate: Semaphore::new(100),
            opened: AtomicUsize::new(0),
            warmed: AtomicUsize::new(0),
            failure: watch::Sender::new(None),
            received: Arc::default(),
            writers: Mutex::default(),
            duty: Mutex::new(watch::Sender::new(Duty::Work).subscribe()),
        })
    }

    fn openings(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    fn file(&self, info_hash: InfoHash) -> CacheFile {
        let layout = Layout {
            length: 20_000,
            lead: 0,
            piece_length: 16384,
            first_piece: 0,
            span: 20_000,
            hashes: Some(vec![[0; 20]; 2].into()),
        };
        self.cache.content(ContentKey { info_hash, file: FileIndex(0) }, &layout, "film.mkv").unwrap()
    }

    fn deliver(&self) {
        self.received.fetch_add(1000, Ordering::Relaxed);
        self.file(HASH).complete_piece(0);
    }
}

const HASH: InfoHash = InfoHash::new([7; 20]);
const OTHER: InfoHash = InfoHash::new([8; 20]);

struct Stage {
    prepare: Prepare,
    source: Arc<Scripted>,
    _folder: tempfile::TempDir,
}

fn stage(acts: impl IntoIterator<Item = Act>, lifetime: Duration) -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let cache =
        Cache::open(folder.path(), CacheLimits { max_bytes: None, free_floor: 0, idle: None }).unwrap();
    let source = Scripted::new("p2p", Kind::P2p, &cache, acts);
    let settings = PrepareSettings {
        ready_lifetime: lifetime,
        ready_torrents: 1,
        progress_interval: Duration::from_millis(10),
        hedge_after: Duration::from_millis(300),
        retries: 1,
    };
    let chain = Chain::new(vec![Arc::clone(&source) as Arc<dyn Source>], Policy::P2pFirst, settings);
    Stage { prepare: Prepare::new(chain, settings), source, _folder: folder }
}

fn request() -> Request {
    Request::new(HASH, FileChoice::Index(FileIndex(0)))
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..1000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never happened: {what}");
}

fn is_ready(job: &Job) -> bool {
    matches!(job.status(), JobStatus::Ready(_))
}

#[tokio::test]
async fn fifty_first_hits_are_one_job_and_one_opening() {
    let stage = stage([], Duration::from_secs(60));
    let jobs: Vec<_> = (0..50).map(|_| stage.prepare.start(request())).collect();
    assert!(jobs.iter().all(|job| Arc::ptr_eq(job, &jobs[0])));
    stage.source.deliver();
    timeout(PATIENCE, jobs[0].content()).await.unwrap().unwrap();
    until("ready", || is_ready(&jobs[0])).await;
    assert!(Arc::ptr_eq(&stage.prepare.start(request()), &jobs[0]));
    assert_eq!(stage.source.opened.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn whoever_names_the_file_joins_the_job_that_found_it() {
    let stage = stage([], Duration::from_secs(60));
    let largest = stage.prepare.start(Request { file: FileChoice::Largest, ..request() });
    timeout(PATIENCE, largest.content()).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&stage.prepare.start(request()), &largest));
    assert_eq!(stage.source.opened.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn whoever_brings_the_torrent_file_does_not_wait_for_a_search() {
    let stage = stage([], Duration::from_secs(60));
    let permits = stage.source.gate.available_permits() as u32;
    let _closed = stage.source.gate.acquire_many(permits).await.unwrap();
    let searching = stage.prepare.start(request());
    let torrent = bytes::Bytes::from_static(b"d4:infode");
    let knowing = stage.prepare.start(Request { metainfo: Some(torrent.clone()), ..request() });
    assert!(!Arc::ptr_eq(&searching, &knowing));
    let third = stage.prepare.start(Request { metainfo: Some(torrent), ..request() });
    assert!(Arc::ptr_eq(&third, &knowing));
}

#[tokio::test]
async fn a_job_in_flight_outlives_everyone_who_asked() {
    let stage = stage([], Duration::from_secs(60));
    let id = stage.prepare.start(request()).id();
    until("the source is asked", || stage.source.opened.load(Ordering::Relaxed) == 1).await;
    stage.source.deliver();
    until("ready", || stage.prepare.find(&id).is_some_and(|job| is_ready(&job))).await;
}

#[tokio::test]
async fn a_ready_job_expires_after_its_last_use_and_stops_its_source() {
    let stage = stage([], Duration::from_millis(200));
    let id = stage.prepare.start(request()).id();
    stage.source.deliver();
    until("ready", || stage.prepare.find(&id).is_some_and(|job| is_ready(&job))).await;
    let viewing = stage.prepare.find(&id).unwrap().view(&Terms::default());
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stage.prepare.tend();
    }
    assert!(stage.source.writers.lock().unwrap().upgrade().is_some(), "a viewer keeps the source at work");
    assert!(Arc::ptr_eq(&stage.prepare.start(request()), &stage.prepare.find(&id).unwrap()));
    drop(viewing);
    until("the source stops", || {
        stage.prepare.tend();
        stage.source.writers.lock().unwrap().upgrade().is_none()
    })
    .await;
    assert!(stage.prepare.find(&id).is_none());
}

#[tokio::test]
async fn the_torrent_used_last_pushes_out_the_one_nobody_watches() {
    let stage = stage([], Duration::from_secs(60));
    let first = stage.prepare.start(request()).id();
    stage.source.deliver();
    until("the first is ready", || stage.prepare.find(&first).is_some_and(|job| is_ready(&job))).await;
    let second = stage.prepare.start(Request { info_hash: OTHER, ..request() }).id();
    stage.source.file(OTHER).complete_piece(0);
    until("the second is ready", || stage.prepare.find(&second).is_some_and(|job| is_ready(&job))).await;
    until("the first has left", || {
        stage.prepare.tend();
        stage.prepare.find(&first).is_none()
    })
    .await;
    assert!(stage.prepare.find(&second).is_some());
}

#[tokio::test]
async fn a_ready_file_of_an_unknown_pack_does_not_stand_for_the_others() {
    let stage = stage([], Duration::from_secs(60));
    let first = stage.prepare.start(request());
    stage.source.deliver();
    until("ready", || is_ready(&first)).await;
    let second = stage.prepare.start(Request { file: FileChoice::Index(FileIndex(1)), ..request() });
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(Arc::ptr_eq(&stage.prepare.start(request()), &first));
}

#[tokio::test]
async fn a_source_that_is_connected_but_delivers_nothing_is_given_up() {
    let stage = stage([], Duration::from_secs(60));
    let error = timeout(PATIENCE, stage.prepare.start(request()).failed()).await.unwrap();
    assert!(error.to_string().contains("nothing arrived"), "{error}");
}

#[tokio::test]
async fn a_failure_answers_for_a_moment_unless_the_request_knows_more() {
    let refuse = || Act::Fail(SourceError::NotHere("no peers".to_owned()));
    let stage = stage([refuse(), refuse(), refuse(), refuse()], Duration::from_secs(60));
    let job = stage.prepare.start(request());
    let error = timeout(PATIENCE, job.content()).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "Download failed from all sources (p2p: no peers)");
    assert!(Arc::ptr_eq(&stage.prepare.start(request()), &job));
    assert!(stage.prepare.find(&job.id()).is_some(), "its status can still be asked for");
    let tracker = "udp://tracker.example:1337/announce".parse().unwrap();
    let again = stage.prepare.start(Request { trackers: vec![tracker], ..request() });
    assert!(!Arc::ptr_eq(&again, &job));
    assert_ne!(again.id(), job.id());
    for more in [
        Request { web_seeds: vec!["http://a.example/".parse().unwrap()], ..request() },
        Request { exact_sources: vec!["http://a.example/t".parse().unwrap()], ..request() },
    ] {
        let last = stage.prepare.start(request());
        let _ = timeout(PATIENCE, last.content()).await.unwrap();
        assert!(!Arc::ptr_eq(&stage.prepare.start(more), &last));
    }
}

#[tokio::test]
async fn a_failure_can_be_asked_for_although_nobody_held_the_job() {
    let stage = stage([Act::Fail(SourceError::NotHere("no peers".to_owned()))], Duration::from_secs(60));
    let id = stage.prepare.start(request()).id();
    let failed = || {
        let job = stage.prepare.find(&id);
        job.is_some_and(|job| matches!(job.status(), JobStatus::Failed(_)))
    };
    until("failed and known", failed).await;
}

#[tokio::test]
async fn a_source_that_dies_in_mid_play_is_asked_again_and_the_job_goes_on() {
    let stage = stage([], Duration::from_secs(60));
    let job = stage.prepare.start(request());
    until("opened", || job.attempts().iter().any(|attempt| attempt.outcome != "asked")).await;
    stage.source.deliver();
    until("ready", || is_ready(&job)).await;
    stage.source.failure.send_replace(Some(SourceError::Transient("the swarm has gone silent".to_owned())));
    until("asked again", || stage.source.opened.load(Ordering::Relaxed) >= 2).await;
    assert!(is_ready(&job));
    assert!(job.attempts().iter().any(|attempt| attempt.outcome == "the swarm has gone silent"));
}

#[tokio::test]
async fn a_revival_that_brings_nothing_is_not_repeated_for_ever() {
    let stage = stage([], Duration::from_secs(60));
    let job = stage.prepare.start(request());
    until("opened", || job.attempts().iter().any(|attempt| attempt.outcome != "asked")).await;
    stage.source.deliver();
    until("ready", || is_ready(&job)).await;
    for opening in 2..=3 {
        stage.source.failure.send_replace(Some(SourceError::Transient("silent".to_owned())));
        until("asked again, or given up", || {
            stage.source.opened.load(Ordering::Relaxed) >= opening || !is_ready(&job)
        })
        .await;
    }
    let error = timeout(PATIENCE, job.failed()).await.unwrap();
    assert!(matches!(error, PrepareError::Exhausted(_)), "{error}");
    assert_eq!(stage.source.opened.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn what_fails_in_passing_is_tried_again() {
    let passing = Act::Fail(SourceError::Transient("25 torrents are running already".to_owned()));
    let stage = stage([passing], Duration::from_secs(60));
    let job = stage.prepare.start(request());
    timeout(PATIENCE, job.content()).await.unwrap().unwrap();
    assert_eq!(stage.source.opened.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_full_disk_ends_the_job_with_the_cache_s_own_words() {
    let full = || Act::Fail(SourceError::Cache(CacheError::Full("nothing left".to_owned())));
    let stage = stage(std::iter::repeat_with(full).take(20), Duration::from_secs(60));
    let error = timeout(PATIENCE, stage.prepare.start(request()).content()).await.unwrap().unwrap_err();
    assert!(matches!(error, PrepareError::Cache(CacheError::Full(_))), "{error}");
}

#[tokio::test]
async fn cancelling_and_stopping_end_jobs_in_flight() {
    let stage = stage([], Duration::from_secs(60));
    let job = stage.prepare.start(request());
    assert!(stage.prepare.cancel(&job.id()));
    let error = timeout(PATIENCE, job.failed()).await.unwrap();
    assert!(matches!(error, PrepareError::Cancelled));
    let other = stage.prepare.start(request());
    assert!(!Arc::ptr_eq(&other, &job), "a cancelled job answers for nobody");
    timeout(PATIENCE, stage.prepare.shutdown()).await.unwrap();
    assert!(matches!(other.status(), JobStatus::Failed(PrepareError::Cancelled)));
}
