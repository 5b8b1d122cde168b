//! How much is kept on disk and for how long.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::layers::Layers;
use super::values::{bytes, bytes_text, duration, duration_text, positive_duration};

/// The `cache` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheConfig {
    /// `HEADWATER_CACHE_DIR`: folder of the video files; `None` is `cache` in the data folder. Read it
    /// through [`super::Config::cache_dir`].
    pub dir: Option<PathBuf>,
    /// `HEADWATER_CACHE_MAX_BYTES`: quota in bytes; `None` leaves only the free floor.
    pub max_bytes: Option<u64>,
    /// `HEADWATER_CACHE_FREE_FLOOR`: bytes of the disk that stay free. Default 1 GiB, so that the database
    /// and the system can go on when the cache is full.
    pub free_floor: u64,
    /// `HEADWATER_CACHE_IDLE`: a video unused for so long is deleted; `None` keeps everything. Default 30
    /// minutes.
    pub idle: Option<Duration>,
    /// `HEADWATER_CACHE_SWEEP`: time between two looks for idle videos. Default 1 minute.
    pub sweep: Duration,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            dir: None,
            max_bytes: None,
            free_floor: 1 << 30,
            idle: Some(Duration::from_secs(30 * 60)),
            sweep: Duration::from_secs(60),
        }
    }
}

impl CacheConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let default = Self::default();
        Self {
            dir: layers.value("HEADWATER_CACHE_DIR", None, |given| Ok(Some(PathBuf::from(&given.text)))),
            max_bytes: layers.value("HEADWATER_CACHE_MAX_BYTES", default.max_bytes, |given| {
                bytes(given).map(|quota| (quota > 0).then_some(quota))
            }),
            free_floor: layers.value("HEADWATER_CACHE_FREE_FLOOR", default.free_floor, bytes),
            idle: layers.value("HEADWATER_CACHE_IDLE", default.idle, |given| {
                duration(given, Duration::from_millis(1)).map(|idle| (!idle.is_zero()).then_some(idle))
            }),
            sweep: layers.value("HEADWATER_CACHE_SWEEP", default.sweep, |given| {
                positive_duration(given, Duration::from_secs(1))
            }),
        }
    }

    pub(super) fn describe(&self, dir: &Path) -> Vec<(&'static str, String)> {
        vec![
            ("HEADWATER_CACHE_DIR", dir.display().to_string()),
            ("HEADWATER_CACHE_MAX_BYTES", bytes_text(self.max_bytes.unwrap_or(0))),
            ("HEADWATER_CACHE_FREE_FLOOR", bytes_text(self.free_floor)),
            ("HEADWATER_CACHE_IDLE", duration_text(self.idle.unwrap_or_default())),
            ("HEADWATER_CACHE_SWEEP", duration_text(self.sweep)),
        ]
    }
}
