//! One indexer with everything that is known about it.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::{Origin, Url};

use super::health::Vitals;
use super::{Indexer, IndexerError, IndexerHealth, Query};
use crate::profile::{IndexerKind, IndexerSettings};

/// Searches of one indexer at the same time; further ones wait for their turn.
const TURNS: usize = 4;

/// A SHA-256 that names something without telling it.
pub(super) type Fingerprint = [u8; 32];

/// An indexer, whether the operator's, a profile's or built in.
pub(super) struct Member {
    pub(super) indexer: Arc<dyn Indexer>,
    pub(super) fingerprint: Fingerprint,
    /// It asks nobody else, so that it is asked every time and its results are not kept.
    pub(super) is_local: bool,
    pub(super) turns: Semaphore,
    /// Searches that are under way or wait for their turn.
    pub(super) flights: AtomicUsize,
    kind: &'static str,
    /// The host of an indexer of the operator's, which may be a private one.
    origin: Option<Origin>,
    vitals: Mutex<Vitals>,
}

impl Member {
    /// An indexer that the operator or a profile has set up.
    pub(super) fn set_up(settings: &IndexerSettings, indexer: Arc<dyn Indexer>, foreign: bool) -> Self {
        let origin = (!foreign).then(|| settings.url.origin());
        Self::new(indexer, settings.kind.name(), fingerprint(settings, foreign), origin, false)
    }

    /// An indexer that is part of this server; `settings` as in [`super::BuiltIn`].
    pub(super) fn built_in(indexer: Arc<dyn Indexer>, settings: Option<&str>) -> Self {
        let fingerprint = sum(&["built-in", indexer.name(), settings.unwrap_or_default()]);
        Self::new(indexer, "built-in", fingerprint, None, settings.is_none())
    }

    fn new(
        indexer: Arc<dyn Indexer>,
        kind: &'static str,
        fingerprint: Fingerprint,
        origin: Option<Origin>,
        is_local: bool,
    ) -> Self {
        let (turns, vitals) = (Semaphore::new(TURNS), Mutex::default());
        let flights = AtomicUsize::new(0);
        Self { indexer, fingerprint, is_local, turns, flights, kind, origin, vitals }
    }

    /// What people call it.
    pub(super) fn name(&self) -> &str {
        self.indexer.name()
    }

    /// Whether it is another addon, which may be a server like this one.
    pub(super) fn is_addon(&self) -> bool {
        self.kind == IndexerKind::Addon.name()
    }

    /// Under what its answer to a query is kept.
    pub(super) fn key(&self, query: &Fingerprint) -> Fingerprint {
        let both = [self.fingerprint.as_slice(), query].concat();
        digest_of(&both)
    }

    /// Whether `url` lies on the host of this indexer, which the operator has chosen.
    pub(super) fn vouches_for(&self, url: &Url) -> bool {
        self.origin.as_ref().is_some_and(|origin| *origin == url.origin())
    }

    /// How it is doing.
    pub(super) fn vitals(&self) -> MutexGuard<'_, Vitals> {
        self.vitals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why it is left alone now, if it is. A local one never is: it burdens nobody else.
    pub(super) fn resting(&self) -> Option<IndexerError> {
        if self.is_local {
            return None;
        }
        self.vitals().resting(Instant::now())
    }

    /// How it is doing, for the operator.
    pub(super) fn health(&self) -> IndexerHealth {
        self.vitals().report(self.name(), self.kind, Instant::now())
    }
}

/// What an indexer with these settings is kept by. A profile's is never the operator's, whatever it says: they are
/// asked through different clients.
pub(super) fn fingerprint(settings: &IndexerSettings, foreign: bool) -> Fingerprint {
    let key = settings.api_key.as_ref().map_or("", |key| key.expose());
    let whose = if foreign { "profile" } else { "operator" };
    sum(&[whose, settings.kind.name(), &settings.name, settings.url.as_str(), key])
}

/// What a query is kept by: everything that its answer depends on.
pub(super) fn query_key(query: &Query) -> Fingerprint {
    let (title, year) = query.title.as_ref().map_or(("", None), |title| (title.name.as_str(), title.year));
    let numbers = format!("{year:?} {:?} {:?}", query.episode, query.absolute);
    let way = query.hops.via().unwrap_or_default();
    sum(&["query", &query.kind, &query.id.to_string(), title, &numbers, &way])
}

/// What a list of indexers is kept by.
pub(super) fn list_key(members: &[Arc<Member>]) -> Fingerprint {
    let all: Vec<u8> = members.iter().flat_map(|member| member.fingerprint).collect();
    digest_of(&all)
}

fn sum(parts: &[&str]) -> Fingerprint {
    // A length before each part, so that no two lists of parts read the same.
    let text: String = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    digest_of(text.as_bytes())
}

fn digest_of(bytes: &[u8]) -> Fingerprint {
    let mut sum = Fingerprint::default();
    sum.copy_from_slice(digest(&SHA256, bytes).as_ref());
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_differently_is_kept_apart() {
        let settings = |name: &str, url: &str, key: Option<&str>| IndexerSettings {
            kind: IndexerKind::Torznab,
            name: name.to_owned(),
            url: url.parse().unwrap(),
            api_key: key.map(|key| key.to_owned().into()),
            enabled: true,
        };
        let all = [
            fingerprint(&settings("a", "http://x.example/", None), false),
            fingerprint(&settings("a", "http://x.example/", None), true),
            fingerprint(&settings("b", "http://x.example/", None), false),
            fingerprint(&settings("a", "http://x.example/b", None), false),
            fingerprint(&settings("a", "http://x.example/", Some("k")), false),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{at}");
        }
    }

    #[test]
    fn a_search_by_the_id_alone_is_not_the_one_by_name() {
        let id = "tt1:1:2".parse().unwrap();
        let bare = Query::of_id("series", &id);
        assert_eq!(query_key(&bare), query_key(&bare.clone()));
        assert_ne!(query_key(&bare), query_key(&Query { absolute: Some(2), ..bare.clone() }));
        assert_ne!(query_key(&bare), query_key(&Query::of_id("movie", &id)));
    }
}
