//! The front of the room.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use data_encoding::HEXLOWER;
use futures::FutureExt;
use futures::future::join_all;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::ask::{Asked, Desk};
use super::links::Links;
use super::member::Member;
use super::merges::Merges;
use super::plays::Plays;
use super::popular::{self, Popular};
use super::resolve::Resolver;
use super::results::Results;
use super::scope::{Scope, Scopes};
use super::tables::Tables;
use super::titles::Titles;
use super::{
    Candidate, Findings, Indexer, IndexerError, IndexerHealth, Locator, Note, Outcome, Probe, Query, Recalled,
};
use crate::changes::Changes;
use crate::config::SourcePolicy;
use crate::db::Database;
use crate::domain::{ContentId, FileChoice, InfoHash, Metainfo};
use crate::net::Clients;
use crate::profile::IndexerSettings;
use crate::seal::Sealer;
use crate::source::lookup::Lookup;
use crate::source::torrent::Swarm;
use crate::source::{Request, Terms};

/// How long the test of an indexer may take. Some ask a dozen others before they answer.
const PROBE: Duration = Duration::from_secs(15);

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
    /// Who knows the names of films and series.
    pub titles: Titles,
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

/// Makes the indexer that settings describe, which asks with this client.
pub(super) type Build = fn(&IndexerSettings, &reqwest::Client) -> Arc<dyn Indexer>;

/// Finds releases. Cheap to clone; its tasks end with [`Discovery::shutdown`].
#[derive(Clone)]
pub struct Discovery {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    settings: DiscoverySettings,
    pub(super) titles: Titles,
    /// What this server is called among its like.
    instance: LazyLock<String>,
    pub(super) scopes: Scopes,
    pub(super) desk: Desk,
    merged: Merges,
    tables: Tables,
    resolver: Arc<Resolver>,
    pub(super) plays: Plays,
    pub(super) popular: Popular,
    changes: Changes,
    tasks: TaskTracker,
    pub(super) stop: CancellationToken,
}

impl Discovery {
    /// Starts with what is on disk. Nobody is asked yet. Needs a runtime, for its tasks.
    pub fn new(settings: DiscoverySettings, parts: Parts) -> Self {
        Self::with(settings, parts, super::indexers::build)
    }

    pub(super) fn with(settings: DiscoverySettings, parts: Parts, build: Build) -> Self {
        let Parts { db, sealer, clients, lookup, swarm, titles, built_in } = parts;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let changes = Changes::default();
        let tables = Tables::new(db.clone(), changes.clone());
        let links = Links::new(lookup.clone(), tables.clone());
        let results = Results::new(db.clone(), sealer.clone(), changes.clone());
        let background = (tasks.clone(), stop.clone());
        let desk = Desk::new(results, links, lookup.clone(), settings.deadline, background);
        let trusted = settings.indexers.iter().map(|indexer| indexer.url.origin()).collect();
        let resolver = Resolver::new(tables.clone(), lookup.clone(), swarm, tasks.clone(), stop.clone());
        let inner = Inner {
            scopes: Scopes::new(&settings.indexers, built_in, clients, build),
            plays: Plays::new(db, sealer, lookup, trusted),
            settings,
            titles,
            // Random numbers may be long in coming, and the first search is not the first thing a server does.
            instance: LazyLock::new(instance_name),
            desk,
            merged: Merges::new(),
            tables,
            resolver: Arc::new(resolver),
            popular: Popular::new(),
            changes,
            tasks,
            stop,
        };
        let inner = Arc::new(inner);
        let tended = inner.clone();
        inner.tasks.spawn(async move { popular::tend(&tended, popular::PULSE).await });
        Self { inner }
    }

    #[cfg(test)]
    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// The operator's indexers and the built-in ones, and those of a profile; or, with `only_own`, of the operator's
    /// none that ask somebody else.
    pub fn scope(&self, of_profile: &[IndexerSettings], only_own: bool) -> Scope {
        self.inner.scopes.scope(of_profile, only_own)
    }

    /// Asks everybody of `scope` at once, and answers when all have, at the latest at the deadline. What comes later
    /// is kept for the next one who asks. Never fails: what went wrong stands in the notes.
    pub async fn find(&self, kind: &str, id: &ContentId, scope: &Scope) -> Findings {
        let inner = &self.inner;
        let deadline = Instant::now() + inner.settings.deadline;
        let scope = &if scope.hops.ends_at(&inner.instance) { scope.without_addons() } else { scope.clone() };
        let query = Query { hops: scope.hops.clone(), ..inner.titles.query(kind, id).await };
        let asked = Arc::new(Asked::new(query, &inner.instance));
        inner.popular.note(&asked, scope);
        let asking = scope.members.iter().map(|member| inner.desk.ask(member, &asked, deadline));
        let answers = join_all(asking).await;
        let candidates = inner.merged.of(&asked, scope, &answers).await;
        let torrents =
            candidates.iter().filter(|candidate| matches!(candidate.locator, Locator::Torrent { .. }));
        let loading = inner.tables.load(torrents.map(|candidate| candidate.info_hash));
        timeout_at(deadline, loading).await.ok();
        let complete = scope.members.iter().zip(&answers).all(|(member, answer)| match answer.outcome {
            Outcome::Answered(_) | Outcome::Resting(..) => true,
            // One that failed just now is left alone from now on, so that asking again soon brings no more.
            Outcome::Failed(..) => member.resting().is_some(),
            Outcome::Earlier(_) | Outcome::Late(_) => false,
        });
        let notes = scope
            .members
            .iter()
            .zip(answers)
            .map(|(member, answer)| Note { indexer: member.name().to_owned(), outcome: answer.outcome });
        let notes = notes.chain(scope.refused.iter().cloned()).collect();
        Findings { query: asked.query.clone(), candidates, notes, complete }
    }

    /// How often [`Discovery::find`] or [`Discovery::table`] may have come to say something else, for whatever is asked
    /// for: an indexer has said something new, a file table or a title was learned. What ages is not counted.
    pub fn changes(&self) -> u64 {
        let Inner { changes, titles, scopes, .. } = &*self.inner;
        changes.count() + titles.changes() + scopes.changes()
    }

    /// The file table of a candidate, if it is known. Never waits.
    pub fn table(&self, candidate: &Candidate) -> Option<Arc<Metainfo>> {
        self.inner.tables.get(candidate.info_hash)
    }

    /// Looks up the file tables of these candidates that are not known yet, the first ones first, for so long at
    /// most: where indexers said that the .torrent files are, and from peers unless `terms` rule them out. What was
    /// found is then in [`Discovery::table`]. What is still under way goes on for the next one who asks.
    pub async fn resolve(&self, candidates: &[Arc<Candidate>], terms: &Terms, within: Duration) {
        let peers = terms.policy.unwrap_or(self.inner.settings.policy) != SourcePolicy::NeverP2p;
        let request = |candidate: &Arc<Candidate>| {
            let Locator::Torrent { trackers, torrents, web_seeds, private, .. } = &candidate.locator else {
                return None;
            };
            Some(Request {
                trackers: trackers.clone(),
                exact_sources: torrents.clone(),
                web_seeds: web_seeds.clone(),
                private: *private,
                ..Request::new(candidate.info_hash, FileChoice::Largest)
            })
        };
        let wanted = candidates.iter().filter_map(request).collect();
        self.inner.resolver.resolve(wanted, peers, within).await;
    }

    /// Remembers what plays of these candidates need beside the hash, so that their links alone are enough. `owner` is
    /// the id of the profile whose indexers were among those who named them: only its plays are told then. Never
    /// waits; it is on disk a moment later.
    pub fn remember(&self, candidates: &[Arc<Candidate>], owner: Option<&str>) {
        let unwritten = self.inner.plays.note(candidates, owner);
        if !unwritten.is_empty() {
            let plays = self.inner.plays.clone();
            self.inner.tasks.spawn(async move { plays.write(unwritten).await });
        }
    }

    /// What was remembered of a release for a play by the profile `owner`, or by nobody in particular.
    pub async fn recall(&self, info_hash: InfoHash, owner: Option<&str>) -> Option<Recalled> {
        self.inner.plays.recall(info_hash, owner).await
    }

    /// How the operator's indexers are doing, in the order of the settings.
    pub fn health(&self) -> Vec<IndexerHealth> {
        self.inner.scopes.operators().map(Member::health).collect()
    }

    /// Asks an indexer for a sign of life, within 15 seconds. `foreign` if it is not the operator who names it: it
    /// must not lie in a private network then, unless the settings allow that.
    ///
    /// # Errors
    /// Why it gave none, for the one who sets it up.
    pub async fn probe(&self, settings: &IndexerSettings, foreign: bool) -> Result<Probe, IndexerError> {
        let indexer = self.inner.scopes.build(settings, foreign)?;
        let probing = AssertUnwindSafe(async move { indexer.probe().await }).catch_unwind();
        match timeout_at(Instant::now() + PROBE, probing).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(IndexerError::Unavailable("the test broke off, which is our fault".to_owned())),
            Err(_) => Err(IndexerError::Unavailable("does not answer".to_owned())),
        }
    }

    /// Ends searches and waits for the tasks.
    pub async fn shutdown(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        self.inner.titles.shutdown().await;
    }
}

/// A name that no other server has, and that says nothing about this one.
fn instance_name() -> String {
    let mut bytes = [0; 6];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has random numbers");
    HEXLOWER.encode(&bytes)
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
