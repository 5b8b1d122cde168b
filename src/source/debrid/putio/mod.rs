//! put.io: torrents are transferred into folders of the account's own disk, whose files are listed and linked to.
//! Whether it holds a torrent shows only when it is added. <https://api.put.io/v2/docs/>

mod refusal;
mod wire;

use std::time::Duration;

use http::Method;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;

use self::wire::{Address, File, Folder, One, Owner, Transfer, Transfers, below};
use super::ServiceSettings;
use super::account::Account;
use super::call::{Caller, Class};
use super::lenient::file_address;
use super::manners::{Limit, Limits};
use super::service::{
    AccountInfo, DirectLink, ItemId, ItemState, RemoteFile, Reply, Service, ServiceError, Submission,
    Submitted,
};
use crate::domain::InfoHash;
use crate::net::ClientError;

/// No limit is published; what is recommended is two calls a second. Six may come together: one play of what is held
/// takes five (list, add, look, folder, link), and the question about the account or a deletion may have come just
/// before. A source that takes over in the middle of a film has three seconds, and calls that wait for each other would
/// use them up.
pub(super) const LIMITS: Limits = &[Limit { calls: 6, per: Duration::from_secs(3), of: Class::ALL }];

const LINK_LIFETIME: Duration = Duration::from_secs(3_600);

/// So many entries of a list are asked for at once.
const PER_PAGE: &str = "1000";

/// Pages of transfers that are looked through.
const MOST_PAGES: usize = 10;

/// Folders of one torrent that are looked into. More would take longer than anybody waits.
const MOST_FOLDERS: usize = 20;

/// Deleting waits for the lock of the trash.
const TRASH_PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// Speaks to put.io.
pub(super) struct PutIo {
    caller: Caller,
}

impl PutIo {
    /// A client of the service at the address of `settings`.
    ///
    /// # Errors
    /// As [`Caller::new`].
    pub(super) fn new(settings: &ServiceSettings) -> Result<Self, ClientError> {
        Ok(Self { caller: Caller::new(settings, LIMITS)? })
    }

    fn get(&self, account: &Account, path: &str) -> RequestBuilder {
        self.caller.request(Method::GET, self.caller.url(path)).bearer_auth(account.token())
    }

    fn post(&self, account: &Account, path: &str, name: &str, value: &str) -> RequestBuilder {
        let request = self.caller.request(Method::POST, self.caller.url(path));
        request.bearer_auth(account.token()).form(&[(name, value)])
    }

    /// The decoded answer, if it is no error; else the error and its name.
    async fn ask<T: DeserializeOwned>(
        &self,
        account: &Account,
        class: Class,
        request: RequestBuilder,
    ) -> Result<T, (ServiceError, String)> {
        let unnamed = |error| (error, String::new());
        let answer = self.caller.send(account, class, request).await.map_err(unnamed)?;
        match refusal::refusal(&answer) {
            Some(refused) => Err(refused),
            None => answer.json().map_err(unnamed),
        }
    }

    async fn call<T: DeserializeOwned>(
        &self,
        account: &Account,
        class: Class,
        request: RequestBuilder,
    ) -> Result<T, ServiceError> {
        self.ask(account, class, request).await.map_err(|(error, _)| error)
    }

    async fn transfer(&self, account: &Account, item: &ItemId) -> Result<Transfer, ServiceError> {
        let request = self.get(account, &format!("transfers/{}", item.0));
        Ok(self.call::<One>(account, Class::Read, request).await?.transfer)
    }

    async fn item_of(&self, account: &Account, info_hash: InfoHash) -> Result<Option<ItemId>, ServiceError> {
        let mut request = self.get(account, "transfers/list").query(&[("per_page", PER_PAGE)]);
        let mut transfers = Vec::new();
        for _ in 0..MOST_PAGES {
            let page: Transfers = self.call(account, Class::Read, request).await?;
            transfers.extend(page.transfers);
            let Some(cursor) = page.cursor.filter(|cursor| !cursor.is_empty()) else { break };
            request = self.post(account, "transfers/list/continue", "cursor", &cursor);
            request = request.query(&[("per_page", PER_PAGE)]);
        }
        Ok(wire::best(&transfers, info_hash))
    }

    async fn folder(&self, account: &Account, id: &str) -> Result<Folder, ServiceError> {
        let request = self.get(account, "files/list").query(&[("parent_id", id), ("per_page", PER_PAGE)]);
        self.call(account, Class::Read, request).await
    }

    /// The files of a transfer, by their paths in its folder.
    async fn files(&self, account: &Account, transfer: &Transfer) -> Result<Vec<RemoteFile>, ServiceError> {
        let root = self.folder(account, &transfer.file_id).await?;
        if let Some(file) = self.single(account, transfer, &root).await? {
            return Ok(vec![file.remote("")]);
        }
        let (mut files, mut folders, mut left) = (Vec::new(), Vec::new(), MOST_FOLDERS);
        let mut listed = (root, String::new());
        loop {
            let (folder, path) = &listed;
            for entry in &folder.files {
                if entry.is_folder() {
                    folders.push((entry.id.clone(), below(path, &entry.name)));
                } else {
                    files.push(entry.remote(path));
                }
            }
            left -= 1;
            let Some((id, path)) = folders.pop().filter(|_| left > 0) else { return Ok(files) };
            listed = (self.folder(account, &id).await?, path);
        }
    }

    /// The one file of a torrent that has no folder. It may describe itself as the folder that was asked for;
    /// otherwise it is found in the folder into which it was saved.
    async fn single(
        &self,
        account: &Account,
        transfer: &Transfer,
        root: &Folder,
    ) -> Result<Option<File>, ServiceError> {
        if !root.files.is_empty() {
            return Ok(None);
        }
        let is_it = |file: &File| file.id == transfer.file_id && !file.is_folder();
        if let Some(file) = root.parent.as_ref().filter(|file| is_it(file)) {
            return Ok(Some(file.clone()));
        }
        let parent = if transfer.save_parent_id.is_empty() { "0" } else { &transfer.save_parent_id };
        Ok(self.folder(account, parent).await?.files.into_iter().find(is_it))
    }

    /// Deletes what a transfer has brought into the account, unless it was there before or may have been.
    async fn delete_files(&self, account: &Account, transfer: &Transfer) -> Result<(), ServiceError> {
        let root = match self.folder(account, &transfer.file_id).await {
            Err(ServiceError::ItemMissing) => return Ok(()),
            answered => answered?,
        };
        if !transfer.has_brought(root.parent.as_ref()) {
            return Ok(());
        }
        let mut pauses = TRASH_PAUSES.iter();
        loop {
            let request = self.post(account, "files/delete", "file_ids", &transfer.file_id);
            match self.ask::<serde_json::Value>(account, Class::Delete, request).await {
                Err((_, kind)) if kind.contains("TRASH_LOCK") && !pauses.as_slice().is_empty() => {}
                Ok(_) | Err((ServiceError::ItemMissing, _)) => return Ok(()),
                Err((error, _)) => return Err(error),
            }
            if let Some(pause) = pauses.next() {
                tokio::time::sleep(*pause).await;
            }
        }
    }
}

impl Service for PutIo {
    fn find<'a>(&'a self, account: &'a Account, info_hash: InfoHash) -> Reply<'a, Option<ItemId>> {
        Box::pin(self.item_of(account, info_hash))
    }

    fn submit<'a>(&'a self, account: &'a Account, submission: &'a Submission) -> Reply<'a, Submitted> {
        Box::pin(async move {
            let request = self.post(account, "transfers/add", "url", &submission.magnet);
            match self.ask::<One>(account, Class::Submit, request).await {
                Ok(one) => Ok(Submitted { item: ItemId(one.transfer.id), created: true }),
                Err((error, kind)) if kind.contains("ALREADY") => {
                    let item = self.item_of(account, submission.info_hash).await?;
                    item.map(|item| Submitted { item, created: false }).ok_or(error)
                }
                Err((error, _)) => Err(error),
            }
        })
    }

    fn poll<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ItemState> {
        Box::pin(async move {
            let transfer = self.transfer(account, item).await?;
            if let Some(state) = transfer.unfinished()? {
                return Ok(state);
            }
            match self.files(account, &transfer).await {
                Err(ServiceError::ItemMissing) => Err(ServiceError::FileMissing),
                answered => Ok(ItemState::Ready(answered?)),
            }
        })
    }

    fn resolve<'a>(
        &'a self,
        account: &'a Account,
        _: &'a ItemId,
        file: &'a RemoteFile,
    ) -> Reply<'a, DirectLink> {
        Box::pin(async move {
            let request = self.get(account, &format!("files/{}/url", file.id));
            let address: Address = match self.call(account, Class::Link, request).await {
                Err(ServiceError::ItemMissing) => return Err(ServiceError::FileMissing),
                answered => answered?,
            };
            Ok(DirectLink { url: file_address(&address.url)?, size: file.size, lifetime: LINK_LIFETIME })
        })
    }

    /// The files first: without the transfer nobody would know them any more.
    fn release<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ()> {
        Box::pin(async move {
            let transfer = self.transfer(account, item).await?;
            if !transfer.file_id.is_empty() {
                self.delete_files(account, &transfer).await?;
            }
            let request = self.post(account, "transfers/cancel", "transfer_ids", &item.0);
            self.call::<serde_json::Value>(account, Class::Delete, request).await.map(drop)
        })
    }

    fn account<'a>(&'a self, account: &'a Account) -> Reply<'a, AccountInfo> {
        Box::pin(async move {
            let request = self.get(account, "account/info");
            Ok(self.call::<Owner>(account, Class::Read, request).await?.info.info())
        })
    }
}
