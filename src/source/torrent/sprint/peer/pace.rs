//! How fast a peer answers, and how many requests keep it busy.

use std::time::Duration;

use tokio::time::Instant;

use super::super::super::wire::BLOCK;

/// What was seen so long ago counts half.
const HALF_LIFE: Duration = Duration::from_millis(700);

/// A peer is kept busy for this long beyond the round trip, and for a block. What is asked for cannot well be taken
/// back, because many have it in their buffers at once, and so a seek waits behind it. Both sides need some
/// milliseconds to get round to it, and who needs longer is found out.
const AHEAD: Duration = Duration::from_millis(8);

/// Who runs dry is kept busy for longer, up to this long: some hold their rate by sending twice a second.
const FARTHEST_AHEAD: Duration = Duration::from_millis(800);

/// What a peer is kept busy for beyond that counts half after this time without need.
const AHEAD_HALF_LIFE: Duration = Duration::from_secs(5);

/// A request that was sent so much too late to follow the one before at once left the peer idle.
const IDLE: Duration = Duration::from_millis(2);

/// A long time between two answers is taken for half as long after this time.
const GAP_HALF_LIFE: Duration = Duration::from_secs(3);

/// A peer that is asked anew within this time after its last answer has run dry.
const DRY: Duration = Duration::from_millis(30);

/// Requests to a peer that has not answered any: enough to tell its rate from the second block, and not much to lose.
const FIRST: usize = 4;

/// Requests to a peer however slow: with one, each block would cost a round trip.
const FEWEST: usize = 2;

/// What a peer is taken to do before it has sent a block, in bytes per second: what it then has to show within a
/// hundred milliseconds and some is a block.
const PRESUMED: f64 = 160_000.0;

/// So many times as late as it is already, an answer is taken to be in the end.
const LATER: f64 = 4.0;

/// Who has not answered for so long is asked for one block only, and for none that anybody waits for.
const MUTE: Duration = Duration::from_millis(500);

/// So much later than others he is taken to answer.
const GRUDGE: Duration = Duration::from_secs(1);

/// A connection that is starting is asked for so many round trips of what it carries: it carries twice as much after
/// each one (RFC 5681), if it is asked for it.
const GROWTH: u32 = 3;

/// A round trip that brings less than so many times as much as the best one before is no growth, and two of them in a
/// row are the end of it.
const GROWN: f64 = 1.25;
const WITHOUT_GROWTH: u32 = 2;

/// The start of a connection, in which each round trip brings more than the one before.
#[derive(Debug, Default)]
struct Start {
    /// When the present round trip began, and what it has brought.
    since: Option<Instant>,
    bytes: f64,
    /// Bytes per second of the best one so far.
    best: f64,
    /// How many in a row have brought hardly more than that.
    steady: u32,
    is_over: bool,
}

impl Start {
    fn is_on(&self) -> bool {
        !self.is_over
    }

    /// A round trip begins now.
    fn begin(&mut self, now: Instant) {
        (self.since, self.bytes) = (Some(now), 0.0);
    }

    /// So many bytes came, which had to wait for others or not. With either no growth or no waiting alone it goes on: at
    /// first a block waits for its connection, and later it may be the way that has become longer.
    fn note(&mut self, bytes: usize, has_waited: bool, round_trip: Duration, now: Instant) {
        self.bytes += bytes as f64;
        let time = self.since.map(|since| now.saturating_duration_since(since)).unwrap_or_default();
        if time >= round_trip.max(Duration::from_millis(1)) {
            let rate = self.bytes / time.as_secs_f64();
            let has_grown = rate > GROWN * self.best;
            self.best = self.best.max(rate);
            self.steady = if has_grown { 0 } else { self.steady + 1 };
            self.begin(now);
        }
        self.is_over |= has_waited && self.steady >= WITHOUT_GROWTH;
    }
}

/// The rate and the depth of one connection.
#[derive(Debug)]
pub(in crate::source::torrent::sprint) struct Pace {
    round_trip: Duration,
    /// Bytes that came, and the seconds in which they did, both fading.
    bytes: f64,
    seconds: f64,
    blocks: usize,
    /// Since when the next block is being waited for; `None` while nothing is asked.
    waiting: Option<Instant>,
    /// When the last request was answered.
    emptied: Option<Instant>,
    /// When the oldest request since the last answer should have been answered, whether it was taken back or not.
    unanswered: Option<Instant>,
    ahead: Duration,
    start: Start,
    /// When the latest answer came since something is asked for.
    latest: Option<Instant>,
    /// When it last had nothing to do.
    dried: Option<Instant>,
    /// Since when it was always given as much as it has room for.
    full: Option<Instant>,
    /// The longest time between two answers of late: some send seldom, and much at once.
    gap: Duration,
}

impl Pace {
    pub(super) fn new(round_trip: Duration) -> Self {
        Self {
            round_trip,
            bytes: 0.0,
            seconds: 0.0,
            blocks: 0,
            waiting: None,
            emptied: None,
            unanswered: None,
            ahead: AHEAD,
            start: Start::default(),
            latest: None,
            dried: None,
            full: None,
            gap: Duration::ZERO,
        }
    }

    /// A request was sent, `first` of those under way.
    pub(super) fn asked(&mut self, first: bool, now: Instant) {
        self.unanswered.get_or_insert(now + self.round_trip);
        if first {
            // The first answer cannot come sooner, whatever the rate. A block is a little more than a fresh connection
            // carries in its first round trip (RFC 6928).
            let trips = if self.blocks == 0 { 2 } else { 1 };
            self.waiting = Some(now + trips * self.round_trip);
            self.start.begin(now + self.round_trip);
            if self.emptied.take().is_some_and(|emptied| now.saturating_duration_since(emptied) < DRY) {
                self.dry(now, now);
            }
            self.latest = None;
        }
    }

    /// Whether it was given as much as it has room for. If not, it has nothing to do because nothing is wanted of it.
    pub(super) fn filled(&mut self, full: bool, now: Instant) {
        self.full = if full { self.full.or(Some(now)) } else { None };
    }

    /// The peer had nothing to do until a request that was sent `asked`, so that it is to be kept busy for longer.
    fn dry(&mut self, asked: Instant, now: Instant) {
        let is_new = |dried: Instant| now.saturating_duration_since(dried) > self.round_trip + self.ahead;
        if self.full.is_some_and(|full| asked > full) && self.dried.is_none_or(is_new) {
            self.ahead = (self.ahead * 2).min(FARTHEST_AHEAD);
            self.dried = Some(now);
        }
    }

    /// So many bytes came in answer to a request of `asked`, the `last` one under way.
    pub(super) fn arrived(&mut self, bytes: usize, asked: Instant, last: bool, now: Instant) {
        let took = now.saturating_duration_since(asked);
        self.round_trip = self.round_trip.min(took.max(Duration::from_micros(100)));
        let since = self.waiting.unwrap_or(now);
        let time = now.saturating_duration_since(since).as_secs_f64();
        let fade = 0.5_f64.powf(time / HALF_LIFE.as_secs_f64());
        self.bytes = self.bytes * fade + bytes as f64;
        self.seconds = self.seconds * fade + time;
        self.blocks += 1;
        let rest = 0.5_f64.powf(time / GAP_HALF_LIFE.as_secs_f64());
        self.gap = self.gap.mul_f64(rest).max(Duration::from_secs_f64(time));
        self.waiting = (!last).then_some(now.max(since));
        self.emptied = last.then_some(now);
        self.unanswered = None;
        // Behind others for as long as half the way takes: more requests would wait longer, and bring nothing.
        let has_waited = took > self.round_trip * 3 / 2 + self.ahead + self.time_of(1, now);
        self.start.note(bytes, has_waited, self.round_trip, now);
        if !self.start.is_on() && self.latest.is_some_and(|latest| asked + self.round_trip > latest + IDLE) {
            self.dry(asked, now);
        }
        self.latest = Some(now);
        let forgotten = 0.5_f64.powf(time / AHEAD_HALF_LIFE.as_secs_f64());
        self.ahead = AHEAD + self.ahead.saturating_sub(AHEAD).mul_f64(forgotten);
    }

    /// A request is not awaited any more, the `last` one under way.
    pub(super) fn shortened(&mut self, last: bool) {
        if last {
            self.idle();
        }
    }

    /// Nothing is awaited.
    pub(super) fn idle(&mut self) {
        self.waiting = None;
    }

    /// The shortest time that an answer took.
    pub(in crate::source::torrent::sprint) fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// Bytes per second; `None` before the first block.
    pub(in crate::source::torrent::sprint) fn rate(&self, now: Instant) -> Option<f64> {
        if self.blocks == 0 {
            return None;
        }
        // A burst says little: half a round trip is the least in which anything was ever sent.
        let least = (self.round_trip.as_secs_f64() / 2.0).max(0.002);
        Some(self.bytes / (self.seconds + self.silence(now).as_secs_f64()).max(least))
    }

    /// Bytes per second as far as is known, and never nothing.
    fn known_rate(&self, now: Instant) -> f64 {
        self.rate(now).unwrap_or(PRESUMED).max(100.0)
    }

    /// For how long nothing has come although it could have.
    pub(in crate::source::torrent::sprint) fn silence(&self, now: Instant) -> Duration {
        self.waiting.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// How long so many blocks take.
    pub(in crate::source::torrent::sprint) fn time_of(&self, blocks: usize, now: Instant) -> Duration {
        Duration::from_secs_f64(f64::from(BLOCK) * blocks as f64 / self.known_rate(now))
    }

    /// How long a block takes that has `ahead` others before it and was asked for `since` ago.
    pub(in crate::source::torrent::sprint) fn remaining(
        &self,
        ahead: usize,
        since: Duration,
        now: Instant,
    ) -> Duration {
        let rate = self.rate(now).unwrap_or(PRESUMED).max(1.0);
        let each = f64::from(BLOCK) / rate;
        let transfer = each * (ahead + 1) as f64 - self.silence(now).as_secs_f64().min(each);
        // Who is late is likely to be late by some times as much: most answers come when they are due.
        let late = (self.silence(now).as_secs_f64() - each.max(self.gap.as_secs_f64())).max(0.0);
        let travel = self.round_trip.saturating_sub(since);
        travel + Duration::from_secs_f64((transfer + LATER * late).min(3600.0))
    }

    /// How long a block would take that were asked for now, behind `ahead` others.
    pub(in crate::source::torrent::sprint) fn promise(&self, ahead: usize, now: Instant) -> Duration {
        let grudge = if self.is_mute(now) { GRUDGE } else { Duration::ZERO };
        grudge + self.remaining(ahead, Duration::ZERO, now)
    }

    /// Whether requests were not answered that should have been.
    pub(in crate::source::torrent::sprint) fn is_mute(&self, now: Instant) -> bool {
        self.unanswered.is_some_and(|due| now.saturating_duration_since(due) > MUTE.max(2 * self.gap))
    }

    /// Requests that keep the peer busy, or so many times as many if that is of use.
    pub(super) fn depth(&self, stretch: f64, now: Instant) -> usize {
        if self.is_mute(now) {
            return 1;
        }
        if self.blocks == 0 {
            return FIRST;
        }
        let known = self.known_rate(now);
        // What arrives now left half a round trip ago, and what is asked for now will be sent half a round trip later.
        let (rate, way) = match self.start.is_on() {
            true => (known.max(self.start.best), GROWTH * self.round_trip),
            false => (known, self.round_trip),
        };
        let wanted = 1.0 + stretch * rate * (way + self.ahead).as_secs_f64() / f64::from(BLOCK);
        // A rate that was seen over a few blocks is not trusted with many.
        (wanted.ceil() as usize).clamp(FEWEST, FIRST + 3 * self.blocks)
    }
}
