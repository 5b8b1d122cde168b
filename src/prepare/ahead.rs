//! Work ahead of the click: what is likely to be played soon is looked up, and its first bytes are fetched.
//!
//! Everything here is bounded in number and time, and gives way: whoever clicks joins the same job.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use moka::sync::Cache as Moka;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{Content, Prepare, PrepareError};
use crate::cache::CacheFile;
use crate::domain::{FileChoice, InfoHash};
use crate::source::Request;

/// Torrents that are looked up at the same time, and others that may wait for their turn.
const MOST_WARMED: usize = 4;
const MOST_WAITING: usize = 60;

/// Contents whose first bytes are fetched at the same time; more would take bandwidth from those who watch.
const MOST_LOADED: usize = 2;

/// How long one look-up may take. What nobody finds in this time is for the one who clicks.
const LOOK_UP: Duration = Duration::from_secs(30);

/// How long one content may take.
const LOAD: Duration = Duration::from_secs(4 * 60);

/// What was looked up is looked up again after this time: so long, connections to a swarm are kept.
const WARM: Duration = Duration::from_secs(60);

/// For how long the same bytes are not fetched again.
const DONE: Duration = Duration::from_secs(10 * 60);

/// Bytes at the start: the header of every container, and some seconds of picture.
const HEAD: u64 = 8 << 20;

/// Bytes at the end, where MP4 and Matroska may keep their index.
const TAIL: u64 = 1 << 20;

/// Bytes around the place where somebody stopped watching: players go back to the key frame before it.
const BEFORE_PLACE: u64 = 2 << 20;
const AFTER_PLACE: u64 = 8 << 20;

/// What is under way and what was done of late.
#[derive(Debug)]
pub(super) struct Ahead {
    waiting: Arc<Semaphore>,
    warming: Arc<Semaphore>,
    loading: Arc<Semaphore>,
    warmed: Moka<InfoHash, ()>,
    loaded: Moka<(InfoHash, FileChoice), ()>,
}

impl Ahead {
    pub(super) fn new() -> Self {
        Self {
            waiting: Arc::new(Semaphore::new(MOST_WAITING)),
            warming: Arc::new(Semaphore::new(MOST_WARMED)),
            loading: Arc::new(Semaphore::new(MOST_LOADED)),
            warmed: Moka::builder().time_to_live(WARM).max_capacity(10_000).build(),
            loaded: Moka::builder().time_to_live(DONE).max_capacity(1_000).build(),
        }
    }
}

impl Prepare {
    /// Looks up what a play of this request will need first, such as the file table and peers. No byte of the content is
    /// fetched. Returns at once; what is too much is left out.
    pub fn warm(&self, request: Request) {
        let ahead = &self.inner.ahead;
        let key = request.info_hash;
        if self.is_known(&request) || ahead.warmed.contains_key(&key) {
            return;
        }
        let Ok(place) = Arc::clone(&ahead.waiting).try_acquire_owned() else { return };
        ahead.warmed.insert(key, ());
        let (prepare, turns) = (self.clone(), Arc::clone(&ahead.warming));
        self.spawn(async move {
            let Ok(_turn) = turns.acquire_owned().await else { return };
            drop(place);
            let places = prepare.inner.chain.places(&request.terms);
            let looking = join_all(places.iter().map(|place| place.source.warm(&request)));
            let _ = timeout(LOOK_UP, looking).await;
        });
    }

    /// Starts the preparation of this request and fetches the bytes that a player will ask for first: the start, the
    /// end, and those around the place where somebody stopped watching. Returns at once; while two others are being
    /// fetched, nothing happens.
    pub fn preload(&self, request: Request) {
        let ahead = &self.inner.ahead;
        let key = (request.info_hash, request.file);
        if ahead.loaded.contains_key(&key) {
            return;
        }
        let Ok(turn) = Arc::clone(&ahead.loading).try_acquire_owned() else { return };
        ahead.loaded.insert(key, ());
        let prepare = self.clone();
        self.spawn(async move {
            let loading = timeout(LOAD, prepare.load(request, turn)).await;
            // A failure is told by the job itself; later is soon enough to try again.
            if !matches!(loading, Ok(Ok(()))) {
                prepare.inner.ahead.loaded.invalidate(&key);
            }
        });
    }

    async fn load(&self, request: Request, _turn: OwnedSemaphorePermit) -> Result<(), PrepareError> {
        let job = self.start(request);
        let content: Content = job.content().await?;
        let work = async {
            for range in first_wanted(content.file.length(), content.file.left_off()) {
                arrive(&content.file, range).await?;
            }
            Ok(())
        };
        tokio::select! {
            done = work => done,
            error = job.failed() => Err(error),
        }
    }
}

/// What a player will ask for first, in the order of its asking.
fn first_wanted(length: u64, left_off: Option<u64>) -> Vec<Range<u64>> {
    let place =
        left_off.map(|at| at.saturating_sub(BEFORE_PLACE)..at.saturating_add(AFTER_PLACE).min(length));
    let ranges = [Some(0..HEAD.min(length)), Some(length.saturating_sub(TAIL)..length), place];
    ranges.into_iter().flatten().filter(|range| !range.is_empty()).collect()
}

/// Waits until every byte of `range` is there.
async fn arrive(file: &CacheFile, range: Range<u64>) -> Result<(), PrepareError> {
    let mut playhead = file.playhead(range.start);
    while let Some(missing) = file.missing_in(range.clone()) {
        playhead.advance(missing);
        file.wait_for(missing).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_the_end_and_the_place_that_was_left_are_wanted() {
        let gib = 1 << 30;
        assert_eq!(first_wanted(gib, None), [0..HEAD, gib - TAIL..gib]);
        let at = 500 << 20;
        assert_eq!(first_wanted(gib, Some(at))[2], at - BEFORE_PLACE..at + AFTER_PLACE);
        assert_eq!(first_wanted(10, Some(5)), [0..10, 0..10, 0..10]);
        assert_eq!(first_wanted(0, None), []);
    }
}
