//! Grafting: a content without piece hashes goes on with the bytes of a torrent's file.
//!
//! A player whose stream began from a source that knew no file table holds on to that content: its length and
//! its entity tag are told. When a torrent turns out to have the same file, its bytes are copied over as the
//! readers need them.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fixedbitset::FixedBitSet;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::waits::Waits;
use super::{Duty, Opened, SourceError, Writer};
use crate::cache::{CacheError, CacheFile, Playhead, Put};

/// How far ahead of its readers the content is filled: the copy costs its room on disk a second time.
const AHEAD: u64 = 64 << 20;

/// How much is copied at once.
const RUN: u64 = 8 << 20;

/// How many bytes that both have must be equal. No two encodings of the same length agree on so many.
const OVERLAP: u64 = 64 << 10;

/// How often claims are looked at: nobody is told when one goes stale.
const PULSE: Duration = Duration::from_secs(1);

/// Makes `from`, a torrent's file, a writer of `onto`, the same content without hashes. Whatever is final in
/// `from` is copied where readers of `onto` need it, and what they need next is asked of `from`. Before the
/// first byte is accepted, bytes that both have are compared, and fetched for it if need be. Fails with
/// [`SourceError::NotHere`] if they are two versions, and as `from`'s own writer fails.
///
/// # Panics
/// Outside a tokio runtime.
pub fn graft(from: Opened, onto: CacheFile) -> Writer {
    let failed = watch::Sender::new(None);
    let received = Arc::<AtomicU64>::default();
    let (duty, source_failed) = match &from.writer {
        Some(writer) => (writer.duty.clone(), Some(writer.failed.clone())),
        None => (watch::Sender::new(Duty::Work), None),
    };
    let subscription = failed.subscribe();
    let graft = Graft {
        from: from.file,
        onto,
        received: received.clone(),
        duty: duty.subscribe(),
        ours: FixedBitSet::new(),
        compared: false,
        demand: Demand::default(),
        waits: Waits::default(),
    };
    let mut task = JoinSet::new();
    task.spawn(async move {
        let end = tokio::select! {
            end = graft.run() => end,
            error = failure(source_failed) => Err(error),
        };
        if let Err(error) = end {
            failed.send_replace(Some(error));
        }
    });
    Writer { failed: subscription, received, before: 0, duty, guard: Box::new((task, from.writer)) }
}

/// Ends when the source of the bytes gives up.
async fn failure(failed: Option<watch::Receiver<Option<SourceError>>>) -> SourceError {
    if let Some(mut failed) = failed
        && let Ok(error) = failed.wait_for(Option::is_some).await
        && let Some(error) = error.clone()
    {
        return error;
    }
    // Nothing more can fail: the file is complete.
    std::future::pending().await
}

struct Graft {
    from: CacheFile,
    onto: CacheFile,
    /// Bytes copied.
    received: Arc<AtomicU64>,
    duty: watch::Receiver<Duty>,
    /// The pieces of `onto` that came from here.
    ours: FixedBitSet,
    /// Whether the two are known to be the same version.
    compared: bool,
    demand: Demand,
    waits: Waits,
}

impl Graft {
    /// Copies until `onto` is complete.
    async fn run(mut self) -> Result<(), SourceError> {
        let unproved = self.onto.layout().filter(|layout| layout.hashes.is_none());
        let Some(layout) = unproved.filter(|layout| layout.length == self.from.length()) else {
            return Err(another_version());
        };
        self.ours.grow(layout.pieces());
        let (mut readers, mut ours) = (self.onto.demand(), self.onto.changes());
        let (mut theirs, mut duty) = (self.from.changes(), self.duty.clone());
        let mut pulse = tokio::time::interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.onto.is_complete() {
            ours.borrow_and_update();
            theirs.borrow_and_update();
            let readers_at = readers.borrow_and_update().clone();
            let at_work = *duty.borrow_and_update() == Duty::Work;
            if at_work && self.serve(&readers_at).await? {
                continue;
            }
            if !at_work {
                self.demand.withdraw();
            }
            // The senders live in the files and in this task.
            tokio::select! {
                _ = readers.changed() => {}
                _ = ours.changed() => {}
                _ = theirs.changed() => {}
                Ok(()) = duty.changed() => {}
                _ = pulse.tick() => {}
            }
        }
        Ok(())
    }

    /// Copies what some reader needs next and is there already. `false` if nothing is; then it is asked for.
    async fn serve(&mut self, readers: &[u64]) -> Result<bool, SourceError> {
        let now = Instant::now();
        self.waits.note(&self.onto, readers, now);
        let mut places = Vec::new();
        for at in readers {
            let end = self.onto.length().min(at.saturating_add(AHEAD));
            let first = self.onto.missing_from(*at);
            let free = if self.waits.is_long(first, now) { first } else { self.onto.unclaimed_from(first) };
            // What is there is copied whoever has claimed it; what is not is left to him who has.
            if let Some(pieces) = self.ready(first, end).or_else(|| self.ready(free, end)) {
                self.take(pieces).await?;
                return Ok(true);
            }
            if free < end {
                places.push(free);
            }
        }
        self.demand.follow(&self.from, &places);
        Ok(false)
    }

    /// The missing pieces from the one at `offset` on, within a run and before `end`, whose bytes are there.
    fn ready(&self, offset: u64, end: u64) -> Option<Range<usize>> {
        let layout = self.onto.layout().filter(|_| offset < end)?;
        let first = layout.piece_at(offset);
        let start = layout.content_range(first).start;
        let there = self.from.missing_from(start);
        let is_missing = |piece: &usize| {
            let own = layout.content_range(*piece);
            self.onto.missing_from(own.start) < own.end
        };
        let count = (first..layout.pieces())
            .take_while(|piece| {
                let own = layout.content_range(*piece);
                own.start < end && own.end <= there && own.end - start <= RUN.max(layout.piece_length)
            })
            .take_while(is_missing)
            .count();
        (count > 0).then_some(first..first + count)
    }

    /// Copies these pieces, which are there.
    async fn take(&mut self, pieces: Range<usize>) -> Result<(), SourceError> {
        self.make_sure().await?;
        let (from, onto, received) = (self.from.clone(), self.onto.clone(), self.received.clone());
        let copying = tokio::task::spawn_blocking(move || {
            let mut new = Vec::new();
            let Some(layout) = onto.layout() else { return Ok(new) };
            // Others would only begin to fetch what is here in a moment.
            let _claim = onto.claim(layout.content_range(pieces.start).start, RUN);
            for piece in pieces {
                let own = layout.content_range(piece);
                let bytes = from.read_content(own.start, (own.end - own.start) as usize)?;
                // Counted before anybody can read them.
                received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                if bytes.len() as u64 == own.end - own.start && onto.vouch(piece, &bytes)? == Put::New {
                    new.push(piece);
                }
            }
            Ok::<_, CacheError>(new)
        });
        let new = copying.await.map_err(|_| SourceError::Transient("a copy was cut short".to_owned()))??;
        self.ours.extend(new);
        Ok(())
    }

    /// Compares bytes that both have, once `onto` has any that did not come from here.
    async fn make_sure(&mut self) -> Result<(), SourceError> {
        let Some(overlap) = (!self.compared).then(|| self.overlap()).flatten() else { return Ok(()) };
        let _asking = self.from.playhead(overlap.start);
        let mut at = overlap.start;
        while at < overlap.end {
            self.from.wait_for(at).await?;
            at = self.from.missing_from(at);
        }
        let (from, onto) = (self.from.clone(), self.onto.clone());
        let comparing = tokio::task::spawn_blocking(move || {
            let length = (overlap.end - overlap.start) as usize;
            Ok::<_, CacheError>(
                from.read_content(overlap.start, length)? == onto.read_content(overlap.start, length)?,
            )
        });
        let equal = comparing
            .await
            .map_err(|_| SourceError::Transient("a comparison was cut short".to_owned()))??;
        self.compared = equal;
        if equal { Ok(()) } else { Err(another_version()) }
    }

    /// Bytes of `onto` that came from elsewhere: such as `from` has already, or else any.
    fn overlap(&self) -> Option<Range<u64>> {
        let layout = self.onto.layout()?;
        let present = |piece: usize| {
            let own = layout.content_range(piece);
            (self.onto.missing_from(own.start) > own.start)
                .then(|| own.start..own.end.min(own.start + OVERLAP))
        };
        let here = || self.ours.zeroes().filter_map(present);
        let both = here().find(|own| self.from.missing_from(own.start) >= own.end);
        both.or_else(|| here().next())
    }
}

fn another_version() -> SourceError {
    SourceError::NotHere("another version of the file".to_owned())
}

/// Readers of the other file on behalf of ours.
#[derive(Default)]
struct Demand(Vec<(u64, Playhead)>);

impl Demand {
    /// Stands at `places` of `file`.
    fn follow(&mut self, file: &CacheFile, places: &[u64]) {
        let goes_on =
            self.0.len() == places.len() && self.0.iter().zip(places).all(|((before, _), now)| now >= before);
        if goes_on {
            for ((before, playhead), now) in self.0.iter_mut().zip(places) {
                *before = *now;
                playhead.advance(*now);
            }
        } else {
            // The new ones first, so that the demand is never away for a moment.
            self.0 = places.iter().map(|place| (*place, file.playhead(*place))).collect();
        }
    }

    fn withdraw(&mut self) {
        self.0.clear();
    }
}
