//! Asking one indexer: what it said lately, what it said earlier while it is asked again, or what it says now.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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
            return self.wait(&self.launch(member, asked, key), deadline).await;
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
            (Some((Age::Gone, _)) | None, Some(error)) => {
                Answer { entry: Arc::default(), outcome: Outcome::Resting(error, 0) }
            }
            (Some((Age::Gone, _)) | None, None) => {
                self.wait(&self.launch(member, asked, key), deadline).await
            }
        }
    }

    /// Asks `member` again in the background, unless what it said is fresh or it is left alone.
    pub(super) async fn refresh(&self, member: &Arc<Member>, asked: &Arc<Asked>) {
        let key = member.key(&asked.key);
        let (kept, now) = (self.kept(member, &key).await, unix_seconds());
        let is_fresh = kept.is_some_and(|entry| entry.age(now, freshness(&asked.query, now)) == Age::Fresh);
        if !is_fresh && !member.is_local && member.resting().is_none() {
            self.launch(member, asked, key).landed().await;
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

    /// The search under way, or a new one.
    fn launch(&self, member: &Arc<Member>, asked: &Arc<Asked>, key: Fingerprint) -> Arc<Flight> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&key) {
            return flight.clone();
        }
        let flight = Arc::new(Flight::new());
        flights.insert(key, flight.clone());
        let (desk, member, asked) = (self.clone(), member.clone(), asked.clone());
        let flying = flight.clone();
        self.tasks.spawn(async move {
            let _landing = Landing(&desk, key);
            desk.fly(&member, &asked, key, &flying).await;
        });
        flight
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
        self.note(member, flight, &done);
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

    /// Takes note of how the indexer is doing.
    fn note(&self, member: &Member, flight: &Flight, done: &Result<(), IndexerError>) {
        let now = Instant::now();
        match done {
            Ok(()) => member.vitals().succeeded(now - flight.began, flight.so_far().len()),
            Err(IndexerError::Unsupported) => {}
            Err(error) => {
                tracing::warn!(indexer = member.name(), %error, "an indexer failed and is left alone for a while");
                member.vitals().failed(error.clone(), flight.began, now);
            }
        }
    }

    fn trust(&self, member: &Member, entry: &Entry) {
        let links = entry.found.iter().filter_map(|found| found.torrent.as_ref());
        links.filter(|url| member.vouches_for(url)).for_each(|url| self.lookup.trust(url));
    }
}

/// Removes a search however it ends.
struct Landing<'a>(&'a Desk, Fingerprint);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}
