//! Links that a service gives away with its listings. They are kept for the moment between the listing and the
//! question for a link, so that a play costs one call less; whoever asks again gets a link from a new listing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::account::Account;
use super::service::ItemId;

/// The question follows the listing at once, or not at all.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// A file of an item of an account.
#[derive(PartialEq, Eq, Hash)]
struct Place {
    account: String,
    item: ItemId,
    file: String,
}

/// The links of the latest listings. Each is handed out once.
#[derive(Default)]
pub(super) struct FreshLinks {
    links: Mutex<HashMap<Place, (Instant, Url)>>,
}

impl FreshLinks {
    /// Keeps the links of one listing: the service's id of each file, and where it is to be had.
    pub(super) fn keep(
        &self,
        account: &Account,
        item: &ItemId,
        files: impl IntoIterator<Item = (String, Url)>,
    ) {
        let now = Instant::now();
        let mut links = self.links();
        links.retain(|_, (at, _)| now.duration_since(*at) < KEPT_FOR);
        let place = |file| Place { account: account.fingerprint().to_owned(), item: item.clone(), file };
        links.extend(files.into_iter().map(|(file, url)| (place(file), (now, url))));
    }

    /// Takes the link of a file, if it has just been listed and nobody had it yet.
    pub(super) fn take(&self, account: &Account, item: &ItemId, file: &str) -> Option<Url> {
        let place =
            Place { account: account.fingerprint().to_owned(), item: item.clone(), file: file.to_owned() };
        let (at, url) = self.links().remove(&place)?;
        (at.elapsed() < KEPT_FOR).then_some(url)
    }

    fn links(&self) -> MutexGuard<'_, HashMap<Place, (Instant, Url)>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_handed_out_once_and_only_for_its_own_place() {
        let (one, two) = (Account::new("x", "a".into()), Account::new("x", "b".into()));
        let (item, other) = (ItemId("1".to_owned()), ItemId("2".to_owned()));
        let url: Url = "https://cdn.example/1".parse().unwrap();
        let links = FreshLinks::default();
        links.keep(&one, &item, [("a.mkv".to_owned(), url.clone())]);
        assert_eq!(links.take(&two, &item, "a.mkv"), None);
        assert_eq!(links.take(&one, &other, "a.mkv"), None);
        assert_eq!(links.take(&one, &item, "b.mkv"), None);
        assert_eq!(links.take(&one, &item, "a.mkv"), Some(url));
        assert_eq!(links.take(&one, &item, "a.mkv"), None);
    }
}
