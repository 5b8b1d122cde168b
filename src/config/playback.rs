//! How long prepared streams live and how often they report.

use std::time::Duration;

use super::layers::Layers;
use super::values::{duration_text, positive_duration};

/// The `playback` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaybackConfig {
    /// `HEADWATER_READY_TIME`: how long a ready job lives after its last use. Default 5 minutes.
    pub ready_time: Duration,
    /// `HEADWATER_PROGRESS_INTERVAL`: time between two progress reports. Default 5 seconds.
    pub progress_interval: Duration,
}

impl Default for PlaybackConfig {
    fn default() -> Self {
        Self { ready_time: Duration::from_secs(300), progress_interval: Duration::from_secs(5) }
    }
}

impl PlaybackConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let default = Self::default();
        let millis = Duration::from_millis(1);
        Self {
            ready_time: layers
                .value("HEADWATER_READY_TIME", default.ready_time, |given| positive_duration(given, millis)),
            progress_interval: layers.value(
                "HEADWATER_PROGRESS_INTERVAL",
                default.progress_interval,
                |given| positive_duration(given, millis),
            ),
        }
    }

    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        vec![
            ("HEADWATER_READY_TIME", duration_text(self.ready_time)),
            ("HEADWATER_PROGRESS_INTERVAL", duration_text(self.progress_interval)),
        ]
    }
}
