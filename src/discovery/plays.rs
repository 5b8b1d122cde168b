//! Remembering what plays need beside the hash in their links: in memory at once, on disk a moment later, sealed.
//!
//! What the indexers of a profile said is kept for that profile alone: it holds the profile's keys, and nobody else
//! has reason to believe it.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use moka::sync::Cache as Moka;
use tokio::time::Instant;
use url::Origin;

use super::recalled::{Link, Recalled};
use super::results::unix_seconds;
use super::{Candidate, Locator};
use crate::db::{Database, SourceKey};
use crate::domain::InfoHash;
use crate::seal::Sealer;
use crate::source::lookup::Lookup;

/// Bytes of releases in memory, about.
const MOST_MEMORY: u64 = 8 << 20;

/// So often at most it is written that a release is still listed.
const REWRITE: Duration = Duration::from_secs(6 * 3_600);

/// What is remembered. Cheap to clone.
#[derive(Clone)]
pub(super) struct Plays {
    memory: Moka<SourceKey, Arc<Known>>,
    db: Database,
    sealer: Sealer,
    lookup: Lookup,
    /// The hosts of the operator's indexers.
    trusted: Arc<HashSet<Origin>>,
}

struct Known {
    recalled: Arc<Recalled>,
    /// The candidate it was made from: the same one says nothing new.
    of: Weak<Candidate>,
    written: Option<Instant>,
}

impl Plays {
    pub(super) fn new(db: Database, sealer: Sealer, lookup: Lookup, trusted: HashSet<Origin>) -> Self {
        let memory = Moka::builder().weigher(weigh).max_capacity(MOST_MEMORY).build();
        Self { memory, db, sealer, lookup, trusted: Arc::new(trusted) }
    }

    /// Keeps in memory what these candidates say, for `owner` alone or for everybody, and returns what
    /// [`Plays::write`] has to write.
    pub(super) fn note(&self, candidates: &[Arc<Candidate>], owner: Option<&str>) -> Vec<SourceKey> {
        let whose = whose(owner);
        let mut unwritten = Vec::new();
        for candidate in candidates {
            let key = (candidate.info_hash, whose);
            let known = self.memory.get(&key);
            if known.as_ref().is_some_and(|known| known.of.as_ptr() == Arc::as_ptr(candidate)) {
                continue;
            }
            let mut recalled =
                known.as_ref().map(|known| Recalled::clone(&known.recalled)).unwrap_or_default();
            let is_more = recalled.unite(&self.read(candidate));
            let written = known.and_then(|known| known.written);
            if is_more || written.is_none_or(|written| written.elapsed() > REWRITE) {
                unwritten.push(key);
            }
            self.hold(key, recalled, Arc::downgrade(candidate), written);
        }
        unwritten
    }

    /// Writes what memory knows under these keys, united with what the disk knew.
    pub(super) async fn write(&self, keys: Vec<SourceKey>) {
        let mut rows = Vec::with_capacity(keys.len());
        for key in keys {
            let Some(known) = self.memory.get(&key) else { continue };
            let mut recalled = Recalled::clone(&known.recalled);
            if known.written.is_none()
                && let Some(stored) = self.stored(key).await
            {
                recalled.unite(&stored);
            }
            let text = serde_json::to_vec(&recalled).expect("every field has a form in JSON");
            rows.push((key, self.sealer.seal(&context(key), &text)));
            self.hold(key, recalled, known.of.clone(), Some(Instant::now()));
        }
        if let Err(error) = self.db.remember_sources(&rows, unix_seconds()).await {
            tracing::warn!(%error, "what plays need cannot be stored; after a restart they may find fewer peers");
        }
    }

    /// What is remembered of a torrent: what `owner` was told, before what everybody may know.
    pub(super) async fn recall(&self, info_hash: InfoHash, owner: Option<&str>) -> Option<Recalled> {
        let own = match owner {
            Some(_) => self.known((info_hash, whose(owner))).await,
            None => None,
        };
        let shared = self.known((info_hash, whose(None))).await;
        let recalled = match (own, shared) {
            (Some(own), Some(shared)) => Recalled::clone(&own).before(&shared),
            (one, other) => Recalled::clone(&*one.or(other)?),
        };
        // The operator may have turned to another indexer since.
        for link in recalled.torrents.iter().filter(|link| link.trusted) {
            if self.trusted.contains(&link.url.origin()) {
                self.lookup.trust(&link.url);
            }
        }
        Some(recalled)
    }

    /// Forgets on disk what nobody has listed for the longest time, if there is too much.
    pub(super) async fn tidy(&self) {
        if let Err(error) = self.db.forget_sources().await {
            tracing::warn!(%error, "what plays need cannot be tidied up");
        }
    }

    fn hold(
        &self,
        key: SourceKey,
        recalled: Recalled,
        of: Weak<Candidate>,
        written: Option<Instant>,
    ) -> Arc<Recalled> {
        let recalled = Arc::new(recalled);
        self.memory.insert(key, Arc::new(Known { recalled: recalled.clone(), of, written }));
        recalled
    }

    async fn known(&self, key: SourceKey) -> Option<Arc<Recalled>> {
        if let Some(known) = self.memory.get(&key) {
            return Some(known.recalled.clone());
        }
        let stored = self.stored(key).await?;
        Some(self.hold(key, stored, Weak::new(), Some(Instant::now())))
    }

    async fn stored(&self, key: SourceKey) -> Option<Recalled> {
        let sealed = self.db.source(key).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what plays need cannot be read");
            None
        })?;
        let text = self.sealer.open(&context(key), &sealed).ok()?;
        serde_json::from_slice(&text).ok()
    }

    fn read(&self, candidate: &Candidate) -> Recalled {
        match &candidate.locator {
            Locator::Torrent { trackers, torrents, web_seeds, private, .. } => {
                let link = |url: &url::Url| Link { url: url.clone(), trusted: self.lookup.trusts(url) };
                Recalled {
                    trackers: trackers.clone(),
                    torrents: torrents.iter().map(link).collect(),
                    web_seeds: web_seeds.clone(),
                    place: None,
                    private: *private,
                }
            }
            Locator::Place(place) => Recalled { place: Some(place.into()), ..Recalled::default() },
        }
    }
}

/// What stands for an owner in a key: zeros for everybody, else a sum that does not tell his id.
fn whose(owner: Option<&str>) -> [u8; 32] {
    let mut whose = [0; 32];
    if let Some(owner) = owner {
        whose.copy_from_slice(digest(&SHA256, format!("headwater plays of {owner}").as_bytes()).as_ref());
    }
    whose
}

/// What a row is sealed for.
fn context((info_hash, whose): SourceKey) -> String {
    format!("source {info_hash} {}", HEXLOWER.encode(&whose))
}

fn weigh(_: &SourceKey, known: &Arc<Known>) -> u32 {
    let Recalled { trackers, torrents, web_seeds, .. } = &*known.recalled;
    u32::try_from(300 + 200 * (trackers.len() + torrents.len() + web_seeds.len())).unwrap_or(u32::MAX)
}
