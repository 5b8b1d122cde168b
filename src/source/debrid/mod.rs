//! Debrid services as sources: they fetch torrents into their own storage and hand out HTTP links to the files.

mod account;
mod call;
mod lenient;
mod manners;
mod matching;
mod offcloud;
mod putio;
mod realdebrid;
mod service;
mod stremthru;

use secrecy::SecretString;
use url::Url;

use crate::domain::DebridService;

/// How one service is reached, and with whose accounts.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// The service.
    pub service: DebridService,
    /// One for every account, in the order in which they are used.
    pub tokens: Vec<SecretString>,
    /// Where its API lies.
    pub base_url: Url,
    /// What the service and its file servers are told about this program; `None` is our own name.
    pub user_agent: Option<String>,
    /// Through what the service and its file servers are reached (http, https or socks5); may hold credentials.
    pub proxy: Option<SecretString>,
}
