//! How an indexer is doing, and when it is asked again after it failed.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time::Instant;

use super::IndexerError;

/// How long an indexer is left alone after its first, second, third and any further failure in a row.
const LADDER: [Duration; 4] = [
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
];

/// A wrong key does not become right by itself, but somebody may be at it.
const REFUSED: Duration = Duration::from_secs(60 * 60);

/// No indexer may have itself left alone for longer.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// How one of the operator's indexers is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexerHealth {
    /// Its name.
    pub name: String,
    /// What it speaks.
    pub kind: &'static str,
    /// How it is doing.
    pub state: IndexerState,
    /// Why it failed last; absent after a success.
    pub last_error: Option<String>,
    /// Milliseconds its last finished search took.
    pub latency_ms: Option<u64>,
    /// How many releases that search brought.
    pub results: Option<usize>,
    /// Until when it is left alone.
    #[serde(serialize_with = "unix_seconds")]
    pub next_try: Option<SystemTime>,
}

/// How an indexer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexerState {
    /// It has not been asked yet.
    Unknown,
    /// Its last search succeeded.
    Healthy,
    /// It failed, and is left alone until `next_try`.
    Resting,
    /// It failed, and the next search asks it again.
    Failing,
    /// It refuses its key: the operator has to act.
    Refused,
}

/// What is known of how an indexer is doing.
#[derive(Debug, Default)]
pub(super) struct Vitals {
    failures: usize,
    last_error: Option<IndexerError>,
    until: Option<Instant>,
    took: Option<Duration>,
    results: Option<usize>,
}

impl Vitals {
    /// Takes note that a search ended well: whatever was before is forgiven.
    pub(super) fn succeeded(&mut self, took: Duration, results: usize) {
        *self = Self { took: Some(took), results: Some(results), ..Self::default() };
    }

    /// Takes note that a search that began at `began` has failed. Several that were under way at once are one failure.
    pub(super) fn failed(&mut self, error: IndexerError, began: Instant, now: Instant) {
        // It lies in the question and not in the one who was asked.
        if error == IndexerError::Unsupported {
            return;
        }
        let is_another = self.until.is_none_or(|until| began >= until);
        if is_another {
            self.failures += 1;
        }
        let rest = match &error {
            IndexerError::RateLimited(Some(wished)) => (*wished).min(LONGEST),
            IndexerError::Credentials(_) => REFUSED,
            _ => LADDER[self.failures.clamp(1, LADDER.len()) - 1],
        };
        let until = now + rest;
        self.until =
            Some(if is_another { until } else { self.until.map_or(until, |known| known.max(until)) });
        self.last_error = Some(error);
    }

    /// Why it is left alone at `now`, if it is.
    pub(super) fn resting(&self, now: Instant) -> Option<IndexerError> {
        self.last_error.clone().filter(|_| self.until.is_some_and(|until| now < until))
    }

    /// All of it, for the operator.
    pub(super) fn report(&self, name: &str, kind: &'static str, now: Instant) -> IndexerHealth {
        let rest =
            self.until.and_then(|until| until.checked_duration_since(now)).filter(|rest| !rest.is_zero());
        let state = match &self.last_error {
            Some(IndexerError::Credentials(_)) => IndexerState::Refused,
            Some(_) if rest.is_some() => IndexerState::Resting,
            Some(_) => IndexerState::Failing,
            None if self.took.is_some() => IndexerState::Healthy,
            None => IndexerState::Unknown,
        };
        IndexerHealth {
            name: name.to_owned(),
            kind,
            state,
            last_error: self.last_error.as_ref().map(ToString::to_string),
            latency_ms: self.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
            results: self.results,
            next_try: rest.map(|rest| SystemTime::now() + rest),
        }
    }
}

fn unix_seconds<S: serde::Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.map(|since| since.as_secs()).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken() -> IndexerError {
        IndexerError::Unavailable("answers with status 500".to_owned())
    }

    /// For how long it rests after failing at `now`.
    fn rest(vitals: &mut Vitals, error: IndexerError, now: Instant) -> Duration {
        vitals.failed(error, now, now);
        let mut rest = Duration::ZERO;
        while vitals.resting(now + rest).is_some() && rest < Duration::from_secs(48 * 3_600) {
            rest += Duration::from_secs(1);
        }
        rest
    }

    #[test]
    fn rests_grow_with_failures_in_a_row_and_end_with_one_success() {
        let (mut vitals, mut now) = (Vitals::default(), Instant::now());
        for minutes in [1, 5, 15, 60, 60] {
            let rest = rest(&mut vitals, broken(), now);
            assert_eq!(rest, Duration::from_secs(minutes * 60));
            now += rest;
        }
        vitals.succeeded(Duration::from_millis(80), 7);
        assert_eq!(vitals.resting(now), None);
        let report = vitals.report("a", "torznab", now);
        assert_eq!(
            (report.state, report.results, report.latency_ms),
            (IndexerState::Healthy, Some(7), Some(80))
        );
        assert_eq!(rest(&mut vitals, broken(), now), Duration::from_secs(60));
    }

    #[test]
    fn a_limit_says_itself_how_long_it_lasts() {
        let now = Instant::now();
        for (wished, expected) in
            [(Some(7), 7), (Some(1_800), 1_800), (Some(1 << 40), 24 * 3_600), (None, 60)]
        {
            let error = IndexerError::RateLimited(wished.map(Duration::from_secs));
            assert_eq!(rest(&mut Vitals::default(), error, now), Duration::from_secs(expected), "{wished:?}");
        }
    }

    #[test]
    fn a_refused_key_is_the_operators_to_change() {
        let (mut vitals, now) = (Vitals::default(), Instant::now());
        let error = IndexerError::Credentials("the key is wrong".to_owned());
        assert_eq!(rest(&mut vitals, error, now), Duration::from_secs(3_600));
        assert_eq!(vitals.report("a", "torznab", now).state, IndexerState::Refused);
    }

    #[test]
    fn searches_that_were_under_way_together_fail_once() {
        let (mut vitals, now) = (Vitals::default(), Instant::now());
        for _ in 0..10 {
            vitals.failed(broken(), now, now + Duration::from_secs(2));
        }
        assert_eq!(vitals.resting(now + Duration::from_secs(61)), Some(broken()));
        assert_eq!(vitals.resting(now + Duration::from_secs(62)), None);
        // It may be asked again, and has not been.
        let report = vitals.report("a", "torznab", now + Duration::from_secs(62));
        assert_eq!((report.state, report.next_try), (IndexerState::Failing, None));
    }

    #[test]
    fn a_question_that_it_cannot_answer_is_no_failure() {
        let (mut vitals, now) = (Vitals::default(), Instant::now());
        assert_eq!(rest(&mut vitals, IndexerError::Unsupported, now), Duration::ZERO);
    }
}
