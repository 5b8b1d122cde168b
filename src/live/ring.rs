//! The last seconds of a channel, written by one and read by many.
//!
//! Nobody waits for a reader: the writer lets go of what is too old, and whoever stood there goes on at the next place
//! where decoding can begin. What the ring holds is bounded in time and bytes, whatever the number of readers; each of
//! them holds on to one chunk at most.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::chunk::{Chunk, Ticks};

/// Ticks of a second.
const SECOND: u128 = 90_000;

/// How much is held.
#[derive(Debug, Clone, Copy)]
pub struct RingLimits {
    /// Time between the first and the last chunk.
    pub span: Duration,
    /// All bytes together.
    pub bytes: usize,
}

/// Where a new reader begins: always at an entry, and at the oldest one that is within both limits, so that it has
/// something in hand when the source pauses. The newest entry is taken where none is within them.
#[derive(Debug, Clone, Copy)]
pub struct JoinAt {
    /// Most time behind the newest chunk.
    pub behind: Duration,
    /// Most bytes between it and the newest chunk.
    pub bytes: usize,
}

/// Why nothing more will come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The session was stopped: nobody watched, or the server stops.
    Stopped,
    /// No engine delivers the channel any more; a sentence for people.
    Failed(Arc<str>),
}

/// What a reader gets next.
#[derive(Debug, Clone)]
pub enum Step {
    /// The chunk after the last one.
    Next(Arc<Chunk>),
    /// The reader was too slow: this chunk begins at an entry, and something before it was left out.
    Skipped(Arc<Chunk>),
    /// Nothing more comes.
    Ended(Ended),
}

/// The ring. One task pushes, any number of cursors read.
#[derive(Debug)]
pub struct Ring {
    limits: RingLimits,
    state: Mutex<State>,
    /// Tells readers that there is something new: the index after the newest chunk, or the end.
    news: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    chunks: VecDeque<Arc<Chunk>>,
    /// The index of the first of `chunks`.
    first: u64,
    bytes: usize,
    ended: Option<Ended>,
}

impl Ring {
    /// An empty ring.
    pub fn new(limits: RingLimits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default(), news: watch::Sender::new(()) })
    }

    /// Adds a chunk and lets go of what is beyond the limits; the newest one always stays.
    pub fn push(&self, chunk: Chunk) {
        {
            let mut state = self.lock();
            if state.ended.is_some() {
                return;
            }
            state.bytes += chunk.bytes.len();
            state.chunks.push_back(Arc::new(chunk));
            state.shrink(self.limits);
        }
        self.news.send_replace(());
    }

    /// Nothing more comes. Readers get what is there, and then the reason. The first reason stays.
    pub fn end(&self, why: Ended) {
        self.lock().ended.get_or_insert(why);
        self.news.send_replace(());
    }

    /// Why it ended, if it did.
    pub fn ended(&self) -> Option<Ended> {
        self.lock().ended.clone()
    }

    /// Waits for the first entry and begins there, or where `at` says if there are several.
    ///
    /// # Errors
    /// It ended before there was any.
    pub async fn join(self: &Arc<Self>, at: JoinAt) -> Result<Cursor, Ended> {
        let mut news = self.news.subscribe();
        loop {
            {
                let state = self.lock();
                if let Some(next) = state.entry_for(at) {
                    drop(state);
                    return Ok(Cursor { ring: Arc::clone(self), next, news });
                }
                if let Some(why) = &state.ended {
                    return Err(why.clone());
                }
            }
            // The sender lives as long as the ring, which `self` holds.
            let _ = news.changed().await;
        }
    }

    /// Begins at the chunk of this index, or at the first entry after it if that has gone already; then the first
    /// step is [`Step::Skipped`].
    pub fn at(self: &Arc<Self>, index: u64) -> Cursor {
        Cursor { ring: Arc::clone(self), next: index, news: self.news.subscribe() }
    }

    /// The index that the next chunk will have.
    pub fn head(&self) -> u64 {
        let state = self.lock();
        state.first + state.chunks.len() as u64
    }

    /// The newest chunk.
    pub fn newest(&self) -> Option<Arc<Chunk>> {
        self.lock().chunks.back().cloned()
    }

    /// Bytes that are held.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Waits until there is something in it.
    ///
    /// # Errors
    /// It ended before.
    pub async fn filled(&self) -> Result<(), Ended> {
        let mut news = self.news.subscribe();
        loop {
            {
                let state = self.lock();
                if !state.chunks.is_empty() {
                    return Ok(());
                }
                if let Some(why) = &state.ended {
                    return Err(why.clone());
                }
            }
            let _ = news.changed().await;
        }
    }

    /// Waits until nothing more will come.
    pub async fn until_ended(&self) {
        let mut news = self.news.subscribe();
        while self.ended().is_none() {
            // The sender lives as long as the ring.
            let _ = news.changed().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is whole before the lock is let go, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn shrink(&mut self, limits: RingLimits) {
        let span = ticks(limits.span);
        while self.chunks.len() > 1 {
            let (Some(oldest), Some(newest)) = (self.chunks.front(), self.chunks.back()) else { return };
            let too_old = newest.position.saturating_sub(oldest.position) > span;
            if !too_old && self.bytes <= limits.bytes {
                return;
            }
            self.bytes -= oldest.bytes.len();
            self.chunks.pop_front();
            self.first += 1;
        }
    }

    /// The index of the entry where a new reader begins.
    fn entry_for(&self, at: JoinAt) -> Option<u64> {
        let newest = self.chunks.back()?.position;
        let (mut found, mut bytes) = (None, 0);
        for (offset, chunk) in self.chunks.iter().enumerate().rev() {
            bytes += chunk.bytes.len();
            let within = bytes <= at.bytes && newest.saturating_sub(chunk.position) <= ticks(at.behind);
            if found.is_some() && !within {
                break;
            }
            if chunk.entry.is_some() {
                found = Some(self.first + offset as u64);
            }
        }
        found
    }

    /// The first entry at or after an index.
    fn entry_from(&self, index: u64) -> Option<u64> {
        let skipped = usize::try_from(index.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let entry = self.chunks.iter().skip(skipped).position(|chunk| chunk.entry.is_some())?;
        Some(self.first + (skipped + entry) as u64)
    }

    fn get(&self, index: u64) -> Option<&Arc<Chunk>> {
        self.chunks.get(usize::try_from(index.checked_sub(self.first)?).ok()?)
    }
}

/// One reader's place.
#[derive(Debug)]
pub struct Cursor {
    ring: Arc<Ring>,
    next: u64,
    news: watch::Receiver<()>,
}

impl Cursor {
    /// The next chunk, once there is one. Safe to drop and call again.
    pub async fn step(&mut self) -> Step {
        loop {
            // Marked as seen before looking, so that what comes in between is noticed.
            self.news.borrow_and_update();
            if let Some(step) = self.take() {
                return step;
            }
            let _ = self.news.changed().await;
        }
    }

    /// The next chunk if there is one already.
    pub fn take(&mut self) -> Option<Step> {
        let state = self.ring.lock();
        let skipped = self.next < state.first;
        let index = if skipped { state.entry_from(state.first) } else { Some(self.next) };
        let step = index.and_then(|index| Some((index, Arc::clone(state.get(index)?))));
        match step {
            Some((index, chunk)) => {
                self.next = index + 1;
                Some(if skipped { Step::Skipped(chunk) } else { Step::Next(chunk) })
            }
            None => state.ended.clone().map(Step::Ended),
        }
    }

    /// The index of the chunk that comes next.
    pub fn index(&self) -> u64 {
        self.next
    }

    /// How much lies between the reader and the newest chunk.
    pub fn behind(&self) -> Duration {
        let state = self.ring.lock();
        let index = self.next.max(state.first);
        match (state.get(index), state.chunks.back()) {
            (Some(next), Some(newest)) => duration(newest.position.saturating_sub(next.position)),
            _ => Duration::ZERO,
        }
    }
}

fn ticks(span: Duration) -> Ticks {
    Ticks::try_from(span.as_micros() * SECOND / 1_000_000).unwrap_or(Ticks::MAX)
}

/// Ticks as time.
pub(super) fn duration(ticks: Ticks) -> Duration {
    Duration::from_nanos(u64::try_from(u128::from(ticks) * 1_000_000_000 / SECOND).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use bytes::Bytes;

    use super::*;
    use crate::live::chunk::{Entry, EntryKind};

    const PACKET: usize = 188;
    const LIMITS: RingLimits = RingLimits { span: Duration::from_secs(4), bytes: 100 * PACKET };
    const NEWEST: JoinAt = JoinAt { behind: Duration::ZERO, bytes: 0 };

    /// A chunk of one packet at a second of the time line.
    fn chunk(second: u64, entry: bool) -> Chunk {
        Chunk {
            bytes: Bytes::from(vec![u8::try_from(second).unwrap(); PACKET]),
            entry: entry.then_some(Entry { pts: second * 90_000, kind: EntryKind::Clean }),
            position: second * 90_000,
            arrived: SystemTime::UNIX_EPOCH,
            broken: false,
            counters: Arc::from([]),
            program: Arc::default(),
        }
    }

    fn seconds(ring: &Arc<Ring>, mut cursor: Cursor) -> Vec<(u8, bool)> {
        let mut seen = Vec::new();
        for _ in 0..ring.head() {
            match cursor.take() {
                Some(Step::Next(chunk)) => seen.push((chunk.bytes[0], false)),
                Some(Step::Skipped(chunk)) => seen.push((chunk.bytes[0], true)),
                Some(Step::Ended(_)) | None => break,
            }
        }
        seen
    }

    #[tokio::test]
    async fn a_reader_begins_at_an_entry_within_its_limits() {
        let ring = Ring::new(LIMITS);
        for second in 0..5 {
            ring.push(chunk(second, second % 2 == 0));
        }
        let from = |behind, bytes| JoinAt { behind: Duration::from_secs(behind), bytes };
        for (at, first) in [
            (NEWEST, 4),
            (from(1, 100 * PACKET), 4),
            (from(2, 100 * PACKET), 2),
            (from(3, 3 * PACKET), 2),
            (from(9, 100 * PACKET), 0),
        ] {
            assert_eq!(seconds(&ring, ring.join(at).await.unwrap())[0], (first, false), "{at:?}");
        }
    }

    #[tokio::test]
    async fn a_reader_that_comes_early_waits_for_the_first_entry() {
        let ring = Ring::new(LIMITS);
        ring.push(chunk(0, false));
        let mut joining = Box::pin(ring.join(NEWEST));
        assert!(futures::poll!(&mut joining).is_pending());
        ring.push(chunk(1, true));
        assert_eq!(seconds(&ring, joining.await.unwrap()), [(1, false)]);
    }

    #[tokio::test]
    async fn who_is_too_slow_goes_on_at_the_next_entry_and_is_told() {
        let ring = Ring::new(LIMITS);
        ring.push(chunk(0, true));
        let slow = ring.join(NEWEST).await.unwrap();
        for second in 1..10 {
            ring.push(chunk(second, second == 8));
        }
        assert_eq!(seconds(&ring, slow), [(8, true), (9, false)]);
    }

    #[tokio::test]
    async fn it_holds_no_more_than_its_limits_however_many_read() {
        let ring = Ring::new(RingLimits { span: Duration::from_secs(1_000), bytes: 3 * PACKET });
        ring.push(chunk(0, true));
        let cursors: Vec<Cursor> = vec![ring.join(NEWEST).await.unwrap(), ring.at(0)];
        for second in 1..200 {
            ring.push(chunk(second, true));
            assert!(ring.bytes() <= 3 * PACKET);
        }
        assert_eq!(cursors[0].behind(), Duration::from_secs(2));
        assert_eq!(ring.newest().unwrap().bytes[0], 199);
    }

    #[tokio::test]
    async fn readers_get_what_is_there_before_the_end() {
        let ring = Ring::new(LIMITS);
        ring.push(chunk(0, true));
        let mut cursor = ring.join(NEWEST).await.unwrap();
        ring.end(Ended::Failed("nobody sends it".into()));
        ring.end(Ended::Stopped);
        ring.push(chunk(1, true));
        assert!(matches!(cursor.step().await, Step::Next(_)));
        assert!(matches!(cursor.step().await, Step::Ended(Ended::Failed(why)) if &*why == "nobody sends it"));
        assert!(Ring::new(LIMITS).at(0).take().is_none());
    }

    #[tokio::test]
    async fn a_reader_who_waits_is_woken_by_a_chunk_and_by_the_end() {
        let ring = Ring::new(LIMITS);
        ring.push(chunk(0, true));
        let mut cursor = ring.join(NEWEST).await.unwrap();
        assert!(matches!(cursor.step().await, Step::Next(_)));
        {
            let mut waiting = Box::pin(cursor.step());
            assert!(futures::poll!(&mut waiting).is_pending());
            ring.push(chunk(1, false));
            assert!(matches!(waiting.await, Step::Next(_)));
        }
        let mut waiting = Box::pin(cursor.step());
        assert!(futures::poll!(&mut waiting).is_pending());
        ring.end(Ended::Stopped);
        assert!(matches!(waiting.await, Step::Ended(Ended::Stopped)));
    }
}
