//! Which items of an account are ours, and who uses them: nothing else is ever deleted, and nothing that is in use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::account::Account;
use super::service::ItemId;
use crate::db::{Database, DatabaseError, DebridItem};
use crate::domain::{DebridService, InfoHash};

/// The items that this server has created at one service.
pub(super) struct Ledger {
    service: DebridService,
    db: Database,
    /// Never held across an await.
    state: Mutex<State>,
}

/// An account's fingerprint and an item.
type Key = (String, ItemId);

#[derive(Default)]
struct State {
    ours: HashMap<Key, Entry>,
    /// How many use an item, ours or not.
    uses: HashMap<Key, usize>,
}

struct Entry {
    info_hash: InfoHash,
    created_at: u64,
    last_used: u64,
    /// Whether `last_used` is newer than what is written down.
    touched: bool,
    /// It is being deleted; nobody may begin to use it.
    doomed: bool,
}

/// Keeps an item from being deleted.
pub(super) struct Use {
    ledger: Arc<Ledger>,
    key: Key,
}

impl Ledger {
    /// The items that were written down.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) async fn load(service: DebridService, db: Database) -> Result<Self, DatabaseError> {
        let stored = db.debrid_items(service.name()).await?;
        let ours = stored.into_iter().map(|row| {
            let (info_hash, created_at, last_used) = (row.info_hash, row.created_at, row.last_used);
            let entry = Entry { info_hash, created_at, last_used, touched: false, doomed: false };
            ((row.account, ItemId(row.item)), entry)
        });
        let state = Mutex::new(State { ours: ours.collect(), uses: HashMap::new() });
        Ok(Self { service, db, state })
    }

    /// Enters an item that was just created, before anything else is done with it.
    pub(super) async fn created(&self, account: &Account, item: &ItemId, info_hash: InfoHash) {
        let now = now();
        let entry = Entry { info_hash, created_at: now, last_used: now, touched: false, doomed: false };
        let key = (account.fingerprint().to_owned(), item.clone());
        let row = self.row(&key, &entry);
        self.state().ours.insert(key, entry);
        self.write(&row).await;
    }

    /// Strikes out an item that is no more.
    pub(super) async fn forget(&self, account: &str, item: &ItemId) {
        self.state().ours.remove(&(account.to_owned(), item.clone()));
        if let Err(error) = self.db.forget_debrid_item(self.service.name(), account, &item.0).await {
            tracing::warn!(%error, "a deleted debrid item cannot be struck out of the database");
        }
    }

    /// Our items of a torrent in an account, the newest first.
    pub(super) fn items(&self, account: &Account, info_hash: InfoHash) -> Vec<ItemId> {
        let state = self.state();
        let fits = |((owner, _), entry): &(&Key, &Entry)| {
            owner == account.fingerprint() && entry.info_hash == info_hash && !entry.doomed
        };
        let mut found: Vec<_> = state.ours.iter().filter(fits).collect();
        found.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.created_at));
        found.into_iter().map(|((_, item), _)| item.clone()).collect()
    }

    /// Whether we have created anything in the account.
    pub(super) fn has_items(&self, account: &Account) -> bool {
        self.state().ours.keys().any(|(owner, _)| owner == account.fingerprint())
    }

    /// Whether we have created the item.
    pub(super) fn is_ours(&self, account: &Account, item: &ItemId) -> bool {
        self.state().ours.contains_key(&(account.fingerprint().to_owned(), item.clone()))
    }

    /// Counts a user of the item, for as long as the answer lives.
    pub(super) fn in_use(self: &Arc<Self>, account: &Account, item: &ItemId) -> Use {
        let key = (account.fingerprint().to_owned(), item.clone());
        let mut state = self.state();
        state.touch(&key);
        *state.uses.entry(key.clone()).or_default() += 1;
        drop(state);
        Use { ledger: Arc::clone(self), key }
    }

    /// Whether somebody beside one user works with the item.
    pub(super) fn is_shared(&self, account: &Account, item: &ItemId) -> bool {
        let key = (account.fingerprint().to_owned(), item.clone());
        self.state().uses.get(&key).is_some_and(|uses| *uses > 1)
    }

    /// Marks an item as being deleted, if it is ours and nobody uses it. Follow with [`Ledger::forget`] or
    /// [`Ledger::spare`].
    pub(super) fn doom(&self, account: &str, item: &ItemId) -> bool {
        let key = (account.to_owned(), item.clone());
        let mut state = self.state();
        if state.uses.contains_key(&key) {
            return false;
        }
        state.ours.get_mut(&key).is_some_and(|entry| !std::mem::replace(&mut entry.doomed, true))
    }

    /// Takes the mark back: the item could not be deleted.
    pub(super) fn spare(&self, account: &str, item: &ItemId) {
        if let Some(entry) = self.state().ours.get_mut(&(account.to_owned(), item.clone())) {
            entry.doomed = false;
        }
    }

    /// Our items that nobody has used for at least `keep`.
    pub(super) fn unused_for(&self, keep: Duration) -> Vec<(String, ItemId)> {
        let before = now().saturating_sub(keep.as_secs());
        let state = self.state();
        let unused = |(key, entry): &(&Key, &Entry)| {
            entry.last_used <= before && !entry.doomed && !state.uses.contains_key(*key)
        };
        state.ours.iter().filter(unused).map(|(key, _)| key.clone()).collect()
    }

    /// Writes down what was used since the last time. What is in use counts as used now.
    pub(super) async fn save(&self) {
        let rows: Vec<DebridItem> = {
            let mut state = self.state();
            let used: Vec<Key> = state.uses.keys().cloned().collect();
            used.iter().for_each(|key| state.touch(key));
            let touched = state
                .ours
                .iter_mut()
                .filter_map(|(key, entry)| std::mem::take(&mut entry.touched).then(|| self.row(key, entry)));
            touched.collect()
        };
        for row in &rows {
            self.write(row).await;
        }
    }

    fn row(&self, (account, item): &Key, entry: &Entry) -> DebridItem {
        DebridItem {
            service: self.service.name().to_owned(),
            account: account.clone(),
            item: item.0.clone(),
            info_hash: entry.info_hash,
            created_at: entry.created_at,
            last_used: entry.last_used,
        }
    }

    async fn write(&self, row: &DebridItem) {
        if let Err(error) = self.db.remember_debrid_item(row).await {
            tracing::warn!(%error, "a debrid item cannot be written down; it may stay in the account for good");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn touch(&mut self, key: &Key) {
        if let Some(entry) = self.ours.get_mut(key) {
            entry.last_used = now();
            entry.touched = true;
        }
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        let mut state = self.ledger.state();
        state.touch(&self.key);
        let left = state.uses.get(&self.key).map_or(0, |uses| uses - 1);
        if left == 0 {
            state.uses.remove(&self.key);
        } else {
            state.uses.insert(self.key.clone(), left);
        }
    }
}

/// Unix seconds.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: InfoHash = InfoHash::new([1; 20]);

    struct Rig {
        ledger: Arc<Ledger>,
        db: Database,
        account: Account,
        _folder: tempfile::TempDir,
    }

    async fn rig() -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let ledger = Arc::new(Ledger::load(DebridService::TorBox, db.clone()).await.unwrap());
        let account = Account::new("torbox", "token".to_owned().into());
        Rig { ledger, db, account, _folder: folder }
    }

    fn item(name: &str) -> ItemId {
        ItemId(name.to_owned())
    }

    #[tokio::test]
    async fn an_item_in_use_is_neither_due_nor_deleted() {
        let rig = rig().await;
        rig.ledger.created(&rig.account, &item("1"), HASH).await;
        let first = rig.ledger.in_use(&rig.account, &item("1"));
        let second = rig.ledger.in_use(&rig.account, &item("1"));
        for user in [first, second] {
            assert_eq!(rig.ledger.unused_for(Duration::ZERO), []);
            assert!(!rig.ledger.doom(rig.account.fingerprint(), &item("1")));
            drop(user);
        }
        let key = (rig.account.fingerprint().to_owned(), item("1"));
        assert_eq!(rig.ledger.unused_for(Duration::ZERO), [key]);
        assert_eq!(rig.ledger.unused_for(Duration::from_secs(3_600)), []);
    }

    #[tokio::test]
    async fn an_item_that_is_being_deleted_is_offered_to_nobody() {
        let rig = rig().await;
        rig.ledger.created(&rig.account, &item("1"), HASH).await;
        assert!(rig.ledger.doom(rig.account.fingerprint(), &item("1")));
        assert!(!rig.ledger.doom(rig.account.fingerprint(), &item("1")), "two would delete it");
        assert_eq!(rig.ledger.items(&rig.account, HASH), []);
        rig.ledger.spare(rig.account.fingerprint(), &item("1"));
        assert_eq!(rig.ledger.items(&rig.account, HASH), [item("1")]);
    }

    #[tokio::test]
    async fn only_what_was_created_here_is_ours() {
        let rig = rig().await;
        let used = rig.ledger.in_use(&rig.account, &item("theirs"));
        drop(used);
        assert!(!rig.ledger.is_ours(&rig.account, &item("theirs")));
        assert!(!rig.ledger.doom(rig.account.fingerprint(), &item("theirs")));
        assert_eq!(rig.ledger.unused_for(Duration::ZERO), []);
        let other = Account::new("torbox", "other".to_owned().into());
        rig.ledger.created(&rig.account, &item("1"), HASH).await;
        assert_eq!(rig.ledger.items(&other, HASH), []);
        assert_eq!(rig.ledger.items(&rig.account, InfoHash::new([2; 20])), []);
    }

    #[tokio::test]
    async fn the_ledger_survives_a_restart() {
        let rig = rig().await;
        rig.ledger.created(&rig.account, &item("1"), HASH).await;
        rig.ledger.created(&rig.account, &item("2"), HASH).await;
        rig.ledger.forget(rig.account.fingerprint(), &item("1")).await;
        let again = Ledger::load(DebridService::TorBox, rig.db.clone()).await.unwrap();
        assert_eq!(again.items(&rig.account, HASH), [item("2")]);
    }

    #[tokio::test]
    async fn the_time_of_use_is_written_down() {
        let rig = rig().await;
        rig.ledger.created(&rig.account, &item("1"), HASH).await;
        let key = (rig.account.fingerprint().to_owned(), item("1"));
        rig.ledger.state().ours.get_mut(&key).unwrap().last_used = 5;
        let used = rig.ledger.in_use(&rig.account, &item("1"));
        rig.ledger.save().await;
        let row = rig.db.debrid_items("torbox").await.unwrap().remove(0);
        assert!(row.last_used > 5, "{row:?}");
        drop(used);
    }
}
