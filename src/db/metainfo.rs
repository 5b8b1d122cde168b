//! The .torrent files that were seen, except private ones, which nobody may keep. They are sealed, because the
//! addresses of trackers in them may hold keys.

use std::time::Duration;

use moka::sync::Cache as Moka;

use super::{Database, DatabaseError};
use crate::domain::InfoHash;

/// Most bytes of .torrent files kept: thousands of them. Anybody may upload one, so there has to be an end.
const MOST_BYTES: i64 = 256 << 20;

/// For how long a .torrent counts as new: longer than anybody goes by an earlier answer that it is not here.
const NEW: Duration = Duration::from_secs(5 * 60);

/// New .torrent files that are known as such; a bound on memory.
const MOST_NEW: u64 = 10_000;

pub(super) const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS metainfo (info_hash BLOB PRIMARY KEY, torrent BLOB NOT NULL)";

const FORGET_OLDEST: &str = "DELETE FROM metainfo WHERE rowid IN (SELECT rowid FROM (SELECT rowid, \
     SUM(LENGTH(torrent)) OVER (ORDER BY rowid DESC) AS total FROM metainfo) WHERE total > ?)";

pub(super) fn newcomers() -> Moka<InfoHash, ()> {
    Moka::builder().time_to_live(NEW).max_capacity(MOST_NEW).build()
}

impl Database {
    /// The .torrent bytes of `info_hash`, if they were ever seen, and were not sealed with another key.
    pub async fn metainfo(&self, info_hash: InfoHash) -> Result<Option<Vec<u8>>, DatabaseError> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as("SELECT torrent FROM metainfo WHERE info_hash = ?")
            .bind(info_hash.as_bytes().as_slice())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.and_then(|(kept,)| self.opened(info_hash, kept)))
    }

    /// Remembers the .torrent bytes of `info_hash`, and forgets the oldest beyond 256 MiB.
    pub async fn remember_metainfo(&self, info_hash: InfoHash, torrent: &[u8]) -> Result<(), DatabaseError> {
        let kept = match &self.sealer {
            Some(sealer) => sealer.seal(&context(info_hash), torrent),
            None => torrent.to_vec(),
        };
        sqlx::query(
            "INSERT INTO metainfo VALUES (?, ?) ON CONFLICT DO UPDATE SET torrent = excluded.torrent",
        )
        .bind(info_hash.as_bytes().as_slice())
        .bind(kept)
        .execute(&self.pool)
        .await?;
        self.new.insert(info_hash, ());
        sqlx::query(FORGET_OLDEST).bind(MOST_BYTES).execute(&self.pool).await?;
        Ok(())
    }

    /// Whether the .torrent of `info_hash` came within the last five minutes. Whoever was told before that it is not
    /// here may ask again.
    pub fn is_metainfo_new(&self, info_hash: InfoHash) -> bool {
        self.new.contains_key(&info_hash)
    }

    fn opened(&self, info_hash: InfoHash, kept: Vec<u8>) -> Option<Vec<u8>> {
        let Some(sealer) = &self.sealer else { return Some(kept) };
        let opened = sealer.open(&context(info_hash), &kept).ok();
        // Earlier versions kept them as they came: as one dictionary (BEP 3).
        opened.or_else(|| (kept.first() == Some(&b'd') && kept.last() == Some(&b'e')).then_some(kept))
    }
}

/// Keeps a sealed .torrent from standing in for another.
fn context(info_hash: InfoHash) -> String {
    format!("metainfo {info_hash}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::Sealer;

    const TORRENT: &[u8] = b"d8:announce32:http://tracker.example/a-passkey4:infode1:xi1ee";
    const INFO_HASH: InfoHash = InfoHash::new([7; 20]);

    async fn kept(db: &Database) -> Vec<u8> {
        let (kept,): (Vec<u8>,) =
            sqlx::query_as("SELECT torrent FROM metainfo").fetch_one(&db.pool).await.unwrap();
        kept
    }

    #[tokio::test]
    async fn what_is_kept_can_be_read_with_its_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap().sealing(Sealer::new(b"one"));
        db.remember_metainfo(INFO_HASH, TORRENT).await.unwrap();
        assert!(!kept(&db).await.windows(7).any(|bytes| bytes == b"passkey"));
        assert_eq!(db.metainfo(INFO_HASH).await.unwrap().as_deref(), Some(TORRENT));
        let other = db.sealing(Sealer::new(b"another"));
        assert_eq!(other.metainfo(INFO_HASH).await.unwrap(), None);
        other.remember_metainfo(INFO_HASH, TORRENT).await.unwrap();
        assert_eq!(other.metainfo(INFO_HASH).await.unwrap().as_deref(), Some(TORRENT), "it was found again");
    }

    #[tokio::test]
    async fn what_was_kept_before_there_was_a_key_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        db.remember_metainfo(INFO_HASH, TORRENT).await.unwrap();
        assert_eq!(kept(&db).await, TORRENT);
        let db = db.sealing(Sealer::new(b"one"));
        assert_eq!(db.metainfo(INFO_HASH).await.unwrap().as_deref(), Some(TORRENT));
    }
}
