//! Who watches a session.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::viewer::{Means, ViewerFacts, ViewerReport};
use crate::live::stamp::Stamp;

/// Names of players are for reading; longer ones are cut.
const LONGEST_NAME: usize = 200;

/// Everybody who watches one session.
#[derive(Debug)]
pub(crate) struct Audience {
    table: Mutex<Table>,
    born: Instant,
    /// Of viewers that have left.
    past: Past,
}

#[derive(Debug, Default)]
struct Past {
    bytes: AtomicU64,
    skips: AtomicU64,
}

#[derive(Debug)]
struct Table {
    next: u64,
    seats: BTreeMap<u64, Arc<Seat>>,
    /// Nobody is let in any more.
    closed: bool,
    was_watched: bool,
    /// Somebody watched by playlists.
    was_polled: bool,
    /// The last sign of life of anybody.
    last: Instant,
    /// Since when nobody counts.
    vacant_since: Option<Instant>,
}

#[derive(Debug)]
struct Seat {
    facts: ViewerFacts,
    connected: SystemTime,
    bytes: AtomicU64,
    skips: AtomicU64,
    /// It waits for the first bytes, which is our delay and not its own.
    waits: AtomicBool,
    /// At the last look it had not asked for anything for too long.
    silent: AtomicBool,
    /// Milliseconds since the audience was born.
    last: AtomicU64,
    behind_millis: AtomicU64,
}

impl Seat {
    /// Whether it is a viewer, and not only a question.
    fn watches(&self) -> bool {
        self.facts.means != Means::Check
    }

    /// Whether it is a viewer who is known to be there.
    fn counts(&self) -> bool {
        self.watches() && !self.silent.load(Ordering::Relaxed)
    }
}

/// What leaving means for the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Others are there, or may come back to what is running.
    Others,
    /// Nobody is there, and nobody has ever watched.
    Unwatched,
    /// Nobody is there any more, but who polls playlists has no connection, and may ask again.
    Away,
    /// Nobody is there any more.
    Nobody,
}

impl Audience {
    /// Nobody yet.
    pub(crate) fn new(now: Instant) -> Self {
        let table = Table {
            next: 0,
            seats: BTreeMap::new(),
            closed: false,
            was_watched: false,
            was_polled: false,
            last: now,
            vacant_since: Some(now),
        };
        Self { table: Mutex::new(table), born: now, past: Past::default() }
    }

    /// Lets somebody in; `None` once it is closed.
    pub(crate) fn enter(&self, mut facts: ViewerFacts, now: Instant) -> Option<Ticket> {
        if let Some((end, _)) = facts.user_agent.char_indices().nth(LONGEST_NAME) {
            facts.user_agent.truncate(end);
        }
        let mut table = self.lock();
        if table.closed {
            return None;
        }
        table.last = now;
        if facts.means != Means::Check {
            table.was_watched = true;
            table.was_polled |= facts.means == Means::Hls;
            table.vacant_since = None;
        }
        let number = table.next;
        table.next += 1;
        let seat = Arc::new(Seat {
            facts,
            connected: SystemTime::now(),
            bytes: AtomicU64::new(0),
            skips: AtomicU64::new(0),
            waits: AtomicBool::new(true),
            silent: AtomicBool::new(false),
            last: AtomicU64::new(self.millis(now)),
            behind_millis: AtomicU64::new(0),
        });
        table.seats.insert(number, Arc::clone(&seat));
        Some(Ticket { number, seat })
    }

    /// Lets somebody out.
    pub(crate) fn leave(&self, ticket: &Ticket, now: Instant) -> Left {
        let mut table = self.lock();
        table.seats.remove(&ticket.number);
        self.past.bytes.fetch_add(ticket.seat.bytes.load(Ordering::Relaxed), Ordering::Relaxed);
        self.past.skips.fetch_add(ticket.seat.skips.load(Ordering::Relaxed), Ordering::Relaxed);
        table.last = now;
        if !table.seats.values().any(|seat| seat.watches()) {
            table.vacant_since.get_or_insert(now);
        }
        if !table.seats.is_empty() {
            return Left::Others;
        }
        match (table.was_watched, table.was_polled) {
            (false, _) => Left::Unwatched,
            (true, true) => Left::Away,
            (true, false) => Left::Nobody,
        }
    }

    /// A sign of life: a viewer asks for more, or has just been given a place to begin.
    pub(crate) fn touch(&self, ticket: &Ticket, now: Instant) {
        ticket.seat.waits.store(false, Ordering::Relaxed);
        ticket.seat.last.store(self.millis(now), Ordering::Relaxed);
        ticket.seat.silent.store(false, Ordering::Relaxed);
    }

    /// A viewer was handed bytes, and is so far behind the newest.
    pub(crate) fn handed(ticket: &Ticket, bytes: usize, behind: Duration) {
        let seat = &ticket.seat;
        seat.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        seat.behind_millis.store(millis(behind), Ordering::Relaxed);
    }

    /// Who leaves, for how long that was here, and with how many bytes.
    pub(crate) fn visit(ticket: &Ticket) -> (Means, Duration, u64) {
        let seat = &ticket.seat;
        // Where the clock was set back, nobody knows.
        let time = seat.connected.elapsed().unwrap_or_default();
        (seat.facts.means, time, seat.bytes.load(Ordering::Relaxed))
    }

    /// A viewer missed something.
    pub(crate) fn skipped(ticket: &Ticket) {
        ticket.seat.skips.fetch_add(1, Ordering::Relaxed);
    }

    /// Looks who is still there: who has not asked for anything for `timeout` no longer counts until the next sign of
    /// life, unless it waits for the first bytes.
    pub(crate) fn sweep(&self, timeout: Duration, now: Instant) {
        let mut table = self.lock();
        for seat in table.seats.values() {
            let is_silent = !seat.waits.load(Ordering::Relaxed) && self.silence(seat, now) >= timeout;
            seat.silent.store(is_silent, Ordering::Relaxed);
        }
        self.look(&mut table);
    }

    fn look(&self, table: &mut Table) {
        let newest = table.seats.values().map(|seat| seat.last.load(Ordering::Relaxed)).max();
        if let Some(newest) = newest {
            table.last = table.last.max(self.born + Duration::from_millis(newest));
        }
        let is_vacant = !table.seats.values().any(|seat| seat.counts());
        table.vacant_since = is_vacant.then(|| table.vacant_since.unwrap_or(table.last));
    }

    /// How many count.
    pub(crate) fn count(&self) -> usize {
        self.lock().seats.values().filter(|seat| seat.counts()).count()
    }

    /// How long ago anybody last gave a sign of life.
    pub(crate) fn idle(&self, now: Instant) -> Duration {
        let table = self.lock();
        let newest = table.seats.values().map(|seat| seat.last.load(Ordering::Relaxed)).max();
        let newest = newest.map(|millis| self.born + Duration::from_millis(millis));
        now - newest.map_or(table.last, |newest| newest.max(table.last))
    }

    /// How long nobody has counted.
    pub(crate) fn vacant(&self, now: Instant) -> Option<Duration> {
        let mut table = self.lock();
        self.look(&mut table);
        table.vacant_since.map(|since| now - since)
    }

    /// Lets nobody in any more, if nobody has counted for `limit`: somebody who reads on at this moment does. Returns
    /// whether that is so.
    pub(crate) fn close_if_vacant(&self, limit: Duration, now: Instant) -> bool {
        let mut table = self.lock();
        self.look(&mut table);
        let vacant = table.vacant_since.is_some_and(|since| now - since >= limit);
        table.closed |= vacant;
        vacant
    }

    /// As [`Self::close_if_vacant`] where nobody is there at all.
    pub(crate) fn close_if_empty(&self) -> bool {
        let mut table = self.lock();
        table.closed |= table.seats.is_empty();
        table.seats.is_empty()
    }

    /// Lets nobody in any more.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }

    /// Bytes that were handed to viewers, and how often they missed something: all there ever were.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let table = self.lock();
        let sum = |past: &AtomicU64, of: fn(&Seat) -> &AtomicU64| {
            let present: u64 = table.seats.values().map(|seat| of(seat).load(Ordering::Relaxed)).sum();
            past.load(Ordering::Relaxed) + present
        };
        (sum(&self.past.bytes, |seat| &seat.bytes), sum(&self.past.skips, |seat| &seat.skips))
    }

    /// All who are there.
    pub(crate) fn report(&self, now: Instant) -> Vec<ViewerReport> {
        let report = |seat: &Arc<Seat>| ViewerReport {
            address: seat.facts.address,
            user_agent: seat.facts.user_agent.clone(),
            means: seat.facts.means,
            connected_at: Stamp(seat.connected),
            bytes: seat.bytes.load(Ordering::Relaxed),
            seconds_behind: Duration::from_millis(seat.behind_millis.load(Ordering::Relaxed)),
            idle_seconds: self.silence(seat, now),
            skips: seat.skips.load(Ordering::Relaxed),
            counted: seat.counts(),
        };
        self.lock().seats.values().map(report).collect()
    }

    fn silence(&self, seat: &Seat, now: Instant) -> Duration {
        now - (self.born + Duration::from_millis(seat.last.load(Ordering::Relaxed)))
    }

    fn millis(&self, now: Instant) -> u64 {
        millis(now - self.born)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A viewer's place.
pub(crate) struct Ticket {
    number: u64,
    seat: Arc<Seat>,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "viewer {}", self.number)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    fn facts(means: Means) -> ViewerFacts {
        ViewerFacts { address: None, user_agent: "player".repeat(100), means }
    }

    #[test]
    fn who_takes_nothing_no_longer_counts_and_counts_again_when_reading_on() {
        let now = Instant::now();
        let audience = Audience::new(now);
        let frozen = audience.enter(facts(Means::Ts), now).unwrap();
        let lively = audience.enter(facts(Means::Ts), now).unwrap();
        audience.touch(&frozen, now);
        let now = now + TIMEOUT;
        audience.touch(&lively, now);
        audience.sweep(TIMEOUT, now);
        assert_eq!((audience.count(), audience.vacant(now)), (1, None));
        let now = now + TIMEOUT;
        audience.sweep(TIMEOUT, now);
        assert_eq!((audience.count(), audience.vacant(now)), (0, Some(TIMEOUT)));
        assert_eq!(audience.idle(now), TIMEOUT);
        audience.touch(&frozen, now);
        assert_eq!((audience.count(), audience.vacant(now)), (1, None), "at once");
        let report = audience.report(now);
        assert_eq!(report.iter().map(|viewer| viewer.counted).collect::<Vec<_>>(), [true, false]);
        assert_eq!(report[0].user_agent.len(), LONGEST_NAME);
    }

    #[test]
    fn who_waits_for_the_first_bytes_counts_however_long_they_take() {
        let now = Instant::now();
        let audience = Audience::new(now);
        let ticket = audience.enter(facts(Means::Ts), now).unwrap();
        let now = now + 2 * TIMEOUT;
        audience.sweep(TIMEOUT, now);
        assert_eq!((audience.count(), audience.vacant(now)), (1, None));
        audience.touch(&ticket, now);
        let now = now + TIMEOUT;
        assert_eq!(audience.count(), 1, "nobody has looked");
        audience.sweep(TIMEOUT, now);
        assert_eq!((audience.count(), audience.vacant(now)), (0, Some(TIMEOUT)));
    }

    #[test]
    fn nothing_is_ended_under_a_viewer_who_has_just_read_on() {
        let now = Instant::now();
        let audience = Audience::new(now);
        let ticket = audience.enter(facts(Means::Ts), now).unwrap();
        audience.touch(&ticket, now);
        let now = now + 2 * TIMEOUT;
        audience.sweep(TIMEOUT, now);
        audience.touch(&ticket, now);
        assert!(!audience.close_if_vacant(TIMEOUT, now));
        assert_eq!(audience.vacant(now), None);
        assert!(audience.enter(facts(Means::Ts), now).is_some());
    }

    #[test]
    fn who_polls_may_come_back_and_who_reads_one_stream_may_not() {
        let now = Instant::now();
        let audience = Audience::new(now);
        let enter = |means| audience.enter(facts(means), now).unwrap();
        let stream = enter(Means::Ts);
        assert_eq!(audience.leave(&stream, now), Left::Nobody);
        let (polls, stream) = (enter(Means::Hls), enter(Means::Ts));
        assert_eq!(audience.leave(&polls, now), Left::Others);
        assert_eq!(audience.leave(&stream, now), Left::Away);
    }

    #[test]
    fn a_vacant_session_is_closed_once_and_for_all() {
        let now = Instant::now();
        let audience = Audience::new(now);
        let ticket = audience.enter(facts(Means::Ts), now).unwrap();
        assert!(!audience.close_if_vacant(Duration::ZERO, now));
        assert_eq!(audience.leave(&ticket, now), Left::Nobody);
        assert!(!audience.close_if_vacant(TIMEOUT, now));
        assert!(audience.close_if_vacant(TIMEOUT, now + TIMEOUT));
        assert!(audience.enter(facts(Means::Ts), now).is_none());
    }

    #[test]
    fn what_viewers_took_stays_in_the_sum_after_they_left() {
        let now = Instant::now();
        let audience = Audience::new(now);
        let enter = |means| audience.enter(facts(means), now).unwrap();
        let (first, second) = (enter(Means::Ts), enter(Means::Hls));
        Audience::handed(&first, 100, Duration::ZERO);
        Audience::handed(&second, 10, Duration::ZERO);
        Audience::skipped(&first);
        assert_eq!(audience.leave(&first, now), Left::Others);
        assert_eq!(audience.totals(), (110, 1));
    }

    #[test]
    fn a_question_alone_is_no_viewer() {
        let now = Instant::now();
        let audience = Audience::new(now);
        let ticket = audience.enter(facts(Means::Check), now).unwrap();
        assert_eq!(audience.count(), 0);
        assert_eq!(audience.vacant(now + TIMEOUT), Some(TIMEOUT));
        assert_eq!(audience.leave(&ticket, now), Left::Unwatched);
    }
}
