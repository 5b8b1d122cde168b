//! What plays need beside the hash in their links, by who said it, sealed: addresses of .torrent files hold keys.

use super::{Database, DatabaseError};
use crate::domain::InfoHash;

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS sources (info_hash BLOB NOT NULL, \
     owner BLOB NOT NULL, sealed BLOB NOT NULL, last_seen INTEGER NOT NULL, PRIMARY KEY (info_hash, owner))";

/// A release, and what stands for those whose indexers spoke of it.
pub type SourceKey = (InfoHash, [u8; 32]);

/// Rows kept; the longest unseen leave first. Links live for weeks, and so must what is behind them.
const MOST_ROWS: i64 = 100_000;

const FORGET: &str = "DELETE FROM sources WHERE rowid IN (SELECT rowid FROM sources \
     ORDER BY last_seen DESC, rowid DESC LIMIT -1 OFFSET ?)";

impl Database {
    /// What is remembered of a release for one owner.
    pub async fn source(&self, (info_hash, owner): SourceKey) -> Result<Option<Vec<u8>>, DatabaseError> {
        let row: Option<(Vec<u8>,)> =
            sqlx::query_as("SELECT sealed FROM sources WHERE info_hash = ? AND owner = ?")
                .bind(info_hash.as_bytes().as_slice())
                .bind(owner.as_slice())
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(sealed,)| sealed))
    }

    /// Remembers releases that were listed at a time (Unix seconds), all or none, in place of what was remembered.
    pub async fn remember_sources(
        &self,
        sources: &[(SourceKey, Vec<u8>)],
        seen: u64,
    ) -> Result<(), DatabaseError> {
        let mut all = self.pool.begin().await?;
        for ((info_hash, owner), sealed) in sources {
            sqlx::query(
                "INSERT INTO sources (info_hash, owner, sealed, last_seen) VALUES (?, ?, ?, ?) \
                 ON CONFLICT DO UPDATE SET sealed = excluded.sealed, last_seen = excluded.last_seen",
            )
            .bind(info_hash.as_bytes().as_slice())
            .bind(owner.as_slice())
            .bind(sealed)
            .bind(seen.cast_signed())
            .execute(&mut *all)
            .await?;
        }
        all.commit().await?;
        Ok(())
    }

    /// Forgets the longest unseen releases beyond 100,000.
    pub async fn forget_sources(&self) -> Result<(), DatabaseError> {
        self.forget_sources_beyond(MOST_ROWS).await
    }

    async fn forget_sources_beyond(&self, rows: i64) -> Result<(), DatabaseError> {
        sqlx::query(FORGET).bind(rows).execute(&self.pool).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_remembered_last_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let hash = |byte| (InfoHash::new([byte; 20]), [0; 32]);
        db.remember_sources(&[(hash(1), b"a".to_vec()), (hash(2), b"b".to_vec())], 5).await.unwrap();
        db.remember_sources(&[(hash(1), b"c".to_vec())], 6).await.unwrap();
        db.close().await;
        drop(db);
        let db = Database::open(folder.path()).await.unwrap();
        db.forget_sources().await.unwrap();
        assert_eq!(db.source(hash(1)).await.unwrap(), Some(b"c".to_vec()));
        assert_eq!(db.source(hash(2)).await.unwrap(), Some(b"b".to_vec()));
        assert_eq!(db.source(hash(3)).await.unwrap(), None);
        assert_eq!(db.source((hash(1).0, [1; 32])).await.unwrap(), None);
        db.forget_sources_beyond(1).await.unwrap();
        assert_eq!(db.source(hash(1)).await.unwrap(), Some(b"c".to_vec()));
        assert_eq!(db.source(hash(2)).await.unwrap(), None);
    }
}
