//! One task per open file: keeps the engine's cursors where the readers are, and notices when the swarm
//! can no longer deliver.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use librqbit::{Session, TorrentStats, TorrentStatsState};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::PeerCounts;
use super::calling::{Calling, Standing, Step};
use super::cursors::Cursors;
use super::lead::Lead;
use super::shelf::Shelf;
use super::silence::{Redial, Silence};
use super::stay::Presence;
use crate::cache::CacheFile;
use crate::source::SourceError;
use crate::source::aim::Aim;
use crate::source::waits::Waits;

const PULSE: Duration = Duration::from_secs(1);

/// Adding a torrent anew costs its connections, so it is done so often at most.
const REFRESH_PAUSE: Duration = Duration::from_secs(30);

/// What the engine may fetch twice before it is worth adding the torrent anew, in pieces and in bytes.
const MOST_TWICE: (u64, u64) = (16, 32 << 20);

/// The steering of one file.
pub(super) struct Steering {
    pub(super) session: Arc<Session>,
    pub(super) file: CacheFile,
    pub(super) aim: Aim,
    /// The small client, which a private torrent does without.
    pub(super) lead: Option<Lead>,
    pub(super) shelf: Arc<Shelf>,
    pub(super) presence: watch::Receiver<Presence>,
    /// Told why, when the swarm cannot deliver.
    pub(super) failed: watch::Sender<Option<SourceError>>,
    /// Told the number of the engine's add, when the engine knows too little of what others have written.
    pub(super) outdated: watch::Sender<u64>,
    /// How long a wanted file may stand still with nobody connected.
    pub(super) patience: Duration,
}

/// What is observed since the engine's latest add.
struct Since {
    generation: u64,
    began: Instant,
    received: u64,
    redial: Redial,
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
        let mut since = self.since();
        let mut waits = Waits::default();
        let mut cursors = Cursors::default();
        let mut calling = Calling::default();
        while !self.file.is_complete() {
            changes.borrow_and_update();
            let playheads = demand.borrow_and_update().clone();
            waits.note(&self.file, &playheads, Instant::now());
            let is_led = self.lead.as_mut().is_some_and(|lead| lead.steer(&playheads, &waits));
            let mut offsets = self.aim.offsets(&playheads, |range| self.missing(&waits, &range));
            let is_wanted = !offsets.is_empty();
            if !is_wanted {
                // Without a cursor the engine would begin at the start of the file, whoever is at work there.
                offsets.extend(self.missing(&waits, &(0..self.file.length())));
            }
            let presence = self.presence.borrow_and_update().clone();
            cursors.follow(presence.engine(), self.file.key().file.0 as usize, &offsets).await;
            if !offsets.is_empty() && !is_led {
                self.call(&presence, &mut calling).await;
            }
            if let Some(error) = failure.borrow_and_update().clone() {
                return self.fail(SourceError::Cache(error));
            }
            // The senders live in the file and in the shelf, which this task holds.
            tokio::select! {
                _ = demand.changed() => {}
                _ = changes.changed() => {}
                _ = failure.changed() => {}
                changed = self.presence.changed() => if changed.is_err() { return },
                _ = pulse.tick() => {
                    let stats = self.presence.borrow().engine().map(|engine| engine.torrent().stats());
                    if let Some(error) = self.health(stats.as_ref(), &mut silence, is_wanted) {
                        return self.fail(error);
                    }
                    if since.generation != self.shelf.generation() {
                        since = self.since();
                    }
                    let nothing_came = self.shelf.received() == since.received;
                    if nothing_came && stats.is_some_and(|stats| since.redial.is_due(&stats)) {
                        self.dial_again().await;
                    }
                    if since.began.elapsed() >= REFRESH_PAUSE && self.is_outdated(&offsets) {
                        self.outdated.send_replace(since.generation);
                    }
                },
            }
        }
        if !self.shelf.agrees_with(&self.file) {
            // Left alone, the engine would now fetch all that others have brought.
            self.outdated.send_replace(self.shelf.generation());
        }
    }

    /// Has the engine begin, with all that is there by now.
    async fn call(&self, presence: &Presence, calling: &mut Calling) {
        let standing = match presence {
            Presence::Absent => Standing::Absent,
            Presence::Coming => Standing::Coming,
            Presence::There(engine) if engine.is_held() => {
                Standing::Held { knows_enough: self.knows_enough() }
            }
            Presence::There(_) => Standing::AtWork,
        };
        let generation = self.shelf.generation();
        match (calling.step(standing, generation, Instant::now()), presence.engine()) {
            (Step::LetGo, Some(engine)) => engine.let_go(&self.session).await,
            (Step::Add, _) => drop(self.outdated.send_replace(generation)),
            (Step::LetGo | Step::Wait, _) => {}
        }
    }

    /// Whether the engine knows nearly all that is there. More may have come since it was added, and comes on.
    fn knows_enough(&self) -> bool {
        let unknown = self.shelf.unknown(&self.file, 0..self.file.length());
        !self.is_much(unknown) && !self.shelf.is_misled_about(&self.file)
    }

    /// Whether fetching so many pieces twice costs more than adding the torrent anew.
    fn is_much(&self, pieces: u64) -> bool {
        let piece_length = self.file.layout().map_or(1, |layout| layout.piece_length);
        pieces >= MOST_TWICE.0 || pieces * piece_length >= MOST_TWICE.1
    }

    fn since(&self) -> Since {
        Since {
            generation: self.shelf.generation(),
            began: Instant::now(),
            received: self.shelf.received(),
            redial: Redial::new(),
        }
    }

    /// The first byte of `range` that is missing and that nobody else is fetching.
    fn missing(&self, waits: &Waits, range: &Range<u64>) -> Option<u64> {
        if range.is_empty() {
            return None;
        }
        let awaited = self.file.missing_from(range.start);
        let first = if waits.is_long(awaited, Instant::now()) {
            awaited
        } else {
            self.file.unclaimed_from(range.start)
        };
        (first < range.end).then_some(first)
    }

    /// Whether the engine goes on fetching what others have written meanwhile, or is about to, or believes
    /// to have what it has not.
    fn is_outdated(&self, offsets: &[u64]) -> bool {
        let piece_length = self.file.layout().map_or(1, |layout| layout.piece_length);
        let ahead =
            || self.aim.windows(offsets).into_iter().map(|window| self.shelf.unknown(&self.file, window));
        self.is_much(self.shelf.wasted() / piece_length)
            || self.is_much(ahead().sum())
            || self.shelf.is_misled_about(&self.file)
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
        let by_engine = stats.and_then(PeerCounts::of).unwrap_or_default();
        let by_lead = self.lead.as_ref().map(Lead::counts).unwrap_or_default();
        let PeerCounts { live, seen, .. } = by_engine.beside(by_lead);
        let still = silence.lasts(self.shelf.received(), live > 0 || !wanted);
        (still >= self.patience).then(|| {
            SourceError::Transient(match seen {
                0 => "no peer has been found".to_owned(),
                _ => format!("the swarm has gone silent: none of {seen} peers is connected"),
            })
        })
    }

    async fn dial_again(&self) {
        let presence = self.presence.borrow().clone();
        if let Some(engine) = presence.engine() {
            engine.dial_again(&self.session).await;
        }
    }

    fn fail(&self, error: SourceError) {
        tracing::info!(content = %self.file.key(), %error, "the swarm does not deliver");
        self.failed.send_replace(Some(error));
    }
}
