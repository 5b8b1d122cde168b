//! Torrents that a debrid service will not have, for so long that it is worth remembering over a restart.

use super::{Database, DatabaseError};
use crate::domain::InfoHash;

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS debrid_refusals (service TEXT NOT NULL, \
     info_hash BLOB NOT NULL, reason TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (service, info_hash))";

/// That a service refused one torrent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebridRefusal {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Why, as one of the words of `source::debrid`.
    pub reason: String,
    /// Until when nobody asks again, Unix seconds.
    pub until: u64,
}

impl Database {
    /// The refusals of a service that still hold at `now` (Unix seconds); the others are deleted.
    pub async fn debrid_refusals(
        &self,
        service: &str,
        now: u64,
    ) -> Result<Vec<DebridRefusal>, DatabaseError> {
        sqlx::query("DELETE FROM debrid_refusals WHERE until <= ?")
            .bind(now.cast_signed())
            .execute(&self.pool)
            .await?;
        let rows: Vec<(Vec<u8>, String, i64)> =
            sqlx::query_as("SELECT info_hash, reason, until FROM debrid_refusals WHERE service = ?")
                .bind(service)
                .fetch_all(&self.pool)
                .await?;
        let refusal = |(info_hash, reason, until): (Vec<u8>, String, i64)| {
            let info_hash = InfoHash::new(info_hash.try_into().ok()?);
            Some(DebridRefusal { info_hash, reason, until: until.unsigned_abs() })
        };
        Ok(rows.into_iter().filter_map(refusal).collect())
    }

    /// Remembers a refusal in place of an earlier one.
    pub async fn remember_debrid_refusal(
        &self,
        service: &str,
        refusal: &DebridRefusal,
    ) -> Result<(), DatabaseError> {
        sqlx::query(
            "INSERT INTO debrid_refusals (service, info_hash, reason, until) VALUES (?, ?, ?, ?) \
             ON CONFLICT DO UPDATE SET reason = excluded.reason, until = excluded.until",
        )
        .bind(service)
        .bind(refusal.info_hash.as_bytes().as_slice())
        .bind(&refusal.reason)
        .bind(refusal.until.cast_signed())
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn refusals_hold_for_their_service_and_time() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let refusal = |hash: u8, reason: &str, until| DebridRefusal {
            info_hash: InfoHash::new([hash; 20]),
            reason: reason.to_owned(),
            until,
        };
        db.remember_debrid_refusal("realdebrid", &refusal(1, "no-peers", 50)).await.unwrap();
        db.remember_debrid_refusal("realdebrid", &refusal(1, "infringing", 100)).await.unwrap();
        db.remember_debrid_refusal("torbox", &refusal(1, "invalid", 100)).await.unwrap();
        assert_eq!(db.debrid_refusals("realdebrid", 60).await.unwrap(), [refusal(1, "infringing", 100)]);
        assert_eq!(db.debrid_refusals("realdebrid", 100).await.unwrap(), []);
        // Not only hidden, but gone.
        assert_eq!(db.debrid_refusals("torbox", 0).await.unwrap(), []);
    }
}
