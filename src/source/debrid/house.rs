//! One service as everybody here shares it: how it is reached, how often it may be asked, and what is remembered.

use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;

use super::ServiceSettings;
use super::account::Account;
use super::accounts::Accounts;
use super::flights::Flights;
use super::holdings::Holdings;
use super::ledger::Ledger;
use super::links::Links;
use super::lists::Lists;
use super::provider::{Owner, Provider};
use super::refusals::Refusals;
use super::service::Service;
use super::times::Times;
use crate::db::{Database, DatabaseError};
use crate::domain::DebridService;
use crate::net::{self, ClientError};
use crate::source::fetch::Hosts;

/// Makes what speaks to the service of the settings.
pub(super) type Make = dyn Fn(&ServiceSettings) -> Result<Arc<dyn Service>, ClientError> + Send + Sync;

/// One service. Whoever has accounts there gets a [`Provider`] of his own; all of them keep within the same limits for
/// each account, know the same ledger, and leave the service alone together when it ails.
pub(super) struct House {
    settings: ServiceSettings,
    make: Arc<Make>,
    /// Made for the first who has an account. Never held across an await.
    made: Mutex<Option<Made>>,
    pub(super) ledger: Arc<Ledger>,
    refusals: Refusals,
    parts: (Times, Hosts, Owner),
}

#[derive(Clone)]
struct Made {
    service: Arc<dyn Service>,
    /// For the files. It leaves by the same address as the calls: services warn accounts that use two.
    files: reqwest::Client,
}

impl House {
    /// A service with what the database remembers of it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) async fn load(
        settings: &ServiceSettings,
        make: Arc<Make>,
        db: &Database,
        parts: (Times, Hosts, Owner),
    ) -> Result<Self, DatabaseError> {
        let ledger = Arc::new(Ledger::load(settings.service, db.clone()).await?);
        let refusals = Refusals::load(settings.service, db.clone()).await?;
        Ok(Self { settings: settings.clone(), make, made: Mutex::default(), ledger, refusals, parts })
    }

    /// Which one.
    pub(super) fn id(&self) -> DebridService {
        self.settings.service
    }

    /// The service with the operator's accounts.
    ///
    /// # Errors
    /// The proxy or the user agent is of no use.
    pub(super) fn provider(&self) -> Result<Provider, ClientError> {
        let accounts = Accounts::new(self.id(), self.accounts(&self.settings.tokens));
        self.provide(accounts, self.refusals.for_operator())
    }

    /// The service with somebody else's accounts.
    ///
    /// # Errors
    /// As [`House::provider`].
    pub(super) fn provider_for(&self, tokens: &[SecretString]) -> Result<Provider, ClientError> {
        let accounts = Accounts::of_guest(self.id(), self.accounts(tokens));
        self.provide(accounts, self.refusals.for_others())
    }

    /// What speaks to the service, for questions about an account alone.
    ///
    /// # Errors
    /// As [`House::provider`].
    pub(super) fn service(&self) -> Result<Arc<dyn Service>, ClientError> {
        Ok(self.made()?.service)
    }

    fn accounts(&self, tokens: &[SecretString]) -> Vec<Account> {
        tokens.iter().map(|token| Account::new(self.id().name(), token.clone())).collect()
    }

    fn provide(&self, accounts: Accounts, refusals: Refusals) -> Result<Provider, ClientError> {
        let (id, Made { service, files }) = (self.id(), self.made()?);
        let (times, hosts, owner) = self.parts.clone();
        Ok(Provider {
            id,
            service,
            accounts,
            ledger: self.ledger.clone(),
            refusals,
            links: Links::new(&times),
            times,
            files,
            hosts,
            flights: Flights::default(),
            owner,
            holdings: Holdings::default(),
            lists: Lists::default(),
        })
    }

    fn made(&self) -> Result<Made, ClientError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*made {
            return Ok(made.clone());
        }
        let files = net::client_with(self.settings.client_options())?;
        Ok(made.insert(Made { service: (self.make)(&self.settings)?, files }).clone())
    }
}
