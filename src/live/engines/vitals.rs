//! How one engine is doing: what it says of itself, what was heard of it, and how long it is left alone.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::domain::InfoHash;

/// How long an engine is left alone after its first failure; each further one in a row doubles it.
const FIRST_REST: Duration = Duration::from_secs(5);

/// The longest it is left alone. An engine that was started anew shall not stay out for long.
const LONGEST_REST: Duration = Duration::from_secs(120);

/// So many channels that fall silent one after the other, and none that delivers, are the engine's fault: a single
/// one may have no peers, and a viewer may ask for two that are dead.
const TOO_MANY_SILENT: usize = 3;

/// What an engine says of itself when asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// It has not been asked yet.
    Unknown,
    /// It answers as it should.
    Healthy,
    /// It answers, and says that it has no network.
    Offline,
    /// It takes too long, or says nonsense: it may still deliver.
    Unclear,
    /// Nobody is there, or only errors come.
    Down,
}

/// What was learned by asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) health: Health,
    pub(super) version: Option<String>,
    pub(super) error: Option<&'static str>,
}

#[derive(Debug)]
pub(super) struct Vitals {
    pub(super) health: Health,
    /// When it was asked last, or was heard of in another way.
    checked: Option<(Instant, SystemTime)>,
    /// Whether it is being asked at this moment.
    pub(super) is_being_asked: bool,
    pub(super) version: Option<String>,
    pub(super) last_error: Option<String>,
    failures: u32,
    resting_until: Option<Instant>,
    silent: HashSet<InfoHash>,
}

impl Vitals {
    pub(super) fn new() -> Self {
        Self {
            health: Health::Unknown,
            checked: None,
            is_being_asked: false,
            version: None,
            last_error: None,
            failures: 0,
            resting_until: None,
            silent: HashSet::new(),
        }
    }

    /// Takes note of an answer.
    pub(super) fn looked(&mut self, look: Look, now: Instant) {
        self.is_being_asked = false;
        self.checked = Some((now, SystemTime::now()));
        self.health = look.health;
        self.version = look.version.or(self.version.take());
        if let Some(error) = look.error {
            self.last_error = Some(error.to_owned());
        }
    }

    /// It has answered a start, or delivers: that is as good as asking.
    pub(super) fn heard(&mut self, now: Instant) {
        self.checked = Some((now, SystemTime::now()));
        self.health = Health::Healthy;
    }

    /// It sent bytes at a time that may lie before what was learned last.
    pub(super) fn beat(&mut self, at: Instant) {
        if self.checked.is_none_or(|(checked, _)| checked < at) {
            self.heard(at);
        }
    }

    /// Video came: whatever was before is forgiven.
    pub(super) fn delivered(&mut self, now: Instant) {
        self.heard(now);
        self.failures = 0;
        self.resting_until = None;
        self.silent.clear();
        self.last_error = None;
    }

    /// It cannot be reached. It is not left alone for that: as soon as it answers it is there again.
    pub(super) fn unreachable(&mut self, now: Instant) {
        self.checked = Some((now, SystemTime::now()));
        self.health = Health::Down;
        self.last_error = Some("cannot be reached".to_owned());
    }

    /// It failed although it can be reached, and is left alone for a while. Failures of starts that were under way
    /// together are one.
    pub(super) fn failed(&mut self, why: &str, now: Instant) {
        self.last_error = Some(why.to_owned());
        if self.rest(now).is_some() {
            return;
        }
        let doubled = FIRST_REST.saturating_mul(1 << self.failures.min(8));
        self.failures = self.failures.saturating_add(1);
        self.resting_until = Some(now + doubled.min(LONGEST_REST));
    }

    /// A channel that it had started failed. That may be the channel's fault, so that only several of them count.
    pub(super) fn failed_channel(&mut self, channel: InfoHash, why: &str, now: Instant) {
        self.last_error = Some(why.to_owned());
        // What it said of itself before is not believed any more.
        self.checked = None;
        self.silent.insert(channel);
        if self.silent.len() >= TOO_MANY_SILENT {
            self.silent.clear();
            self.failed("several channels in a row failed", now);
        }
    }

    /// Whether what is known was learned within `ttl`.
    pub(super) fn is_fresh(&self, ttl: Duration, now: Instant) -> bool {
        self.checked.is_some_and(|(at, _)| now.saturating_duration_since(at) <= ttl)
    }

    /// How much longer it is left alone.
    pub(super) fn rest(&self, now: Instant) -> Option<Duration> {
        let left = self.resting_until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// Whether all that is known speaks against it.
    pub(super) fn is_failing(&self, now: Instant) -> bool {
        matches!(self.health, Health::Down | Health::Unclear | Health::Offline)
            || self.rest(now).is_some()
            || self.silent.len() > 1
    }

    /// When it was heard of last.
    pub(super) fn checked_at(&self) -> Option<SystemTime> {
        self.checked.map(|(_, at)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(number: u8) -> InfoHash {
        InfoHash::new([number; 20])
    }

    #[test]
    fn rests_grow_with_failures_in_a_row_and_end_with_the_first_byte() {
        let (mut vitals, mut now) = (Vitals::new(), Instant::now());
        let mut rests = Vec::new();
        for _ in 0..7 {
            vitals.failed("it hangs", now);
            let rest = vitals.rest(now).unwrap();
            rests.push(rest.as_secs());
            vitals.failed("so does another start", now);
            assert_eq!(vitals.rest(now), Some(rest), "failures at the same time are one");
            now += rest;
            assert_eq!(vitals.rest(now), None);
        }
        assert_eq!(rests, [5, 10, 20, 40, 80, 120, 120]);
        vitals.delivered(now);
        vitals.failed("again", now);
        assert_eq!(vitals.rest(now), Some(FIRST_REST));
    }

    #[test]
    fn one_dead_channel_is_not_the_engines_fault_and_three_are() {
        let now = Instant::now();
        let mut vitals = Vitals::new();
        for _ in 0..9 {
            vitals.failed_channel(channel(1), "silent", now);
        }
        assert_eq!(vitals.rest(now), None);
        vitals.failed_channel(channel(2), "silent", now);
        vitals.delivered(now);
        vitals.failed_channel(channel(3), "silent", now);
        vitals.failed_channel(channel(4), "silent", now);
        assert_eq!(vitals.rest(now), None, "one in between delivered");
        vitals.failed_channel(channel(5), "silent", now);
        assert_eq!(vitals.rest(now), Some(FIRST_REST));
    }

    #[test]
    fn what_is_known_grows_old() {
        let (ttl, mut vitals) = (Duration::from_secs(2), Vitals::new());
        let mut now = Instant::now();
        assert!(!vitals.is_fresh(ttl, now));
        vitals.heard(now);
        now += ttl;
        assert!(vitals.is_fresh(ttl, now));
        now += Duration::from_millis(1);
        assert!(!vitals.is_fresh(ttl, now));
    }
}
