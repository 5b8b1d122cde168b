//! The first source of the chain: what is already on disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};

use super::content::open_content;
use super::torrent::parse_metainfo;
use super::{Kind, Opened, Place, Report, Request, Source, SourceError, Wanted};
use crate::cache::{Cache, CacheFile};
use crate::db::Database;
use crate::domain::{ContentKey, FileChoice, FileIndex, InfoHash, Metainfo};
use crate::release::{choose, is_video};

/// Looking takes milliseconds, but after an unclean stop what lies there is hashed first.
const BUDGET: Duration = Duration::from_secs(120);

/// An operator's drop-in file, or a content that is complete in the cache. A content whose file table is known is
/// opened as far as it is there: its length and name are told before anybody else has answered.
#[derive(Debug, Clone)]
pub struct Cached {
    cache: Cache,
    db: Database,
    media: Option<Arc<Path>>,
}

impl Cached {
    /// A source over `cache`, which finds file tables in `db`.
    pub fn new(cache: Cache, db: Database) -> Self {
        Self { cache, db, media: None }
    }

    /// The same, and it serves the videos of the operator's media folder.
    pub fn with_media(self, folder: Option<PathBuf>) -> Self {
        Self { media: folder.map(Arc::from), ..self }
    }

    async fn look(&self, request: &Request) -> Result<Opened, SourceError> {
        if let Some(place) = &request.place {
            return self.look_at(place, request).await;
        }
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

    /// A file of the media folder, or what was fetched completely from another place.
    async fn look_at(&self, place: &Place, request: &Request) -> Result<Opened, SourceError> {
        let file = if place.url.scheme() == "file" {
            let (cache, info_hash) = (self.cache.clone(), request.info_hash);
            let (media, url) = (self.media.clone(), place.url.clone());
            off_thread(move || cache.provided(info_hash, within(media.as_deref()?, &url)?)).await?
        } else {
            let fetched = self.find(request.info_hash, request.file.stand_in()).await?;
            fetched.filter(CacheFile::is_complete)
        };
        let file = file.ok_or_else(|| SourceError::NotHere("not on this server's disk".to_owned()))?;
        Ok(Opened { file, metainfo: None, writer: None })
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

/// The video at `url`, if it really lies below `folder`: neither `..` nor a link leads out of it. Blocking.
fn within(folder: &Path, url: &url::Url) -> Option<PathBuf> {
    let path = url.to_file_path().ok()?.canonicalize().ok()?;
    let is_inside = path.starts_with(folder.canonicalize().ok()?);
    (is_inside && path.is_file() && is_video(&path.to_string_lossy())).then_some(path)
}

/// Runs disk work where it may block.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SourceError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| SourceError::Transient(format!("a disk task ended early: {error}")))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::cache::CacheLimits;
    use crate::source::place_hash;

    fn file_url(path: &Path) -> url::Url {
        url::Url::from_file_path(path).unwrap()
    }

    #[test]
    fn nothing_outside_the_media_folder_is_served() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = other.path().join("secret.mp4");
        fs::write(&secret, "x").unwrap();
        let inside = folder.path().join("Season 1");
        fs::create_dir(&inside).unwrap();
        for name in ["Film #1.mp4", "notes.txt"] {
            fs::write(inside.join(name), "x").unwrap();
        }
        symlink(&secret, inside.join("link.mp4")).unwrap();
        symlink(other.path(), inside.join("away")).unwrap();
        let film = inside.join("Film #1.mp4");
        assert_eq!(within(folder.path(), &file_url(&film)), Some(film.canonicalize().unwrap()));
        for path in [
            secret,
            inside.join("link.mp4"),
            inside.join("away/secret.mp4"),
            inside.join("notes.txt"),
            inside.join("gone.mp4"),
            inside.clone(),
        ] {
            assert_eq!(within(folder.path(), &file_url(&path)), None, "{}", path.display());
        }
        for url in ["http://host/Film.mp4", "file://host/etc/x.mp4", "data:,x"] {
            assert_eq!(within(folder.path(), &url.parse().unwrap()), None, "{url}");
        }
    }

    #[tokio::test]
    async fn a_file_of_the_media_folder_is_complete_and_stays_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(&folder.path().join("cache"), limits).unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let media = folder.path().join("media");
        fs::create_dir(&media).unwrap();
        let path = media.join("Film.mp4");
        fs::write(&path, b"ten bytes!").unwrap();
        let place =
            Place { url: file_url(&path), headers: Vec::new(), name: "Film.mp4".to_owned(), size: Some(10) };
        let mut request = Request::new(place_hash(&place.url), FileChoice::Index(FileIndex(0)));
        request.place = Some(place);
        let wanted = Wanted { request, known: None };
        let bare = Cached::new(cache, db);
        let refusal = bare.open(&wanted, &Report::new()).await.unwrap_err();
        assert!(matches!(refusal, SourceError::NotHere(_)), "{refusal}");
        let source = bare.with_media(Some(media));
        let opened = source.open(&wanted, &Report::new()).await.unwrap();
        assert!(opened.file.is_complete() && opened.writer.is_none());
        assert_eq!((opened.file.length(), opened.file.name()), (10, "Film.mp4"));
        assert_eq!(opened.file.key().info_hash, wanted.request.info_hash);
        fs::remove_file(&path).unwrap();
        assert!(!opened.file.is_current());
        assert!(source.open(&wanted, &Report::new()).await.is_err());
    }
}
