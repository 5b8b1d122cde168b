//! What outlives the process beside the cache: SQLite in the data folder.

use std::path::Path;

use crate::domain::InfoHash;

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pool: sqlx::SqlitePool,
}

/// The database cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the database cannot be used: {0}")]
pub struct DatabaseError(String);

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.to_string())
    }
}

impl Database {
    /// Opens `headwater.db` in the data folder, creating it and bringing its tables up to date.
    pub async fn open(folder: &Path) -> Result<Self, DatabaseError> {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(folder.join("headwater.db"))
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Normal);
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
        sqlx::query("CREATE TABLE IF NOT EXISTS metainfo (info_hash BLOB PRIMARY KEY, torrent BLOB NOT NULL) WITHOUT ROWID")
            .execute(&pool)
            .await?;
        Ok(Self { pool })
    }

    /// The .torrent bytes of `info_hash`, if they were ever seen.
    pub async fn metainfo(&self, info_hash: InfoHash) -> Result<Option<Vec<u8>>, DatabaseError> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as("SELECT torrent FROM metainfo WHERE info_hash = ?")
            .bind(info_hash.as_bytes().as_slice())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(torrent,)| torrent))
    }

    /// Remembers the .torrent bytes of `info_hash`.
    pub async fn remember_metainfo(&self, info_hash: InfoHash, torrent: &[u8]) -> Result<(), DatabaseError> {
        sqlx::query("INSERT INTO metainfo (info_hash, torrent) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(info_hash.as_bytes().as_slice())
            .bind(torrent)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Finishes writing and closes the files.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
