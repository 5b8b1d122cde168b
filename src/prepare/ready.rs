//! The moka cache of ready jobs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::job::{Content, Job};
use crate::domain::{FileChoice, FileIndex, InfoHash, Metainfo};

/// Ready jobs by info-hash. One prepared season pack serves every episode prepared from it.
#[derive(Debug)]
pub(super) struct ReadyJobs(Cache<InfoHash, Arc<ReadyTorrent>>);

/// One torrent's file table and its ready files.
#[derive(Debug)]
struct ReadyTorrent {
    metainfo: Option<Arc<Metainfo>>,
    files: Mutex<HashMap<FileIndex, Arc<Job>>>,
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
        let torrent = self.0.get_with(job.id().info_hash, || {
            Arc::new(ReadyTorrent { metainfo: content.metainfo.clone(), files: Mutex::default() })
        });
        torrent.files().insert(content.index, Arc::clone(job));
    }

    /// The ready job for a choice, and its idle time starts anew.
    pub(super) fn get(&self, info_hash: InfoHash, choice: FileChoice) -> Option<Arc<Job>> {
        let torrent = self.0.get(&info_hash)?;
        let files = torrent.files();
        if torrent.metainfo.is_none() {
            // An operator's file stands for the whole torrent, whichever file is asked for.
            return files.values().next().cloned();
        }
        let index = match choice {
            FileChoice::Index(index) => index,
            choice => crate::release::choose(&torrent.metainfo.as_ref()?.files, choice).ok()?,
        };
        files.get(&index).cloned()
    }

    /// Forgets one job.
    pub(super) fn remove(&self, job: &Arc<Job>) {
        if let Some(torrent) = self.0.get(&job.id().info_hash) {
            torrent.files().retain(|_, ready| !Arc::ptr_eq(ready, job));
        }
    }

    /// Forgets every torrent that nobody watches.
    pub(super) fn remove_unwatched(&self) {
        for (info_hash, torrent) in &self.0 {
            torrent.files().retain(|_, job| job.viewers() > 0);
            if torrent.files().is_empty() {
                self.0.invalidate(&*info_hash);
            }
        }
        self.0.run_pending_tasks();
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
    fn files(&self) -> std::sync::MutexGuard<'_, HashMap<FileIndex, Arc<Job>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
