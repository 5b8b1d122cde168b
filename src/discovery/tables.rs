//! File tables of torrents that are known without asking anybody.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use moka::sync::Cache as Moka;

use crate::changes::Changes;
use crate::db::Database;
use crate::domain::{InfoHash, Metainfo};
use crate::source::torrent::parse_metainfo;

/// Bytes of tables in memory.
const MOST_MEMORY: u64 = 16 << 20;

/// For how long the disk is not asked again about a table that it did not have and that has not come since.
const ABSENT: Duration = Duration::from_secs(60);

/// Tables read from disk for one list; the torrents behind them may have megabytes each.
const MOST_AT_ONCE: usize = 64;

/// Knows file tables. Cheap to clone.
#[derive(Clone)]
pub(super) struct Tables {
    known: Moka<InfoHash, Arc<Metainfo>>,
    absent: Moka<InfoHash, ()>,
    db: Database,
    changes: Changes,
}

impl Tables {
    /// `changes` counts what is learned.
    pub(super) fn new(db: Database, changes: Changes) -> Self {
        let known = Moka::builder().weigher(weigh).max_capacity(MOST_MEMORY).build();
        let absent = Moka::builder().time_to_live(ABSENT).max_capacity(100_000).build();
        Self { known, absent, db, changes }
    }

    /// A table, if it is in memory.
    pub(super) fn get(&self, info_hash: InfoHash) -> Option<Arc<Metainfo>> {
        self.known.get(&info_hash)
    }

    /// Keeps a table in memory.
    pub(super) fn learn(&self, metainfo: Arc<Metainfo>) {
        self.known.insert(metainfo.info_hash, metainfo);
        self.changes.note();
    }

    /// Reads the tables that are on disk and not in memory, of the first 64 of these torrents.
    pub(super) async fn load(&self, torrents: impl Iterator<Item = InfoHash>) {
        let is_absent = |hash: &InfoHash| self.absent.contains_key(hash) && !self.db.is_metainfo_new(*hash);
        let missing = torrents.filter(|hash| !self.known.contains_key(hash) && !is_absent(hash));
        let reading: FuturesUnordered<_> = missing.take(MOST_AT_ONCE).map(|hash| self.read(hash)).collect();
        reading.for_each(|()| std::future::ready(())).await;
    }

    async fn read(&self, info_hash: InfoHash) {
        let stored = self.db.metainfo(info_hash).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "stored torrents cannot be read");
            None
        });
        let Some(torrent) = stored else {
            self.absent.insert(info_hash, ());
            return;
        };
        let parsing = tokio::task::spawn_blocking(move || parse_metainfo(&torrent).ok());
        match parsing.await.ok().flatten().filter(|metainfo| metainfo.info_hash == info_hash) {
            Some(metainfo) => self.learn(metainfo.into()),
            None => self.absent.insert(info_hash, ()),
        }
    }
}

/// About how many bytes a table takes.
fn weigh(_: &InfoHash, metainfo: &Arc<Metainfo>) -> u32 {
    let files: usize = metainfo.files.iter().map(|file| file.path.len() + 64).sum();
    u32::try_from(metainfo.pieces.len() * 20 + files + 200).unwrap_or(u32::MAX)
}
