//! The moka cache of ready jobs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::job::{Content, Job};
use crate::domain::{FileChoice, InfoHash};

/// Ready jobs by info-hash. One prepared season pack serves every episode prepared from it.
#[derive(Debug)]
pub(super) struct ReadyJobs(Cache<InfoHash, Arc<ReadyTorrent>>);

/// The ready files of one torrent, oldest first. Two jobs may have found the same file by different ways;
/// both stay, because somebody may know either by its id.
#[derive(Debug, Default)]
struct ReadyTorrent(Mutex<Vec<ReadyFile>>);

#[derive(Debug)]
struct ReadyFile {
    job: Arc<Job>,
    content: Content,
}

impl ReadyJobs {
    /// A cache of at most `torrents` torrents, each of which leaves `lifetime` after its last use. A torrent
    /// that is watched goes on when it leaves: its viewers hold its job.
    pub(super) fn new(torrents: u64, lifetime: Duration) -> Self {
        // By age and not by frequency, which would turn away every newcomer.
        let policy = EvictionPolicy::lru();
        Self(Cache::builder().max_capacity(torrents).eviction_policy(policy).time_to_idle(lifetime).build())
    }

    /// Adds a ready job.
    pub(super) fn insert(&self, job: &Arc<Job>, content: &Content) {
        let torrent = self.0.get_with(job.id().info_hash, Arc::default);
        let mut files = torrent.files();
        files.retain(|file| !Arc::ptr_eq(&file.job, job));
        files.push(ReadyFile { job: Arc::clone(job), content: content.clone() });
    }

    /// The ready job for a choice, and its idle time starts anew.
    pub(super) fn get(&self, info_hash: InfoHash, choice: FileChoice) -> Option<Arc<Job>> {
        let torrent = self.0.get(&info_hash)?;
        let mut files = torrent.files();
        files.retain(|file| file.content.file.is_current());
        // An operator's file stands for the whole torrent, whichever file is asked for.
        let provided = files.iter().rfind(|file| file.content.file.layout().is_none());
        if let Some(file) = provided {
            return Some(Arc::clone(&file.job));
        }
        // A content whose file table nobody knew stands for what was asked for, and for nothing else.
        let stand_in = files.iter().rfind(|file| Some(file.content.index) == choice.stand_in());
        if let Some(file) = stand_in {
            return Some(Arc::clone(&file.job));
        }
        let index = match choice {
            FileChoice::Index(index) => index,
            choice => {
                let metainfo = files.iter().find_map(|file| file.content.metainfo.as_ref())?;
                crate::release::choose(&metainfo.files, choice).ok()?
            }
        };
        files.iter().rfind(|file| file.content.index == index).map(|file| Arc::clone(&file.job))
    }

    /// Forgets one job.
    pub(super) fn remove(&self, job: &Arc<Job>) {
        if let Some(torrent) = self.0.get(&job.id().info_hash) {
            torrent.files().retain(|file| !Arc::ptr_eq(&file.job, job));
        }
    }

    /// Forgets every file that nobody watches.
    pub(super) fn remove_unwatched(&self) {
        for (_, torrent) in &self.0 {
            torrent.files().retain(|file| file.job.viewers() > 0);
        }
    }

    /// Lets go of what has expired; moka does that only when it is used.
    pub(super) fn tend(&self) {
        self.0.run_pending_tasks();
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.0.invalidate_all();
        self.0.run_pending_tasks();
    }
}

impl ReadyTorrent {
    fn files(&self) -> MutexGuard<'_, Vec<ReadyFile>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
