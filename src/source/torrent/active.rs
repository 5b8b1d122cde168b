//! One torrent at work: which of its files are wanted, and the engine's handle on it.

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use librqbit::api::TorrentIdOrHash;
use librqbit::dht::Id20;
use librqbit::storage::StorageFactoryExt;
use librqbit::{AddTorrent, AddTorrentOptions, AddTorrentResponse};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::steer::{Engine, Steering};
use super::storage::{Shelf, ShelfFactory};
use super::{Inner, session};
use crate::cache::CacheFile;
use crate::domain::{FileIndex, InfoHash, Metainfo};
use crate::source::SourceError;
use crate::source::aim::Aim;

/// Adding a torrent that is handed a have-map takes milliseconds; after this long the engine is stuck.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Files that nobody wants any more but that the engine goes on serving to peers. One more, and the
/// torrent is added anew without them: that costs its connections, and so is not done for every episode
/// change, but a file in use here cannot be evicted.
const MAX_RETIRED: usize = 1;

/// What the engine needs to add a torrent.
#[derive(Clone)]
pub(super) struct Recipe {
    pub(super) metainfo: Arc<Metainfo>,
    /// The .torrent reduced to its info dictionary.
    pub(super) torrent: Bytes,
    /// The trackers that the .torrent named.
    pub(super) own_trackers: Vec<Url>,
    /// Those that the request brought.
    pub(super) trackers: Vec<Url>,
    pub(super) peers: Vec<SocketAddr>,
}

/// A torrent at work. Its methods that take `&Inner` must not overlap; the registry sees to that.
pub(super) struct ActiveTorrent {
    recipe: Recipe,
    shelf: Arc<Shelf>,
    engine: watch::Sender<Option<Engine>>,
    files: Mutex<BTreeMap<FileIndex, Wanted>>,
    _place: OwnedSemaphorePermit,
}

/// A file that is wanted, or was (`writers` is 0: retired).
struct Wanted {
    writers: usize,
    failed: watch::Sender<Option<SourceError>>,
    steering: Option<AbortOnDropHandle<()>>,
}

/// What is left after a file is given up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Remains {
    Nothing,
    Others,
}

impl ActiveTorrent {
    pub(super) fn new(recipe: Recipe, place: OwnedSemaphorePermit) -> Self {
        Self {
            shelf: Arc::new(Shelf::new(recipe.metainfo.clone())),
            recipe,
            engine: watch::Sender::new(None),
            files: Mutex::default(),
            _place: place,
        }
    }

    pub(super) fn info_hash(&self) -> InfoHash {
        self.recipe.metainfo.info_hash
    }

    pub(super) fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Counts the bytes that its peers have sent.
    pub(super) fn received(&self) -> Arc<AtomicU64> {
        self.shelf.counter()
    }

    /// The engine's handle, once the torrent is added.
    pub(super) fn engine(&self) -> Option<Engine> {
        self.engine.borrow().clone()
    }

    /// Makes the engine fetch `file` and returns where its failure will be told.
    pub(super) async fn want(
        &self,
        inner: &Inner,
        file: CacheFile,
    ) -> Result<watch::Receiver<Option<SourceError>>, SourceError> {
        let (shelf, shelved) = (self.shelf.clone(), file.clone());
        blocking(move || shelf.put(&shelved)).await??;
        let index = file.key().file;
        let mut selection = self.selection();
        let known = !selection.insert(index.0 as usize);
        let result = if self.is_broken() || !self.shelf.agrees_with(&file) {
            self.start(inner, &selection).await
        } else if !known {
            self.select(inner, &selection).await
        } else {
            Ok(())
        };
        if let Err(error) = result {
            let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            self.shelf.remove(|other| other == index && !files.contains_key(&other));
            return Err(error);
        }
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = files.entry(index).or_insert_with(|| Wanted {
            writers: 0,
            failed: watch::Sender::new(None),
            steering: None,
        });
        wanted.writers += 1;
        if wanted.steering.as_ref().is_none_or(AbortOnDropHandle::is_finished) {
            wanted.failed.send_replace(None);
            let steering = self.steering(inner, file, wanted.failed.clone());
            wanted.steering =
                Some(AbortOnDropHandle::new(inner.tasks.spawn_on(steering.run(), &inner.runtime)));
        }
        Ok(wanted.failed.subscribe())
    }

    /// One writer of `index` less.
    pub(super) async fn give_up(&self, inner: &Inner, index: FileIndex) -> Remains {
        let retired: HashSet<FileIndex> = {
            let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(wanted) = files.get_mut(&index) {
                wanted.writers = wanted.writers.saturating_sub(1);
                if wanted.writers == 0 {
                    wanted.steering = None;
                }
            }
            if files.values().all(|wanted| wanted.writers == 0) {
                return Remains::Nothing;
            }
            files.iter().filter(|(_, wanted)| wanted.writers == 0).map(|(index, _)| *index).collect()
        };
        let selection = self.selection();
        let result = if retired.len() > MAX_RETIRED {
            self.files
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .retain(|index, _| !retired.contains(index));
            self.shelf.remove(|index| retired.contains(&index));
            self.start(inner, &selection).await
        } else {
            self.select(inner, &selection).await
        };
        if let Err(error) = result {
            // The files that are left notice by themselves that nothing comes any more.
            tracing::warn!(torrent = %self.info_hash(), %error, "the torrent cannot go on with fewer files");
        }
        Remains::Others
    }

    /// Whether nobody wants a file of it.
    pub(super) fn is_unwanted(&self) -> bool {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).values().all(|wanted| wanted.writers == 0)
    }

    /// Takes the torrent out of the engine and lets go of its cache files.
    pub(super) async fn stop(&self, inner: &Inner) {
        if let Err(error) = self.leave_engine(inner).await {
            tracing::warn!(torrent = %self.info_hash(), %error, "the engine did not let go cleanly");
        }
        self.shelf.remove(|_| true);
    }

    fn selection(&self) -> HashSet<usize> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.iter().filter(|(_, wanted)| wanted.writers > 0).map(|(index, _)| index.0 as usize).collect()
    }

    fn is_broken(&self) -> bool {
        self.shelf.failure().borrow().is_some()
            || self.engine().is_none_or(|engine| engine.with_state(|state| state.name() == "error"))
    }

    fn steering(
        &self,
        inner: &Inner,
        file: CacheFile,
        failed: watch::Sender<Option<SourceError>>,
    ) -> Steering {
        let metainfo = &self.recipe.metainfo;
        let entry = &metainfo.files[file.key().file.0 as usize];
        Steering {
            session: inner.session.clone(),
            aim: Aim::of(entry, u64::from(metainfo.piece_length)),
            file,
            shelf: self.shelf.clone(),
            engine: self.engine.subscribe(),
            failed,
            patience: inner.settings.resolve_timeout,
        }
    }

    async fn select(&self, inner: &Inner, selection: &HashSet<usize>) -> Result<(), SourceError> {
        let engine =
            self.engine().ok_or_else(|| SourceError::Transient("the torrent is not running".to_owned()))?;
        inner.session.update_only_files(&engine, selection).await.map_err(|error| transient(&error))
    }

    /// Also after an add that was cut short, whose handle nobody has seen.
    async fn leave_engine(&self, inner: &Inner) -> Result<(), SourceError> {
        self.engine.send_replace(None);
        let id = TorrentIdOrHash::Hash(Id20::new(*self.info_hash().as_bytes()));
        match inner.session.get(id) {
            Some(_) => inner.session.delete(id, false).await.map_err(|error| transient(&error)),
            None => Ok(()),
        }
    }

    /// Adds the torrent to the engine, anew if need be, with what is verified on disk as its have-map.
    async fn start(&self, inner: &Inner, selection: &HashSet<usize>) -> Result<(), SourceError> {
        self.leave_engine(inner).await?;
        let (shelf, data_dir, info_hash) =
            (self.shelf.clone(), inner.settings.data_dir.clone(), self.info_hash());
        blocking(move || session::hand_over(&data_dir, info_hash, &shelf.hand_over()))
            .await?
            .map_err(|error| SourceError::Transient(format!("the data folder cannot be written: {error}")))?;
        let mut files: Vec<usize> = selection.iter().copied().collect();
        files.sort_unstable();
        let options = AddTorrentOptions {
            only_files: Some(files),
            overwrite: true,
            // Nothing is written there. Left to the torrent's name, an odd one would be refused.
            sub_folder: Some(info_hash.to_string()),
            initial_peers: Some(self.recipe.peers.clone()),
            // The JSON store picks the next number from what it has already written, so that two adds at
            // the same time get the same one, and the second is answered with the first one's torrent.
            preferred_id: Some(inner.next_id()),
            storage_factory: Some(ShelfFactory(self.shelf.clone()).boxed()),
            trackers: Some(inner.trackers_for(&self.recipe)),
            ..Default::default()
        };
        let torrent = AddTorrent::from_bytes(self.recipe.torrent.clone());
        let adding = async {
            let added = inner.session.add_torrent(torrent, Some(options)).await?;
            let AddTorrentResponse::Added(_, engine) = added else {
                anyhow::bail!("the engine still holds an earlier copy of the torrent");
            };
            self.engine.send_replace(Some(engine.clone()));
            engine.wait_until_initialized().await
        };
        match tokio::time::timeout(START_LIMIT, adding).await {
            Ok(started) => started.map_err(|error| transient(&error)),
            Err(_) => Err(SourceError::Transient("the torrent engine did not start in time".to_owned())),
        }
    }
}

fn transient(error: &anyhow::Error) -> SourceError {
    SourceError::Transient(format!("the torrent engine refuses: {error:#}"))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SourceError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| SourceError::Transient("the work was cut short by a fault".to_owned()))
}
