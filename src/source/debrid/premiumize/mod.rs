//! Premiumize (premiumize.me). It says what it holds, and gives links to all files of that at once; what it does not
//! hold becomes a transfer.

mod wire;

use std::time::Duration;

use http::Method;
use reqwest::RequestBuilder;
use reqwest::multipart::Form;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::wire::{Content, Direct, Held, Id, Profile, Transfer, Transfers, is_repetition, magnet_of, open};
use super::ServiceSettings;
use super::account::Account;
use super::call::{Caller, Class};
use super::fresh::FreshLinks;
use super::lenient::file_address;
use super::manners::{Limit, Limits};
use super::service::{
    AccountInfo, Availability, DirectLink, ItemId, ItemState, RemoteFile, Reply, Service, ServiceError,
    Submission, Submitted,
};
use super::strangers::Strangers;
use super::upload::with_torrent;
use crate::domain::InfoHash;
use crate::net::ClientError;

/// None is published; users of more than a few calls a second have been refused.
pub(super) const LIMITS: Limits = &[Limit { calls: 4, per: Duration::from_secs(1), of: Class::ALL }];

/// Links are said to live for hours; how many is not.
const LINK_LIFETIME: Duration = Duration::from_secs(4 * 3_600);

/// The client.
pub(super) struct Premiumize {
    caller: Caller,
    fresh: FreshLinks,
    strangers: Strangers,
}

impl Premiumize {
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
    ) -> Result<T, ServiceError> {
        let answer = self.caller.send(account, class, request.bearer_auth(account.token())).await?;
        match open(&answer) {
            Err(ServiceError::RateLimited(wait)) => Err(self.caller.cool_down(account, class, Some(wait))),
            opened => opened,
        }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.caller.request(Method::GET, self.caller.url(path))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.caller.request(Method::POST, self.caller.url(path))
    }

    async fn holds(
        &self,
        account: &Account,
        torrents: &[InfoHash],
    ) -> Result<Vec<Availability>, ServiceError> {
        let items: Vec<_> = torrents.iter().map(|torrent| ("items[]", torrent.to_string())).collect();
        let request = self.post("cache/check").form(&items);
        let held: Held = self.ask(account, Class::Check, request).await?;
        // One answer for each item, in their order.
        let said = |at| match held.response.get(at) {
            Some(true) => Availability::Cached,
            Some(false) => Availability::NotCached,
            None => Availability::Unknown,
        };
        Ok((0..torrents.len()).map(said).collect())
    }

    async fn transfers(&self, account: &Account) -> Result<Vec<Transfer>, ServiceError> {
        let list: Transfers = self.ask(account, Class::Read, self.get("transfer/list")).await?;
        Ok(list.transfers.unwrap_or_default())
    }

    async fn known(&self, account: &Account, info_hash: InfoHash) -> Result<Option<ItemId>, ServiceError> {
        let mut found = None;
        for transfer in self.transfers(account).await?.iter().filter(|transfer| transfer.is(info_hash)) {
            let item = Id::Transfer(transfer.id.clone(), info_hash).item();
            if transfer.failure().is_some() {
                self.strangers.note(account, &item.0);
            } else {
                found = Some(item);
            }
        }
        Ok(found)
    }

    async fn add(&self, account: &Account, what: &Submission) -> Result<Submitted, ServiceError> {
        if what.only_if_cached {
            // What is held is had without anything in the account.
            return Ok(Submitted { item: Id::Held(what.info_hash).item(), created: false });
        }
        let request = self.post("transfer/create");
        let request = match &what.torrent {
            Some(torrent) => request.multipart(with_torrent(Form::new(), "file", torrent)),
            None => request.form(&[("src", &what.magnet)]),
        };
        let answer = self.caller.send(account, Class::Submit, request.bearer_auth(account.token())).await?;
        if is_repetition(&answer) {
            let item = self.known(account, what.info_hash).await?.ok_or(ServiceError::ItemMissing)?;
            return Ok(Submitted { item, created: false });
        }
        let item = Id::Transfer(open::<Transfer>(&answer)?.known_id()?, what.info_hash).item();
        let created = !self.strangers.has(account, &item.0);
        Ok(Submitted { item, created })
    }

    async fn state(&self, account: &Account, item: &ItemId) -> Result<ItemState, ServiceError> {
        let id = Id::of(item)?;
        if let Id::Transfer(id, _) = &id {
            let transfers = self.transfers(account).await?;
            let transfer = transfers.into_iter().find(|transfer| transfer.id == *id);
            if let Some(state) = transfer.ok_or(ServiceError::ItemMissing)?.state()? {
                return Ok(state);
            }
        }
        let contents = self.contents(account, &id).await?;
        let links =
            contents.iter().filter_map(|content| Some((content.path.clone(), content.address().ok()?)));
        self.fresh.keep(account, item, links);
        Ok(ItemState::Ready(contents.iter().map(Content::remote).collect()))
    }

    /// The files of what Premiumize holds, with links.
    async fn contents(&self, account: &Account, id: &Id) -> Result<Vec<Content>, ServiceError> {
        let request = self.post("transfer/directdl").form(&[("src", &magnet_of(id.info_hash()))]);
        match (self.ask::<Direct>(account, Class::Link, request).await, id) {
            // What a transfer has fetched and is not held has gone again.
            (Err(ServiceError::NotCached), Id::Transfer(..)) => Err(ServiceError::FileMissing),
            (direct, _) => Ok(direct?.content.unwrap_or_default()),
        }
    }

    async fn link(
        &self,
        account: &Account,
        item: &ItemId,
        file: &RemoteFile,
    ) -> Result<DirectLink, ServiceError> {
        let direct = |url, size| DirectLink { url, size, lifetime: LINK_LIFETIME };
        if let Some(url) = self.fresh.take(account, item, &file.id) {
            return Ok(direct(url, file.size));
        }
        let contents = self.contents(account, &Id::of(item)?).await?;
        let content = contents.into_iter().find(|content| content.path == file.id);
        let content = content.ok_or(ServiceError::FileMissing)?;
        Ok(direct(content.address()?, content.size))
    }

    async fn delete(&self, account: &Account, item: &ItemId) -> Result<(), ServiceError> {
        let Id::Transfer(id, _) = Id::of(item)? else { return Ok(()) };
        let request = self.post("transfer/delete").form(&[("id", &id)]);
        self.ask::<Value>(account, Class::Delete, request).await.map(drop)
    }
}

impl Content {
    fn address(&self) -> Result<url::Url, ServiceError> {
        file_address(self.link.as_deref().ok_or(ServiceError::FileMissing)?)
    }
}

impl Service for Premiumize {
    fn check<'a>(&'a self, account: &'a Account, torrents: &'a [InfoHash]) -> Reply<'a, Vec<Availability>> {
        Box::pin(self.holds(account, torrents))
    }

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
            let profile: Profile = self.ask(account, Class::Read, self.get("account/info")).await?;
            Ok(profile.into())
        })
    }
}
