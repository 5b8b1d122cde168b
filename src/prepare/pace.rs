//! Whether bytes come fast enough: how one source does, and whether the readers of a file are served.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::cache::CacheFile;

/// What is looked back on when sources are compared.
const WINDOW: Duration = Duration::from_secs(2);

/// Less than this between two looks at the clock is no progress: nothing plays at 25 kB/s.
const CRAWL: u64 = 64 << 10;

/// A reader with so many bytes before it needs nobody in a hurry.
const RESERVE: u64 = 8 << 20;

/// A reader this close before a missing byte waits for it: readers tell where they are once in a MiB.
const CLOSE: u64 = 1 << 20;

/// What one source has delivered lately.
#[derive(Debug)]
pub(super) struct Pace {
    seen: VecDeque<(Instant, u64)>,
    /// The last time when enough had come to be called progress.
    mark: (Instant, u64),
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { seen: VecDeque::from([(now, 0)]), mark: (now, 0) }
    }

    /// Notes that `received` bytes have come in all.
    pub(super) fn note(&mut self, now: Instant, received: u64) {
        self.seen.push_back((now, received));
        while self.seen.get(1).is_some_and(|(at, _)| now - *at >= WINDOW) {
            self.seen.pop_front();
        }
        if received.saturating_sub(self.mark.1) >= CRAWL {
            self.mark = (now, received);
        }
    }

    /// Bytes per second over the last two seconds.
    pub(super) fn rate(&self) -> f64 {
        let (Some((since, before)), Some((now, after))) = (self.seen.front(), self.seen.back()) else {
            return 0.0;
        };
        after.saturating_sub(*before) as f64 / (*now - *since).as_secs_f64().max(0.001)
    }

    /// When the last progress was made, or the source began.
    pub(super) fn progressed(&self) -> Instant {
        self.mark.0
    }

    /// When it delivered something worth the name last, if it ever has.
    pub(super) fn delivered(&self) -> Option<Instant> {
        (self.mark.1 > 0).then_some(self.mark.0)
    }

    /// Forgives the time until `now`: nothing was wanted then.
    pub(super) fn excuse(&mut self, now: Instant) {
        self.mark.0 = now;
    }

    pub(super) fn received(&self) -> u64 {
        self.seen.back().map_or(0, |(_, received)| *received)
    }
}

/// How the readers of a file are served.
#[derive(Debug, Default)]
pub(super) struct Readers {
    /// Missing bytes that somebody waits for, and since when.
    waiting: HashMap<u64, Instant>,
}

/// How urgent the next bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Nobody lacks anything soon.
    None,
    /// Somebody will run dry soon.
    Soon,
    /// Somebody has been waiting for so long.
    Waiting(Duration),
}

impl Readers {
    /// Looks at the readers of `file`. Before the first bytes are there, everybody waits for them.
    pub(super) fn look(&mut self, now: Instant, file: &CacheFile, ready: bool) -> Need {
        let mut places = file.demand().borrow().clone();
        if !ready {
            places.push(0);
        }
        let missing: Vec<(u64, u64)> = places
            .into_iter()
            .filter_map(|place| Some((place, file.missing_in(place..place.saturating_add(RESERVE))?)))
            .collect();
        let dry: Vec<u64> =
            missing.iter().filter(|(place, first)| first - place < CLOSE).map(|(_, first)| *first).collect();
        self.waiting.retain(|first, _| dry.contains(first));
        dry.iter().for_each(|first| {
            self.waiting.entry(*first).or_insert(now);
        });
        match self.waiting.values().min() {
            Some(since) => Need::Waiting(now - *since),
            None if missing.is_empty() => Need::None,
            None => Need::Soon,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trickle_is_no_progress() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for second in 1..=3 {
            pace.note(start + Duration::from_secs(second), second * 10_000);
        }
        assert_eq!(pace.progressed(), start);
        pace.note(start + Duration::from_secs(4), 30_000 + CRAWL);
        assert_eq!(pace.progressed(), start + Duration::from_secs(4));
        assert_eq!(pace.received(), 30_000 + CRAWL);
    }

    #[test]
    fn the_rate_forgets_what_is_long_past() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.note(start + Duration::from_secs(1), 10_000_000);
        for second in 2..=5 {
            pace.note(start + Duration::from_secs(second), 10_000_000);
        }
        assert!(pace.rate() < 1.0);
        pace.note(start + Duration::from_secs(6), 12_000_000);
        assert!((900_000.0..1_100_000.0).contains(&pace.rate()), "{}", pace.rate());
    }
}
