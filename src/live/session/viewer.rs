//! A viewer, as others see it.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::live::stamp::Stamp;

/// What is known of a viewer.
#[derive(Debug, Clone)]
pub struct ViewerFacts {
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// What the player calls itself.
    pub user_agent: String,
    /// How it watches.
    pub means: Means,
}

/// How a channel is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Means {
    /// As one transport stream.
    Ts,
    /// By playlists and segments.
    Hls,
    /// Not at all: somebody asks whether it could be.
    Check,
}

/// One viewer as reports show it.
#[derive(Debug, Clone, Serialize)]
pub struct ViewerReport {
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// What the player calls itself.
    pub user_agent: String,
    /// How it watches.
    pub means: Means,
    /// Since when.
    pub connected_at: Stamp,
    /// Bytes that were handed to it.
    pub bytes: u64,
    /// How far behind the newest bytes it was when it last took some.
    #[serde(serialize_with = "seconds")]
    pub seconds_behind: Duration,
    /// How long ago it last took some.
    #[serde(serialize_with = "seconds")]
    pub idle_seconds: Duration,
    /// How often it was so slow that it missed something.
    pub skips: u64,
    /// Whether it counts as a viewer; one that takes nothing does not.
    pub counted: bool,
}

/// A time in seconds, to the millisecond.
pub(crate) fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((time.as_secs_f64() * 1_000.0).round() / 1_000.0)
}
