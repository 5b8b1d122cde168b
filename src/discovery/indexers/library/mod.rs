//! The operator's own files as an indexer: the videos of his media folder, and what he dropped into the cache folder.
//!
//! The folder is looked through in the background, at the start and when somebody asks and the last look is old; an
//! answer comes from what the last look saw.

mod matching;
mod shelf;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use moka::sync::Cache as Moka;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use self::shelf::{Named, Shelf};
use super::super::{Found, Indexer, IndexerError, LIBRARY, Probe, Query};
use crate::cache::Cache;
use crate::domain::ContentId;

/// A new film is found after this time at the latest, if somebody asks twice.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Looking through a large folder on a slow disk takes at most this share of the time: one in so many.
const SHARE: u32 = 20;

/// The first look may have to be waited for.
const BUDGET: Duration = Duration::from_secs(60);

/// What was found for one video is told again for so long, unless another look has seen something since.
const ANSWERS: Duration = Duration::from_secs(30);

/// Answers in memory.
const MOST_ANSWERS: u64 = 500;

/// The operator's own files. Cheap to clone.
#[derive(Clone)]
pub struct Library {
    inner: Arc<Inner>,
}

struct Inner {
    media: Option<PathBuf>,
    cache: Cache,
    /// What the last look saw; `None` before the first one.
    seen: watch::Sender<Option<Seen>>,
    answers: Moka<Asked, Arc<[Found]>>,
    /// When the next look is due; `None` while somebody looks.
    due: Mutex<Option<Instant>>,
    stop: AtomicBool,
    tasks: TaskTracker,
}

/// What one look saw.
#[derive(Clone, Default)]
struct Seen {
    shelf: Arc<Shelf>,
    /// The number of the look, which tells answers from it from those of an earlier one.
    generation: u64,
}

/// What an answer depends on. The title of an id and how its episodes are counted may be learned from one request to
/// the next.
#[derive(PartialEq, Eq, Hash)]
struct Asked {
    kind: String,
    id: ContentId,
    title: Option<String>,
    episode: Option<(u32, u32)>,
    absolute: Option<u32>,
    /// A search of an earlier shelf may end after a look, and must not be taken for one of what that look saw.
    generation: u64,
}

impl Asked {
    fn new(query: &Query, generation: u64) -> Self {
        Self {
            kind: query.kind.clone(),
            id: query.id.clone(),
            title: query.title.as_ref().map(|title| title.name.clone()),
            episode: query.episode,
            absolute: query.absolute,
            generation,
        }
    }
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("media", &self.inner.media).finish_non_exhaustive()
    }
}

impl Library {
    /// The videos below `media`, if there is such a folder, and the drop-ins of `cache`. The first look starts at
    /// once; needs a tokio runtime.
    pub fn new(media: Option<PathBuf>, cache: Cache) -> Self {
        // Addresses of files are absolute.
        let media = media.map(|media| std::path::absolute(&media).unwrap_or(media));
        let seen = watch::Sender::new(media.is_none().then(Seen::default));
        let due = Mutex::new(Some(Instant::now()));
        let tasks = TaskTracker::new();
        let answers = Moka::builder().time_to_live(ANSWERS).max_capacity(MOST_ANSWERS).build();
        let inner = Inner { media, cache, seen, answers, due, stop: AtomicBool::new(false), tasks };
        let library = Self { inner: Arc::new(inner) };
        library.look_if_due();
        library
    }

    /// Ends a look that is under way.
    pub async fn shutdown(&self) {
        self.inner.stop.store(true, Ordering::Relaxed);
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// Looks again in the background, unless somebody does or has a moment ago.
    fn look_if_due(&self) {
        let Some(media) = self.inner.media.clone() else { return };
        if self.inner.stop.load(Ordering::Relaxed) {
            return;
        }
        {
            let mut due = self.inner.due.lock().unwrap_or_else(PoisonError::into_inner);
            if due.is_none_or(|due| Instant::now() < due) {
                return;
            }
            *due = None;
        }
        let inner = Arc::clone(&self.inner);
        self.inner.tasks.spawn_blocking(move || inner.look(&media));
    }

    async fn answer(&self, query: &Query, sink: &(dyn Fn(Vec<Found>) + Send + Sync)) {
        self.look_if_due();
        let mut seen = self.inner.seen.subscribe();
        // The sender lives in `self`, so this cannot fail.
        let seen = seen.wait_for(Option::is_some).await.ok().and_then(|seen| seen.clone());
        let Some(Seen { shelf, generation }) = seen else { return };
        let key = Asked::new(query, generation);
        if let Some(found) = self.inner.answers.get(&key) {
            if !found.is_empty() {
                sink(found.to_vec());
            }
            return;
        }
        let (inner, query) = (Arc::clone(&self.inner), query.clone());
        let looking = tokio::task::spawn_blocking(move || {
            let mut found = matching::find(&shelf, &query);
            found.extend(inner.drop_ins(&query));
            found
        });
        let Ok(found) = looking.await else { return };
        self.inner.answers.insert(key, found.as_slice().into());
        if !found.is_empty() {
            sink(found);
        }
    }
}

impl Inner {
    /// Blocking.
    fn look(&self, media: &Path) {
        let began = Instant::now();
        let Seen { shelf: before, generation } = self.seen.borrow().clone().unwrap_or_default();
        let shelf = Shelf::scan(media, &before, &|| !self.stop.load(Ordering::Relaxed));
        let took = began.elapsed();
        if before.videos.len() != shelf.videos.len() {
            tracing::info!(videos = shelf.videos.len(), ?took, "looked through the media folder");
        }
        self.seen.send_replace(Some(Seen { shelf: Arc::new(shelf), generation: generation + 1 }));
        // Answers name the look they are from, so that nobody is told one of these meanwhile.
        self.answers.invalidate_all();
        let pause = LOOK_EVERY.max(took * SHARE);
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + pause);
    }

    /// The drop-ins that are the wanted video. They are known by the info-hash in their names. Blocking.
    fn drop_ins(&self, query: &Query) -> Vec<Found> {
        let wanted = self.cache.drop_ins().into_iter().filter_map(|(info_hash, file_name, size)| {
            let name = without_hash(&file_name, &info_hash.to_string());
            matching::fits(&Named::read(&name), query).then(|| Found {
                info_hash: Some(info_hash),
                name,
                file_name: Some(file_name),
                file_size: Some(size),
                size: Some(size),
                is_exact: true,
                ..Found::default()
            })
        });
        wanted.collect()
    }
}

/// A name without the info-hash in it, which says nothing to people.
fn without_hash(name: &str, hash: &str) -> String {
    let Some(at) = name.to_ascii_lowercase().find(hash) else { return name.to_owned() };
    let (before, after) = (&name[..at], &name[at + hash.len()..]);
    let is_bracket = |c: char| matches!(c, '[' | ']' | '(' | ')' | '{' | '}' | '-' | '_' | ' ');
    format!("{}{}", before.trim_end_matches(is_bracket), after.trim_start_matches(is_bracket))
}

impl Indexer for Library {
    fn name(&self) -> &str {
        LIBRARY
    }

    fn budget(&self) -> Duration {
        BUDGET
    }

    fn search<'a>(
        &'a self,
        query: &'a Query,
        sink: &'a (dyn Fn(Vec<Found>) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), IndexerError>> {
        self.answer(query, sink).map(Ok).boxed()
    }

    fn changes(&self) -> u64 {
        self.inner.seen.borrow().as_ref().map_or(0, |seen| seen.generation)
    }

    fn probe(&self) -> BoxFuture<'_, Result<Probe, IndexerError>> {
        async {
            let mut seen = self.inner.seen.subscribe();
            let seen = seen.wait_for(Option::is_some).await.ok().and_then(|seen| seen.clone());
            let results = seen.map_or(0, |seen| seen.shelf.videos.len());
            Ok(Probe { title: self.name().to_owned(), indexers: None, results })
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
