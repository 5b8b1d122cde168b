//! The front of the room.

use std::sync::Arc;
use std::time::Duration;

use super::{Candidate, Findings, Indexer, IndexerError, IndexerHealth, Probe, Query, Recalled};
use crate::config::SourcePolicy;
use crate::db::Database;
use crate::domain::{ContentId, InfoHash, Metainfo};
use crate::net::Clients;
use crate::profile::IndexerSettings;
use crate::seal::Sealer;
use crate::source::Terms;
use crate::source::lookup::Lookup;
use crate::source::torrent::Swarm;

/// How searches are done.
#[derive(Debug, Clone)]
pub struct DiscoverySettings {
    /// The operator's indexers.
    pub indexers: Vec<IndexerSettings>,
    /// How long an answer waits for them.
    pub deadline: Duration,
    /// Whether peers may be asked for file tables, unless a profile says otherwise.
    pub policy: SourcePolicy,
}

/// What searches are done with.
pub struct Parts {
    /// Where results and what plays need are kept.
    pub db: Database,
    /// What they are sealed with.
    pub sealer: Sealer,
    /// Who asks.
    pub clients: Clients,
    /// Who finds .torrent files.
    pub lookup: Lookup,
    /// Who asks peers for file tables.
    pub swarm: Option<Swarm>,
    /// Indexers that are part of this server.
    pub built_in: Vec<BuiltIn>,
}

/// An indexer that is part of this server.
#[derive(Clone)]
pub struct BuiltIn {
    /// The indexer.
    pub indexer: Arc<dyn Indexer>,
    /// A text that changes with its settings, under which its results are kept. `None` if it asks nobody else: it is
    /// then asked every time, and for every profile.
    pub settings: Option<String>,
}

/// Whom a search asks. Cheap to clone.
#[derive(Clone)]
pub struct Scope {}

/// Finds releases. Cheap to clone; its tasks end with [`Discovery::shutdown`].
#[derive(Clone)]
pub struct Discovery {
    inner: Arc<Inner>,
}

struct Inner {
    settings: DiscoverySettings,
}

impl Discovery {
    /// Starts with what is on disk. Nobody is asked yet.
    pub fn new(settings: DiscoverySettings, _parts: Parts) -> Self {
        Self { inner: Arc::new(Inner { settings }) }
    }

    /// The operator's indexers and the built-in ones, and those of a profile; or, with `only_own`, of the operator's
    /// none that ask somebody else.
    pub fn scope(&self, _of_profile: &[IndexerSettings], _only_own: bool) -> Scope {
        Scope {}
    }

    /// Asks everybody of `scope` at once, and answers when all have, at the latest at the deadline. What comes later
    /// is kept for the next one who asks. Never fails: what went wrong stands in the notes.
    pub async fn find(&self, kind: &str, id: &ContentId, _scope: &Scope) -> Findings {
        let query = Query::of_id(kind, id);
        tokio::time::timeout(self.inner.settings.deadline, std::future::ready(())).await.ok();
        Findings { query, candidates: Arc::from([]), notes: Vec::new(), complete: true }
    }

    /// The file table of a candidate, if it is known. Never waits.
    pub fn table(&self, _candidate: &Candidate) -> Option<Arc<Metainfo>> {
        None
    }

    /// Looks up the file tables of these candidates that are not known yet, the first ones first, for so long at
    /// most: where indexers said that the .torrent files are, and from peers unless `terms` rule them out. What was
    /// found is then in [`Discovery::table`]. What is still under way goes on for the next one who asks.
    pub async fn resolve(&self, _candidates: &[Arc<Candidate>], _terms: &Terms, _within: Duration) {
        std::future::ready(()).await;
    }

    /// Remembers what plays of these candidates need beside the hash, so that their links alone are enough. Never
    /// waits; it is on disk a moment later.
    pub fn remember(&self, _candidates: &[Arc<Candidate>]) {}

    /// What was remembered of a release.
    pub async fn recall(&self, _info_hash: InfoHash) -> Option<Recalled> {
        std::future::ready(None).await
    }

    /// How the operator's indexers are doing, in the order of the settings.
    pub fn health(&self) -> Vec<IndexerHealth> {
        Vec::new()
    }

    /// Asks an indexer for a sign of life, within 15 seconds. `foreign` if it is not the operator who names it: it
    /// must not lie in a private network then, unless the settings allow that.
    pub async fn probe(&self, _settings: &IndexerSettings, _foreign: bool) -> Result<Probe, IndexerError> {
        std::future::ready(Err(IndexerError::Unsupported)).await
    }

    /// Ends searches and waits for the tasks; what was found so far is written.
    pub async fn shutdown(&self) {
        std::future::ready(()).await;
    }
}

impl std::fmt::Debug for Discovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discovery").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for BuiltIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.indexer.name())
    }
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}
