//! The items that this server has created in accounts of debrid services, so that it can delete them again and
//! will never delete anything else.

use super::{Database, DatabaseError};
use crate::domain::InfoHash;

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS debrid_items (service TEXT NOT NULL, \
     account TEXT NOT NULL, item TEXT NOT NULL, info_hash BLOB NOT NULL, created_at INTEGER NOT NULL, \
     last_used INTEGER NOT NULL, PRIMARY KEY (service, account, item))";

/// One item in one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebridItem {
    /// The short name of the service.
    pub service: String,
    /// The fingerprint of the account's token.
    pub account: String,
    /// The service's own name for the item.
    pub item: String,
    /// The torrent.
    pub info_hash: InfoHash,
    /// Unix seconds.
    pub created_at: u64,
    /// Unix seconds.
    pub last_used: u64,
}

impl Database {
    /// Every item of a service, the oldest first.
    pub async fn debrid_items(&self, service: &str) -> Result<Vec<DebridItem>, DatabaseError> {
        let rows: Vec<(String, String, Vec<u8>, i64, i64)> = sqlx::query_as(
            "SELECT account, item, info_hash, created_at, last_used FROM debrid_items WHERE service = ? \
             ORDER BY created_at",
        )
        .bind(service)
        .fetch_all(&self.pool)
        .await?;
        let item = |(account, item, info_hash, created_at, last_used): (_, _, Vec<u8>, i64, i64)| {
            Some(DebridItem {
                service: service.to_owned(),
                account,
                item,
                info_hash: InfoHash::new(info_hash.try_into().ok()?),
                created_at: created_at.unsigned_abs(),
                last_used: last_used.unsigned_abs(),
            })
        };
        Ok(rows.into_iter().filter_map(item).collect())
    }

    /// Writes an item down, or when it was used last.
    pub async fn remember_debrid_item(&self, item: &DebridItem) -> Result<(), DatabaseError> {
        sqlx::query(
            "INSERT INTO debrid_items (service, account, item, info_hash, created_at, last_used) \
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET last_used = excluded.last_used",
        )
        .bind(&item.service)
        .bind(&item.account)
        .bind(&item.item)
        .bind(item.info_hash.as_bytes().as_slice())
        .bind(item.created_at.cast_signed())
        .bind(item.last_used.cast_signed())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Strikes an item out: it is no more.
    pub async fn forget_debrid_item(
        &self,
        service: &str,
        account: &str,
        item: &str,
    ) -> Result<(), DatabaseError> {
        sqlx::query("DELETE FROM debrid_items WHERE service = ? AND account = ? AND item = ?")
            .bind(service)
            .bind(account)
            .bind(item)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn items_survive_a_restart_until_they_are_struck_out() {
        let folder = tempfile::tempdir().unwrap();
        let item = |item: &str, last_used| DebridItem {
            service: "torbox".to_owned(),
            account: "a1".to_owned(),
            item: item.to_owned(),
            info_hash: InfoHash::new([7; 20]),
            created_at: 10,
            last_used,
        };
        let db = Database::open(folder.path()).await.unwrap();
        db.remember_debrid_item(&item("1", 10)).await.unwrap();
        db.remember_debrid_item(&item("2", 10)).await.unwrap();
        db.remember_debrid_item(&item("1", 99)).await.unwrap();
        db.close().await;
        drop(db);
        let db = Database::open(folder.path()).await.unwrap();
        assert_eq!(db.debrid_items("torbox").await.unwrap(), [item("1", 99), item("2", 10)]);
        assert_eq!(db.debrid_items("realdebrid").await.unwrap(), []);
        db.forget_debrid_item("torbox", "a2", "1").await.unwrap();
        db.forget_debrid_item("torbox", "a1", "2").await.unwrap();
        assert_eq!(db.debrid_items("torbox").await.unwrap(), [item("1", 99)]);
    }
}
