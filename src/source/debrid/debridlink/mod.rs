//! Debrid-Link (debrid-link.com). Torrents lie in a seedbox, whose list has links to every file that is there. What it
//! holds shows only when a torrent is added.

mod wire;

use std::time::Duration;

use http::Method;
use reqwest::RequestBuilder;
use reqwest::multipart::Form;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::wire::{Envelope, Infos, Torrent, open};
use super::ServiceSettings;
use super::account::Account;
use super::call::{Caller, Class};
use super::fresh::FreshLinks;
use super::lenient::file_address;
use super::loose::shaped;
use super::manners::{Limit, Limits};
use super::service::{
    AccountInfo, DirectLink, ItemId, ItemState, RemoteFile, Reply, Service, ServiceError, Submission,
    Submitted,
};
use super::strangers::Strangers;
use super::upload::with_torrent;
use crate::domain::InfoHash;
use crate::net::ClientError;

/// None is published, but too many calls lock an account out for up to an hour: one a second on average. Four may
/// come together: one play of what is held takes three (list, add, list), and the question about the account or a
/// deletion may have come just before. A source that takes over in the middle of a film has three seconds, and calls
/// that wait for each other would use them up.
pub(super) const LIMITS: Limits = &[Limit { calls: 4, per: Duration::from_secs(4), of: Class::ALL }];

/// Links are said to live for hours; how many is not.
const LINK_LIFETIME: Duration = Duration::from_secs(4 * 3_600);

/// The longest page there is.
const PER_PAGE: &str = "100";

/// How much of a seedbox is searched: at the allowance above, more pages would take longer than the play waits.
const MOST_PAGES: u32 = 3;

/// The client.
pub(super) struct DebridLink {
    caller: Caller,
    fresh: FreshLinks,
    strangers: Strangers,
}

impl DebridLink {
    /// A client with the settings given.
    ///
    /// # Errors
    /// As [`Caller::new`].
    pub(super) fn new(settings: &ServiceSettings) -> Result<Self, ClientError> {
        let caller = Caller::new(settings, LIMITS)?;
        Ok(Self { caller, fresh: FreshLinks::default(), strangers: Strangers::default() })
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        account: &Account,
        class: Class,
        request: RequestBuilder,
    ) -> Result<Envelope<T>, ServiceError> {
        let answer = self.caller.send(account, class, request.bearer_auth(account.token())).await?;
        match open(&answer) {
            Err(ServiceError::RateLimited(wait)) => {
                // The whole account is locked out, not only for this kind of call.
                for other in Class::ALL {
                    self.caller.cool_down(account, *other, Some(wait));
                }
                Err(ServiceError::RateLimited(wait))
            }
            opened => opened,
        }
    }

    async fn list(
        &self,
        account: &Account,
        query: &[(&str, &str)],
    ) -> Result<Envelope<Vec<Torrent>>, ServiceError> {
        let request = self.caller.request(Method::GET, self.caller.url("seedbox/list")).query(query);
        self.ask(account, Class::Read, request).await
    }

    async fn known(&self, account: &Account, info_hash: InfoHash) -> Result<Option<ItemId>, ServiceError> {
        for page in 0..MOST_PAGES {
            let number = page.to_string();
            let list = self.list(account, &[("page", &number), ("perPage", PER_PAGE)]).await?;
            match list.value.iter().find(|torrent| torrent.is(info_hash)) {
                // Adding it again gives the same item back.
                Some(found) if found.has_failed() => break,
                Some(found) => return Ok(Some(ItemId(found.id.clone()))),
                None if !list.has_page_after(page) => return Ok(None),
                None => {}
            }
        }
        self.strangers.note(account, &info_hash.to_string());
        Ok(None)
    }

    async fn add(&self, account: &Account, what: &Submission) -> Result<Submitted, ServiceError> {
        let request = self.caller.request(Method::POST, self.caller.url("seedbox/add"));
        let body = |url: &str, is_async| json!({ "url": url, "async": is_async, "structureType": "list" });
        let request = match (&what.torrent, what.only_if_cached) {
            // A bare hash is taken only of what is held.
            (_, true) => request.json(&body(&what.info_hash.to_string(), false)),
            (Some(torrent), false) => {
                let form = Form::new().text("async", "true").text("structureType", "list");
                request.multipart(with_torrent(form, "file", torrent))
            }
            (None, false) => request.json(&body(&what.magnet, true)),
        };
        let added = match self.ask::<Torrent>(account, Class::Submit, request).await {
            // A hash that is not taken is not held; it is no verdict on the torrent.
            Err(ServiceError::TorrentInvalid) if what.only_if_cached => Err(ServiceError::NotCached),
            added => added,
        }?;
        let item = Some(added.value.id).filter(|id| !id.is_empty());
        let item = item.ok_or_else(|| ServiceError::Protocol("a torrent without an id".to_owned()))?;
        let created = !self.strangers.has(account, &what.info_hash.to_string());
        Ok(Submitted { item: ItemId(item), created })
    }

    async fn torrent(&self, account: &Account, item: &ItemId) -> Result<Torrent, ServiceError> {
        let list = self.list(account, &[("ids", &item.0)]).await?;
        list.value.into_iter().find(|torrent| torrent.id == item.0).ok_or(ServiceError::ItemMissing)
    }

    async fn state(&self, account: &Account, item: &ItemId) -> Result<ItemState, ServiceError> {
        let torrent = self.torrent(account, item).await?;
        let state = torrent.state()?;
        if matches!(state, ItemState::Ready(_)) {
            let link = |(id, link): (&str, &str)| Some((id.to_owned(), file_address(link).ok()?));
            self.fresh.keep(account, item, torrent.links().filter_map(link));
        }
        Ok(state)
    }

    async fn link(
        &self,
        account: &Account,
        item: &ItemId,
        file: &RemoteFile,
    ) -> Result<DirectLink, ServiceError> {
        let url = match self.fresh.take(account, item, &file.id) {
            Some(url) => url,
            None => {
                let torrent = self.torrent(account, item).await?;
                let link = torrent.links().find(|(id, _)| *id == file.id);
                file_address(link.ok_or(ServiceError::FileMissing)?.1)?
            }
        };
        Ok(DirectLink { url, size: file.size, lifetime: LINK_LIFETIME })
    }

    async fn delete(&self, account: &Account, item: &ItemId) -> Result<(), ServiceError> {
        let url = self.caller.url(&format!("seedbox/{}/remove", item.0));
        let request = self.caller.request(Method::DELETE, url);
        self.ask::<Value>(account, Class::Delete, request).await.map(drop)
    }
}

impl Service for DebridLink {
    fn find<'a>(&'a self, account: &'a Account, info_hash: InfoHash) -> Reply<'a, Option<ItemId>> {
        Box::pin(self.known(account, info_hash))
    }

    fn submit<'a>(&'a self, account: &'a Account, submission: &'a Submission) -> Reply<'a, Submitted> {
        Box::pin(self.add(account, submission))
    }

    fn poll<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ItemState> {
        Box::pin(self.state(account, item))
    }

    fn resolve<'a>(
        &'a self,
        account: &'a Account,
        item: &'a ItemId,
        file: &'a RemoteFile,
    ) -> Reply<'a, DirectLink> {
        Box::pin(self.link(account, item, file))
    }

    fn release<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ()> {
        Box::pin(self.delete(account, item))
    }

    fn account<'a>(&'a self, account: &'a Account) -> Reply<'a, AccountInfo> {
        Box::pin(async {
            let request = self.caller.request(Method::GET, self.caller.url("account/infos"));
            let infos: Value = self.ask(account, Class::Read, request).await?.value;
            Ok(shaped::<Infos>(infos)?.into())
        })
    }
}
