//! The recordings of all channels.

use std::path::PathBuf;
use std::sync::Arc;
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
}

impl Shelves {
    /// Takes over the folder. Blocks while leftovers of an earlier run are deleted.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(settings: ShelvesSettings) -> Result<Self, ShelvesError> {
        let ShelvesSettings { folder, window, most_bytes, ffmpeg } = settings;
        match Disk::open(&folder, most_bytes) {
            Ok(disk) => Ok(Self { disk, window, ffmpeg }),
            Err(cause) => Err(ShelvesError { folder, cause }),
        }
    }

    /// A shelf for a channel that starts. It stays empty until [`Shelf::record`] runs.
    pub fn shelf(&self, channel: InfoHash, ring: &Arc<Ring>) -> Arc<Shelf> {
        let folder = self.disk.folder().join(channel.to_string());
        Shelf::new(Arc::clone(&self.disk), folder, Arc::clone(ring), self.window, self.ffmpeg.clone())
    }

    /// Bytes of all recordings on disk.
    pub fn used_bytes(&self) -> u64 {
        self.disk.used()
    }
}
