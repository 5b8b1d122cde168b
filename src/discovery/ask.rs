//! Asking one indexer: what it said lately, what it said earlier while it is asked again, or what it says now.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::flight::{Flight, Landed};
use super::links::Links;
use super::member::{Fingerprint, Member, query_key};
use super::results::{Age, Entry, Results, freshness, unix_seconds};
use super::{IndexerError, Outcome, Query};
use crate::source::lookup::Lookup;

/// Searches of one indexer that are under way or wait for their turn. Whoever asks for one video after the other would
/// otherwise pile up tasks without end; beyond these nobody would live to see the answer.
const MOST_FLIGHTS: usize = 64;

/// What an indexer contributes.
pub(super) struct Answer {
    pub(super) entry: Arc<Entry>,
    pub(super) outcome: Outcome,
}

/// A query with what is computed from it once.
pub(super) struct Asked {
    pub(super) query: Query,
    pub(super) key: Fingerprint,
}

/// Asks indexers, each in a task of its own. Cheap to clone.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) results: Results,
    links: Links,
    lookup: Lookup,
    flights: Arc<Mutex<HashMap<Fingerprint, Arc<Flight>>>>,
    patience: std::time::Duration,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Asked {
    /// A query of this server, which is called `instance` among its like.
    pub(super) fn new(mut query: Query, instance: &str) -> Self {
        let key = query_key(&query);
        query.hops = query.hops.through(instance);
        Self { query, key }
    }
}

impl Desk {
    /// `patience` is how long anybody waits for a search, from its beginning.
    pub(super) fn new(
        results: Results,
        links: Links,
        lookup: Lookup,
        patience: std::time::Duration,
        (tasks, stop): (TaskTracker, CancellationToken),
    ) -> Self {
        Self { results, links, lookup, flights: Arc::default(), patience, tasks, stop }
    }

    /// What `member` says, at the latest at `deadline`.
    pub(super) async fn ask(&self, member: &Arc<Member>, asked: &Arc<Asked>, deadline: Instant) -> Answer {
        let key = member.key(&asked.key);
        if member.is_local {
            return self.search(member, asked, key, deadline).await;
        }
        let kept = timeout_at(deadline, self.kept(member, &key)).await.ok().flatten();
        let (now, resting) = (unix_seconds(), member.resting());
        let fresh = freshness(&asked.query, now);
        match (kept.map(|entry| (entry.age(now, fresh), entry)), resting) {
            (Some((Age::Fresh, entry)), _) => {
                let outcome = Outcome::Answered(entry.found.len());
                Answer { entry, outcome }
            }
            (Some((Age::Stale, entry)), Some(error)) => {
                let outcome = Outcome::Resting(error, entry.found.len());
                Answer { entry, outcome }
            }
            (Some((Age::Stale, entry)), None) => {
                self.launch(member, asked, key);
                let outcome = Outcome::Earlier(entry.found.len());
                Answer { entry, outcome }
            }
            (Some((Age::Gone, _)) | None, Some(error)) => match self.under_way(&key) {
                // It began before the indexer failed, and may still bring something.
                Some(flight) => self.wait(&flight, deadline).await,
                None => Answer { entry: Arc::default(), outcome: Outcome::Resting(error, 0) },
            },
            (Some((Age::Gone, _)) | None, None) => self.search(member, asked, key, deadline).await,
        }
    }

    /// Asks `member` again in the background, unless what it said is fresh or it is left alone.
    pub(super) async fn refresh(&self, member: &Arc<Member>, asked: &Arc<Asked>) {
        let key = member.key(&asked.key);
        let (kept, now) = (self.kept(member, &key).await, unix_seconds());
        let is_fresh = kept.is_some_and(|entry| entry.age(now, freshness(&asked.query, now)) == Age::Fresh);
        let is_wanted = !is_fresh && !member.is_local && member.resting().is_none();
        if is_wanted && let Some(flight) = self.launch(member, asked, key) {
            flight.landed().await;
        }
    }

    /// What is known of an earlier answer.
    async fn kept(&self, member: &Member, key: &Fingerprint) -> Option<Arc<Entry>> {
        if let Some(entry) = self.results.at_hand(key) {
            return Some(entry);
        }
        let entry = self.results.get(key).await?;
        self.trust(member, &entry);
        Some(entry)
    }

    /// What `member` says now.
    async fn search(
        &self,
        member: &Arc<Member>,
        asked: &Arc<Asked>,
        key: Fingerprint,
        deadline: Instant,
    ) -> Answer {
        match self.launch(member, asked, key) {
            Some(flight) => self.wait(&flight, deadline).await,
            None => Answer { entry: Arc::default(), outcome: Outcome::Late(0) },
        }
    }

    /// Waits for a search, but nobody waits twice for one that hangs: what counts is when it began.
    async fn wait(&self, flight: &Flight, deadline: Instant) -> Answer {
        let until = deadline.min(flight.began + self.patience);
        match timeout_at(until, flight.landed()).await {
            Ok(Landed { entry, error: None }) => {
                let outcome = Outcome::Answered(entry.found.len());
                Answer { entry, outcome }
            }
            Ok(Landed { entry, error: Some(error) }) => {
                let outcome = Outcome::Failed(error, entry.found.len());
                Answer { entry, outcome }
            }
            Err(_) => {
                let entry = Arc::new(Entry { found: flight.so_far(), ..Entry::default() });
                let outcome = Outcome::Late(entry.found.len());
                Answer { entry, outcome }
            }
        }
    }

    /// The search under way, or a new one. `None` if too many of this indexer are under way.
    fn launch(&self, member: &Arc<Member>, asked: &Arc<Asked>, key: Fingerprint) -> Option<Arc<Flight>> {
        let mut flights = self.flights();
        if let Some(flight) = flights.get(&key) {
            return Some(flight.clone());
        }
        // Counted under the lock, so that nobody comes in between.
        if member.flights.load(Ordering::Relaxed) >= MOST_FLIGHTS {
            tracing::debug!(indexer = member.name(), "too many searches of an indexer are under way");
            return None;
        }
        member.flights.fetch_add(1, Ordering::Relaxed);
        let flight = Arc::new(Flight::new());
        flights.insert(key, flight.clone());
        // A runtime that ends drops the task at once, and with it the landing, which takes the lock.
        drop(flights);
        let landing = Landing { desk: self.clone(), key, member: member.clone(), flight: flight.clone() };
        let asked = asked.clone();
        self.tasks.spawn(async move {
            let Landing { desk, member, flight, .. } = &landing;
            desk.fly(member, &asked, key, flight).await;
        });
        Some(flight)
    }

    fn under_way(&self, key: &Fingerprint) -> Option<Arc<Flight>> {
        self.flights().get(key).cloned()
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<Fingerprint, Arc<Flight>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fly(&self, member: &Member, asked: &Asked, key: Fingerprint, flight: &Flight) {
        let links = &self.links;
        let follow = move |url: url::Url| {
            let links = links.clone();
            async move { links.follow(&url).await }.boxed()
        };
        let lookup = &self.lookup;
        let trust = |url: &url::Url| {
            if member.vouches_for(url) {
                lookup.trust(url);
            }
        };
        let gathering = flight.gather(member, &asked.query, &trust, &follow);
        let Some(done) = self.stop.run_until_cancelled(gathering).await else {
            let error = Some(IndexerError::Unavailable("the server is stopping".to_owned()));
            return flight.land(Landed { entry: Arc::default(), error });
        };
        let (found, now) = (flight.so_far(), unix_seconds());
        let before = if member.is_local { self.results.at_hand(&key) } else { self.kept(member, &key).await };
        // A question that it does not answer is answered with nothing.
        let error = done.err().filter(|error| *error != IndexerError::Unsupported);
        let entry = match &error {
            None => Entry::answered(found, now, before.as_deref().filter(|_| !member.is_local)),
            Some(_) => Entry::failed(found, now, before.as_deref()),
        };
        // What says nothing new keeps its address, so that whatever was made of it is still good.
        let is_same =
            |before: &Arc<Entry>| **before == entry || member.is_local && before.found == entry.found;
        let entry = before.filter(is_same).unwrap_or_else(|| Arc::new(entry));
        let text = entry.to_text();
        self.results.hold(&key, &entry, text.len());
        flight.land(Landed { entry: entry.clone(), error: error.clone() });
        let is_worth_keeping = error.is_none() || !entry.found.is_empty();
        if is_worth_keeping && !member.is_local {
            self.results.write(&key, &entry, &text).await;
        }
    }

    fn trust(&self, member: &Member, entry: &Entry) {
        let links = entry.found.iter().filter_map(|found| found.torrent.as_ref());
        links.filter(|url| member.vouches_for(url)).for_each(|url| self.lookup.trust(url));
    }
}

/// Removes a search however it ends, also by a panic or with the runtime, and lets nobody wait for it any longer.
struct Landing {
    desk: Desk,
    key: Fingerprint,
    member: Arc<Member>,
    flight: Arc<Flight>,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.desk.flights().remove(&self.key);
        self.member.flights.fetch_sub(1, Ordering::Relaxed);
        self.flight.break_off();
    }
}
