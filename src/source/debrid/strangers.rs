//! Items that may have been in an account before us although a search did not lead to them.

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::account::Account;

/// A search notes a handful, and what is submitted right after it asks for them.
const MOST: u64 = 10_000;

/// Items that a search passed over because they have failed, by their names, and torrents that it may have overlooked
/// in a long list, by their info-hashes. Submitting such a torrent may bring an item back under its old id, and it must
/// not be taken for something that this server has created and may delete. The oldest are forgotten.
pub(super) struct Strangers {
    seen: Cache<(String, String), ()>,
}

impl Default for Strangers {
    fn default() -> Self {
        // By age and not by frequency, which would turn away every newcomer.
        let policy = EvictionPolicy::lru();
        Self { seen: Cache::builder().max_capacity(MOST).eviction_policy(policy).build() }
    }
}

impl Strangers {
    /// Remembers an item or torrent.
    pub(super) fn note(&self, account: &Account, item: &str) {
        self.seen.insert((account.fingerprint().to_owned(), item.to_owned()), ());
    }

    /// Whether the item or torrent may have been there before us.
    pub(super) fn has(&self, account: &Account, item: &str) -> bool {
        self.seen.contains_key(&(account.fingerprint().to_owned(), item.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_a_stranger_in_its_own_account_only() {
        let (one, two) = (Account::new("x", "a".into()), Account::new("x", "b".into()));
        let strangers = Strangers::default();
        strangers.note(&one, "7");
        assert!(strangers.has(&one, "7"));
        assert!(!strangers.has(&one, "8"));
        assert!(!strangers.has(&two, "7"));
    }

    #[test]
    fn the_oldest_are_forgotten_and_newcomers_never_turned_away() {
        let (account, strangers) = (Account::new("x", "a".into()), Strangers::default());
        for item in 0..2 * MOST {
            strangers.note(&account, &item.to_string());
            assert!(strangers.has(&account, &item.to_string()), "{item}");
        }
        strangers.seen.run_pending_tasks();
        assert_eq!(strangers.seen.entry_count(), MOST);
        assert!(!strangers.has(&account, "0"));
    }
}
