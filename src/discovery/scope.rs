//! Whom a search asks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache as Moka;

use super::engine::{Build, BuiltIn};
use super::member::{Fingerprint, Member, fingerprint, list_key};
use super::{Indexer, IndexerError, Note, Outcome};
use crate::net::Clients;
use crate::profile::IndexerSettings;
use crate::stremio::Hops;

/// Indexers of one profile that are asked; more would make every search of it slow.
const MOST_OF_PROFILE: usize = 16;

/// For how long an unused indexer of a profile keeps its health.
const IDLE: Duration = Duration::from_secs(2 * 3_600);

/// Indexers of all profiles together.
const MOST_FOREIGN: u64 = 2_000;

/// Whom a search asks. Cheap to clone.
#[derive(Clone)]
pub struct Scope {
    pub(super) members: Arc<[Arc<Member>]>,
    /// Those that cannot be asked, with the reason.
    pub(super) refused: Arc<[Note]>,
    /// The same for the same members.
    pub(super) key: Fingerprint,
    /// Where the question has been before it came here.
    pub(super) hops: Hops,
}

impl Scope {
    /// The same for a question that has passed other servers like this one: it must not go in circles.
    pub fn after(self, hops: Hops) -> Self {
        Self { hops, ..self }
    }

    /// The same without other addons.
    pub(super) fn without_addons(&self) -> Self {
        let rest: Vec<_> = self.members.iter().filter(|member| !member.is_addon()).cloned().collect();
        Self { key: list_key(&rest), members: rest.into(), ..self.clone() }
    }
}

/// Every indexer there is, each built once.
pub(super) struct Scopes {
    operators: Vec<Arc<Member>>,
    built_in: Vec<Arc<Member>>,
    foreign: Moka<Fingerprint, Arc<Member>>,
    /// The operator's, so that a profile which names one of them does not have it asked twice.
    settings: Vec<IndexerSettings>,
    clients: Clients,
    build: Build,
}

impl Scopes {
    pub(super) fn new(
        settings: &[IndexerSettings],
        built_in: Vec<BuiltIn>,
        clients: Clients,
        build: Build,
    ) -> Self {
        let enabled: Vec<_> = settings.iter().filter(|settings| settings.enabled).cloned().collect();
        let operators = enabled
            .iter()
            .map(|settings| Arc::new(Member::set_up(settings, build(settings, clients.own()), false)));
        let built_in = built_in
            .into_iter()
            .map(|BuiltIn { indexer, settings }| Arc::new(Member::built_in(indexer, settings.as_deref())));
        Self {
            operators: operators.collect(),
            built_in: built_in.collect(),
            foreign: Moka::builder().max_capacity(MOST_FOREIGN).time_to_idle(IDLE).build(),
            settings: enabled,
            clients,
            build,
        }
    }

    /// The members of a scope, the operator's first.
    pub(super) fn scope(&self, of_profile: &[IndexerSettings], only_own: bool) -> Scope {
        let operators = self.operators.iter().filter(|_| !only_own);
        let built_in = self.built_in.iter().filter(|member| member.is_local || !only_own);
        let mut members: Vec<Arc<Member>> = built_in.chain(operators).cloned().collect();
        let mut refused = Vec::new();
        for settings in of_profile.iter().filter(|settings| settings.enabled).take(MOST_OF_PROFILE) {
            if !only_own && self.settings.iter().any(|own| is_same(own, settings)) {
                continue;
            }
            match self.foreign(settings) {
                Ok(member) => members.push(member),
                Err(error) => {
                    let outcome = Outcome::Failed(error, 0);
                    refused.push(Note { indexer: settings.name.clone(), outcome });
                }
            }
        }
        let key = list_key(&members);
        Scope { members: members.into(), refused: refused.into(), key, hops: Hops::default() }
    }

    /// The operator's indexers, and the built-in ones that ask somebody else.
    pub(super) fn operators(&self) -> impl Iterator<Item = &Member> {
        let built_in = self.built_in.iter().filter(|member| !member.is_local);
        self.operators.iter().chain(built_in).map(|member| &**member)
    }

    /// How often those that are part of this server may have come to say something else.
    pub(super) fn changes(&self) -> u64 {
        self.built_in.iter().map(|member| member.indexer.changes()).sum()
    }

    /// The indexer that settings describe.
    pub(super) fn build(
        &self,
        settings: &IndexerSettings,
        foreign: bool,
    ) -> Result<Arc<dyn Indexer>, IndexerError> {
        let client = match foreign {
            true => self.clients.foreign(&settings.url),
            false => Ok(self.clients.own()),
        };
        let client = client.map_err(|forbidden| IndexerError::Unavailable(forbidden.to_string()))?;
        Ok((self.build)(settings, client))
    }

    fn foreign(&self, settings: &IndexerSettings) -> Result<Arc<Member>, IndexerError> {
        let key = fingerprint(settings, true);
        if let Some(member) = self.foreign.get(&key) {
            return Ok(member);
        }
        let indexer = self.build(settings, true)?;
        Ok(self.foreign.get_with(key, || Arc::new(Member::set_up(settings, indexer, true))))
    }
}

fn is_same(own: &IndexerSettings, other: &IndexerSettings) -> bool {
    own.kind == other.kind && own.url == other.url && own.api_key == other.api_key
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.members.iter().map(|member| member.name())).finish()
    }
}
