//! The one HTTP client factory. Whatever this server asks of others goes through a client made here.

use std::time::Duration;

/// Long enough for a handshake across the world, short enough for the next source to get its turn.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A chain of redirects longer than this is a loop in practice.
const MAX_REDIRECTS: usize = 5;

/// A client with our name, our limits and no proxy: `HTTP_PROXY` is not one of our settings, and a probe of
/// this very machine must not leave it. There is no limit on the whole exchange, because a body may be a
/// film; set one per request where an answer is short.
#[expect(clippy::disallowed_methods, reason = "the one place that may make a client")]
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent(concat!("Headwater/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::limited(MAX_REDIRECTS))
        .no_proxy()
        .build()
}
