//! One exchange with a service: asked no more often than it allows, repeated only where that is harmless, and
//! given up early where the service is ailing. What the answer means is the business of the service's own file.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use http::{Method, StatusCode};
use tokio::time::Instant;
use url::Url;

use super::ServiceSettings;
use super::account::Account;
use super::manners::{Limits, Manners, jittered};
use super::service::ServiceError;
use crate::net::{self, ClientError};

/// One try, from the connection to the last byte of the answer.
const CALL_LIMIT: Duration = Duration::from_secs(10);
const TRIES: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// How long nobody asks after a 429 that does not say how long.
const COOL_DOWN: Duration = Duration::from_secs(120);
const LONGEST_COOL_DOWN: Duration = Duration::from_secs(3_600);

/// Five thousand items of an account have about 3 MB.
const MOST_BYTES: usize = 32 << 20;

/// What kind of call it is: each has its own allowance at the service, and not all may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    /// Reads an item, a list or the account.
    Read,
    /// Adds an item or chooses its files. Never repeated here: the first one may have landed.
    Submit,
    /// Asks for a link.
    Link,
    /// Deletes an item.
    Delete,
    /// Asks what the service holds.
    Check,
}

impl Class {
    /// Every class, for limits that count all calls together.
    pub(super) const ALL: &'static [Self] =
        &[Self::Read, Self::Submit, Self::Link, Self::Delete, Self::Check];
}

/// Speaks to one service.
pub(super) struct Caller {
    label: &'static str,
    client: reqwest::Client,
    base_url: Url,
    manners: Manners,
}

/// What a service answered, whatever its status. 429, web pages and gateways' errors without a word of the service
/// are no answers: `send` has turned them into errors.
#[derive(Clone)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: StatusCode,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The whole body. It may hold secrets.
    pub(super) body: Bytes,
}

/// Why one try failed.
enum Fault {
    /// Trying again may help.
    Passing(ServiceError),
    /// It will not.
    Final(ServiceError),
}

impl Caller {
    /// A caller of the service that `settings` describe, which keeps within `limits` for each account.
    ///
    /// # Errors
    /// The proxy's address is unusable, or there is no TLS.
    pub(super) fn new(settings: &ServiceSettings, limits: Limits) -> Result<Self, ClientError> {
        let client = net::client_with(settings.client_options())?;
        let label = settings.service.label();
        Ok(Self { label, client, base_url: settings.base_url.clone(), manners: Manners::new(limits) })
    }

    /// The address of `path`, which lies below the base address and has no query. Its segments are encoded.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/').filter(|segment| !segment.is_empty()));
        }
        url
    }

    /// A request to be filled in and handed to [`Caller::send`].
    pub(super) fn request(&self, method: Method, url: Url) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request once the account's allowance for `class` permits it.
    ///
    /// # Errors
    /// `RateLimited` while the account cools down for this class, when it begins to (429), or when its turn
    /// would come too late; `ServiceDown` when the service cannot be reached, is not asked because it has just
    /// failed repeatedly, or answers with a gateway's error or a web page.
    pub(super) async fn send(
        &self,
        account: &Account,
        class: Class,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, ServiceError> {
        let unusable = |_| ServiceError::Protocol("the request could not be put together".to_owned());
        let mut request = request.build().map_err(unusable)?;
        let (since, mut pause) = (Instant::now(), FIRST_PAUSE);
        let tries = if class == Class::Submit { 1 } else { TRIES };
        for left in (0..tries).rev() {
            // A body that is read from a stream cannot be sent twice.
            let spare = if left > 0 { request.try_clone() } else { None };
            match (self.try_once(account, class, request).await, spare) {
                (Ok(answer), _) => return Ok(answer),
                (Err(Fault::Passing(_)), Some(again)) if since.elapsed() < CALL_LIMIT => request = again,
                (Err(Fault::Passing(error) | Fault::Final(error)), _) => return Err(error),
            }
            tokio::time::sleep(jittered(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(ServiceError::ServiceDown("it could not be asked".to_owned()))
    }

    /// Notes that the service said in its own words that it was asked too often, and returns the error to end
    /// with. `wait` is what it said about how long, if anything.
    pub(super) fn cool_down(&self, account: &Account, class: Class, wait: Option<Duration>) -> ServiceError {
        let wait = wait.unwrap_or(COOL_DOWN).clamp(Duration::from_secs(1), LONGEST_COOL_DOWN);
        self.manners.cool_down(account, class, wait);
        ServiceError::RateLimited(wait)
    }

    async fn try_once(
        &self,
        account: &Account,
        class: Class,
        request: reqwest::Request,
    ) -> Result<Answer, Fault> {
        let turn = self.manners.turn(account, class).await.map_err(Fault::Final)?;
        let since = Instant::now();
        let answered = tokio::time::timeout(CALL_LIMIT, self.exchange(request)).await;
        let answered = answered.unwrap_or_else(|_| Err("it did not answer in time".to_owned()));
        let status = answered.as_ref().map(|answer| answer.status.as_u16()).unwrap_or_default();
        let (service, millis) = (self.label, since.elapsed().as_millis());
        tracing::debug!(service, account = account.fingerprint(), ?class, status, millis, "debrid call");
        turn.ended(answered.is_ok());
        let answer = answered.map_err(|reason| Fault::Passing(ServiceError::ServiceDown(reason)))?;
        match answer.status.as_u16() {
            429 => Err(Fault::Final(self.cool_down(account, class, pause(&answer.headers)))),
            // Services refuse with these, too: Real-Debrid says so that a file is gone, or the traffic used up.
            status @ (408 | 502 | 503 | 504 | 520..=524) if !answer.is_worded() => {
                Err(Fault::Passing(ServiceError::ServiceDown(format!("it answered {status}"))))
            }
            // Older servers have web pages for routes that they do not know.
            404 => Ok(answer),
            _ if answer.is_html() => Err(Fault::Final(ServiceError::ServiceDown(A_PAGE.to_owned()))),
            _ => Ok(answer),
        }
    }

    async fn exchange(&self, request: reqwest::Request) -> Result<Answer, String> {
        let mut response = self.client.execute(request).await.map_err(|error| plain(&error))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| plain(&error))? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err("its answer has no end".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        Ok(Answer { status, headers, body: body.freeze() })
    }
}

const A_PAGE: &str = "it sent a web page";

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// `ServiceDown` for a web page or an empty body, `Protocol` for JSON of another shape. Neither repeats
    /// anything from the body.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, ServiceError> {
        if self.is_html() {
            return Err(ServiceError::ServiceDown(A_PAGE.to_owned()));
        }
        if self.body.is_empty() {
            return Err(ServiceError::ServiceDown("it sent an empty answer".to_owned()));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            // The parser's own words quote what it found, which may be a secret; names of fields are ours.
            let text = error.to_string();
            let reason = if text.starts_with("missing field") { text } else { position(&error) };
            ServiceError::Protocol(reason.chars().take(200).collect())
        })
    }

    /// Whether the body says something in JSON, which gateways do not.
    fn is_worded(&self) -> bool {
        serde_json::from_slice::<serde_json::Map<_, _>>(&self.body).is_ok_and(|said| !said.is_empty())
    }

    /// Whether the body is a web page: of a gateway, a challenge or a login.
    pub(super) fn is_html(&self) -> bool {
        let declared = self.headers.get(CONTENT_TYPE).is_some_and(|kind| {
            let kind = kind.to_str().unwrap_or_default().to_ascii_lowercase();
            kind.starts_with("text/html") || kind.starts_with("application/xhtml")
        });
        let start = self.body.trim_ascii_start();
        let begins = |tag: &[u8]| start.get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag));
        declared || begins(b"<!doctype html") || begins(b"<html")
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

fn position(error: &serde_json::Error) -> String {
    format!("unreadable JSON at line {}, column {}", error.line(), error.column())
}

/// What went wrong on the way, without the address, which may hold a token.
fn plain(error: &reqwest::Error) -> String {
    match error {
        error if error.is_connect() => "no connection to it".to_owned(),
        error if error.is_timeout() => "it did not answer in time".to_owned(),
        error if error.is_redirect() => "it redirects without end".to_owned(),
        _ => "the connection to it broke off".to_owned(),
    }
}

/// When the service wants to be asked again: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), or
/// `x-ratelimit-reset` in Unix seconds.
fn pause(headers: &HeaderMap) -> Option<Duration> {
    if headers.contains_key(RETRY_AFTER) {
        return net::retry_after(headers);
    }
    let reset = headers.get("x-ratelimit-reset")?.to_str().ok()?.trim().parse().ok()?;
    let moment = UNIX_EPOCH.checked_add(Duration::from_secs(reset))?;
    Some(moment.duration_since(SystemTime::now()).unwrap_or_default())
}
