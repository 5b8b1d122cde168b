//! What a catalogue of titles said, so that a restart need not ask again.

use super::{Database, DatabaseError};

pub(super) const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS titles (key TEXT PRIMARY KEY, body TEXT NOT NULL, stored INTEGER NOT NULL)";

/// A household looks at hundreds of titles a year; a bound for those who look at everything.
const MOST_TITLES: i64 = 20_000;

const FORGET_OLDEST: &str = "DELETE FROM titles WHERE key IN \
     (SELECT key FROM titles ORDER BY stored DESC, rowid DESC LIMIT -1 OFFSET ?)";

/// What is kept of one title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTitle {
    /// What was said, as its reader writes it.
    pub body: String,
    /// When, in Unix seconds.
    pub stored: u64,
}

impl Database {
    /// What was said of the title under `key`, however long ago.
    pub async fn title(&self, key: &str) -> Result<Option<StoredTitle>, DatabaseError> {
        let row: Option<(String, i64)> = sqlx::query_as("SELECT body, stored FROM titles WHERE key = ?")
            .bind(key)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(body, stored)| StoredTitle { body, stored: stored.unsigned_abs() }))
    }

    /// Keeps what was said in place of what was said before, and forgets the oldest beyond 20,000.
    pub async fn remember_title(&self, key: &str, title: &StoredTitle) -> Result<(), DatabaseError> {
        sqlx::query(
            "INSERT INTO titles (key, body, stored) VALUES (?, ?, ?) \
             ON CONFLICT DO UPDATE SET body = excluded.body, stored = excluded.stored",
        )
        .bind(key)
        .bind(&title.body)
        .bind(title.stored.cast_signed())
        .execute(&self.pool)
        .await?;
        sqlx::query(FORGET_OLDEST).bind(MOST_TITLES).execute(&self.pool).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_word_on_a_title_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let said = |body: &str, stored| StoredTitle { body: body.to_owned(), stored };
        assert_eq!(db.title("movie/tt1").await.unwrap(), None);
        db.remember_title("movie/tt1", &said("a", 10)).await.unwrap();
        db.remember_title("movie/tt1", &said("b", 20)).await.unwrap();
        db.remember_title("series/tt1", &said("c", 5)).await.unwrap();
        assert_eq!(db.title("movie/tt1").await.unwrap(), Some(said("b", 20)));
        assert_eq!(db.title("series/tt1").await.unwrap(), Some(said("c", 5)));
    }

    #[tokio::test]
    async fn the_oldest_titles_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        for number in 0..5_u64 {
            let title = StoredTitle { body: String::new(), stored: 100 - number };
            db.remember_title(&number.to_string(), &title).await.unwrap();
        }
        sqlx::query(FORGET_OLDEST).bind(2).execute(&db.pool).await.unwrap();
        assert!(db.title("0").await.unwrap().is_some());
        assert!(db.title("1").await.unwrap().is_some());
        assert_eq!(db.title("2").await.unwrap(), None);
        assert_eq!(db.title("4").await.unwrap(), None);
    }
}
