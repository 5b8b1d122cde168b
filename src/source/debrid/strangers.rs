//! Items that may have been in an account before us although a search did not lead to them.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::account::Account;

/// Items that a search passed over because they have failed, by their names, and torrents that it may have overlooked
/// in a long list, by their info-hashes. Submitting such a torrent may bring an item back under its old id, and it must
/// not be taken for something that this server has created and may delete.
#[derive(Default)]
pub(super) struct Strangers {
    seen: Mutex<HashSet<(String, String)>>,
}

impl Strangers {
    /// Remembers an item or torrent.
    pub(super) fn note(&self, account: &Account, item: &str) {
        self.seen().insert((account.fingerprint().to_owned(), item.to_owned()));
    }

    /// Whether the item or torrent may have been there before us.
    pub(super) fn has(&self, account: &Account, item: &str) -> bool {
        self.seen().contains(&(account.fingerprint().to_owned(), item.to_owned()))
    }

    fn seen(&self) -> MutexGuard<'_, HashSet<(String, String)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
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
}
