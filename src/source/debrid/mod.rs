//! Debrid services as sources: they fetch torrents into their own storage and hand out HTTP links to the files.
//!
//! `service` says what every service can do, and each service has a file of its own that says how. `call` keeps
//! them within their limits, `house` is what everybody who has accounts there shares, and `guests` are the accounts of
//! profiles. `flow` is the order of calls from a torrent to a link, `provider` runs flows one at
//! a time, and `origin` hands their links to the fetcher.

mod account;
mod accounts;
mod alldebrid;
mod call;
mod debridlink;
mod flights;
mod flow;
mod fresh;
mod guests;
mod holdings;
mod house;
mod ledger;
mod lenient;
mod links;
mod lists;
mod loose;
mod manners;
mod matching;
mod miss;
mod offcloud;
mod origin;
mod premiumize;
mod provider;
mod putio;
mod realdebrid;
mod refusals;
mod service;
mod services;
mod source;
mod strangers;
mod stremthru;
mod tend;
mod times;
mod tokens;
mod torbox;
mod trial;
mod upload;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use self::guests::Guests;
use self::house::{House, Make};
use self::provider::{Owner, Provider};
use self::source::Core;
use self::times::Times;
use super::fetch::Hosts;
use super::lookup::Lookup;
use super::{Source, Terms};
use crate::cache::Cache;
use crate::changes::Changes;
use crate::db::{Database, DatabaseError};
use crate::domain::{DebridService, FileEntry, InfoHash};
use crate::net::{ClientError, ClientOptions, Guard};

pub use accounts::AccountHealth;
pub use tokens::ServiceTokens;
pub use trial::{AccountProblem, AccountReport};

/// Flows end at their next step; this leaves a deletion under way time to finish.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// Which services are used, and how.
#[derive(Debug, Clone)]
pub struct DebridSettings {
    /// The services, in the order in which they are asked. Those without a token are there for profiles that have one.
    pub services: Vec<ServiceSettings>,
    /// Whether a service may be asked to fetch what it does not hold yet.
    pub uncached: bool,
    /// How long such a fetch may take.
    pub wait: Duration,
    /// An item that this server made in an account is deleted so long after its last use; `None` keeps all.
    pub keep: Option<Duration>,
}

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

/// The debrid services cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DebridError {
    /// A service's proxy or user agent is of no use.
    #[error("{0}: {1}")]
    Unreachable(&'static str, ClientError),
    /// What was remembered of a service cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The debrid services. Cheap to clone.
#[derive(Clone)]
pub struct Debrid {
    inner: Arc<Inner>,
}

struct Inner {
    core: Arc<Core>,
    /// Every service that can be reached.
    houses: Vec<Arc<House>>,
    /// Those in which the operator has accounts.
    providers: Vec<Arc<Provider>>,
    sources: Vec<Arc<dyn Source>>,
    guests: Guests,
    keep: Option<Duration>,
    owner: Owner,
}

impl std::fmt::Debug for Debrid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let services: Vec<_> = self.inner.providers.iter().map(|provider| provider.id).collect();
        f.debug_struct("Debrid").field("services", &services).finish_non_exhaustive()
    }
}

impl Debrid {
    /// The services of the settings, with what `db` remembers of them. Asks nobody anything. Needs a tokio
    /// runtime.
    ///
    /// # Errors
    /// See [`DebridError`].
    pub async fn new(
        settings: &DebridSettings,
        cache: Cache,
        db: Database,
        lookup: Lookup,
    ) -> Result<Self, DebridError> {
        Self::with(settings, cache, (db, lookup), Times::default(), Arc::new(services::make)).await
    }

    /// The same with services made by `make` and other times.
    async fn with(
        settings: &DebridSettings,
        cache: Cache,
        (db, lookup): (Database, Lookup),
        times: Times,
        make: Arc<Make>,
    ) -> Result<Self, DebridError> {
        let owner = Owner {
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            runtime: tokio::runtime::Handle::current(),
            changes: Changes::default(),
        };
        let hosts = Hosts::default();
        let (mut houses, mut providers) = (Vec::new(), Vec::new());
        for one in &settings.services {
            let parts = (times.clone(), hosts.clone(), owner.clone());
            let house = House::load(one, make.clone(), &db, parts).await?;
            if !one.tokens.is_empty() {
                let unreachable = |error| DebridError::Unreachable(one.service.label(), error);
                providers.push(Arc::new(house.provider().map_err(unreachable)?));
            }
            houses.push(Arc::new(house));
        }
        let core = Arc::new(Core { uncached: settings.uncached, wait: settings.wait, cache, db, lookup });
        let sources = source::sources(&core, &providers);
        let (guests, keep) = (Guests::default(), settings.keep);
        Ok(Self { inner: Arc::new(Inner { core, houses, providers, sources, guests, keep, owner }) })
    }

    /// The sources of the operator's accounts: one for each service, for what it holds, and one more for what has to
    /// be fetched first, if that is wanted.
    pub fn sources(&self) -> Vec<Arc<dyn Source>> {
        self.inner.sources.clone()
    }

    /// The sources of the accounts that a request may use: its own ones, and the operator's if it has none. The same
    /// accounts have the same sources each time, as long as anybody uses them.
    pub fn sources_for(&self, terms: &Terms) -> Vec<Arc<dyn Source>> {
        match &terms.services {
            None => self.sources(),
            Some(services) => self.inner.party(services).sources,
        }
    }

    /// Which services hold each of these torrents, among those that a request may use and that can tell. Waits no
    /// longer than `within`; what is said later is there for the next list. Services are in their order, and torrents
    /// that nobody is known to hold are left out.
    pub async fn held(
        &self,
        torrents: &[InfoHash],
        terms: &Terms,
        within: Duration,
    ) -> HashMap<InfoHash, Vec<DebridService>> {
        holdings::held(&self.providers(terms), torrents, within).await
    }

    /// Asks the services that a request may use for the files of these torrents, as far as they tell without adding
    /// anything to an account. Waits no longer than `within`, and returns whether all have answered; [`Debrid::files`]
    /// then knows what was said, and later what was said later.
    pub async fn look_into(&self, torrents: &[InfoHash], terms: &Terms, within: Duration) -> bool {
        lists::look_into(&self.providers(terms), torrents, within).await
    }

    /// The files that a service has listed of each of these torrents, among the services that a request may use. They
    /// stand in the order of the service, so that their numbers mean nothing to anybody else. Never waits.
    pub fn files(
        &self,
        torrents: impl Iterator<Item = InfoHash>,
        terms: &Terms,
    ) -> HashMap<InfoHash, Arc<[FileEntry]>> {
        lists::files(&self.providers(terms), torrents)
    }

    /// How often [`Debrid::held`] or [`Debrid::files`] may have come to say something else, for whichever torrent, beside
    /// what they forget with time.
    pub fn changes(&self) -> u64 {
        self.inner.owner.changes.count()
    }

    /// Asks every service about the operator's accounts, so that [`Debrid::health`] knows before the first play which
    /// of them are of use.
    pub async fn inspect(&self) {
        futures::future::join_all(self.inner.providers.iter().map(|provider| provider.inspect())).await;
    }

    /// How every account of the operator fares. Those of profiles are their owners' business.
    pub fn health(&self) -> Vec<AccountHealth> {
        self.inner.providers.iter().flat_map(|provider| provider.accounts.health()).collect()
    }

    /// Deletes what this server has made in the accounts and nobody has used for long. Call every few minutes.
    pub async fn tend(&self) {
        for provider in &self.inner.providers {
            provider.tend(self.inner.keep).await;
        }
        self.inner.guests.tend(self.inner.keep).await;
    }

    /// Ends what is under way and writes down what was in use. Drop every writer first, and close the database
    /// afterwards.
    pub async fn shutdown(&self) {
        self.inner.owner.stopping.cancel();
        self.inner.owner.tasks.close();
        // What is cut off here stays in the ledger and is deleted by a later run.
        let _ = tokio::time::timeout(STOP_LIMIT, self.inner.owner.tasks.wait()).await;
        for house in &self.inner.houses {
            house.ledger.save().await;
        }
    }

    fn providers(&self, terms: &Terms) -> Vec<Arc<Provider>> {
        match &terms.services {
            None => self.inner.providers.clone(),
            Some(services) => self.inner.party(services).providers,
        }
    }

    fn house(&self, service: DebridService) -> Option<&Arc<House>> {
        self.inner.houses.iter().find(|house| house.id() == service)
    }
}

impl Inner {
    fn party(&self, services: &[ServiceTokens]) -> guests::Party {
        self.guests.party(&self.core, &self.houses, services)
    }
}

impl ServiceSettings {
    /// A client for the service and its file servers: both are reached from the same address.
    fn client_options(&self) -> ClientOptions<'_> {
        // The operator has chosen the service, and a StremThru of his own may well lie in his network.
        let (user_agent, proxy) = (self.user_agent.as_deref(), self.proxy.as_ref());
        ClientOptions { user_agent, proxy, guard: Guard::Open }
    }
}

#[cfg(test)]
mod tests;
