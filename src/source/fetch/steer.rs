//! One task per opened file: puts lanes where readers miss bytes, takes them away where nobody reads, and asks the
//! origin for another address when one is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::gap::{self, Gap};
use super::lane::Lane;
use super::stretch::STRIDE;
use super::supply::{Linked, Place, Supply};
use super::{Expect, Link, Origin, Refusal};
use crate::cache::CacheFile;
use crate::source::aim::Aim;
use crate::source::{Duty, SourceError};

/// More connections would only share the same bandwidth.
const MAX_LANES: usize = 3;

/// How long a lane goes on that nobody needs, while nobody else needs its connection. Players close a request and
/// open the next at the same place.
const LINGER: Duration = Duration::from_secs(1);

/// Claims of others go stale without a sign, and so must be looked at.
const PULSE: Duration = Duration::from_millis(250);

/// Nothing has come for so long although it is wanted: another source must be found.
const STANDSTILL: Duration = Duration::from_secs(20);

/// So many refused addresses without a single piece between them are enough.
const MOST_REFUSALS: u32 = 5;

/// The steering of one file.
pub(super) struct Steering {
    supply: Arc<Supply>,
    refusals: mpsc::Receiver<(u64, Refusal)>,
    aim: Aim,
    lanes: Vec<Slot>,
    /// The question for another address, while it is open.
    renewal: Option<BoxFuture<'static, Result<Link, SourceError>>>,
    /// Addresses refused since the last piece, and how many pieces there were then.
    refused: u32,
    accepted: u64,
    /// Whether a reader misses bytes at all.
    is_watching: bool,
    progress: Progress,
}

/// A lane at work.
struct Slot {
    /// Where it is; `None` for the one that only looks whether the origin is any good.
    place: Option<Arc<Place>>,
    work: BoxFuture<'static, Result<(), SourceError>>,
    /// Since when nobody has needed it.
    idle: Option<Instant>,
}

/// When something came last, or was not wanted.
struct Progress {
    received: u64,
    was_wanted: bool,
    since: Instant,
}

impl Steering {
    pub(super) fn new(
        file: CacheFile,
        origin: Arc<dyn Origin>,
        expect: Expect,
        link: Link,
        received: Arc<AtomicU64>,
    ) -> Self {
        let (supply, refusals) = Supply::new(file, origin, expect, link, received);
        let (file, layout) = (&supply.file, &supply.layout);
        Self {
            aim: Aim::new(file.name(), file.length(), layout.piece_length),
            supply,
            refusals,
            lanes: Vec::new(),
            renewal: None,
            refused: 0,
            accepted: 0,
            is_watching: false,
            progress: Progress { received: 0, was_wanted: false, since: Instant::now() },
        }
    }

    /// Becomes true when the origin's first response was good, or none is needed.
    pub(super) fn judged(&self) -> watch::Receiver<bool> {
        self.supply.judged.subscribe()
    }

    /// Works until the file is complete or the origin fails, and says why in `failed`. Dropped, it stops at once.
    pub(super) async fn run(
        mut self,
        duty: watch::Receiver<Duty>,
        failed: watch::Sender<Option<SourceError>>,
    ) {
        match self.work(duty).await {
            Ok(()) => self.supply.judge(),
            Err(error) => {
                let origin = self.supply.origin.name();
                tracing::debug!(content = %self.supply.file.key(), origin, %error, "fetching has failed");
                self.lanes.clear();
                failed.send_replace(Some(error));
            }
        }
    }

    async fn work(&mut self, mut duty: watch::Receiver<Duty>) -> Result<(), SourceError> {
        let supply = Arc::clone(&self.supply);
        let (mut demand, mut changes) = (supply.file.demand(), supply.file.changes());
        while !supply.file.is_complete() {
            changes.borrow_and_update();
            let playheads = demand.borrow_and_update().clone();
            let is_wanted = match *duty.borrow_and_update() {
                Duty::Work => self.follow(&playheads),
                Duty::Rest => self.rest(),
            };
            self.progress.check(&supply, is_wanted)?;
            tokio::select! {
                // Whoever dropped the other end has no more orders, but still wants the bytes.
                Ok(()) = duty.changed() => {}
                // The senders live in the file, which this task holds.
                _ = demand.changed() => {}
                _ = changes.changed() => {}
                Some((number, refusal)) = self.refusals.recv() => self.refuse(number, refusal)?,
                link = renewed(&mut self.renewal) => self.link(link?),
                ended = first_ended(&mut self.lanes) => ended?,
                () = tokio::time::sleep(PULSE), if is_wanted || self.is_watching => {}
            }
        }
        Ok(())
    }

    /// Puts the lanes where they are needed. Returns whether anything is fetched from here.
    fn follow(&mut self, playheads: &[u64]) -> bool {
        let file = self.supply.file.clone();
        let gaps = gap::all(&file, &self.aim, playheads);
        self.is_watching = !gaps.is_empty();
        let is_served =
            |gap: &Gap| file.is_claimed(gap.offset) || self.lanes.iter().any(|slot| slot.covers(gap.offset));
        let wanted: Vec<&Gap> = gaps.iter().filter(|gap| gap.is_due() && !is_served(gap)).collect();
        self.drop_idle(&gaps, !wanted.is_empty());
        let connections = self.supply.linked().link.connections.available_permits();
        let room = if self.lanes.is_empty() { connections.max(1) } else { connections };
        let most = MAX_LANES.min(self.lanes.len() + room);
        let mut unserved = false;
        for gap in wanted {
            if self.lanes.len() < most {
                // Another lane of this round may have claimed it just now.
                let claim = file.claim(gap.offset, STRIDE.min(gap.end - gap.offset));
                claim.into_iter().for_each(|claim| self.send(claim, gap.end));
            } else {
                unserved = true;
            }
        }
        self.supply.unserved.store(unserved, Ordering::Relaxed);
        if self.lanes.is_empty() && !*self.supply.judged.borrow() {
            let lane = Lane::new(Arc::clone(&self.supply), Arc::default());
            self.lanes.push(Slot { place: None, work: lane.greet().boxed(), idle: None });
        }
        !self.lanes.is_empty()
    }

    fn rest(&mut self) -> bool {
        self.is_watching = false;
        self.lanes.clear();
        false
    }

    fn send(&mut self, claim: crate::cache::Claim, end: u64) {
        let place = Arc::new(Place::default());
        let lane = Lane::new(Arc::clone(&self.supply), Arc::clone(&place));
        let layout = &self.supply.layout;
        let pieces = claim.pieces();
        place.from.store(layout.content_range(pieces.start).start, Ordering::Relaxed);
        place.until.store(layout.content_range(pieces.end - 1).end, Ordering::Relaxed);
        self.lanes.push(Slot { place: Some(place), work: lane.fill(claim, end).boxed(), idle: None });
    }

    /// Drops the lanes that serve nobody any more: at once if others wait, else after a moment.
    fn drop_idle(&mut self, gaps: &[Gap], others_wait: bool) {
        self.lanes.retain_mut(|slot| {
            if slot.place.is_none() || gaps.iter().any(|gap| slot.covers(gap.offset)) {
                slot.idle = None;
                return true;
            }
            !others_wait && slot.idle.get_or_insert_with(Instant::now).elapsed() < LINGER
        });
    }

    /// Asks the origin for another address than the one that was refused, once for each.
    fn refuse(&mut self, number: u64, refusal: Refusal) -> Result<(), SourceError> {
        if self.renewal.is_some() || number != self.supply.linked().number {
            return Ok(());
        }
        let accepted = self.supply.accepted.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.accepted, accepted) != accepted {
            self.refused = 0;
        }
        self.refused += 1;
        if self.refused > MOST_REFUSALS {
            return Err(hopeless(self.supply.origin.name(), &refusal));
        }
        let origin = Arc::clone(&self.supply.origin);
        self.renewal = Some(async move { origin.link(Some(&refusal)).await }.boxed());
        Ok(())
    }

    fn link(&mut self, link: Link) {
        self.renewal = None;
        let number = self.supply.linked().number + 1;
        self.supply.linked.send_replace(Arc::new(Linked::new(number, link)));
    }
}

impl Slot {
    fn covers(&self, offset: u64) -> bool {
        self.place.as_ref().is_some_and(|place| {
            (place.from.load(Ordering::Relaxed)..place.until.load(Ordering::Relaxed)).contains(&offset)
        })
    }
}

impl Progress {
    /// Fails if nothing has come for too long although it is wanted.
    fn check(&mut self, supply: &Supply, is_wanted: bool) -> Result<(), SourceError> {
        let received = supply.received.load(Ordering::Relaxed);
        if !self.was_wanted || !is_wanted || received != self.received {
            *self = Self { received, was_wanted: is_wanted, since: Instant::now() };
        }
        if self.since.elapsed() < STANDSTILL {
            return Ok(());
        }
        let why = supply.trouble().unwrap_or_else(|| "nothing comes".to_owned());
        Err(SourceError::Transient(format!("{why}; nothing for {} s", STANDSTILL.as_secs())))
    }
}

/// What an origin comes to whose every address is refused.
fn hopeless(name: &str, refusal: &Refusal) -> SourceError {
    let why = format!("{name}: {refusal}");
    match refusal {
        Refusal::Silent(_) | Refusal::Status { status: 408 | 429 | 500.., .. } => SourceError::Transient(why),
        _ => SourceError::NotHere(why),
    }
}

/// The answer to an open question; never, if there is none.
async fn renewed(
    renewal: &mut Option<BoxFuture<'static, Result<Link, SourceError>>>,
) -> Result<Link, SourceError> {
    match renewal {
        Some(question) => question.await,
        None => std::future::pending().await,
    }
}

/// Lets all lanes work and takes away the first that ends; never, if there is none.
async fn first_ended(lanes: &mut Vec<Slot>) -> Result<(), SourceError> {
    std::future::poll_fn(|context| {
        for index in 0..lanes.len() {
            if let Poll::Ready(ended) = lanes[index].work.poll_unpin(context) {
                drop(lanes.swap_remove(index));
                return Poll::Ready(ended);
            }
        }
        Poll::Pending
    })
    .await
}
