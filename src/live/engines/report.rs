//! What people are told of an engine.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};
use tokio::time::Instant;

use super::member::Member;
use super::vitals::Health;

/// One engine as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EngineReport {
    /// Where it is.
    pub host: String,
    /// The port of its HTTP API.
    pub port: u16,
    /// What the operator calls it; host and port without a name.
    pub container_id: String,
    /// Whether peers can reach it.
    pub forwarded: bool,
    /// The tunnel it shares with others.
    pub vpn: Option<String>,
    /// Whether it answers, has a network, and is not left alone.
    pub healthy: bool,
    /// Whether it takes nothing new.
    pub draining: bool,
    /// Channels it delivers, and those that are being started there.
    pub streams: u32,
    /// The most it may deliver.
    pub max_streams: u32,
    /// The published score: +1000 if forwarded, -10 for each stream, -1000 if not healthy. Shown for comparison: the
    /// choice itself goes by tiers.
    pub score: i64,
    /// How much longer it is left alone after failures.
    pub cooling_down_seconds: Option<f64>,
    /// What was wrong last; absent after it delivered.
    pub last_error: Option<String>,
    /// When it was heard of last, in seconds since 1970.
    #[serde(serialize_with = "unix_seconds")]
    pub last_checked: Option<SystemTime>,
    /// What it says of its version.
    pub version: Option<String>,
}

impl EngineReport {
    pub(super) fn of(member: &Member, max_streams: u32, now: Instant) -> Self {
        let (settings, vitals) = (&member.settings, &member.vitals);
        let rest = vitals.rest(now);
        let healthy = vitals.health == Health::Healthy && rest.is_none();
        let score = if settings.forwarded { 1_000 } else { 0 }
            - 10 * i64::from(member.streams)
            - if healthy { 0 } else { 1_000 };
        Self {
            host: settings.address.host.clone(),
            port: settings.address.port,
            container_id: settings.name.clone().unwrap_or_else(|| settings.address.to_string()),
            forwarded: settings.forwarded,
            vpn: settings.vpn.clone(),
            healthy,
            draining: member.is_draining,
            streams: member.streams,
            max_streams,
            score,
            cooling_down_seconds: rest.map(|rest| rest.as_secs_f64()),
            last_error: vitals.last_error.clone(),
            last_checked: vitals.checked_at(),
            version: vitals.version.clone(),
        }
    }
}

fn unix_seconds<S: Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    let seconds = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_secs());
    seconds.serialize(serializer)
}
