//! Making clients.

use std::time::Duration;

use reqwest::redirect::{Action, Attempt, Policy};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Forbidden, Guard, tls};

/// Long enough for a handshake across the world, short enough for the next source to get its turn.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A chain of redirects longer than this is a loop in practice.
const MAX_REDIRECTS: usize = 5;

const USER_AGENT: &str = concat!("Headwater/", env!("CARGO_PKG_VERSION"));

/// What distinguishes one client from another.
#[derive(Debug, Clone, Copy)]
pub struct ClientOptions<'a> {
    /// The name it gives itself; `None` means `Headwater/<version>`.
    pub user_agent: Option<&'a str>,
    /// The http, https, socks5 or socks5h proxy that everything goes through, credentials included. Host names
    /// are resolved by the proxy then (all but socks5), and the guard sees literal addresses only.
    pub proxy: Option<&'a SecretString>,
    /// Where it may connect to.
    pub guard: Guard,
}

/// The clients that everything without a proxy goes through. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clients {
    own: reqwest::Client,
    foreign: reqwest::Client,
    own_step: reqwest::Client,
    foreign_step: reqwest::Client,
    guard: Guard,
}

impl Clients {
    /// Makes them. `guard` holds for addresses that are named by others.
    ///
    /// # Errors
    /// See [`client_with`].
    pub fn new(guard: Guard) -> Result<Self, ClientError> {
        let foreign = ClientOptions { user_agent: None, proxy: None, guard };
        let own = ClientOptions { guard: Guard::Open, ..foreign };
        let step = |options| Ok::<_, ClientError>(builder(options)?.redirect(Policy::none()).build()?);
        Ok(Self {
            own: client_with(own)?,
            foreign: client_with(foreign)?,
            own_step: step(own)?,
            foreign_step: step(foreign)?,
            guard,
        })
    }

    /// The client for addresses that the operator has set.
    pub fn own(&self) -> &reqwest::Client {
        &self.own
    }

    /// The client for `url`, which a magnet, a torrent or somebody's request has named.
    ///
    /// # Errors
    /// It is not http, or leads where the guard lets nobody go.
    pub fn foreign(&self, url: &Url) -> Result<&reqwest::Client, Forbidden> {
        self.guard.check(url).map(|()| &self.foreign)
    }

    /// What holds for addresses that are named by others, for those who ask them without a client.
    pub fn guard(&self) -> Guard {
        self.guard
    }

    /// As [`Clients::own`], but redirects are handed to the caller, who judges where they lead.
    pub fn own_step(&self) -> &reqwest::Client {
        &self.own_step
    }

    /// As [`Clients::foreign`], but redirects are handed to the caller: one to a magnet link cannot be followed.
    ///
    /// # Errors
    /// See [`Clients::foreign`].
    pub fn foreign_step(&self, url: &Url) -> Result<&reqwest::Client, Forbidden> {
        self.guard.check(url).map(|()| &self.foreign_step)
    }
}

/// A client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The proxy's address is of no use. It is not shown, since it may hold a password.
    #[error("the proxy is not an http, https or socks5 URL")]
    Proxy,
    /// The user agent holds what no header may hold, or TLS cannot be set up.
    #[error("the HTTP client cannot be made: {0}")]
    Unusable(#[from] reqwest::Error),
}

/// The client for addresses that the operator has set: with our name and no proxy.
///
/// # Errors
/// See [`client_with`].
pub fn client() -> Result<reqwest::Client, ClientError> {
    client_with(ClientOptions { user_agent: None, proxy: None, guard: Guard::Open })
}

/// A client with our limits. `HTTP_PROXY` is not one of our settings and never looked at: a probe of this very
/// machine must not leave it. There is no limit on the whole exchange, because a body may be a film; set one per
/// request where an answer is short. It follows up to 5 redirects, never from https to http; credentials are not
/// carried to another host, and no host is told where the request was before.
///
/// # Errors
/// See [`ClientError`].
pub fn client_with(options: ClientOptions<'_>) -> Result<reqwest::Client, ClientError> {
    let guard = options.guard;
    Ok(builder(options)?.redirect(Policy::custom(move |attempt| follow(guard, attempt))).build()?)
}

#[expect(clippy::disallowed_methods, reason = "the one place that may make a client")]
fn builder(options: ClientOptions<'_>) -> Result<reqwest::ClientBuilder, ClientError> {
    let builder = reqwest::Client::builder()
        .user_agent(options.user_agent.unwrap_or(USER_AGENT))
        .connect_timeout(CONNECT_TIMEOUT)
        // An address may hold a token, which is nobody else's business.
        .referer(false);
    let builder = match tls::settings() {
        Some(settings) => builder.tls_backend_preconfigured(settings),
        // It tries in vain, too, and says why.
        None => builder,
    };
    Ok(match options.proxy {
        Some(proxy) => builder.proxy(proxied(proxy)?),
        None => builder.no_proxy().dns_resolver(options.guard.resolver()),
    })
}

fn proxied(proxy: &SecretString) -> Result<reqwest::Proxy, ClientError> {
    let url: Url = proxy.expose_secret().parse().map_err(|_| ClientError::Proxy)?;
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") || !url.has_host() {
        return Err(ClientError::Proxy);
    }
    reqwest::Proxy::all(url).map_err(|_| ClientError::Proxy)
}

/// Why a redirect is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Stray {
    #[error("too many redirects")]
    TooMany,
    #[error("a redirect from https to http")]
    Downgrade,
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
}

fn follow(guard: Guard, attempt: Attempt<'_>) -> Action {
    match judge(guard, attempt.previous(), attempt.url()) {
        Ok(()) => attempt.follow(),
        Err(stray) => attempt.error(stray),
    }
}

/// Whether a request that has been at `previous` may go on to `next`.
fn judge(guard: Guard, previous: &[Url], next: &Url) -> Result<(), Stray> {
    if previous.len() > MAX_REDIRECTS {
        return Err(Stray::TooMany);
    }
    if previous.last().is_some_and(|url| url.scheme() == "https") && next.scheme() != "https" {
        return Err(Stray::Downgrade);
    }
    Ok(guard.check(next)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go(guard: Guard, previous: &[&str], next: &str) -> Result<(), Stray> {
        let previous: Vec<Url> = previous.iter().map(|url| url.parse().unwrap()).collect();
        judge(guard, &previous, &next.parse().unwrap())
    }

    #[test]
    fn redirects_never_lose_their_encryption() {
        assert_eq!(go(Guard::Open, &["https://a.example/"], "http://a.example/"), Err(Stray::Downgrade));
        assert_eq!(go(Guard::Open, &["https://a.example/"], "https://b.example/"), Ok(()));
        assert_eq!(go(Guard::Open, &["http://a.example/"], "https://a.example/"), Ok(()));
    }

    #[test]
    fn the_sixth_redirect_is_one_too_many() {
        let been = ["http://a.example/"; 6];
        assert_eq!(go(Guard::Open, &been[..5], "http://b.example/"), Ok(()));
        assert_eq!(go(Guard::Open, &been, "http://b.example/"), Err(Stray::TooMany));
    }

    #[test]
    fn every_hop_passes_the_guard() {
        let private = Err(Stray::Forbidden(Forbidden::Private));
        assert_eq!(go(Guard::PublicOnly, &["http://a.example/"], "http://10.0.0.1/"), private);
        assert_eq!(go(Guard::Open, &["http://a.example/"], "http://10.0.0.1/"), Ok(()));
    }
}
