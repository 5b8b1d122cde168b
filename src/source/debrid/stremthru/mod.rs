//! StremThru: a server that stands in front of other services and speaks for all of them in one way, its store API.
//! Servers of today have the torz family of routes, older ones and Torrin the magnets family.
//! <https://github.com/MunifTanjim/stremthru/tree/main/docs/api>

mod credentials;
mod refusal;
mod wire;

use std::sync::OnceLock;
use std::time::Duration;

use http::{Method, StatusCode};
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::json;
use url::Url;

use self::wire::{Checked, Data, Generated, Item, Page, User};
use super::ServiceSettings;
use super::account::Account;
use super::call::{Answer, Caller, Class};
use super::lenient::{self, file_address};
use super::manners::{Limit, Limits};
use super::service::{
    AccountInfo, Availability, DirectLink, ItemId, ItemState, RemoteFile, Reply, Service, ServiceError,
    Submission, Submitted,
};
use crate::domain::InfoHash;
use crate::net::ClientError;

/// No limit of the server's own is published, but each call of ours is several calls of the server's to a service
/// that has limits, and those services take one new torrent a second.
pub(super) const LIMITS: Limits = &[
    Limit { calls: 20, per: Duration::from_secs(10), of: Class::ALL },
    Limit { calls: 1, per: Duration::from_secs(1), of: &[Class::Submit, Class::Delete] },
];

/// Links are made to last 12 hours, but it is another service that keeps the promise.
const LINK_LIFETIME: Duration = Duration::from_secs(3 * 3_600);

/// Items of one page, the most there can be, and how many pages are looked through.
const PER_PAGE: usize = 500;
const MOST_PAGES: usize = 10;

/// Speaks to a StremThru server.
pub(super) struct StremThru {
    caller: Caller,
    /// Which family of routes the server has, once it is known.
    family: OnceLock<Family>,
}

/// Two sets of routes with the same meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Torz,
    Magnets,
}

impl Family {
    fn items(self) -> &'static str {
        match self {
            Self::Torz => "v0/store/torz",
            Self::Magnets => "v0/store/magnets",
        }
    }

    fn links(self) -> &'static str {
        match self {
            Self::Torz => "v0/store/torz/link/generate",
            Self::Magnets => "v0/store/link/generate",
        }
    }
}

impl StremThru {
    /// A client of the server at the address of `settings`.
    ///
    /// # Errors
    /// As [`Caller::new`].
    pub(super) fn new(settings: &ServiceSettings) -> Result<Self, ClientError> {
        Ok(Self { caller: Caller::new(settings, LIMITS)?, family: OnceLock::new() })
    }

    fn request(&self, account: &Account, method: Method, url: Url) -> RequestBuilder {
        credentials::add(self.caller.request(method, url), account.token())
    }

    /// The answer of whichever family the server has. What is not found in the newer one is asked for in the older
    /// one, until one of them has answered something.
    async fn either(
        &self,
        account: &Account,
        class: Class,
        request: impl Fn(Family) -> RequestBuilder + Send + Sync,
    ) -> Result<Answer, ServiceError> {
        let known = self.family.get().copied();
        let family = known.unwrap_or(Family::Torz);
        let answer = self.caller.send(account, class, request(family)).await?;
        if known.is_some() {
            return Ok(answer);
        }
        if answer.status != StatusCode::NOT_FOUND {
            self.learn(&answer, family);
            return Ok(answer);
        }
        let older = self.caller.send(account, class, request(Family::Magnets)).await?;
        self.learn(&older, Family::Magnets);
        Ok(older)
    }

    fn learn(&self, answer: &Answer, family: Family) {
        if answer.status.is_success() {
            // Whoever was first has learned the same.
            self.family.get_or_init(|| family);
        }
    }

    /// The answer, if it is no error.
    fn accepted(&self, account: &Account, class: Class, answer: Answer) -> Result<Answer, ServiceError> {
        match refusal::refusal(&answer, class) {
            None => Ok(answer),
            Some(ServiceError::RateLimited(_)) => Err(self.caller.cool_down(account, class, None)),
            Some(error) => Err(error),
        }
    }

    /// The decoded answer, if it is no error.
    async fn call<T: DeserializeOwned>(
        &self,
        account: &Account,
        class: Class,
        request: impl Fn(Family) -> RequestBuilder + Send + Sync,
    ) -> Result<T, ServiceError> {
        let answer = self.either(account, class, request).await?;
        Ok(self.accepted(account, class, answer)?.json::<Data<T>>()?.data)
    }

    /// The request for one item, whose id may hold anything.
    fn one(&self, account: &Account, method: Method, family: Family, item: &ItemId) -> RequestBuilder {
        let mut url = self.caller.url(family.items());
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.push(&item.0);
        }
        self.request(account, method, url)
    }

    async fn item_of(&self, account: &Account, info_hash: InfoHash) -> Result<Option<ItemId>, ServiceError> {
        let mut items = Vec::new();
        for _ in 0..MOST_PAGES {
            let place = [("limit", PER_PAGE), ("offset", items.len())];
            let request = |family: Family| {
                self.request(account, Method::GET, self.caller.url(family.items())).query(&place)
            };
            let page: Page<Item> = self.call(account, Class::Read, request).await?;
            let is_last = page.items.len() < PER_PAGE;
            items.extend(page.items);
            if is_last {
                break;
            }
        }
        Ok(wire::best(&items, info_hash))
    }

    /// A server adds nothing where the service has the torrent already, and answers with the item that is there.
    async fn add(&self, account: &Account, submission: &Submission) -> Result<Submitted, ServiceError> {
        let request = |family: Family| {
            let body = match family {
                Family::Torz => json!({ "link": submission.magnet }),
                Family::Magnets => json!({ "magnet": submission.magnet }),
            };
            self.request(account, Method::POST, self.caller.url(family.items())).json(&body)
        };
        let answer = self.either(account, Class::Submit, request).await?;
        if refusal::is_conflict(&answer) {
            let item = self.item_of(account, submission.info_hash).await?;
            return item.map(|item| Submitted { item, created: false }).ok_or(ServiceError::TooManyActive);
        }
        let answer = self.accepted(account, Class::Submit, answer)?;
        let date = answer.headers.get(http::header::DATE).and_then(|date| date.to_str().ok());
        let now = date.and_then(|date| httpdate::parse_http_date(date).ok());
        let now = now.and_then(|now| now.duration_since(std::time::UNIX_EPOCH).ok());
        let now = now.map_or_else(lenient::now, |now| now.as_secs());
        let item = answer.json::<Data<Item>>()?.data;
        Ok(Submitted { created: item.is_new(now), item: ItemId(item.id) })
    }

    /// What the server says of these torrents, their files included where it holds them.
    async fn checked(&self, account: &Account, torrents: &[InfoHash]) -> Result<Vec<Checked>, ServiceError> {
        let each = |before: &str| {
            let texts: Vec<String> = torrents.iter().map(|torrent| format!("{before}{torrent}")).collect();
            texts.join(",")
        };
        let (hashes, magnets) = (each(""), each("magnet:?xt=urn:btih:"));
        let request = |family: Family| {
            let url = self.caller.url(&format!("{}/check", family.items()));
            let what = match family {
                Family::Torz => ("hash", hashes.as_str()),
                Family::Magnets => ("magnet", magnets.as_str()),
            };
            self.request(account, Method::GET, url).query(&[what])
        };
        Ok(self.call::<Page<Checked>>(account, Class::Check, request).await?.items)
    }
}

impl Service for StremThru {
    /// For several services the answer comes from what other users have seen: a hint, not a promise.
    fn check<'a>(&'a self, account: &'a Account, torrents: &'a [InfoHash]) -> Reply<'a, Vec<Availability>> {
        Box::pin(async move {
            let checked = self.checked(account, torrents).await?;
            Ok(torrents.iter().map(|torrent| wire::availability(&checked, *torrent)).collect())
        })
    }

    fn list<'a>(
        &'a self,
        account: &'a Account,
        torrents: &'a [InfoHash],
    ) -> Reply<'a, Vec<Option<Vec<RemoteFile>>>> {
        Box::pin(async move {
            let checked = self.checked(account, torrents).await?;
            Ok(torrents.iter().map(|torrent| wire::files(&checked, *torrent)).collect())
        })
    }

    fn find<'a>(&'a self, account: &'a Account, info_hash: InfoHash) -> Reply<'a, Option<ItemId>> {
        Box::pin(self.item_of(account, info_hash))
    }

    /// Magnets only: not every service behind such a server takes .torrent files.
    fn submit<'a>(&'a self, account: &'a Account, submission: &'a Submission) -> Reply<'a, Submitted> {
        Box::pin(self.add(account, submission))
    }

    fn poll<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ItemState> {
        Box::pin(async move {
            let request = |family| self.one(account, Method::GET, family, item);
            self.call::<Item>(account, Class::Read, request).await?.state()
        })
    }

    fn resolve<'a>(
        &'a self,
        account: &'a Account,
        _: &'a ItemId,
        file: &'a RemoteFile,
    ) -> Reply<'a, DirectLink> {
        Box::pin(async move {
            let request = |family: Family| {
                let body = json!({ "link": file.id });
                self.request(account, Method::POST, self.caller.url(family.links())).json(&body)
            };
            let generated: Generated = self.call(account, Class::Link, request).await?;
            let url = file_address(&generated.link)?;
            Ok(DirectLink { url, size: file.size, lifetime: LINK_LIFETIME })
        })
    }

    fn release<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ()> {
        Box::pin(async move {
            let request = |family| self.one(account, Method::DELETE, family, item);
            let answer = self.either(account, Class::Delete, request).await?;
            self.accepted(account, Class::Delete, answer).map(drop)
        })
    }

    fn account<'a>(&'a self, account: &'a Account) -> Reply<'a, AccountInfo> {
        Box::pin(async move {
            let request = self.request(account, Method::GET, self.caller.url("v0/store/user"));
            let answer = self.caller.send(account, Class::Read, request).await?;
            let answer = self.accepted(account, Class::Read, answer)?;
            Ok(answer.json::<Data<User>>()?.data.info())
        })
    }
}
