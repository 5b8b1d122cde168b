//! AllDebrid (alldebrid.com). What it holds shows once a torrent has been added; it fetches all files, and each has a
//! locked link that is opened on request.

mod wire;

use std::time::Duration;

use http::Method;
use reqwest::RequestBuilder;
use reqwest::multipart::Form;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::wire::{Branch, Delayed, Magnet, Magnets, Unlocked, Uploaded, Uploads, User, open};
use super::ServiceSettings;
use super::account::Account;
use super::call::{Caller, Class};
use super::lenient::file_address;
use super::loose::many;
use super::manners::{Limit, Limits};
use super::service::{
    AccountInfo, DirectLink, ItemId, ItemState, RemoteFile, Reply, Service, ServiceError, Submission,
    Submitted,
};
use super::strangers::Strangers;
use super::upload::with_torrent;
use crate::domain::InfoHash;
use crate::net::ClientError;

/// 12 calls a second and 600 a minute are published, for all calls together. A distance is kept, because others may
/// use the account too.
pub(super) const LIMITS: Limits = &[
    Limit { calls: 8, per: Duration::from_secs(1), of: Class::ALL },
    Limit { calls: 500, per: Duration::from_secs(60), of: Class::ALL },
];

/// AllDebrid asks its users to keep an opened link for a day.
const LINK_LIFETIME: Duration = Duration::from_secs(20 * 3_600);

/// The pauses between the questions for a link that is still being prepared, in seconds. Together they stay well below
/// the 15 s within which a flow has to end, so that the reason is told and not that it took too long, which would be
/// remembered as a verdict on the torrent.
const DELAYS: [u64; 5] = [1, 1, 2, 2, 3];

/// How this program calls itself; AllDebrid once insisted on it.
const AGENT: (&str, &str) = ("agent", "headwater");

/// The client.
pub(super) struct AllDebrid {
    caller: Caller,
    strangers: Strangers,
}

impl AllDebrid {
    /// A client with the settings given. Their base address has no version in it: the calls are of two versions.
    ///
    /// # Errors
    /// As [`Caller::new`].
    pub(super) fn new(settings: &ServiceSettings) -> Result<Self, ClientError> {
        Ok(Self { caller: Caller::new(settings, LIMITS)?, strangers: Strangers::default() })
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

    async fn get<T: DeserializeOwned>(
        &self,
        account: &Account,
        class: Class,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, ServiceError> {
        let request = self.caller.request(Method::GET, self.caller.url(path)).query(&[AGENT]).query(query);
        self.ask(account, class, request).await
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.caller.request(Method::POST, self.caller.url(path)).query(&[AGENT])
    }

    async fn known(&self, account: &Account, info_hash: InfoHash) -> Result<Option<ItemId>, ServiceError> {
        let data: Magnets = self.get(account, Class::Read, "v4.1/magnet/status", &[]).await?;
        let magnets: Vec<Magnet> = many(data.magnets)?;
        let mut found = None;
        for magnet in magnets.iter().filter(|magnet| magnet.is(info_hash)) {
            match magnet.id {
                Some(id) if magnet.failure().is_some() => self.strangers.note(account, &id.to_string()),
                Some(id) => found = Some(ItemId(id.to_string())),
                None => {}
            }
        }
        Ok(found)
    }

    async fn add(&self, account: &Account, what: &Submission) -> Result<Submitted, ServiceError> {
        // What AllDebrid holds is known by its hash; only a search for peers is spared by the file.
        let request = match what.torrent.as_ref().filter(|_| !what.only_if_cached) {
            Some(torrent) => {
                let form = with_torrent(Form::new(), "files[0]", torrent);
                self.post("v4/magnet/upload/file").multipart(form)
            }
            None => self.post("v4/magnet/upload").form(&[("magnets[]", &what.magnet)]),
        };
        let uploads: Uploads = self.ask(account, Class::Submit, request).await?;
        let uploaded = uploads.all()?.into_iter().next();
        let id = uploaded.map_or_else(|| Err(nothing("upload")), Uploaded::id)?.to_string();
        let created = !self.strangers.has(account, &id);
        Ok(Submitted { item: ItemId(id), created })
    }

    async fn state(&self, account: &Account, item: &ItemId) -> Result<ItemState, ServiceError> {
        let data: Magnets = self.get(account, Class::Read, "v4.1/magnet/status", &[("id", &item.0)]).await?;
        let magnets: Vec<Magnet> = many(data.magnets)?;
        // A list may have slipped in where one object is due.
        let magnet = magnets.into_iter().find(|magnet| magnet.id.is_some_and(|id| id.to_string() == item.0));
        let magnet = magnet.ok_or(ServiceError::ItemMissing)?;
        match magnet.state()? {
            Some(state) => Ok(state),
            None => {
                let tree = match magnet.files {
                    Some(tree) if !tree.is_empty() => tree,
                    _ => self.tree(account, item).await?,
                };
                Ok(ItemState::Ready(Branch::files(tree)))
            }
        }
    }

    async fn tree(&self, account: &Account, item: &ItemId) -> Result<Vec<Branch>, ServiceError> {
        let data: Magnets = self.get(account, Class::Read, "v4/magnet/files", &[("id[]", &item.0)]).await?;
        let magnets: Vec<Magnet> = many(data.magnets)?;
        let magnet = magnets.into_iter().next().ok_or(ServiceError::ItemMissing)?;
        match magnet.error {
            Some(error) => Err(error.into()),
            None => Ok(magnet.files.unwrap_or_default()),
        }
    }

    async fn unlock(&self, account: &Account, file: &RemoteFile) -> Result<DirectLink, ServiceError> {
        let unlocked: Unlocked =
            self.get(account, Class::Link, "v4/link/unlock", &[("link", &file.id)]).await?;
        let link = match unlocked.delayed.filter(|id| *id != 0) {
            Some(id) => self.delayed(account, id).await?,
            None => unlocked.link.filter(|link| !link.is_empty()).ok_or_else(|| nothing("link"))?,
        };
        let size = unlocked.filesize.filter(|size| *size > 0).or(file.size);
        Ok(DirectLink { url: file_address(&link)?, size, lifetime: LINK_LIFETIME })
    }

    /// Waits for a link that AllDebrid prepares.
    async fn delayed(&self, account: &Account, id: u64) -> Result<String, ServiceError> {
        let id = id.to_string();
        for pause in DELAYS {
            // AllDebrid tells of the end only when it is asked.
            tokio::time::sleep(Duration::from_secs(pause)).await;
            let delayed: Delayed = self.get(account, Class::Link, "v4/link/delayed", &[("id", &id)]).await?;
            match delayed.status {
                Some(2) => return delayed.link.ok_or_else(|| nothing("link")),
                Some(3) => return Err(ServiceError::FileMissing),
                _ => {}
            }
        }
        Err(ServiceError::ServiceDown("it takes long to prepare the link".to_owned()))
    }

    async fn delete(&self, account: &Account, item: &ItemId) -> Result<(), ServiceError> {
        let query = [("id", item.0.as_str())];
        self.get::<Value>(account, Class::Delete, "v4/magnet/delete", &query).await.map(drop)
    }
}

fn nothing(what: &str) -> ServiceError {
    ServiceError::Protocol(format!("no {what} in the answer"))
}

impl Service for AllDebrid {
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
        _: &'a ItemId,
        file: &'a RemoteFile,
    ) -> Reply<'a, DirectLink> {
        Box::pin(self.unlock(account, file))
    }

    fn release<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ()> {
        Box::pin(self.delete(account, item))
    }

    fn account<'a>(&'a self, account: &'a Account) -> Reply<'a, AccountInfo> {
        Box::pin(async {
            let user: User = self.get(account, Class::Read, "v4/user", &[]).await?;
            Ok(user.into())
        })
    }
}
