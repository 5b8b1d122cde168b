//! Releases that an indexer gives by a link alone: the hash is in the .torrent file, or in the magnet link that the
//! link redirects to.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache as Moka;
use tokio::sync::Semaphore;
use url::Url;

use super::Found;
use super::recalled::unite;
use super::tables::Tables;
use crate::domain::InfoHash;
use crate::source::lookup::{Linked, Lookup};

/// For how long a link is believed to lead to the same torrent.
const KNOWN: Duration = Duration::from_secs(24 * 3_600);

/// For how long a link that led nowhere is not followed again.
const DEAD: Duration = Duration::from_secs(10 * 60);

/// Links followed at the same time by all searches. The one who looks .torrent files up has 16 turns, and some of them
/// are for plays.
const TURNS: usize = 6;

/// Links remembered; a bound on memory.
const MOST: u64 = 20_000;

/// What lies behind a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LinkedRelease {
    pub(super) info_hash: InfoHash,
    pub(super) trackers: Vec<Url>,
    pub(super) web_seeds: Vec<Url>,
    /// Bytes of all files.
    pub(super) size: Option<u64>,
    pub(super) private: bool,
    /// There is a .torrent file behind the link, and not a magnet link.
    pub(super) is_torrent: bool,
}

/// Follows links and remembers where they led. Cheap to clone.
#[derive(Clone)]
pub(super) struct Links {
    lookup: Lookup,
    tables: Tables,
    known: Moka<Url, Arc<LinkedRelease>>,
    dead: Moka<Url, ()>,
    turns: Arc<Semaphore>,
}

impl Links {
    pub(super) fn new(lookup: Lookup, tables: Tables) -> Self {
        let known = Moka::builder().time_to_live(KNOWN).max_capacity(MOST).build();
        let dead = Moka::builder().time_to_live(DEAD).max_capacity(MOST).build();
        Self { lookup, tables, known, dead, turns: Arc::new(Semaphore::new(TURNS)) }
    }

    /// What lies behind `url`; `None` if it leads nowhere now.
    pub(super) async fn follow(&self, url: &Url) -> Option<Arc<LinkedRelease>> {
        if let Some(known) = self.known.get(url) {
            return Some(known);
        }
        if self.dead.contains_key(url) {
            return None;
        }
        // The semaphore is never closed.
        let _turn = self.turns.acquire().await;
        let Some(linked) = self.lookup.follow(url).await else {
            self.dead.insert(url.clone(), ());
            return None;
        };
        if let Linked::Torrent((metainfo, _)) = &linked {
            self.tables.learn(metainfo.clone());
        }
        let release = Arc::new(LinkedRelease::from(&linked));
        self.known.insert(url.clone(), release.clone());
        Some(release)
    }
}

impl LinkedRelease {
    /// Adds what is known now to what the indexer said.
    pub(super) fn add_to(&self, found: &mut Found) {
        found.info_hash = Some(self.info_hash);
        unite(&mut found.trackers, &self.trackers);
        unite(&mut found.web_seeds, &self.web_seeds);
        found.private |= self.private;
        found.size = self.size.or(found.size);
        // Whoever plays it would follow the link once more, which sites count as another download, and in vain.
        found.torrent.take_if(|_| !self.is_torrent);
    }
}

impl From<&Linked> for LinkedRelease {
    fn from(linked: &Linked) -> Self {
        match linked {
            // The trackers of a .torrent file are in it, and those of a private one are credentials.
            Linked::Torrent((metainfo, _)) => Self {
                info_hash: metainfo.info_hash,
                trackers: Vec::new(),
                web_seeds: Vec::new(),
                size: Some(metainfo.total_length()),
                private: metainfo.private,
                is_torrent: true,
            },
            Linked::Magnet(hints) => Self {
                info_hash: hints.info_hash,
                trackers: hints.trackers.clone(),
                web_seeds: hints.web_seeds.clone(),
                size: None,
                private: false,
                is_torrent: false,
            },
        }
    }
}
