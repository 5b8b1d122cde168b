//! One task per open file: keeps the engine's cursors where the readers are, and notices when the swarm
//! can no longer deliver.

use std::io::SeekFrom;
use std::sync::Arc;
use std::time::Duration;

use librqbit::{ManagedTorrent, TorrentStatsState};
use tokio::io::{AsyncSeek, AsyncSeekExt};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::aim::Aim;
use super::storage::Shelf;
use crate::cache::CacheFile;
use crate::source::SourceError;

/// The engine's handle on a live torrent; a new one after each add.
pub(super) type Engine = Arc<ManagedTorrent>;

const PULSE: Duration = Duration::from_secs(1);

/// The steering of one file.
pub(super) struct Steering {
    pub(super) file: CacheFile,
    pub(super) aim: Aim,
    pub(super) shelf: Arc<Shelf>,
    pub(super) engine: watch::Receiver<Option<Engine>>,
    /// Told why, when the swarm cannot deliver.
    pub(super) failed: watch::Sender<Option<SourceError>>,
    /// How long a wanted file may stand still with nobody connected.
    pub(super) patience: Duration,
}

impl Steering {
    /// Steers until the file is complete or the swarm fails; dropped, it stops at once.
    pub(super) async fn run(mut self) {
        let mut demand = self.file.demand();
        let mut changes = self.file.changes();
        let mut failure = self.shelf.failure();
        let mut pulse = tokio::time::interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silence = Silence::new(self.shelf.received());
        let mut cursors = Cursors::default();
        while !self.file.is_complete() {
            changes.borrow_and_update();
            let playheads = demand.borrow_and_update().clone();
            let offsets = self.aim.offsets(&playheads, |range| {
                let missing = if range.is_empty() { range.end } else { self.file.missing_from(range.start) };
                (missing < range.end).then_some(missing)
            });
            let engine = self.engine.borrow_and_update().clone();
            cursors.follow(engine.as_ref(), self.file.key().file.0 as usize, &offsets).await;
            if let Some(error) = failure.borrow_and_update().clone() {
                return self.fail(SourceError::Cache(error));
            }
            // The senders live in the file and in the shelf, which this task holds.
            tokio::select! {
                _ = demand.changed() => {}
                _ = changes.changed() => {}
                _ = failure.changed() => {}
                changed = self.engine.changed() => if changed.is_err() { return },
                _ = pulse.tick() => if let Some(error) = self.health(&mut silence, !offsets.is_empty()) {
                    return self.fail(error);
                },
            }
        }
    }

    fn health(&self, silence: &mut Silence, wanted: bool) -> Option<SourceError> {
        let stats = self.engine.borrow().as_ref().map(|engine| engine.stats());
        if let Some(stats) = &stats
            && let TorrentStatsState::Error = stats.state
        {
            let reason = stats.error.as_deref().and_then(|text| text.lines().next()).unwrap_or_default();
            return Some(SourceError::Transient(format!("the torrent engine stopped: {reason}")));
        }
        let peers = stats.and_then(|stats| stats.live).map(|live| live.snapshot.peer_stats);
        let (live, seen) = peers.map_or((0, 0), |peers| (peers.live, peers.seen));
        let still = silence.lasts(self.shelf.received(), live > 0 || !wanted);
        (still >= self.patience).then(|| {
            SourceError::Transient(match seen {
                0 => "no peer has been found".to_owned(),
                _ => format!("the swarm has gone silent: none of {seen} peers is connected"),
            })
        })
    }

    fn fail(&self, error: SourceError) {
        tracing::info!(content = %self.file.key(), %error, "the swarm does not deliver");
        self.failed.send_replace(Some(error));
    }
}

/// How long nothing has come although something was wanted.
struct Silence {
    received: u64,
    since: Instant,
}

impl Silence {
    fn new(received: u64) -> Self {
        Self { received, since: Instant::now() }
    }

    fn lasts(&mut self, received: u64, excused: bool) -> Duration {
        if excused || received != self.received {
            *self = Self::new(received);
        }
        self.since.elapsed()
    }
}

/// The engine's streams of one file. They are never read from: each only tells the engine, by its
/// position, what to fetch first.
#[derive(Default)]
struct Cursors {
    engine: Option<Engine>,
    open: Vec<Cursor>,
}

struct Cursor {
    at: u64,
    stream: Box<dyn AsyncSeek + Send + Unpin>,
}

impl Cursors {
    /// Moves, opens and drops cursors until they stand at `offsets`.
    async fn follow(&mut self, engine: Option<&Engine>, file: usize, offsets: &[u64]) {
        let Some(engine) = engine else { return self.open.clear() };
        if self.engine.as_ref().is_none_or(|known| !Arc::ptr_eq(known, engine)) {
            self.open.clear();
            self.engine = Some(engine.clone());
        }
        // Cursors that stand right stay, so that a reader's window is never away for a moment.
        let (mut kept, mut spare): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.open).into_iter().partition(|cursor| offsets.contains(&cursor.at));
        for offset in offsets {
            if kept.iter().any(|cursor| cursor.at == *offset) {
                continue;
            }
            let stream = match spare.pop() {
                Some(cursor) => Some(cursor.stream),
                None => open(engine, file).await,
            };
            let Some(mut stream) = stream else { continue };
            if stream.seek(SeekFrom::Start(*offset)).await.is_ok() {
                kept.push(Cursor { at: *offset, stream });
            }
        }
        self.open = kept;
    }
}

async fn open(engine: &Engine, file: usize) -> Option<Box<dyn AsyncSeek + Send + Unpin>> {
    match engine.clone().stream(file).await {
        Ok(stream) => Some(Box::new(stream)),
        Err(error) => {
            // The torrent has failed or is being deleted; the health check or the guard deals with it.
            tracing::debug!(error = %format!("{error:#}"), "no cursor");
            None
        }
    }
}
