//! Offcloud: it says whether it holds a torrent, takes magnets only, and lists files with their links.
//! <https://offcloud.com/>

mod wire;

use std::time::Duration;

use http::Method;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::wire::{Download, File, Files, Holding, User};
use super::ServiceSettings;
use super::account::Account;
use super::call::{Caller, Class};
use super::fresh::FreshLinks;
use super::manners::{Limit, Limits};
use super::service::{
    AccountInfo, Availability, DirectLink, ItemId, ItemState, RemoteFile, Reply, Service, ServiceError,
    Submission, Submitted,
};
use crate::domain::InfoHash;
use crate::net::ClientError;

/// No limit is published; what is recommended is two calls a second. Six may come together: one play of what is held
/// takes five (list, check, add, look, files), and the question about the account or a deletion may have come just
/// before. A source that takes over in the middle of a film has three seconds, and calls that wait for each other would
/// use them up.
pub(super) const LIMITS: Limits = &[Limit { calls: 6, per: Duration::from_secs(3), of: Class::ALL }];

/// Speaks to Offcloud.
pub(super) struct Offcloud {
    caller: Caller,
    fresh: FreshLinks,
}

impl Offcloud {
    /// A client of the service at the address of `settings`.
    ///
    /// # Errors
    /// As [`Caller::new`].
    pub(super) fn new(settings: &ServiceSettings) -> Result<Self, ClientError> {
        Ok(Self { caller: Caller::new(settings, LIMITS)?, fresh: FreshLinks::default() })
    }

    fn get(&self, account: &Account, path: &str) -> RequestBuilder {
        self.caller.request(Method::GET, self.caller.url(path)).bearer_auth(account.token())
    }

    fn post(&self, account: &Account, path: &str, body: &Value) -> RequestBuilder {
        self.caller.request(Method::POST, self.caller.url(path)).bearer_auth(account.token()).json(body)
    }

    /// The decoded answer, if it is no error.
    async fn call<T: DeserializeOwned>(
        &self,
        account: &Account,
        class: Class,
        request: RequestBuilder,
    ) -> Result<T, ServiceError> {
        let answer = self.caller.send(account, class, request).await?;
        match wire::refusal(&answer) {
            Some(error) => Err(error),
            None => answer.json(),
        }
    }

    async fn files(&self, account: &Account, item: &ItemId) -> Result<Vec<File>, ServiceError> {
        let request = self.get(account, &format!("api/cloud/explore/{}", item.0));
        let request = request.query(&[("format", "detailed")]);
        Ok(self.call::<Files>(account, Class::Read, request).await?.files)
    }
}

impl Service for Offcloud {
    fn check<'a>(&'a self, account: &'a Account, torrents: &'a [InfoHash]) -> Reply<'a, Vec<Availability>> {
        Box::pin(async move {
            let magnet = |torrent: &InfoHash| format!("magnet:?xt=urn:btih:{torrent}");
            let urls: Vec<String> = torrents.iter().map(magnet).collect();
            let request =
                self.post(account, "api/cache/info", &json!({ "urls": urls, "includeFiles": false }));
            let holdings: Vec<Holding> = self.call(account, Class::Check, request).await?;
            // One answer for each address, in their order.
            let said = |at| match holdings.get(at) {
                Some(Holding { cached: true }) => Availability::Cached,
                Some(_) => Availability::NotCached,
                None => Availability::Unknown,
            };
            Ok((0..torrents.len()).map(said).collect())
        })
    }

    fn find<'a>(&'a self, account: &'a Account, info_hash: InfoHash) -> Reply<'a, Option<ItemId>> {
        Box::pin(async move {
            let request = self.get(account, "api/cloud/history");
            let history: Vec<Download> = self.call(account, Class::Read, request).await?;
            Ok(wire::best(&history, info_hash))
        })
    }

    /// There is no way to delete a download, so none is ever claimed as created by us. There is no way to hand over
    /// a .torrent file either.
    fn submit<'a>(&'a self, account: &'a Account, submission: &'a Submission) -> Reply<'a, Submitted> {
        Box::pin(async move {
            let request = self.post(account, "api/cloud", &json!({ "url": submission.magnet }));
            let download: Download = self.call(account, Class::Submit, request).await?;
            if download.request_id.is_empty() {
                return Err(ServiceError::Protocol("a download without a name".to_owned()));
            }
            Ok(Submitted { item: ItemId(download.request_id), created: false })
        })
    }

    fn poll<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ItemState> {
        Box::pin(async move {
            let request = self.post(account, "api/cloud/status", &json!({ "requestId": item.0 }));
            let status = wire::status_of(&self.call(account, Class::Read, request).await?)?;
            if let Some(state) = wire::unfinished(&status)? {
                return Ok(state);
            }
            let files = match self.files(account, item).await {
                // What is finished and has no files has lost them.
                Err(ServiceError::ItemMissing) => return Err(ServiceError::FileMissing),
                answered => answered?,
            };
            let link = |file: &File| Some((file.place().to_owned(), file.link().ok()?.url));
            self.fresh.keep(account, item, files.iter().filter_map(link));
            Ok(ItemState::Ready(files.iter().map(File::remote).collect()))
        })
    }

    fn resolve<'a>(
        &'a self,
        account: &'a Account,
        item: &'a ItemId,
        file: &'a RemoteFile,
    ) -> Reply<'a, DirectLink> {
        Box::pin(async move {
            if let Some(url) = self.fresh.take(account, item, &file.id) {
                return Ok(DirectLink { url, size: file.size, lifetime: wire::LINK_LIFETIME });
            }
            let files = self.files(account, item).await?;
            let found = files.iter().find(|it| it.place() == file.id).ok_or(ServiceError::FileMissing)?;
            found.link()
        })
    }

    fn release<'a>(&'a self, _: &'a Account, _: &'a ItemId) -> Reply<'a, ()> {
        let reason = "it offers no way to delete a download";
        Box::pin(std::future::ready(Err(ServiceError::Protocol(reason.to_owned()))))
    }

    fn account<'a>(&'a self, account: &'a Account) -> Reply<'a, AccountInfo> {
        Box::pin(async move {
            let request = self.get(account, "api/account/info");
            let user: User = self.call(account, Class::Read, request).await?;
            Ok(user.info())
        })
    }
}
