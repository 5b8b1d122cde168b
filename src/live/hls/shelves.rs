//! The recordings of all channels.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::disk::Disk;
use super::shelf::Shelf;
use crate::domain::InfoHash;
use crate::ffmpeg::Ffmpeg;
use crate::live::ring::Ring;

/// How channels are recorded.
#[derive(Debug, Clone)]
pub struct ShelvesSettings {
    /// Where recordings lie. Folders in it that are named by an info-hash are deleted at start.
    pub folder: PathBuf,
    /// How far back viewers can go. With zero nothing is recorded before HLS is asked for, and then as much as players
    /// need to follow.
    pub window: Duration,
    /// Most bytes of all recordings together.
    pub most_bytes: u64,
    /// Converts sound, if it is there.
    pub ffmpeg: Option<Ffmpeg>,
}

/// Recordings cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("the folder for recordings of live channels, {folder}, cannot be used: {cause}")]
pub struct ShelvesError {
    folder: PathBuf,
    #[source]
    cause: std::io::Error,
}

/// The recordings of all channels.
#[derive(Debug, Clone)]
pub struct Shelves {
    disk: Arc<Disk>,
    window: Duration,
    ffmpeg: Option<Ffmpeg>,
    all: Arc<Mutex<Vec<Weak<Shelf>>>>,
}

impl Shelves {
    /// Takes over the folder. Blocks while leftovers of an earlier run are deleted.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(settings: ShelvesSettings) -> Result<Self, ShelvesError> {
        let ShelvesSettings { folder, window, most_bytes, ffmpeg } = settings;
        match Disk::open(&folder, most_bytes) {
            Ok(disk) => Ok(Self { disk, window, ffmpeg, all: Arc::default() }),
            Err(cause) => Err(ShelvesError { folder, cause }),
        }
    }

    /// A shelf for a channel that starts. It stays empty until [`Shelf::record`] runs.
    pub fn shelf(&self, channel: InfoHash, ring: &Arc<Ring>) -> Arc<Shelf> {
        let folder = self.disk.folder().join(channel.to_string());
        let shelf =
            Shelf::new(Arc::clone(&self.disk), folder, Arc::clone(ring), self.window, self.ffmpeg.clone());
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|shelf| shelf.strong_count() > 0);
        all.push(Arc::downgrade(&shelf));
        shelf
    }

    /// The shelves of channels that have ended a moment ago: their players have not all learned of it.
    pub fn ended(&self) -> Vec<Arc<Shelf>> {
        let all: Vec<_> = {
            let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
            all.iter().filter_map(Weak::upgrade).collect()
        };
        all.into_iter().filter(|shelf| shelf.ring.ended().is_some()).collect()
    }

    /// Bytes of all recordings on disk.
    pub fn used_bytes(&self) -> u64 {
        self.disk.used()
    }
}
