//! The first source of the chain: what is already on disk.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};

use super::content::open_content;
use super::torrent::parse_metainfo;
use super::{Kind, Opened, Report, Request, Source, SourceError, Wanted};
use crate::cache::{Cache, CacheFile};
use crate::db::Database;
use crate::domain::{ContentKey, FileChoice, FileIndex, InfoHash, Metainfo};
use crate::release::choose;

/// Looking takes milliseconds, but after an unclean stop what lies there is hashed first.
const BUDGET: Duration = Duration::from_secs(120);

/// An operator's drop-in file, or a content that is complete in the cache. A content whose file table is known is
/// opened as far as it is there: its length and name are told before anybody else has answered.
#[derive(Debug, Clone)]
pub struct Cached {
    cache: Cache,
    db: Database,
}

impl Cached {
    /// A source over `cache`, which finds file tables in `db`.
    pub fn new(cache: Cache, db: Database) -> Self {
        Self { cache, db }
    }

    async fn look(&self, request: &Request) -> Result<Opened, SourceError> {
        let info_hash = request.info_hash;
        let cache = self.cache.clone();
        if let Some(file) = off_thread(move || cache.drop_in(info_hash)).await? {
            return Ok(Opened { file, metainfo: None, writer: None });
        }
        let metainfo = self.metainfo(request).await.map(Arc::new);
        let index = wanted(request, metainfo.as_deref());
        let proved = self.find(info_hash, index).await?;
        if let Some(file) = &proved
            && file.is_complete()
        {
            return Ok(Opened { file: file.clone(), metainfo, writer: None });
        }
        // Written when nobody knew the file table, and whole.
        let length = index.and_then(|index| metainfo.as_ref()?.file(index).map(|entry| entry.length));
        let unproved = self.find(info_hash, request.file.stand_in()).await?;
        let whole =
            unproved.filter(|file| file.is_complete() && length.is_none_or(|length| length == file.length()));
        if let Some(file) = whole {
            return Ok(Opened { file, metainfo: None, writer: None });
        }
        let absent = || SourceError::NotHere("not in the cache".to_owned());
        let table = metainfo.as_deref().ok_or_else(absent)?;
        let index = choose(&table.files, request.file).map_err(|_| absent())?;
        let file = open_content(&self.cache, table, index).await?;
        Ok(Opened { file, metainfo, writer: None })
    }

    /// The content of this index as far as it is on disk, its claims proved.
    async fn find(
        &self,
        info_hash: InfoHash,
        index: Option<FileIndex>,
    ) -> Result<Option<CacheFile>, SourceError> {
        let Some(file) = index else { return Ok(None) };
        let cache = self.cache.clone();
        let found = off_thread(move || {
            let file = cache.find(ContentKey { info_hash, file });
            file.map(|file| file.verify_claims().map(|()| file)).transpose()
        });
        Ok(found.await??)
    }

    async fn metainfo(&self, request: &Request) -> Option<Metainfo> {
        let Some(uploaded) = &request.metainfo else {
            return parse_metainfo(&self.db.metainfo(request.info_hash).await.ok()??).ok();
        };
        let metainfo = parse_metainfo(uploaded).ok().filter(|it| it.info_hash == request.info_hash)?;
        // The next request of the same play names the torrent by its hash alone. The announce URL of a private
        // torrent is a credential of whoever uploaded it.
        if !metainfo.private
            && let Err(error) = self.db.remember_metainfo(metainfo.info_hash, uploaded).await
        {
            tracing::warn!(%error, "an uploaded torrent cannot be stored");
        }
        Some(metainfo)
    }
}

impl Source for Cached {
    fn name(&self) -> &'static str {
        "cache"
    }

    fn label(&self) -> &'static str {
        "CACHE"
    }

    fn kind(&self) -> Kind {
        Kind::Cache
    }

    fn budget(&self) -> Duration {
        BUDGET
    }

    fn open<'a>(
        &'a self,
        wanted: &'a Wanted,
        _report: &'a Report,
    ) -> BoxFuture<'a, Result<Opened, SourceError>> {
        self.look(&wanted.request).boxed()
    }
}

fn wanted(request: &Request, metainfo: Option<&Metainfo>) -> Option<FileIndex> {
    match (request.file, metainfo) {
        (FileChoice::Index(index), _) => Some(index),
        (choice, Some(metainfo)) => choose(&metainfo.files, choice).ok(),
        (_, None) => None,
    }
}

/// Runs disk work where it may block.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SourceError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| SourceError::Transient(format!("a disk task ended early: {error}")))
}
