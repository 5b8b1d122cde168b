//! What indexers have said, sealed: results hold addresses with keys in them.

use super::{Database, DatabaseError};

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS searches (key BLOB PRIMARY KEY, \
     sealed BLOB NOT NULL, found_at INTEGER NOT NULL)";

/// Rows kept; the oldest leave first.
const MOST_ROWS: i64 = 20_000;

/// Bytes kept; the oldest rows leave first.
const MOST_BYTES: i64 = 128 << 20;

const FORGET: &str = "DELETE FROM searches WHERE found_at < ? OR rowid IN (SELECT rowid FROM (SELECT rowid, \
     SUM(LENGTH(sealed)) OVER newest AS total, ROW_NUMBER() OVER newest AS place FROM searches \
     WINDOW newest AS (ORDER BY found_at DESC, rowid DESC)) WHERE total > ? OR place > ?)";

impl Database {
    /// The sealed answer under a key.
    pub async fn search(&self, key: &[u8; 32]) -> Result<Option<Vec<u8>>, DatabaseError> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as("SELECT sealed FROM searches WHERE key = ?")
            .bind(key.as_slice())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(sealed,)| sealed))
    }

    /// Remembers a sealed answer that was found at a time (Unix seconds), in place of an earlier one.
    pub async fn remember_search(
        &self,
        key: &[u8; 32],
        sealed: &[u8],
        found_at: u64,
    ) -> Result<(), DatabaseError> {
        sqlx::query(
            "INSERT INTO searches (key, sealed, found_at) VALUES (?, ?, ?) \
             ON CONFLICT DO UPDATE SET sealed = excluded.sealed, found_at = excluded.found_at",
        )
        .bind(key.as_slice())
        .bind(sealed)
        .bind(found_at.cast_signed())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Forgets the answers from before a time (Unix seconds), and the oldest beyond 20,000 or 128 MiB.
    pub async fn forget_searches(&self, before: u64) -> Result<(), DatabaseError> {
        self.forget_searches_beyond(before, MOST_BYTES, MOST_ROWS).await
    }

    async fn forget_searches_beyond(&self, before: u64, bytes: i64, rows: i64) -> Result<(), DatabaseError> {
        sqlx::query(FORGET).bind(before.cast_signed()).bind(bytes).bind(rows).execute(&self.pool).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kept(db: &Database) -> Vec<u8> {
        let mut kept = Vec::new();
        for key in 0..10 {
            if db.search(&[key; 32]).await.unwrap().is_some() {
                kept.push(key);
            }
        }
        kept
    }

    #[tokio::test]
    async fn answers_survive_a_restart_and_the_oldest_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        for (key, at) in [(1, 100), (2, 90), (3, 110), (4, 10)] {
            db.remember_search(&[key; 32], &[0; 50], at).await.unwrap();
        }
        db.remember_search(&[2; 32], b"newer", 120).await.unwrap();
        db.close().await;
        drop(db);
        let db = Database::open(folder.path()).await.unwrap();
        assert_eq!(db.search(&[2; 32]).await.unwrap(), Some(b"newer".to_vec()));
        db.forget_searches(50).await.unwrap();
        assert_eq!(kept(&db).await, [1, 2, 3]);
        db.forget_searches_beyond(50, 104, 10).await.unwrap();
        assert_eq!(kept(&db).await, [2, 3]);
        db.forget_searches_beyond(50, 1_000, 1).await.unwrap();
        assert_eq!(kept(&db).await, [2]);
    }
}
