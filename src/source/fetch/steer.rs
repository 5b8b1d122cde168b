//! One task per opened file: puts lanes where readers miss bytes, takes them away where nobody reads, and asks the
//! origin for another address when one is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::gap::{self, Gap};
use super::slot::{self, Slot};
use super::supply::{Linked, Supply};
use super::wish::{Rank, Wish};
use super::{Expect, Link, Origin, Refusal};
use crate::cache::CacheFile;
use crate::source::aim::Aim;
use crate::source::waits::Waits;
use crate::source::{Duty, SourceError};

/// More connections would only share the same bandwidth.
const MAX_LANES: usize = 3;

/// Claims of others go stale without a sign, and so must be looked at.
const PULSE: Duration = Duration::from_millis(250);

/// Nothing has come for so long although it is wanted: another source must be found.
const STANDSTILL: Duration = Duration::from_secs(20);

/// So many refused addresses without a single piece between them are enough, unless the origin knows other places.
const MOST_REFUSALS: u32 = 5;

/// The steering of one file.
pub(super) struct Steering {
    supply: Arc<Supply>,
    refusals: mpsc::Receiver<(u64, Refusal)>,
    aim: Aim,
    waits: Waits,
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
            waits: Waits::default(),
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
            // Whose turn for a connection has not come cannot say anything of the server.
            let is_queueing = supply.waiting.load(Ordering::Relaxed) > 0;
            self.progress.check(&supply, is_wanted && !is_queueing)?;
            tokio::select! {
                // Whoever dropped the other end has no more orders, but still wants the bytes.
                Ok(()) = duty.changed() => {}
                // The senders live in the file, which this task holds.
                _ = demand.changed() => {}
                _ = changes.changed() => {}
                Some((number, refusal)) = self.refusals.recv() => self.refuse(number, refusal)?,
                link = renewed(&mut self.renewal) => self.link(link?),
                ended = slot::first_ended(&mut self.lanes) => ended?,
                () = tokio::time::sleep(PULSE), if is_wanted || self.is_watching => {}
            }
        }
        Ok(())
    }

    /// Puts the lanes where they are needed. Returns whether anything is fetched from here.
    fn follow(&mut self, playheads: &[u64]) -> bool {
        let supply = Arc::clone(&self.supply);
        self.waits.note(&supply.file, playheads, Instant::now());
        let gaps = gap::all(&supply.file, &self.aim, playheads);
        self.is_watching = !gaps.is_empty();
        let wishes: Vec<Wish> =
            gaps.iter().filter_map(|gap| Wish::of(gap, &supply, &self.lanes, &self.waits)).collect();
        let is_elsewhere = |gap: &Gap| supply.file.is_claimed(gap.offset);
        slot::drop_idle(&mut self.lanes, &gaps, !wishes.is_empty(), is_elsewhere);
        let connections = supply.linked().link.connections.available_permits();
        let room = if self.lanes.is_empty() { connections.max(1) } else { connections };
        let most = MAX_LANES.min(self.lanes.len() + room);
        let mut unserved = false;
        for wish in wishes {
            if self.lanes.len() >= most && wish.rank != Rank::Behind {
                slot::drop_behind(&mut self.lanes, &gaps);
            }
            if self.lanes.len() < most {
                // Another lane of this round may have claimed it just now.
                let lane = |claim| Slot::fetching(&supply, claim, wish.run.end, wish.rank == Rank::Contested);
                self.lanes.extend(wish.claim(&supply).map(lane));
            } else {
                unserved |= wish.rank == Rank::Next;
            }
        }
        supply.unserved.store(unserved, Ordering::Relaxed);
        if self.lanes.is_empty() && !*supply.judged.borrow() {
            self.lanes.push(Slot::greeting(&supply));
        }
        !self.lanes.is_empty()
    }

    fn rest(&mut self) -> bool {
        self.is_watching = false;
        self.lanes.clear();
        false
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
        if self.refused > MOST_REFUSALS && self.supply.origin.others() == 0 {
            return Err(hopeless(self.supply.origin.name(), &refusal));
        }
        let origin = Arc::clone(&self.supply.origin);
        self.renewal = Some(async move { origin.link(Some(&refusal)).await }.boxed());
        Ok(())
    }

    fn link(&mut self, link: Link) {
        self.renewal = None;
        // Another server may be as fast as it likes.
        self.supply.claimant.forget_pace();
        let number = self.supply.linked().number + 1;
        self.supply.linked.send_replace(Arc::new(Linked::new(number, link)));
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
