//! The accounts of profiles: each set of them gets sources of its own, which stay for as long as they are used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest;
use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::house::House;
use super::provider::Provider;
use super::source::{Core, sources};
use super::tokens::ServiceTokens;
use crate::domain::DebridService;
use crate::source::{Kind, Opened, Report, Source, SourceError, Wanted};

/// What nobody has used for so long is dropped, unless there is something to clear away in its accounts.
const IDLE: Duration = Duration::from_secs(6 * 3_600);

/// Sets of accounts; beyond this many the one that was used least lately leaves.
const MOST_PARTIES: usize = 500;

/// Accounts of single services; beyond this many those leave that are in no set.
const MOST_PROVIDERS: usize = 2_000;

/// What tokens are compared by.
type Fingerprint = [u8; 32];

/// The accounts of profiles.
#[derive(Default)]
pub(super) struct Guests(Mutex<Table>);

#[derive(Default)]
struct Table {
    /// By service and tokens: several profiles may have the same account.
    providers: HashMap<Fingerprint, Arc<Provider>>,
    /// By all services and tokens in their order.
    parties: HashMap<Fingerprint, Party>,
}

/// The services of one profile, or of several that have the same ones.
#[derive(Clone)]
pub(super) struct Party {
    pub(super) providers: Vec<Arc<Provider>>,
    pub(super) sources: Vec<Arc<dyn Source>>,
    used: Instant,
}

impl Guests {
    /// The sources of these accounts; the same ones each time, so that they can be recognised.
    pub(super) fn party(&self, core: &Arc<Core>, houses: &[Arc<House>], services: &[ServiceTokens]) -> Party {
        let now = Instant::now();
        let mut table = self.table();
        let key = fingerprint(services);
        if let Some(party) = table.parties.get_mut(&key) {
            party.used = now;
            return party.clone();
        }
        let (mut providers, mut absent) = (Vec::new(), Vec::new());
        for one in services {
            match table.provider(houses, one) {
                Ok(provider) => providers.push(provider),
                Err(reason) => absent.push(Arc::new(Absent { id: one.service, reason }) as Arc<dyn Source>),
            }
        }
        let mut sources = sources(core, &providers);
        sources.extend(absent);
        let party = Party { providers, sources, used: now };
        if table.parties.len() >= MOST_PARTIES {
            let oldest = table.parties.iter().min_by_key(|(_, party)| party.used).map(|(key, _)| *key);
            oldest.map(|oldest| table.parties.remove(&oldest));
        }
        table.parties.insert(key, party.clone());
        party
    }

    /// Deletes what nobody uses in the accounts, and lets go of accounts that nobody uses.
    pub(super) async fn tend(&self, keep: Option<Duration>) {
        let all: Vec<_> = self.table().providers.values().cloned().collect();
        for provider in &all {
            provider.tend(keep).await;
        }
        drop(all);
        let now = Instant::now();
        let mut table = self.table();
        table.parties.retain(|_, party| now - party.used < IDLE);
        // In use are those of a party and those that write a file.
        table
            .providers
            .retain(|_, provider| Arc::strong_count(provider) > 1 || keep.is_some() && provider.has_items());
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn provider(&mut self, houses: &[Arc<House>], tokens: &ServiceTokens) -> Result<Arc<Provider>, String> {
        let key = fingerprint(std::slice::from_ref(tokens));
        if let Some(provider) = self.providers.get(&key) {
            return Ok(provider.clone());
        }
        let house = houses.iter().find(|house| house.id() == tokens.service);
        let house = house.ok_or_else(|| "it is not set up on this server".to_owned())?;
        let provider = Arc::new(house.provider_for(&tokens.tokens).map_err(|error| error.to_string())?);
        if self.providers.len() >= MOST_PROVIDERS {
            self.providers.retain(|_, provider| Arc::strong_count(provider) > 1);
        }
        self.providers.insert(key, provider.clone());
        Ok(provider)
    }
}

/// A service that a profile names and this server cannot use.
struct Absent {
    id: DebridService,
    reason: String,
}

impl Source for Absent {
    fn name(&self) -> &'static str {
        self.id.name()
    }

    fn label(&self) -> &'static str {
        self.id.label()
    }

    fn kind(&self) -> Kind {
        Kind::Debrid
    }

    fn budget(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn open<'a>(&'a self, _: &'a Wanted, _: &'a Report) -> BoxFuture<'a, Result<Opened, SourceError>> {
        let reason = format!("{}: {}", self.label(), self.reason);
        std::future::ready(Err(SourceError::NotHere(reason))).boxed()
    }
}

fn fingerprint(services: &[ServiceTokens]) -> Fingerprint {
    let mut sum = digest::Context::new(&digest::SHA256);
    for one in services {
        sum.update(one.service.name().as_bytes());
        for token in &one.tokens {
            // A token holds no space.
            sum.update(b" ");
            sum.update(token.expose_secret().as_bytes());
        }
        sum.update(b"\n");
    }
    let mut fingerprint = Fingerprint::default();
    fingerprint.copy_from_slice(sum.finish().as_ref());
    fingerprint
}
