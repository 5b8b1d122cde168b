//! The lanes at work, as whoever steers them sees them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use tokio::time::Instant;

use super::gap::Gap;
use super::lane::Lane;
use super::supply::{Place, Supply};
use crate::cache::Claim;
use crate::source::SourceError;

/// How long a lane goes on that nobody needs, while nobody else needs its connection. Players close a request and
/// open the next at the same place.
const LINGER: Duration = Duration::from_secs(1);

/// A lane at work.
pub(super) struct Slot {
    /// Where it is; `None` for the one that only looks whether the origin is any good.
    place: Option<Arc<Place>>,
    work: BoxFuture<'static, Result<(), SourceError>>,
    /// Since when nobody has needed it.
    idle: Option<Instant>,
    /// Whether it fetches a piece that somebody else is fetching too.
    pub(super) contests: bool,
}

impl Slot {
    /// A lane that looks whether the origin is any good.
    pub(super) fn greeting(supply: &Arc<Supply>) -> Self {
        let lane = Lane::new(Arc::clone(supply), Arc::default());
        Self { place: None, work: lane.greet().boxed(), idle: None, contests: false }
    }

    /// A lane that fetches from the start of `claim` up to content byte `end`.
    pub(super) fn fetching(supply: &Arc<Supply>, claim: Claim, end: u64, contests: bool) -> Self {
        let place = Arc::new(Place::default());
        let lane = Lane::new(Arc::clone(supply), Arc::clone(&place));
        let pieces = claim.pieces();
        place.from.store(supply.layout.content_range(pieces.start).start, Ordering::Relaxed);
        place.until.store(supply.layout.content_range(pieces.end - 1).end, Ordering::Relaxed);
        Self { place: Some(place), work: lane.fill(claim, end).boxed(), idle: None, contests }
    }

    /// Whether it fetches the piece with this content byte, or has claimed it.
    pub(super) fn covers(&self, offset: u64) -> bool {
        self.place.as_ref().is_some_and(|place| {
            (place.from.load(Ordering::Relaxed)..place.until.load(Ordering::Relaxed)).contains(&offset)
        })
    }

    /// Whether it fetches what the reader with this gap wants.
    pub(super) fn is_for(&self, gap: &Gap) -> bool {
        self.place.as_ref().is_some_and(|place| gap.reaches(place.from.load(Ordering::Relaxed)))
    }
}

/// Drops the lanes that serve nobody any more: at once if others wait, else after a moment. What a reader misses
/// first is not all that serves him while `is_elsewhere` says that somebody else is fetching it.
pub(super) fn drop_idle(
    lanes: &mut Vec<Slot>,
    gaps: &[Gap],
    others_wait: bool,
    is_elsewhere: impl Fn(&Gap) -> bool,
) {
    let is_own = |gap: &&Gap| lanes.iter().any(|slot| !slot.contests && slot.covers(gap.offset));
    let elsewhere: Vec<&Gap> = gaps.iter().filter(|gap| is_elsewhere(gap) && !is_own(gap)).collect();
    lanes.retain_mut(|slot| {
        let is_first = gaps.iter().any(|gap| slot.covers(gap.offset));
        if slot.place.is_none() || is_first || elsewhere.iter().any(|gap| slot.is_for(gap)) {
            slot.idle = None;
            return true;
        }
        !others_wait && slot.idle.get_or_insert_with(Instant::now).elapsed() < LINGER
    });
}

/// Drops a lane that fetches what is wanted later, if there is one: its connection is needed now.
pub(super) fn drop_behind(lanes: &mut Vec<Slot>, gaps: &[Gap]) {
    let is_first = |slot: &Slot| gaps.iter().any(|gap| slot.covers(gap.offset));
    if let Some(behind) = lanes.iter().position(|slot| slot.place.is_some() && !is_first(slot)) {
        drop(lanes.swap_remove(behind));
    }
}

/// Lets all lanes work and takes away the first that ends; never, if there is none.
pub(super) async fn first_ended(lanes: &mut Vec<Slot>) -> Result<(), SourceError> {
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
