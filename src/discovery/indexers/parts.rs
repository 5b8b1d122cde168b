//! The indexers behind a front: all asked at once, none of them able to hide or delay what another one found.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::time::Instant;

use super::exchange::{late, unavailable};
use super::outcome::{Sink, worst};
use super::torznab::{Endpoint, SEARCH_LIMIT};
use crate::discovery::{Found, IndexerError, Query};

/// A front is one machine, often a small one.
const AT_ONCE: usize = 12;

/// How long an indexer rests after its first, second, … failure in a row.
const RESTS: [Duration; 4] = [
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
];

/// One indexer behind a front.
pub(super) struct Part {
    /// What the front knows it by.
    pub(super) id: String,
    /// What people call it.
    pub(super) name: String,
    /// Its torrents are for its members only.
    pub(super) private: bool,
    /// Where it is asked.
    pub(super) endpoint: Endpoint,
}

/// Which parts of a front rest.
#[derive(Default)]
pub(super) struct Rests(Mutex<HashMap<String, Rest>>);

struct Rest {
    failures: usize,
    until: Instant,
}

impl Rests {
    fn is_resting(&self, id: &str) -> bool {
        let rests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rests.get(id).is_some_and(|rest| rest.until > Instant::now())
    }

    fn note(&self, id: &str, outcome: &Result<(), IndexerError>) {
        let mut rests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = match outcome {
            // Whether it can search for this says nothing of its health.
            Ok(()) | Err(IndexerError::Unsupported) => {
                rests.remove(id);
                return;
            }
            Err(IndexerError::RateLimited(pause)) => *pause,
            Err(_) => None,
        };
        let rest = rests.entry(id.to_owned()).or_insert_with(|| Rest { failures: 0, until: Instant::now() });
        rest.until = Instant::now() + pause.unwrap_or(RESTS[rest.failures.min(RESTS.len() - 1)]);
        rest.failures += 1;
    }
}

/// Searches all parts that do not rest. `front` is what the whole is called in the log.
///
/// # Errors
/// The gravest error if no part answered. Errors of some parts are for the log.
pub(super) async fn search_all(
    front: &str,
    parts: &[Part],
    rests: &Rests,
    query: &Query,
    sink: Sink<'_>,
) -> Result<(), IndexerError> {
    let awake: Vec<&Part> = parts.iter().filter(|part| !rests.is_resting(&part.id)).collect();
    if awake.is_empty() && !parts.is_empty() {
        return Err(unavailable("all the indexers behind it have failed lately"));
    }
    let searches = awake.iter().map(|part| async move {
        let outcome = search_one(part, query, sink).await;
        rests.note(&part.id, &outcome);
        (part.name.as_str(), outcome)
    });
    // They are put into a list first: a stream over borrowed closures is more than the compiler can follow.
    let searches: Vec<_> = searches.collect();
    let outcomes: Vec<_> = stream::iter(searches).buffer_unordered(AT_ONCE).collect().await;
    note_failures(front, &outcomes);
    worst(outcomes.into_iter().map(|(_, outcome)| outcome))
}

async fn search_one(part: &Part, query: &Query, sink: Sink<'_>) -> Result<(), IndexerError> {
    let named = |mut found: Vec<Found>| {
        for one in &mut found {
            one.by.get_or_insert_with(|| part.name.clone());
            one.private |= part.private;
        }
        sink(found);
    };
    let search = part.endpoint.search(query, &named);
    let in_time = tokio::time::timeout(SEARCH_LIMIT, search).await;
    in_time.unwrap_or_else(|_| Err(late()))
}

/// One line for all that failed: who, and the reason of the first.
fn note_failures(front: &str, outcomes: &[(&str, Result<(), IndexerError>)]) {
    let failed: Vec<(&str, &IndexerError)> = outcomes
        .iter()
        .filter_map(|(name, outcome)| Some((*name, outcome.as_ref().err()?)))
        .filter(|(_, error)| **error != IndexerError::Unsupported)
        .collect();
    if let Some((_, reason)) = failed.first() {
        let names: Vec<&str> = failed.iter().map(|(name, _)| *name).collect();
        let (of, names) = (outcomes.len(), names.join(", "));
        tracing::info!(indexer = front, failed = failed.len(), of, names, %reason, "indexers behind it failed");
    }
}

/// A test search at every part: how many releases all of them show together.
///
/// # Errors
/// The gravest error if no part answered.
pub(super) async fn try_all(parts: &[Part]) -> Result<usize, IndexerError> {
    let trials: Vec<_> = parts.iter().map(|part| part.endpoint.try_out()).collect();
    let outcomes: Vec<_> = stream::iter(trials).buffer_unordered(AT_ONCE).collect().await;
    let results = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).sum();
    worst(outcomes).map(|()| results)
}
