//! How far a preparation has come, as sources report it.

use tokio::sync::watch;

/// The phases of a preparation, in order (`async-stream-preparation`: 0-10, 10-50, 50-100 per cent).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing asked yet.
    Preparing,
    /// Looking for the content and for someone who has it.
    Connecting,
    /// Bytes arrive.
    Downloading,
}

/// The latest report of a preparation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The phase.
    pub stage: Stage,
    /// Per cent of the whole preparation, within the phase's bounds, never falling.
    pub percent: u8,
    /// One sentence for a person.
    pub message: String,
}

/// Where a source reports its progress. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Report(watch::Sender<Progress>);

impl Report {
    /// A fresh report at nought per cent.
    pub fn new() -> Self {
        Self(watch::Sender::new(Progress {
            stage: Stage::Preparing,
            percent: 0,
            message: "Starting stream preparation...".to_owned(),
        }))
    }

    /// Says that `stage` is `fraction` (0 to 1) done. Progress never falls back.
    pub fn update(&self, stage: Stage, fraction: f64, message: impl Into<String>) {
        let (low, high) = match stage {
            Stage::Preparing => (0.0, 10.0),
            Stage::Connecting => (10.0, 50.0),
            Stage::Downloading => (50.0, 100.0),
        };
        let percent = (low + (high - low) * fraction.clamp(0.0, 1.0)) as u8;
        let message = message.into();
        self.0.send_if_modified(|now| {
            if stage < now.stage {
                return false;
            }
            let next = Progress { stage, percent: percent.max(now.percent), message };
            let changed = *now != next;
            *now = next;
            changed
        });
    }

    /// The latest progress.
    pub fn latest(&self) -> Progress {
        self.0.borrow().clone()
    }
}

impl Default for Report {
    fn default() -> Self {
        Self::new()
    }
}
