//! One task per open file: keeps the engine's cursors where the readers are, and notices when the swarm
//! can no longer deliver.

use std::io::SeekFrom;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use librqbit::{ManagedTorrent, Session, TorrentStats, TorrentStatsState};
use tokio::io::{AsyncSeek, AsyncSeekExt};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::storage::Shelf;
use crate::cache::CacheFile;
use crate::source::SourceError;
use crate::source::aim::Aim;

/// The engine's handle on a live torrent; a new one after each add.
pub(super) type Engine = Arc<ManagedTorrent>;

const PULSE: Duration = Duration::from_secs(1);

/// The engine gives a peer that refused a connection 10 s and more before it tries again. Many refuse
/// the first one for a moment, because they still hold the connection over which they sent the
/// metadata, so that the first few tries are repeated after this time, and twice as long each time.
const REDIAL: Duration = Duration::from_secs(1);
const REDIALS: u32 = 3;

/// The steering of one file.
pub(super) struct Steering {
    pub(super) session: Arc<Session>,
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
        let mut redial = Redial::new();
        let mut cursors = Cursors::default();
        while !self.file.is_complete() {
            changes.borrow_and_update();
            let playheads = demand.borrow_and_update().clone();
            let offsets = self.aim.offsets(&playheads, |range| self.missing(&range));
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
                _ = pulse.tick() => {
                    let stats = self.engine.borrow().as_ref().map(|engine| engine.stats());
                    if let Some(error) = self.health(stats.as_ref(), &mut silence, !offsets.is_empty()) {
                        return self.fail(error);
                    }
                    if self.shelf.received() == 0 && stats.is_some_and(|stats| redial.is_due(&stats)) {
                        self.dial_again().await;
                    }
                },
            }
        }
    }

    fn missing(&self, range: &Range<u64>) -> Option<u64> {
        let first = if range.is_empty() { range.end } else { self.file.missing_from(range.start) };
        (first < range.end).then_some(first)
    }

    fn health(
        &self,
        stats: Option<&TorrentStats>,
        silence: &mut Silence,
        wanted: bool,
    ) -> Option<SourceError> {
        if let Some(stats) = stats
            && let TorrentStatsState::Error = stats.state
        {
            let reason = stats.error.as_deref().and_then(|text| text.lines().next()).unwrap_or_default();
            return Some(SourceError::Transient(format!("the torrent engine stopped: {reason}")));
        }
        let peers = stats.and_then(|stats| stats.live.as_ref()).map(|live| &live.snapshot.peer_stats);
        let (live, seen) = peers.map_or((0, 0), |peers| (peers.live, peers.seen));
        let still = silence.lasts(self.shelf.received(), live > 0 || !wanted);
        (still >= self.patience).then(|| {
            SourceError::Transient(match seen {
                0 => "no peer has been found".to_owned(),
                _ => format!("the swarm has gone silent: none of {seen} peers is connected"),
            })
        })
    }

    /// A pause is the engine's only way to forget how often a peer has refused.
    async fn dial_again(&self) {
        let Some(engine) = self.engine.borrow().clone() else { return };
        let again = async {
            self.session.pause(&engine).await?;
            self.session.unpause(&engine).await
        };
        if let Err(error) = again.await {
            // It is being deleted or has failed: both are noticed elsewhere.
            tracing::debug!(error = %format!("{error:#}"), "the peers cannot be dialled again");
        }
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

/// When to dial peers again that all refused.
struct Redial {
    left: u32,
    after: Instant,
    pause: Duration,
}

impl Redial {
    fn new() -> Self {
        Self { left: REDIALS, after: Instant::now() + REDIAL / 2, pause: REDIAL }
    }

    fn is_due(&mut self, stats: &TorrentStats) -> bool {
        let all_refused = stats.live.as_ref().is_some_and(|live| {
            let peers = &live.snapshot.peer_stats;
            peers.live + peers.connecting + peers.queued == 0 && peers.dead > 0
        });
        let due = all_refused && self.left > 0 && Instant::now() >= self.after;
        if due {
            self.pause *= 2;
            (self.left, self.after) = (self.left - 1, Instant::now() + self.pause);
        }
        due
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
