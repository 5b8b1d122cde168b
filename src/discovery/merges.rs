//! Merged lists, kept until an indexer says something new: reading names costs more than all the rest of a search.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache as Moka;

use super::ask::{Answer, Asked};
use super::member::Fingerprint;
use super::merge::{Said, merge};
use super::results::Entry;
use super::{Candidate, Outcome, Query, Scope};

/// Candidates kept in memory; each takes a kilobyte or two.
const MOST: u64 = 8_000;

/// For how long a list is kept that nobody asks for.
const IDLE: Duration = Duration::from_secs(30 * 60);

/// So few releases are merged at once; more would keep a thread from its other work for milliseconds.
const FEW: usize = 50;

/// Every release once.
type List = Arc<[Arc<Candidate>]>;

pub(super) struct Merges {
    kept: Moka<(Fingerprint, Fingerprint), Arc<Merged>>,
}

struct Merged {
    inputs: Vec<Arc<Entry>>,
    list: List,
}

impl Merges {
    pub(super) fn new() -> Self {
        let weigh = |_: &_, merged: &Arc<Merged>| u32::try_from(merged.list.len()).unwrap_or(u32::MAX) + 10;
        Self { kept: Moka::builder().weigher(weigh).max_capacity(MOST).time_to_idle(IDLE).build() }
    }

    /// The list that these answers of the members of `scope` make.
    pub(super) async fn of(&self, asked: &Asked, scope: &Scope, answers: &[Answer]) -> List {
        let key = (scope.key, asked.key);
        let inputs: Vec<_> = answers.iter().map(|answer| answer.entry.clone()).collect();
        let is_current = |merged: &Arc<Merged>| {
            let same =
                |(one, other): (&Arc<Entry>, &Arc<Entry>)| Arc::ptr_eq(one, other) || is_nothing(one, other);
            merged.inputs.len() == inputs.len() && merged.inputs.iter().zip(&inputs).all(same)
        };
        if let Some(merged) = self.kept.get(&key).filter(is_current) {
            return merged.list.clone();
        }
        let names: Vec<String> = scope.members.iter().map(|member| member.name().to_owned()).collect();
        let list = merged(asked.query.clone(), names, inputs.clone()).await;
        // A list that grows by the second is not worth keeping.
        if !answers.iter().any(|answer| matches!(answer.outcome, Outcome::Late(1..))) {
            self.kept.insert(key, Arc::new(Merged { inputs, list: list.clone() }));
        }
        list
    }
}

fn is_nothing(one: &Entry, other: &Entry) -> bool {
    one.found.is_empty() && other.found.is_empty()
}

async fn merged(query: Query, names: Vec<String>, inputs: Vec<Arc<Entry>>) -> List {
    let count: usize = inputs.iter().map(|entry| entry.found.len()).sum();
    let work = move || {
        let said: Vec<Said<'_>> =
            names.iter().zip(&inputs).map(|(by, entry)| Said { by, found: &entry.found }).collect();
        merge(&query, &said).into_iter().map(Arc::new).collect::<List>()
    };
    if count <= FEW {
        return work();
    }
    // A panic over a strange name must not end the request.
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Arc::from([]))
}
