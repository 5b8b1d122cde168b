//! How long things take and how often they are looked at.

use std::time::Duration;

/// The numbers of the flow, in one place so that tests can shorten all of them alike.
#[derive(Debug, Clone)]
pub(super) struct Times {
    /// From the question to the link, where the service holds the torrent.
    pub(super) cached: Duration,
    /// A service that does not say whether it holds a torrent has it ready within this time if it does.
    pub(super) unknown: Duration,
    /// Pauses between looks at an item; the last one is repeated.
    pub(super) polls: Vec<Duration>,
    /// After this much time nobody sits and waits.
    pub(super) foreground: Duration,
    /// The pause between looks from then on.
    pub(super) background: Duration,
    /// A download that stays at nothing without seeders for so long will not begin.
    pub(super) barren: Duration,
    /// The shortest time between two fresh links for the same file.
    pub(super) refresh_gap: Duration,
    /// No more than [`super::links::MOST_REFRESHES`] fresh links within this time.
    pub(super) refresh_window: Duration,
}

impl Default for Times {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            cached: seconds(15),
            unknown: seconds(6),
            polls: [1, 1, 2, 2, 3, 5, 5, 10].map(seconds).to_vec(),
            foreground: seconds(45),
            background: seconds(30),
            barren: seconds(180),
            refresh_gap: seconds(10),
            refresh_window: seconds(60),
        }
    }
}

#[cfg(test)]
impl Times {
    /// Pauses of milliseconds, and limits that a busy machine keeps.
    pub(super) fn short() -> Self {
        let (millis, seconds) = (Duration::from_millis, Duration::from_secs);
        Self {
            cached: seconds(10),
            unknown: millis(100),
            polls: [5, 5, 10, 20].map(millis).to_vec(),
            foreground: seconds(10),
            background: seconds(10),
            barren: millis(100),
            refresh_gap: millis(300),
            refresh_window: seconds(60),
        }
    }
}
