//! One torrent at work: which of its files are wanted, by whom, and whether they work or rest.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_util::task::AbortOnDropHandle;

use super::Inner;
use super::engine::Engine;
use super::lead::Lead;
use super::shelf::{Shelf, pieces};
use super::stay::{Recipe, Stay, blocking};
use super::steer::Steering;
use crate::cache::CacheFile;
use crate::domain::{FileIndex, InfoHash};
use crate::source::aim::Aim;
use crate::source::{Duty, SourceError};

/// Files that nobody wants any more but that the engine goes on serving to peers. One more, and the
/// torrent is added anew without them: that costs its connections, and so is not done for every episode
/// change, but a file in use here cannot be evicted.
const MAX_RETIRED: usize = 1;

/// A torrent at work. Its methods that take `&Inner` must not overlap; the registry sees to that.
pub(super) struct ActiveTorrent {
    stay: Stay,
    shelf: Arc<Shelf>,
    files: Mutex<BTreeMap<FileIndex, Wanted>>,
    /// The latest add of which the engine knows so little that it has to be told anew.
    outdated: watch::Sender<u64>,
    _place: OwnedSemaphorePermit,
}

/// A file that is wanted, or was (it has no writers: retired).
struct Wanted {
    working: usize,
    resting: usize,
    failed: watch::Sender<Option<SourceError>>,
    /// Runs while somebody works.
    steering: Option<AbortOnDropHandle<()>>,
}

/// What a new writer has to know.
pub(super) struct Post {
    pub(super) failed: watch::Receiver<Option<SourceError>>,
    pub(super) received: Arc<AtomicU64>,
    /// What `received` stood at before the writer's first byte.
    pub(super) before: u64,
    /// Tells the number of an add after which [`ActiveTorrent::refresh`] is due.
    pub(super) outdated: watch::Receiver<u64>,
}

/// What is left after a file is given up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Remains {
    Nothing,
    Others,
}

impl Wanted {
    fn new() -> Self {
        Self { working: 0, resting: 0, failed: watch::Sender::new(None), steering: None }
    }

    fn is_retired(&self) -> bool {
        self.working + self.resting == 0
    }

    fn is_steered(&self) -> bool {
        self.steering.as_ref().is_some_and(|steering| !steering.is_finished())
    }

    fn count(&mut self, duty: Duty) -> &mut usize {
        match duty {
            Duty::Work => &mut self.working,
            Duty::Rest => &mut self.resting,
        }
    }
}

impl ActiveTorrent {
    pub(super) fn new(recipe: Recipe, place: OwnedSemaphorePermit) -> Self {
        let shelf = Arc::new(Shelf::new(recipe.metainfo.clone()));
        Self {
            stay: Stay::new(recipe, shelf.clone()),
            shelf,
            files: Mutex::default(),
            outdated: watch::Sender::new(0),
            _place: place,
        }
    }

    pub(super) fn recipe(&self) -> &Recipe {
        self.stay.recipe()
    }

    /// The engine's handle, while the torrent is there.
    pub(super) fn engine(&self) -> Option<Engine> {
        self.stay.engine()
    }

    /// Makes the engine fetch `file`, for one writer more.
    pub(super) async fn want(&self, inner: &Inner, file: CacheFile) -> Result<Post, SourceError> {
        let (shelf, shelved) = (self.shelf.clone(), file.clone());
        blocking(move || shelf.put(&shelved)).await??;
        let index = file.key().file;
        if let Err(error) = self.employ(inner, &file).await {
            let files = self.files();
            self.shelf.remove(|other| other == index && !files.contains_key(&other));
            return Err(error);
        }
        let mut files = self.files();
        let wanted = files.entry(index).or_insert_with(Wanted::new);
        let received =
            if wanted.is_retired() { self.shelf.count_anew(index) } else { self.shelf.counter(index) };
        let before = received.load(Ordering::Relaxed);
        wanted.working += 1;
        let outdated = self.outdated.subscribe();
        self.steer(inner, file, wanted);
        Ok(Post { failed: wanted.failed.subscribe(), received, before, outdated })
    }

    /// One writer of `index` goes over to `duty`.
    pub(super) async fn set_duty(&self, inner: &Inner, index: FileIndex, duty: Duty) {
        match duty {
            Duty::Rest => {
                self.change(index, |wanted| {
                    wanted.working = wanted.working.saturating_sub(1);
                    wanted.resting += 1;
                });
                self.follow(inner, false).await;
            }
            Duty::Work => {
                let wanting = self.shelf.file(index).filter(|file| !file.is_complete());
                let employed = match &wanting {
                    Some(file) => self.employ(inner, file).await,
                    None => Ok(()),
                };
                self.change(index, |wanted| {
                    wanted.resting = wanted.resting.saturating_sub(1);
                    wanted.working += 1;
                    match (employed, wanting) {
                        (Ok(()), Some(file)) => self.steer(inner, file, wanted),
                        (Ok(()), None) => {}
                        (Err(error), _) => drop(wanted.failed.send_replace(Some(error))),
                    }
                });
            }
        }
    }

    /// One writer of `index` less, whose duty was `duty`.
    pub(super) async fn give_up(&self, inner: &Inner, index: FileIndex, duty: Duty) -> Remains {
        self.change(index, |wanted| *wanted.count(duty) = wanted.count(duty).saturating_sub(1));
        if self.is_unwanted() {
            return Remains::Nothing;
        }
        let retired: HashSet<FileIndex> =
            self.files().iter().filter(|(_, wanted)| wanted.is_retired()).map(|(index, _)| *index).collect();
        let too_many = retired.len() > MAX_RETIRED;
        if too_many {
            self.files().retain(|index, _| !retired.contains(index));
            self.shelf.remove(|index| retired.contains(&index));
        }
        self.follow(inner, too_many).await;
        Remains::Others
    }

    /// Tells the engine anew what is there, if its add `generation` is still the latest.
    pub(super) async fn refresh(&self, inner: &Inner, generation: u64) {
        if self.shelf.generation() == generation {
            self.follow(inner, true).await;
        }
    }

    /// Whether nobody wants a file of it.
    pub(super) fn is_unwanted(&self) -> bool {
        self.files().values().all(Wanted::is_retired)
    }

    /// Whether a file of it is being fetched.
    pub(super) fn is_working(&self) -> bool {
        self.files().values().any(|wanted| wanted.working > 0)
    }

    /// Takes the torrent out of the engine and lets go of its cache files.
    pub(super) async fn stop(&self, inner: &Inner) {
        if let Err(error) = self.stay.end(inner).await {
            tracing::warn!(torrent = %self.info_hash(), %error, "the engine did not let go cleanly");
        }
        self.shelf.remove(|_| true);
    }

    fn info_hash(&self) -> InfoHash {
        self.recipe().metainfo.info_hash
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<FileIndex, Wanted>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known of a file; without anybody at work on it, it is not steered.
    fn change(&self, index: FileIndex, change: impl FnOnce(&mut Wanted)) {
        let mut files = self.files();
        let Some(wanted) = files.get_mut(&index) else { return };
        change(wanted);
        if wanted.working == 0 {
            wanted.steering = None;
        }
    }

    /// The files that the engine is to fetch.
    fn selection(&self) -> HashSet<usize> {
        let files = self.files();
        let working = files.iter().filter(|(_, wanted)| wanted.working > 0).map(|(index, _)| *index);
        working.filter(|index| !self.is_vouched_for(*index)).map(|index| index.0 as usize).collect()
    }

    /// Whether a file is complete although not all of it is proved. The engine would go on fetching what is
    /// not, and has nowhere to put it: bytes that may have been served stay as they are.
    fn is_vouched_for(&self, index: FileIndex) -> bool {
        self.shelf
            .file(index)
            .is_some_and(|file| file.is_complete() && !pieces(&file).all(|piece| file.has_piece(piece)))
    }

    /// Whether the small client begins alone. The engine is added once it is needed, and then knows what is there.
    fn leaves_engine_out(&self, inner: &Inner) -> bool {
        let has_failed = self.shelf.failure().borrow().is_some();
        !has_failed && self.engine().is_none() && inner.call(self.recipe()).is_some()
    }

    /// Makes the engine fetch `file` beside what it fetches already.
    async fn employ(&self, inner: &Inner, file: &CacheFile) -> Result<(), SourceError> {
        if self.leaves_engine_out(inner) {
            return Ok(());
        }
        let index = file.key().file;
        let mut selection = self.selection();
        let is_new = selection.insert(index.0 as usize);
        let is_steered = self.files().get(&index).is_some_and(Wanted::is_steered);
        // The engine cannot be told that others have written, except by adding the torrent anew. What is
        // steered is looked after already.
        if self.stay.is_over() || !is_steered && !self.shelf.agrees_with(file) {
            self.stay.begin(inner, &selection).await
        } else if is_new {
            self.stay.select(inner, &selection).await
        } else {
            Ok(())
        }
    }

    /// Makes the engine fetch what is worked on and nothing else, `anew` with all that is there by now.
    async fn follow(&self, inner: &Inner, anew: bool) {
        let selection = self.selection();
        let result = if selection.is_empty() {
            self.stay.end(inner).await
        } else if anew {
            self.begin_again(inner, &selection).await
        } else if self.leaves_engine_out(inner) {
            Ok(())
        } else {
            self.stay.select(inner, &selection).await
        };
        if let Err(error) = result {
            // Whoever works notices by himself that nothing comes any more.
            tracing::warn!(torrent = %self.info_hash(), %error, "the torrent cannot go on as it is wanted");
        }
    }

    /// Adds the torrent anew for files that are looked after already, or are complete.
    async fn begin_again(&self, inner: &Inner, selection: &HashSet<usize>) -> Result<(), SourceError> {
        self.stay.begin(inner, selection).await?;
        let is_steered = self.files().values().any(Wanted::is_steered);
        if let Some(engine) = self.stay.engine().filter(|_| !is_steered) {
            // Nothing is left to fetch; peers may fetch from us.
            engine.let_go(&inner.session).await;
        }
        Ok(())
    }

    /// Has `file` steered, unless it is.
    fn steer(&self, inner: &Inner, file: CacheFile, wanted: &mut Wanted) {
        if wanted.is_steered() {
            return;
        }
        wanted.failed.send_replace(None);
        let metainfo = &self.recipe().metainfo;
        let entry = &metainfo.files[file.key().file.0 as usize];
        let aim = Aim::of(entry, u64::from(metainfo.piece_length));
        let lead = inner.call(self.recipe()).map(|call| {
            Lead::new(inner.scouts.clone(), call, metainfo, aim.clone(), file.clone(), self.shelf.clone())
        });
        let steering = Steering {
            session: inner.session.clone(),
            aim,
            lead,
            file,
            shelf: self.shelf.clone(),
            presence: self.stay.subscribe(),
            failed: wanted.failed.clone(),
            outdated: self.outdated.clone(),
            patience: inner.settings.resolve_timeout,
        };
        wanted.steering = Some(AbortOnDropHandle::new(inner.tasks.spawn_on(steering.run(), &inner.runtime)));
    }
}
