//! The profiles of installs, sealed. Neither a profile nor the id that opens it can be read here: a row is found by the
//! SHA-256 of the id.

use super::{Database, DatabaseError};

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS profiles (id_hash BLOB PRIMARY KEY, \
     sealed BLOB NOT NULL, stamp INTEGER NOT NULL, used_at INTEGER NOT NULL)";

/// One profile as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredProfile {
    /// The sealed settings.
    pub sealed: Vec<u8>,
    /// Grows with every change.
    pub stamp: u64,
    /// When it was used last, Unix seconds, to about a day.
    pub used_at: u64,
}

impl Database {
    /// The profile whose id has this hash.
    pub async fn profile(&self, id_hash: &[u8; 32]) -> Result<Option<StoredProfile>, DatabaseError> {
        let row: Option<(Vec<u8>, i64, i64)> =
            sqlx::query_as("SELECT sealed, stamp, used_at FROM profiles WHERE id_hash = ?")
                .bind(id_hash.as_slice())
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(|(sealed, stamp, used_at)| StoredProfile {
            sealed,
            stamp: stamp.unsigned_abs(),
            used_at: used_at.unsigned_abs(),
        }))
    }

    /// Adds a profile at `now` (Unix seconds), unless there are `most` already. Returns whether it did.
    pub async fn add_profile(
        &self,
        id_hash: &[u8; 32],
        sealed: &[u8],
        now: u64,
        most: u32,
    ) -> Result<bool, DatabaseError> {
        let done = sqlx::query(
            "INSERT INTO profiles (id_hash, sealed, stamp, used_at) SELECT ?, ?, 1, ? \
             WHERE (SELECT COUNT(*) FROM profiles) < ?",
        )
        .bind(id_hash.as_slice())
        .bind(sealed)
        .bind(now.cast_signed())
        .bind(most)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Puts other settings in the place of a profile's at `now` (Unix seconds). Returns its new stamp, or `None` if
    /// there is no such profile.
    pub async fn change_profile(
        &self,
        id_hash: &[u8; 32],
        sealed: &[u8],
        now: u64,
    ) -> Result<Option<u64>, DatabaseError> {
        let row: Option<(i64,)> = sqlx::query_as(
            "UPDATE profiles SET sealed = ?, stamp = stamp + 1, used_at = ? WHERE id_hash = ? RETURNING stamp",
        )
        .bind(sealed)
        .bind(now.cast_signed())
        .bind(id_hash.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(stamp,)| stamp.unsigned_abs()))
    }

    /// Notes that a profile was used at `now` (Unix seconds).
    pub async fn touch_profile(&self, id_hash: &[u8; 32], now: u64) -> Result<(), DatabaseError> {
        sqlx::query("UPDATE profiles SET used_at = ? WHERE id_hash = ?")
            .bind(now.cast_signed())
            .bind(id_hash.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Deletes a profile. Returns whether there was one.
    pub async fn delete_profile(&self, id_hash: &[u8; 32]) -> Result<bool, DatabaseError> {
        let done = sqlx::query("DELETE FROM profiles WHERE id_hash = ?")
            .bind(id_hash.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Deletes every profile that was used last before `since` (Unix seconds). Returns how many.
    pub async fn delete_unused_profiles(&self, since: u64) -> Result<u64, DatabaseError> {
        let done = sqlx::query("DELETE FROM profiles WHERE used_at < ?")
            .bind(since.cast_signed())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: [u8; 32] = [1; 32];
    const TWO: [u8; 32] = [2; 32];

    #[tokio::test]
    async fn a_profile_survives_a_restart_and_its_stamp_grows_with_every_change() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        assert!(db.add_profile(&ONE, b"first", 100, 10).await.unwrap());
        assert_eq!(db.change_profile(&ONE, b"second", 200).await.unwrap(), Some(2));
        assert_eq!(db.change_profile(&TWO, b"second", 200).await.unwrap(), None);
        db.touch_profile(&ONE, 300).await.unwrap();
        db.close().await;
        drop(db);
        let db = Database::open(folder.path()).await.unwrap();
        let kept = StoredProfile { sealed: b"second".to_vec(), stamp: 2, used_at: 300 };
        assert_eq!(db.profile(&ONE).await.unwrap(), Some(kept));
        assert_eq!(db.profile(&TWO).await.unwrap(), None);
        assert!(db.delete_profile(&ONE).await.unwrap());
        assert!(!db.delete_profile(&ONE).await.unwrap());
        assert_eq!(db.profile(&ONE).await.unwrap(), None);
    }

    #[tokio::test]
    async fn there_is_an_end_to_profiles_and_those_that_nobody_uses_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        assert!(db.add_profile(&ONE, b"x", 100, 1).await.unwrap());
        assert!(!db.add_profile(&TWO, b"x", 200, 1).await.unwrap());
        assert_eq!(db.delete_unused_profiles(100).await.unwrap(), 0);
        assert_eq!(db.delete_unused_profiles(101).await.unwrap(), 1);
        assert!(db.add_profile(&TWO, b"x", 200, 1).await.unwrap());
    }
}
