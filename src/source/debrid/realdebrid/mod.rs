//! Real-Debrid: a torrent becomes an item, its wanted files are selected, and each has a page that is unlocked
//! into a link to bytes. Whether it holds a torrent shows only when the files of a new item are selected.
//! <https://api.real-debrid.com/>

mod refusal;
mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use reqwest::RequestBuilder;
use tokio::time::Instant;

use self::wire::{Added, Item, Listed, Unlocked, User};
use super::ServiceSettings;
use super::account::Account;
use super::call::{Answer, Caller, Class};
use super::lenient;
use super::manners::{Limit, Limits};
use super::service::{
    AccountInfo, DirectLink, ItemId, ItemState, RemoteFile, Reply, Service, ServiceError, Submission,
    Submitted,
};
use crate::domain::InfoHash;
use crate::net::ClientError;

/// 250 calls a minute are allowed, and refused ones count. Adding and selecting is limited more strictly than is
/// written anywhere; one a second has proved harmless.
pub(super) const LIMITS: Limits = &[
    Limit { calls: 200, per: Duration::from_secs(60), of: Class::ALL },
    // One a second on average. Adding a torrent and choosing its files belong together, and a player waits.
    Limit { calls: 2, per: Duration::from_secs(2), of: &[Class::Submit, Class::Delete] },
];

/// Links are said to work for 12 hours or longer.
const LINK_LIFETIME: Duration = Duration::from_secs(8 * 3_600);

/// The longest list that is given out. It begins with the newest items.
const MOST_ITEMS: &str = "5000";

/// For so long a new item may be unknown to the service that has just made it.
const FRESH: Duration = Duration::from_secs(10);
const FRESH_PAUSES: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_millis(1_000), Duration::from_millis(1_500)];

/// Speaks to Real-Debrid.
pub(super) struct RealDebrid {
    caller: Caller,
    /// Items that were added a moment ago. Never held across an await.
    fresh: Mutex<Vec<(ItemId, Instant)>>,
}

impl RealDebrid {
    /// A client of the service at the address of `settings`.
    ///
    /// # Errors
    /// As [`Caller::new`].
    pub(super) fn new(settings: &ServiceSettings) -> Result<Self, ClientError> {
        Ok(Self { caller: Caller::new(settings, LIMITS)?, fresh: Mutex::default() })
    }

    fn request(&self, account: &Account, method: Method, path: &str) -> RequestBuilder {
        self.caller.request(method, self.caller.url(path)).bearer_auth(account.token())
    }

    /// The answer, if it is none of the service's own errors but `borne`.
    async fn call(
        &self,
        account: &Account,
        class: Class,
        request: RequestBuilder,
        borne: Option<i64>,
    ) -> Result<Answer, ServiceError> {
        let answer = self.caller.send(account, class, request).await?;
        let code = refusal::error_code(&answer);
        if answer.status.is_success() || (code.is_some() && code == borne) {
            return Ok(answer);
        }
        Err(match refusal::refusal(answer.status, code) {
            ServiceError::RateLimited(_) => self.caller.cool_down(account, class, None),
            error => error,
        })
    }

    async fn add(&self, account: &Account, submission: &Submission) -> Result<Submitted, ServiceError> {
        let request = match &submission.torrent {
            Some(torrent) => self
                .request(account, Method::PUT, "torrents/addTorrent")
                .header(CONTENT_TYPE, "application/x-bittorrent")
                .body(torrent.clone()),
            None => self
                .request(account, Method::POST, "torrents/addMagnet")
                .form(&[("magnet", submission.magnet.as_str())]),
        };
        let answer = self.call(account, Class::Submit, request, Some(refusal::ACTIVE_ALREADY)).await?;
        if !answer.status.is_success() {
            let item = self.item_of(account, submission.info_hash).await?;
            return item.map(|item| Submitted { item, created: false }).ok_or(ServiceError::TooManyActive);
        }
        let item = ItemId(answer.json::<Added>()?.id);
        let now = Instant::now();
        let mut fresh = self.fresh();
        fresh.retain(|(_, since)| now.duration_since(*since) < FRESH);
        fresh.push((item.clone(), now));
        Ok(Submitted { item, created: true })
    }

    async fn item_of(&self, account: &Account, info_hash: InfoHash) -> Result<Option<ItemId>, ServiceError> {
        let request = self.request(account, Method::GET, "torrents").query(&[("limit", MOST_ITEMS)]);
        let answer = self.call(account, Class::Read, request, None).await?;
        let is_empty = answer.status == StatusCode::NO_CONTENT;
        let listed: Vec<Listed> = if is_empty { Vec::new() } else { answer.json()? };
        Ok(wire::best(&listed, info_hash))
    }

    /// The item. One that was added a moment ago is asked for again when the service does not know it yet.
    async fn item(&self, account: &Account, item: &ItemId) -> Result<Item, ServiceError> {
        let pauses = if self.is_fresh(item) { &FRESH_PAUSES[..] } else { &[] };
        for pause in pauses {
            match self.item_now(account, item).await {
                Err(ServiceError::ItemMissing) => tokio::time::sleep(*pause).await,
                answered => return answered,
            }
        }
        self.item_now(account, item).await
    }

    async fn item_now(&self, account: &Account, item: &ItemId) -> Result<Item, ServiceError> {
        let request = self.request(account, Method::GET, &format!("torrents/info/{}", item.0));
        self.call(account, Class::Read, request, None).await?.json()
    }

    fn is_fresh(&self, item: &ItemId) -> bool {
        self.fresh().iter().any(|(fresh, since)| fresh == item && since.elapsed() < FRESH)
    }

    fn fresh(&self) -> MutexGuard<'_, Vec<(ItemId, Instant)>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for RealDebrid {
    fn find<'a>(&'a self, account: &'a Account, info_hash: InfoHash) -> Reply<'a, Option<ItemId>> {
        Box::pin(self.item_of(account, info_hash))
    }

    /// Cannot be told to refuse what is not cached. A second item of the same torrent is no error here.
    fn submit<'a>(&'a self, account: &'a Account, submission: &'a Submission) -> Reply<'a, Submitted> {
        Box::pin(self.add(account, submission))
    }

    fn poll<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ItemState> {
        Box::pin(async move { self.item(account, item).await?.state() })
    }

    /// A selection is for good: another one needs another item.
    fn select<'a>(
        &'a self,
        account: &'a Account,
        item: &'a ItemId,
        files: &'a [RemoteFile],
    ) -> Reply<'a, ()> {
        Box::pin(async move {
            if files.is_empty() {
                return Err(ServiceError::FileMissing);
            }
            let ids = files.iter().map(|file| file.id.as_str()).collect::<Vec<_>>().join(",");
            let request = self
                .request(account, Method::POST, &format!("torrents/selectFiles/{}", item.0))
                .form(&[("files", ids)]);
            // 202 says the same as that error: it was done before.
            self.call(account, Class::Submit, request, Some(refusal::DONE_ALREADY)).await.map(drop)
        })
    }

    fn resolve<'a>(
        &'a self,
        account: &'a Account,
        _: &'a ItemId,
        file: &'a RemoteFile,
    ) -> Reply<'a, DirectLink> {
        Box::pin(async move {
            let request =
                self.request(account, Method::POST, "unrestrict/link").form(&[("link", file.id.as_str())]);
            let answer = match self.call(account, Class::Link, request, None).await {
                Err(ServiceError::ItemMissing) => return Err(ServiceError::FileMissing),
                answered => answered?,
            };
            answer.json::<Unlocked>()?.link(&file.path, LINK_LIFETIME)
        })
    }

    fn release<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ()> {
        Box::pin(async move {
            let request = self.request(account, Method::DELETE, &format!("torrents/delete/{}", item.0));
            self.call(account, Class::Delete, request, None).await.map(drop)
        })
    }

    fn account<'a>(&'a self, account: &'a Account) -> Reply<'a, AccountInfo> {
        Box::pin(async move {
            let request = self.request(account, Method::GET, "user");
            let user: User = self.call(account, Class::Read, request, None).await?.json()?;
            Ok(user.info(lenient::now()))
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::domain::DebridService;

    /// Gives one answer to every call, and returns how many there were once the client has gone.
    async fn serve(listener: TcpListener, status: &str, body: &str, calls: &mut usize) {
        let answer =
            format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            *calls += 1;
            let mut head = [0; 4096];
            assert!(socket.read(&mut head).await.unwrap() > 0);
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    }

    /// What a resolve and a find end with when every answer is this one, and how many calls they took.
    async fn against(
        status: &str,
        body: &str,
    ) -> (ServiceError, Result<Option<ItemId>, ServiceError>, usize) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/rest/1.0", listener.local_addr().unwrap()).parse().unwrap();
        let (service, tokens) = (DebridService::RealDebrid, Vec::new());
        let settings = ServiceSettings { service, tokens, base_url, user_agent: None, proxy: None };
        let (service, account) =
            (RealDebrid::new(&settings).unwrap(), Account::new("realdebrid", "token".into()));
        let file = RemoteFile { id: "https://real-debrid.com/d/A".into(), path: "a.mkv".into(), size: None };
        let mut calls = 0;
        let asked = async {
            let resolved = service.resolve(&account, &ItemId("A".to_owned()), &file).await;
            (resolved.unwrap_err(), service.find(&account, InfoHash::new([7; 20])).await)
        };
        let (resolved, found) = tokio::select! {
            ended = asked => ended,
            () = serve(listener, status, body, &mut calls) => unreachable!("it serves for ever"),
        };
        (resolved, found, calls)
    }

    #[tokio::test]
    async fn its_own_error_is_heard_at_once_though_gateways_use_the_same_status() {
        let (resolved, _, calls) = against("503 x", r#"{"error":"unavailable_file","error_code":24}"#).await;
        assert_eq!((resolved, calls), (ServiceError::FileMissing, 2));
        let (resolved, _, _) = against("503 x", r#"{"error":"traffic_exhausted","error_code":23}"#).await;
        assert_eq!(resolved, ServiceError::QuotaExhausted);
    }

    #[tokio::test]
    async fn an_empty_list_is_204_and_an_empty_answer_is_none() {
        assert_eq!(against("204 x", "").await.1, Ok(None));
        assert!(matches!(against("200 x", "").await.1, Err(ServiceError::ServiceDown(_))));
    }
}
