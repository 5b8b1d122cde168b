//! The cache folder as a whole: opening contents, saving them, and making room.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::eviction::{self, Stored};
use super::folder::{self, ContentFolder};
use super::sidecar::{Description, Record};
use super::{CacheError, CacheFile, Layout, Presence, drop_in, presence};
use crate::changes::Changes;
use crate::domain::{ContentKey, InfoHash};

/// The cache folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

/// How much the cache may hold and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// Most bytes on disk; `None` leaves only the free-space floor.
    pub max_bytes: Option<u64>,
    /// Bytes of the disk that stay free whatever the quota says.
    pub free_floor: u64,
    /// A content unused for so long is deleted; `None` keeps everything.
    pub idle: Option<Duration>,
}

/// What the cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Usage {
    /// Contents on disk.
    pub contents: usize,
    /// Bytes they occupy.
    pub bytes: u64,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    limits: CacheLimits,
    /// The contents that are open. Held while contents are opened and deleted, so that the two never
    /// meet; callers are on blocking threads.
    open: Mutex<OpenFiles>,
    /// Counts how often any content has become more or less present.
    presences: Changes,
    /// How the folder looked when somebody looked for strange changes last.
    seen: Mutex<[Option<SystemTime>; 2]>,
    /// Keeps other processes out for as long as this one lives.
    _lock: File,
}

type OpenFiles = HashMap<ContentKey, OpenFile>;

/// A content that is open.
#[derive(Debug)]
struct OpenFile {
    file: CacheFile,
    /// Whether room was made for all of it. A content opened to be read takes no more than it has.
    admitted: bool,
}

impl Cache {
    /// Takes the folder, creating it if needed; refuses one that another process holds.
    pub fn open(folder: &Path, limits: CacheLimits) -> Result<Self, CacheError> {
        let lock = folder::take(folder)?;
        let inner = Inner {
            folder: folder.to_owned(),
            limits,
            open: Mutex::default(),
            presences: Changes::default(),
            seen: Mutex::new(presence::stamps(folder)),
            _lock: lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// How often [`Cache::presences`] may have come to say something else, for whichever content. What others do to
    /// the folder is noticed by [`Cache::tend`].
    pub fn changes(&self) -> u64 {
        self.inner.presences.count()
    }

    /// Opens a content, creating an empty sparse file if there is none; makes room first. Pieces that
    /// an unclean stop left in doubt do not count until [`CacheFile::verify_claims`]. Blocking.
    pub fn content(&self, key: ContentKey, layout: &Layout, name: &str) -> Result<CacheFile, CacheError> {
        let mut open = self.inner.open();
        let folder = ContentFolder::of(&self.inner.folder, key);
        if let Some(one) = open.get(&key) {
            let file = one.file.clone();
            if !one.admitted || file.failure().is_some() {
                self.inner.make_room(&open, key, folder.allocated(), layout.span)?;
                file.clear_failure();
                open.insert(key, OpenFile { file: file.clone(), admitted: true });
            }
            return Ok(file);
        }
        let description = Description { layout: layout.clone(), name: name.to_owned() };
        let known = Description::read(&folder.layout()).is_some_and(|known| known.layout == *layout);
        if !known {
            // What lies there belongs to no known layout and cannot be verified.
            let _ = folder.remove();
            self.inner.presences.note();
        }
        self.inner.make_room(&open, key, folder.allocated(), layout.span)?;
        let file = CacheFile::open(key, folder.clone(), description.clone(), &self.inner.presences)?;
        if !known {
            description.write(&folder.layout())?;
        }
        file.note_use(now(), false);
        open.insert(key, OpenFile { file: file.clone(), admitted: true });
        Ok(file)
    }

    /// The content if it is open or on disk, whole or in part. Blocking.
    pub fn find(&self, key: ContentKey) -> Option<CacheFile> {
        let mut open = self.inner.open();
        if let Some(one) = open.get(&key) {
            return Some(one.file.clone());
        }
        let folder = ContentFolder::of(&self.inner.folder, key);
        let description = Description::read(&folder.layout())?;
        let file = CacheFile::open(key, folder, description, &self.inner.presences)
            .inspect_err(|error| tracing::warn!(%key, %error, "a cached content cannot be opened"))
            .ok()?;
        file.note_use(now(), false);
        open.insert(key, OpenFile { file: file.clone(), admitted: false });
        Some(file)
    }

    /// How much of a content is there, if it is open.
    pub(super) fn opened(&self, key: ContentKey) -> Option<Presence> {
        let file = self.inner.open().get(&key)?.file.clone();
        Some(file.presence())
    }

    /// Where everything lies.
    pub(super) fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// A video that an operator dropped into the folder, its name holding `info_hash`. Blocking.
    pub fn drop_in(&self, info_hash: InfoHash) -> Option<CacheFile> {
        drop_in::find(&self.inner.folder, info_hash)
    }

    /// Every video that an operator dropped into the folder: the info-hash in its name, that name, and its bytes.
    /// Blocking.
    pub fn drop_ins(&self) -> Vec<(InfoHash, String, u64)> {
        drop_in::all(&self.inner.folder)
    }

    /// A file of the operator's that lies elsewhere, served as it is; `info_hash` stands for it. The caller has seen
    /// to it that it may be served. Blocking.
    pub fn provided(&self, info_hash: InfoHash, path: PathBuf) -> Option<CacheFile> {
        drop_in::open(path, info_hash)
    }

    /// Counts a play of `file`, which makes it stay longer.
    pub fn note_play(&self, file: &CacheFile) {
        file.note_use(now(), true);
    }

    /// Saves what changed, closes what nobody holds, and notices what others have changed. Call every few seconds.
    /// Blocking.
    pub fn tend(&self) {
        self.inner.look();
        let (idle, held): (Vec<_>, Vec<_>) = {
            let open = self.inner.open();
            open.values().map(|one| one.file.clone()).partition(|file| {
                // One handle in the table and one in this list.
                file.is_held_by(2)
            })
        };
        for file in &held {
            if file.is_read() {
                file.note_use(now(), false);
            }
            report(file, file.save(false));
        }
        for file in idle {
            let saved = file.save(true);
            report(&file, saved);
            let mut open = self.inner.open();
            if file.is_held_by(2) {
                open.remove(&file.key());
            }
        }
    }

    /// Deletes idle contents and enforces the quota; `everything` deletes all that nobody holds.
    /// Returns the bytes freed. Blocking.
    pub fn clean(&self, everything: bool) -> u64 {
        self.tend();
        let open = self.inner.open();
        let stored = self.inner.stored(&open);
        let chosen = if everything {
            stored.iter().filter(|one| !one.held).map(|one| one.key).collect()
        } else {
            let mut chosen = eviction::idle(&stored, self.inner.limits.idle, now());
            let left: Vec<Stored> = stored.iter().filter(|one| !chosen.contains(&one.key)).copied().collect();
            chosen.extend(eviction::for_room(&left, self.inner.excess(&left)));
            chosen
        };
        self.inner.delete(&stored, &chosen)
    }

    /// What is on disk now. Blocking.
    pub fn usage(&self) -> Usage {
        let stored = self.inner.stored(&self.inner.open());
        Usage { contents: stored.len(), bytes: stored.iter().map(|one| one.bytes).sum() }
    }

    /// Writes every have-map and marks it settled; for an orderly stop, when no source writes any more.
    /// Blocking.
    pub fn close(&self) {
        let files: Vec<CacheFile> = self.inner.open().drain().map(|(_, one)| one.file).collect();
        for file in files {
            report(&file, file.save(true));
        }
    }
}

impl Inner {
    fn open(&self) -> MutexGuard<'_, OpenFiles> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notices that others have put something into the folder or have taken it away.
    fn look(&self) {
        let now = presence::stamps(&self.folder);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *seen, now) != now {
            self.presences.note();
        }
    }

    /// Everything on disk, what is open counted with the room it may still take.
    fn stored(&self, open: &OpenFiles) -> Vec<Stored> {
        ContentFolder::all(&self.folder)
            .into_iter()
            .map(|(key, folder)| {
                let record = Record::read(&folder.have());
                let bytes = folder.allocated();
                let admitted = open.get(&key).filter(|one| one.admitted);
                let span = admitted.and_then(|one| one.file.layout()).map_or(0, |layout| layout.span);
                Stored {
                    key,
                    bytes,
                    reserved: span.max(bytes),
                    last_used: record.last_used.max(folder.written_at()),
                    plays: record.plays,
                    held: open.contains_key(&key),
                }
            })
            .collect()
    }

    /// How many bytes too many the disk or the quota holds, with all that open contents may still take.
    fn excess(&self, stored: &[Stored]) -> u64 {
        let reserved: u64 = stored.iter().map(|one| one.reserved).sum();
        let outstanding: u64 = stored.iter().map(|one| one.reserved - one.bytes).sum();
        let over_quota = self.limits.max_bytes.map_or(0, |most| reserved.saturating_sub(most));
        let under_floor = (self.limits.free_floor + outstanding).saturating_sub(self.free());
        over_quota.max(under_floor)
    }

    /// Bytes of the disk that an ordinary user may still write.
    fn free(&self) -> u64 {
        rustix::fs::statvfs(&self.folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    fn make_room(&self, open: &OpenFiles, key: ContentKey, bytes: u64, span: u64) -> Result<(), CacheError> {
        let stored: Vec<Stored> = self.stored(open).into_iter().filter(|one| one.key != key).collect();
        let mut with_new = stored.clone();
        let reserved = span.max(bytes);
        with_new.push(Stored { key, bytes, reserved, last_used: u64::MAX, plays: 0, held: true });
        let excess = self.excess(&with_new);
        let chosen = eviction::for_room(&stored, excess);
        let freed: u64 = stored.iter().filter(|one| chosen.contains(&one.key)).map(|one| one.bytes).sum();
        if freed < excess {
            return Err(CacheError::Full(format!(
                "this file needs {} bytes, {} more than the cache may take; free some space or raise \
                 HEADWATER_CACHE_MAX_BYTES",
                reserved - bytes,
                excess - freed
            )));
        }
        self.delete(&stored, &chosen);
        Ok(())
    }

    fn delete(&self, stored: &[Stored], chosen: &[ContentKey]) -> u64 {
        let mut freed = 0;
        for one in stored.iter().filter(|one| chosen.contains(&one.key)) {
            match ContentFolder::of(&self.folder, one.key).remove() {
                Ok(()) => {
                    freed += one.bytes;
                    tracing::info!(content = %one.key, bytes = one.bytes, "deleted from the cache");
                }
                Err(error) => tracing::warn!(content = %one.key, %error, "cannot delete from the cache"),
            }
        }
        self.presences.note();
        freed
    }
}

fn report(file: &CacheFile, saved: Result<(), CacheError>) {
    if let Err(error) = saved {
        tracing::warn!(content = %file.key(), %error, "a have-map cannot be saved; its pieces will be hashed again");
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
