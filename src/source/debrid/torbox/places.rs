//! What has become of places in TorBox's queue: a torrent that is found by its hash alone may be the user's.

use std::time::Duration;

use moka::sync::Cache;

use crate::source::debrid::account::Account;

/// Looks at what waits are half a minute apart. After a longer gap the user may have taken the torrent out of the
/// queue and added it himself.
const GAP: Duration = Duration::from_secs(180);

/// Places that are remembered. What is forgotten is not deleted.
const MOST: u64 = 1_000;

/// Which torrents were seen to come out of places in the queue.
pub(super) struct Places {
    waiting: Cache<Place, ()>,
    begun: Cache<Place, u64>,
}

/// An account's fingerprint and the number of a place in its queue.
type Place = (String, u64);

impl Places {
    /// Those that have waited are remembered for `gap` after the last look.
    fn with_gap(gap: Duration) -> Self {
        let waiting = Cache::builder().max_capacity(MOST).time_to_live(gap).build();
        Self { waiting, begun: Cache::new(MOST) }
    }

    /// Notes that a place is one in the queue still.
    pub(super) fn waits(&self, account: &Account, number: u64) {
        self.waiting.insert(place(account, number), ());
    }

    /// Notes that there is a torrent now. It is that of the place if that was waiting a moment ago.
    pub(super) fn has_begun(&self, account: &Account, number: u64, torrent: u64) {
        let place = place(account, number);
        // Removing gives out what has expired as well.
        if self.waiting.contains_key(&place) {
            self.waiting.invalidate(&place);
            self.begun.insert(place, torrent);
        }
    }

    /// The torrent that surely came of a place.
    pub(super) fn torrent(&self, account: &Account, number: u64) -> Option<u64> {
        self.begun.get(&place(account, number))
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::with_gap(GAP)
    }
}

fn place(account: &Account, number: u64) -> Place {
    (account.fingerprint().to_owned(), number)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn account() -> Account {
        Account::new("torbox", "token".into())
    }

    #[test]
    fn a_torrent_comes_of_a_place_that_was_waiting_a_moment_ago() {
        let places = Places::default();
        places.has_begun(&account(), 9, 41);
        assert_eq!(places.torrent(&account(), 9), None, "nobody has seen it waiting");
        places.waits(&account(), 9);
        places.has_begun(&account(), 9, 41);
        places.has_begun(&account(), 9, 42);
        assert_eq!(places.torrent(&account(), 9), Some(41));
        assert_eq!(places.torrent(&Account::new("torbox", "other".into()), 9), None);
    }

    #[test]
    fn what_was_seen_waiting_long_ago_says_nothing() {
        let places = Places::with_gap(Duration::from_millis(1));
        places.waits(&account(), 9);
        let since = Instant::now();
        while places.waiting.contains_key(&place(&account(), 9)) {
            assert!(since.elapsed() < Duration::from_secs(10), "it is remembered for good");
            std::thread::yield_now();
        }
        places.has_begun(&account(), 9, 41);
        assert_eq!(places.torrent(&account(), 9), None);
    }
}
