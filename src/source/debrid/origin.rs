//! One file at one service, as the fetcher sees it.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderMap;

use super::flights::FileKey;
use super::flow::{Errand, Found, Mode, Start};
use super::ledger::Use;
use super::links::Refresh;
use super::miss::Miss;
use super::provider::Provider;
use super::refusals::Refused;
use super::service::ServiceError;
use crate::source::SourceError;
use crate::source::fetch::{Link, Origin, Refusal};

/// A file that a service has given a link to. While it lives, the item behind it is not deleted.
pub(super) struct DebridOrigin {
    provider: Arc<Provider>,
    errand: Arc<Errand>,
    /// Never held across an await.
    current: Mutex<Option<(Found, Use)>>,
    /// Whether the torrent was added anew already because the file was gone.
    added_anew: AtomicBool,
}

/// What helps against a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// Another link to the same file.
    Link,
    /// Another account.
    Account,
    /// A new item: the service has lost the file.
    Item,
    /// Another link, but only once: the service delivers something else than the file.
    Doubt,
}

impl DebridOrigin {
    /// The origin of what `found` leads to.
    pub(super) fn new(provider: Arc<Provider>, errand: Arc<Errand>, found: Found) -> Self {
        let used = provider.ledger.in_use(&found.account, &found.item);
        Self {
            provider,
            errand,
            current: Mutex::new(Some((found, used))),
            added_anew: AtomicBool::new(false),
        }
    }

    /// The address that `found` stands for, with all that reaching it takes.
    pub(super) fn link_to(provider: &Provider, found: &Found) -> Link {
        Link {
            client: provider.files.clone(),
            url: found.link.url.clone(),
            headers: HeaderMap::new(),
            connections: provider.hosts.connections(&found.link.url),
        }
    }

    async fn address(&self, refused: Option<&Refusal>) -> Result<Link, SourceError> {
        let label = self.provider.id.label();
        let start = match refused {
            None => Start::Anywhere,
            Some(refusal) => self.after(refusal)?,
        };
        let found = self.provider.find(&self.errand, Mode::Cached, start, &|_| {}).await;
        let found = found.map_err(|miss| miss.told_by(label))?;
        let link = Self::link_to(&self.provider, &found);
        let used = self.provider.ledger.in_use(&found.account, &found.item);
        *self.current() = Some((found, used));
        Ok(link)
    }

    /// Where to begin after a refusal.
    fn after(&self, refusal: &Refusal) -> Result<Start, SourceError> {
        let (label, key) = (self.provider.id.label(), self.key());
        let refresh = self.provider.links.replace(&key);
        let remedy = remedy(refusal, refresh == Refresh::TooOften);
        tracing::debug!(service = label, %refusal, ?remedy, "a debrid link was refused");
        let previous = self.current().as_ref().map(|(found, _)| Box::new(found.clone()));
        if remedy == Remedy::Doubt && refresh != Refresh::First {
            self.provider.refusals.note(self.errand.info_hash, Refused::SomethingElse);
            self.provider.owner.changes.note();
            let reason = format!("{label}: it delivers something else (an error clip?): {refusal}");
            return Err(SourceError::NotHere(reason));
        }
        // A new item is made only once and so needs no other limit.
        if refresh == Refresh::TooOften && remedy != Remedy::Item {
            let reason = format!("{label}: its links stop working again and again ({refusal})");
            return Err(SourceError::Transient(reason));
        }
        let Some(previous) = previous else { return Ok(Start::Anywhere) };
        match remedy {
            Remedy::Link | Remedy::Doubt => Ok(Start::At(previous)),
            Remedy::Account => {
                self.provider.accounts.failed(&previous.account, &ServiceError::QuotaExhausted);
                Ok(Start::Anywhere)
            }
            Remedy::Item if self.added_anew.swap(true, Ordering::Relaxed) => {
                Err(Miss::Service(ServiceError::FileMissing).told_by(label))
            }
            Remedy::Item => {
                // Otherwise the old item would count as in use and stay.
                *self.current() = None;
                Ok(Start::Anew(previous))
            }
        }
    }

    fn key(&self) -> FileKey {
        (self.errand.info_hash, self.errand.target.clone())
    }

    fn current(&self) -> MutexGuard<'_, Option<(Found, Use)>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Origin for DebridOrigin {
    fn name(&self) -> &str {
        self.provider.id.label()
    }

    fn link<'a>(&'a self, refused: Option<&'a Refusal>) -> BoxFuture<'a, Result<Link, SourceError>> {
        self.address(refused).boxed()
    }

    fn surroundings(&self, _range: Range<u64>) -> BoxFuture<'_, Option<Vec<u8>>> {
        // The neighbouring files are often not even chosen.
        std::future::ready(None).boxed()
    }

    fn blame(&self, _sender: &Link) {
        self.provider.blame(&self.errand);
    }
}

/// `is_fresh` says that the refused link was itself made a moment ago.
fn remedy(refusal: &Refusal, is_fresh: bool) -> Remedy {
    match refusal {
        Refusal::Status { reason: Some(reason), .. } => match reason.trim().to_ascii_lowercase().as_str() {
            "bandwidth_exceeded" | "bytes_limit_reached" => Remedy::Account,
            "link_not_found" | "file_not_available" => Remedy::Item,
            _ => Remedy::Link,
        },
        // Services go on listing what they have lost, and make links to it.
        Refusal::Status { status: 404 | 410, reason: None } if is_fresh => Remedy::Item,
        Refusal::WrongLength { .. } | Refusal::OtherFile | Refusal::NotMedia => Remedy::Doubt,
        Refusal::Status { reason: None, .. } | Refusal::BadRange | Refusal::Silent(_) => Remedy::Link,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, reason: Option<&str>) -> Refusal {
        Refusal::Status { status, reason: reason.map(str::to_owned) }
    }

    #[test]
    fn a_link_that_has_ended_is_renewed() {
        for status in [401, 403, 404, 410, 451, 429, 500, 503] {
            assert_eq!(remedy(&answered(status, None), false), Remedy::Link, "{status}");
        }
        for refusal in [Refusal::BadRange, Refusal::Silent("it broke off".to_owned())] {
            for is_fresh in [false, true] {
                assert_eq!(remedy(&refusal, is_fresh), Remedy::Link, "{refusal}");
            }
        }
    }

    #[test]
    fn a_fresh_link_to_nothing_asks_for_a_new_item_and_any_other_fresh_one_for_a_link() {
        for status in [404, 410] {
            assert_eq!(remedy(&answered(status, None), true), Remedy::Item, "{status}");
        }
        for status in [401, 403, 451, 429, 503] {
            assert_eq!(remedy(&answered(status, None), true), Remedy::Link, "{status}");
        }
    }

    #[test]
    fn the_word_of_the_file_server_decides_whatever_its_status() {
        let words = [
            ("bandwidth_exceeded", Remedy::Account),
            ("bytes_limit_reached", Remedy::Account),
            ("link_not_found", Remedy::Item),
            ("file_not_available", Remedy::Item),
            ("invalid_download_code", Remedy::Link),
            ("link_expired", Remedy::Link),
            ("something_new", Remedy::Link),
            (" Bandwidth_Exceeded ", Remedy::Account),
        ];
        for (word, expected) in words {
            for (status, is_fresh) in [(403, false), (404, false), (404, true), (503, true)] {
                let refusal = answered(status, Some(word));
                assert_eq!(remedy(&refusal, is_fresh), expected, "{refusal}, fresh: {is_fresh}");
            }
        }
    }

    #[test]
    fn what_is_not_the_file_is_doubted() {
        let others = [Refusal::WrongLength { expected: 2, got: 1 }, Refusal::OtherFile, Refusal::NotMedia];
        for refusal in others {
            for is_fresh in [false, true] {
                assert_eq!(remedy(&refusal, is_fresh), Remedy::Doubt, "{refusal}");
            }
        }
    }
}
