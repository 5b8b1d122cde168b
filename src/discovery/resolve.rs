//! Finding the file tables of packs, so that the right file of each can be listed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use moka::sync::Cache as Moka;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::tables::Tables;
use crate::domain::InfoHash;
use crate::source::Request;
use crate::source::lookup::Lookup;
use crate::source::torrent::Swarm;

/// Searches for tables at the same time. The swarm has 32 turns and the look-up 16, and most of them are for plays.
const TURNS: usize = 6;

/// Searches that may wait for their turn; beyond that the list does without.
const MOST_WAITING: usize = 60;

/// For how long a table that nobody had is not looked for again.
const HOPELESS: Duration = Duration::from_secs(10 * 60);

/// A torrent, and whether peers may be asked about it.
type Key = (InfoHash, bool);

/// Finds file tables, each in a task of its own that goes on when the one who wanted it has left.
pub(super) struct Resolver {
    tables: Tables,
    lookup: Lookup,
    swarm: Option<Swarm>,
    turns: Semaphore,
    under_way: Mutex<HashMap<Key, watch::Receiver<()>>>,
    hopeless: Moka<Key, ()>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Resolver {
    pub(super) fn new(
        tables: Tables,
        lookup: Lookup,
        swarm: Option<Swarm>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        Self {
            tables,
            lookup,
            swarm,
            turns: Semaphore::new(TURNS),
            under_way: Mutex::default(),
            hopeless: Moka::builder().time_to_live(HOPELESS).max_capacity(20_000).build(),
            tasks,
            stop,
        }
    }

    /// Looks for the tables of these torrents for so long at most. What is found is in the tables then.
    pub(super) async fn resolve(self: &Arc<Self>, wanted: Vec<Request>, peers: bool, within: Duration) {
        let unknown = wanted.into_iter().filter(|request| self.tables.get(request.info_hash).is_none());
        let ends: Vec<_> = unknown.filter_map(|request| self.join(request, peers)).collect();
        // The sender never says anything; it is gone when the search has ended.
        let waiting = join_all(ends.into_iter().map(|mut end| async move { end.changed().await.ok() }));
        timeout(within, waiting).await.ok();
    }

    /// The search under way, or a new one; `None` if there is no hope or too much to do.
    fn join(self: &Arc<Self>, request: Request, peers: bool) -> Option<watch::Receiver<()>> {
        let key = (request.info_hash, peers);
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(end) = under_way.get(&key) {
            return Some(end.clone());
        }
        let no_hope = self.hopeless.contains_key(&key) || (!peers && !self.lookup.has_hints(&request));
        if no_hope || under_way.len() >= MOST_WAITING {
            return None;
        }
        let (running, end) = watch::channel(());
        under_way.insert(key, end.clone());
        let this = self.clone();
        self.tasks.spawn(async move {
            let _running = running;
            let _landing = Landing(this.clone(), key);
            this.stop.run_until_cancelled(this.search(&request, peers)).await;
        });
        Some(end)
    }

    async fn search(&self, request: &Request, peers: bool) {
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await;
        let found = match &self.swarm {
            Some(swarm) if peers => swarm.table(request).await.ok(),
            _ => self.lookup.find(request).await.map(|(metainfo, _)| metainfo),
        };
        match found {
            Some(metainfo) => self.tables.learn(metainfo),
            None => self.hopeless.insert((request.info_hash, peers), ()),
        }
    }
}

/// Removes a search however it ends.
struct Landing(Arc<Resolver>, Key);

impl Drop for Landing {
    fn drop(&mut self) {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}
