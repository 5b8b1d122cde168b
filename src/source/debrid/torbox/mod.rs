//! TorBox (torbox.app). It says what it holds, fetches all files of a torrent, and gives one link per file on request.

mod places;
mod wire;

use std::time::Duration;

use http::Method;
use reqwest::RequestBuilder;
use reqwest::multipart::Form;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::places::Places;
use self::wire::{Created, Held, Id, Profile, Queued, Torrent, open};
use super::ServiceSettings;
use super::account::Account;
use super::call::{Caller, Class};
use super::lenient::file_address;
use super::loose::many;
use super::manners::{Limit, Limits};
use super::service::{
    AccountInfo, Availability, DirectLink, ItemId, ItemState, RemoteFile, Reply, Service, ServiceError,
    Submission, Submitted,
};
use super::strangers::Strangers;
use super::upload::with_torrent;
use crate::domain::InfoHash;
use crate::net::ClientError;

/// 300 calls a minute are published for each endpoint; for adding 10 a minute and 60 an hour. A distance is kept,
/// because others may use the account too.
pub(super) const LIMITS: Limits = &[
    per_minute(250, &[Class::Read]),
    per_minute(250, &[Class::Check]),
    per_minute(250, &[Class::Link]),
    per_minute(250, &[Class::Delete]),
    per_minute(8, &[Class::Submit]),
    Limit { calls: 50, per: Duration::from_secs(3_600), of: &[Class::Submit] },
];

/// A link has to be put to use within an hour; then it works until it fails.
const LINK_LIFETIME: Duration = Duration::from_secs(50 * 60);

/// The longest list there is. One of this length may have left items out.
const LONGEST_LIST: usize = 1_000;

const fn per_minute(calls: usize, of: &'static [Class]) -> Limit {
    Limit { calls, per: Duration::from_secs(60), of }
}

/// The client.
pub(super) struct TorBox {
    caller: Caller,
    strangers: Strangers,
    places: Places,
}

impl TorBox {
    /// A client with the settings given.
    ///
    /// # Errors
    /// As [`Caller::new`].
    pub(super) fn new(settings: &ServiceSettings) -> Result<Self, ClientError> {
        let caller = Caller::new(settings, LIMITS)?;
        Ok(Self { caller, strangers: Strangers::default(), places: Places::default() })
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        account: &Account,
        class: Class,
        request: RequestBuilder,
    ) -> Result<T, ServiceError> {
        open(&self.caller.send(account, class, request.bearer_auth(account.token())).await?)
    }

    fn get(&self, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        self.caller.request(Method::GET, self.caller.url(path)).query(query)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.caller.request(Method::POST, self.caller.url(path))
    }

    /// Those of these torrents that it holds.
    async fn held(
        &self,
        account: &Account,
        torrents: &[InfoHash],
        with_files: bool,
    ) -> Result<Vec<Held>, ServiceError> {
        let hashes: Vec<String> = torrents.iter().map(InfoHash::to_string).collect();
        let with_files = if with_files { "true" } else { "false" };
        let request = self
            .post("torrents/checkcached")
            .query(&[("format", "list"), ("list_files", with_files)])
            .json(&json!({ "hashes": hashes }));
        many(self.ask(account, Class::Check, request).await?)
    }

    /// Every torrent of the account. Without `bypass_cache` the list lags behind.
    async fn torrents(&self, account: &Account) -> Result<Vec<Torrent>, ServiceError> {
        let request = self.get("torrents/mylist", &[("bypass_cache", "true")]);
        match self.ask::<Value>(account, Class::Read, request).await {
            Ok(data) => many(data),
            // An account without torrents is answered like one whose torrent is missing.
            Err(ServiceError::ItemMissing) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn torrent(&self, account: &Account, id: u64) -> Result<Torrent, ServiceError> {
        let number = id.to_string();
        let request = self.get("torrents/mylist", &[("id", &number), ("bypass_cache", "true")]);
        let found: Vec<Torrent> = many(self.ask(account, Class::Read, request).await?)?;
        found.into_iter().find(|torrent| torrent.id == Some(id)).ok_or(ServiceError::ItemMissing)
    }

    async fn known(&self, account: &Account, info_hash: InfoHash) -> Result<Option<ItemId>, ServiceError> {
        let torrents = self.torrents(account).await?;
        if torrents.len() >= LONGEST_LIST {
            self.strangers.note(account, &info_hash.to_string());
        }
        let mut found = None;
        for torrent in torrents.iter().filter(|torrent| torrent.is(info_hash)) {
            match torrent.id {
                Some(id) if torrent.has_failed() => self.strangers.note(account, &id.to_string()),
                Some(id) => found = Some(Id::Torrent(id).item()),
                None => {}
            }
        }
        Ok(found)
    }

    async fn create(&self, account: &Account, what: &Submission) -> Result<Submitted, ServiceError> {
        let mut form = Form::new().text("seed", "1").text("allow_zip", "false");
        if what.only_if_cached {
            form = form.text("add_only_if_cached", "true");
        }
        // What TorBox holds is known by its hash; only a search for peers is spared by the file.
        let form = match what.torrent.as_ref().filter(|_| !what.only_if_cached) {
            Some(torrent) => with_torrent(form, "file", torrent),
            None => form.text("magnet", what.magnet.clone()),
        };
        let request = self.post("torrents/createtorrent").multipart(form);
        let answer = self.caller.send(account, Class::Submit, request.bearer_auth(account.token())).await?;
        if wire::is_duplicate(&answer) {
            let item = self.known(account, what.info_hash).await?.ok_or(ServiceError::ItemMissing)?;
            return Ok(Submitted { item, created: false });
        }
        let id = open::<Created>(&answer)?.id(what.info_hash)?;
        let item = id.item();
        let created = !self.strangers.has(account, &item.0)
            && !self.strangers.has(account, &what.info_hash.to_string());
        Ok(Submitted { item, created })
    }

    /// The torrent behind an item. What waited in the queue gets another number once it is begun; `None` while it
    /// waits.
    async fn begun(&self, account: &Account, item: &ItemId) -> Result<Option<Torrent>, ServiceError> {
        let (number, info_hash) = match Id::of(item)? {
            Id::Torrent(id) => return self.torrent(account, id).await.map(Some),
            Id::Queued(number, info_hash) => (number, info_hash),
        };
        let found = self.torrents(account).await?.into_iter().find(|torrent| torrent.is(info_hash));
        if let Some(torrent) = found {
            if let Some(id) = torrent.id.filter(|id| !self.strangers.has(account, &id.to_string())) {
                self.places.has_begun(account, number, id);
            }
            return Ok(Some(torrent));
        }
        let request = self.get("queued/getqueued", &[("type", "torrent")]);
        let queued: Vec<Queued> = many(self.ask(account, Class::Read, request).await?)?;
        if !queued.iter().any(|queued| queued.id == Some(number)) {
            return Err(ServiceError::ItemMissing);
        }
        self.places.waits(account, number);
        Ok(None)
    }

    async fn link(&self, account: &Account, file: &RemoteFile) -> Result<DirectLink, ServiceError> {
        let (torrent, id) = file.id.split_once('/').ok_or(ServiceError::FileMissing)?;
        // This one call wants the token in its query, and the number of the file also when it is 0.
        let query = [
            ("token", account.token()),
            ("torrent_id", torrent),
            ("file_id", id),
            ("zip_link", "false"),
            ("redirect", "false"),
        ];
        let link: String = self.ask(account, Class::Link, self.get("torrents/requestdl", &query)).await?;
        Ok(DirectLink { url: file_address(&link)?, size: file.size, lifetime: LINK_LIFETIME })
    }

    async fn delete(&self, account: &Account, item: &ItemId) -> Result<(), ServiceError> {
        let doomed = match Id::of(item)? {
            Id::Queued(number, _) if self.begun(account, item).await?.is_some() => {
                // Any other torrent of this hash may be the user's.
                let Some(id) = self.places.torrent(account, number) else { return Ok(()) };
                Id::Torrent(id)
            }
            id => id,
        };
        let (path, body) = match doomed {
            Id::Torrent(id) => {
                ("torrents/controltorrent", json!({ "torrent_id": id, "operation": "delete" }))
            }
            Id::Queued(number, _) => (
                "queued/controlqueued",
                json!({ "queued_id": number, "operation": "delete", "type": "torrent" }),
            ),
        };
        self.ask::<Value>(account, Class::Delete, self.post(path).json(&body)).await.map(drop)
    }
}

impl Service for TorBox {
    fn check<'a>(&'a self, account: &'a Account, torrents: &'a [InfoHash]) -> Reply<'a, Vec<Availability>> {
        Box::pin(async {
            let held = self.held(account, torrents, false).await?;
            let holds = |torrent: &InfoHash| held.iter().any(|held| held.is(*torrent));
            let said = |torrent| if holds(torrent) { Availability::Cached } else { Availability::NotCached };
            Ok(torrents.iter().map(said).collect())
        })
    }

    fn list<'a>(
        &'a self,
        account: &'a Account,
        torrents: &'a [InfoHash],
    ) -> Reply<'a, Vec<Option<Vec<RemoteFile>>>> {
        Box::pin(async {
            let held = self.held(account, torrents, true).await?;
            let files = |torrent: &InfoHash| held.iter().find(|held| held.is(*torrent)).map(Held::files);
            Ok(torrents.iter().map(files).collect())
        })
    }

    fn find<'a>(&'a self, account: &'a Account, info_hash: InfoHash) -> Reply<'a, Option<ItemId>> {
        Box::pin(self.known(account, info_hash))
    }

    fn submit<'a>(&'a self, account: &'a Account, submission: &'a Submission) -> Reply<'a, Submitted> {
        Box::pin(self.create(account, submission))
    }

    fn poll<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ItemState> {
        Box::pin(async {
            match self.begun(account, item).await? {
                Some(torrent) => torrent.state(),
                None => Ok(ItemState::Queued),
            }
        })
    }

    fn resolve<'a>(
        &'a self,
        account: &'a Account,
        _: &'a ItemId,
        file: &'a RemoteFile,
    ) -> Reply<'a, DirectLink> {
        Box::pin(self.link(account, file))
    }

    fn release<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ()> {
        Box::pin(self.delete(account, item))
    }

    fn account<'a>(&'a self, account: &'a Account) -> Reply<'a, AccountInfo> {
        Box::pin(async {
            let profile: Profile = self.ask(account, Class::Read, self.get("user/me", &[])).await?;
            Ok(profile.into())
        })
    }
}
