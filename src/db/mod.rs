//! What outlives the process beside the cache: SQLite in the data folder.

mod ledger;
mod metainfo;
mod profiles;
mod refusals;
mod searches;
mod sources;
mod titles;

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::Arc;

use moka::sync::Cache as Moka;
use rustix::fs::{FlockOperation, flock};

use crate::domain::InfoHash;
use crate::seal::Sealer;

pub use ledger::DebridItem;
pub use profiles::StoredProfile;
pub use refusals::DebridRefusal;
pub use sources::SourceKey;
pub use titles::StoredTitle;

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pool: sqlx::SqlitePool,
    /// Torrents whose .torrent came of late.
    new: Moka<InfoHash, ()>,
    /// Seals .torrent files.
    sealer: Option<Sealer>,
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
            ledger::TABLE,
            metainfo::TABLE,
            profiles::TABLE,
            refusals::TABLE,
            searches::TABLE,
            sources::TABLE,
            titles::TABLE,
        ];
        for table in tables {
            sqlx::query(table).execute(&pool).await?;
        }
        Ok(Self { pool, new: metainfo::newcomers(), sealer: None, _lock: Arc::new(lock) })
    }

    /// The same database, which from now on keeps .torrent files sealed. Its key may lie in the folder that this
    /// database keeps others out of, so it comes later.
    pub fn sealing(self, sealer: Sealer) -> Self {
        Self { sealer: Some(sealer), ..self }
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
