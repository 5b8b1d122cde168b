//! What outlives the process beside the cache: SQLite in the data folder.

mod ledger;
mod profiles;
mod refusals;
mod searches;
mod sources;
mod titles;

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache as Moka;
use rustix::fs::{FlockOperation, flock};

use crate::domain::InfoHash;

pub use ledger::DebridItem;
pub use profiles::StoredProfile;
pub use refusals::DebridRefusal;
pub use sources::SourceKey;
pub use titles::StoredTitle;

/// Most bytes of .torrent files kept: thousands of them. Anybody may upload one, so there has to be an end.
const MOST_METAINFO_BYTES: i64 = 256 << 20;

/// For how long a .torrent counts as new: longer than anybody goes by an earlier answer that it is not here.
const NEW: Duration = Duration::from_secs(5 * 60);

/// New .torrent files that are known as such; a bound on memory.
const MOST_NEW: u64 = 10_000;

const METAINFO: &str =
    "CREATE TABLE IF NOT EXISTS metainfo (info_hash BLOB PRIMARY KEY, torrent BLOB NOT NULL)";

const FORGET_OLDEST: &str = "DELETE FROM metainfo WHERE rowid IN (SELECT rowid FROM (SELECT rowid, \
     SUM(LENGTH(torrent)) OVER (ORDER BY rowid DESC) AS total FROM metainfo) WHERE total > ?)";

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pool: sqlx::SqlitePool,
    /// Torrents whose .torrent came of late.
    new: Moka<InfoHash, ()>,
    /// Keeps other processes out of the whole data folder: the swarm's working files lie there too.
    _lock: Arc<File>,
}

/// Why the data folder cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DatabaseError {
    /// Another process owns the folder: stop it or choose another folder.
    #[error("the data folder {0} is in use by another Headwater process")]
    InUse(String),
    /// It cannot be read or written.
    #[error("the database cannot be used: {0}")]
    Unusable(String),
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unusable(error.to_string())
    }
}

impl Database {
    /// Takes the data folder for this process and opens `headwater.db` in it, creating it if needed.
    pub async fn open(folder: &Path) -> Result<Self, DatabaseError> {
        let lock = take(folder)?;
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(folder.join("headwater.db"))
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Normal);
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
        let tables = [
            METAINFO,
            ledger::TABLE,
            profiles::TABLE,
            refusals::TABLE,
            searches::TABLE,
            sources::TABLE,
            titles::TABLE,
        ];
        for table in tables {
            sqlx::query(table).execute(&pool).await?;
        }
        let new = Moka::builder().time_to_live(NEW).max_capacity(MOST_NEW).build();
        Ok(Self { pool, new, _lock: Arc::new(lock) })
    }

    /// The .torrent bytes of `info_hash`, if they were ever seen.
    pub async fn metainfo(&self, info_hash: InfoHash) -> Result<Option<Vec<u8>>, DatabaseError> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as("SELECT torrent FROM metainfo WHERE info_hash = ?")
            .bind(info_hash.as_bytes().as_slice())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(torrent,)| torrent))
    }

    /// Remembers the .torrent bytes of `info_hash`, and forgets the oldest beyond 256 MiB.
    pub async fn remember_metainfo(&self, info_hash: InfoHash, torrent: &[u8]) -> Result<(), DatabaseError> {
        sqlx::query("INSERT INTO metainfo (info_hash, torrent) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(info_hash.as_bytes().as_slice())
            .bind(torrent)
            .execute(&self.pool)
            .await?;
        self.new.insert(info_hash, ());
        sqlx::query(FORGET_OLDEST).bind(MOST_METAINFO_BYTES).execute(&self.pool).await?;
        Ok(())
    }

    /// Whether the .torrent of `info_hash` came within the last five minutes. Whoever was told before that it is not
    /// here may ask again.
    pub fn is_metainfo_new(&self, info_hash: InfoHash) -> bool {
        self.new.contains_key(&info_hash)
    }

    /// Finishes writing and closes the files.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn take(folder: &Path) -> Result<File, DatabaseError> {
    let path = folder.join("data.lock");
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(|error| DatabaseError::Unusable(format!("{}: {error}", path.display())))?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(DatabaseError::InUse(folder.display().to_string())),
        Err(error) => Err(DatabaseError::Unusable(format!("{}: {error}", path.display()))),
    }
}
