//! The engine with indexers of a few lines.

mod fetching;
mod flights;
mod keeping;
mod merging;
mod playing;
mod waiting;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tempfile::TempDir;

use super::engine::{Build, Inner};
use super::titles::Titles;
use super::{
    BuiltIn, Discovery, DiscoverySettings, Findings, Found, Indexer, IndexerError, Outcome, Parts, Probe,
    Query, Scope,
};
use crate::config::SourcePolicy;
use crate::db::Database;
use crate::domain::InfoHash;
use crate::net::{Clients, Guard};
use crate::profile::IndexerSettings;
use crate::seal::Sealer;
use crate::source::lookup::Lookup;

/// How long a find of [`Stage`] waits unless a test says otherwise: longer than any answer takes on a busy machine, so
/// that only what hangs is late.
const UNHURRIED: Duration = Duration::from_secs(30);

/// How long it waits in tests of what hangs.
const DEADLINE: Duration = Duration::from_millis(250);

/// What a fake does when it is asked.
#[derive(Clone)]
enum Act {
    Find(Vec<Found>),
    Fail(IndexerError),
    /// Finds these, and is silent then.
    Hang(Vec<Found>),
    Panic(Vec<Found>),
}

/// An indexer that does one act after the other, the last one again and again.
struct Scripted {
    name: String,
    budget: Duration,
    acts: Mutex<VecDeque<Act>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(name: &str, acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Self::with_budget(name, Duration::from_secs(30), acts)
    }

    fn with_budget(name: &str, budget: Duration, acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        let acts = Mutex::new(acts.into_iter().collect());
        Arc::new(Self { name: name.to_owned(), budget, acts, asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn next(&self) -> Act {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut acts = self.acts.lock().unwrap();
        if acts.len() > 1 { acts.pop_front().unwrap() } else { acts[0].clone() }
    }
}

impl Indexer for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    fn budget(&self) -> Duration {
        self.budget
    }

    fn search<'a>(
        &'a self,
        _query: &'a Query,
        sink: &'a (dyn Fn(Vec<Found>) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), IndexerError>> {
        async move {
            match self.next() {
                Act::Find(found) => sink(found),
                Act::Fail(error) => return Err(error),
                Act::Hang(found) => {
                    sink(found);
                    std::future::pending::<()>().await;
                }
                Act::Panic(found) => {
                    sink(found);
                    panic!("as the test wants");
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<Probe, IndexerError>> {
        async { Ok(Probe { title: self.name.clone(), indexers: None, results: 0 }) }.boxed()
    }
}

/// A release with this hash.
fn found(hash: u8, name: &str) -> Found {
    Found { info_hash: Some(InfoHash::new([hash; 20])), name: name.to_owned(), ..Found::default() }
}

fn broken() -> IndexerError {
    IndexerError::Unavailable("answers with status 500".to_owned())
}

/// An engine on a folder of its own.
struct Stage {
    discovery: Discovery,
    db: Database,
    folder: Arc<TempDir>,
}

/// What an engine is made with.
struct Plan {
    remote: Vec<Arc<Scripted>>,
    local: Vec<Arc<Scripted>>,
    settings: Vec<IndexerSettings>,
    build: Build,
    deadline: Duration,
    secret: &'static str,
    folder: Option<Arc<TempDir>>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            remote: Vec::new(),
            local: Vec::new(),
            settings: Vec::new(),
            build: |_, _| Scripted::new("built", [Act::Find(Vec::new())]),
            deadline: UNHURRIED,
            secret: "a secret of these tests",
            folder: None,
        }
    }
}

impl Plan {
    fn remote(indexers: impl IntoIterator<Item = Arc<Scripted>>) -> Self {
        Self { remote: indexers.into_iter().collect(), ..Self::default() }
    }

    /// The same with [`DEADLINE`].
    fn hurried(self) -> Self {
        Self { deadline: DEADLINE, ..self }
    }

    async fn start(self) -> Stage {
        let folder = self.folder.unwrap_or_else(|| Arc::new(tempfile::tempdir().unwrap()));
        let db = Database::open(folder.path()).await.unwrap();
        let clients = Clients::new(Guard::PublicOnly).unwrap();
        let built_in = |indexer: Arc<Scripted>, settings| BuiltIn { indexer, settings };
        let remote = self.remote.into_iter().map(|one| built_in(one, Some("x".to_owned())));
        let parts = Parts {
            db: db.clone(),
            sealer: Sealer::new(self.secret.as_bytes()),
            clients: clients.clone(),
            lookup: Lookup::new(clients.clone(), &[], db.clone()),
            swarm: None,
            titles: Titles::new(None, &clients, db.clone()),
            built_in: remote.chain(self.local.into_iter().map(|one| built_in(one, None))).collect(),
        };
        let settings = DiscoverySettings {
            indexers: self.settings,
            deadline: self.deadline,
            policy: SourcePolicy::P2pFirst,
        };
        Stage { discovery: Discovery::with(settings, parts, self.build), db, folder }
    }
}

impl Stage {
    fn inner(&self) -> &Inner {
        self.discovery.inner()
    }

    fn everybody(&self) -> Scope {
        self.discovery.scope(&[], false)
    }

    async fn find(&self, id: &str) -> Findings {
        let Ok(id) = id.parse();
        self.discovery.find("movie", &id, &self.everybody()).await
    }

    /// Asks until an answer is as wanted.
    async fn find_until(&self, id: &str, wanted: impl Fn(&Findings) -> bool) -> Findings {
        for _ in 0..200 {
            let findings = self.find(id).await;
            if wanted(&findings) {
                return findings;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no answer was as wanted");
    }

    /// Ends it, and returns the folder for the next one.
    async fn stop(self) -> Arc<TempDir> {
        self.discovery.shutdown().await;
        self.db.close().await;
        self.folder
    }
}

fn names(findings: &Findings) -> Vec<&str> {
    findings.candidates.iter().map(|candidate| candidate.name.as_str()).collect()
}

fn outcomes(findings: &Findings) -> Vec<Outcome> {
    findings.notes.iter().map(|note| note.outcome.clone()).collect()
}
