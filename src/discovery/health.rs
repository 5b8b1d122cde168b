//! How an indexer is doing, and when it is asked again after it failed.

use std::time::SystemTime;

use serde::Serialize;

/// How one of the operator's indexers is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexerHealth {
    /// Its name.
    pub name: String,
    /// What it speaks.
    pub kind: &'static str,
    /// How it is doing.
    pub state: IndexerState,
    /// Why it failed last; absent after a success.
    pub last_error: Option<String>,
    /// Milliseconds its last finished search took.
    pub latency_ms: Option<u64>,
    /// How many releases that search brought.
    pub results: Option<usize>,
    /// Until when it is left alone.
    #[serde(serialize_with = "unix_seconds")]
    pub next_try: Option<SystemTime>,
}

/// How an indexer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexerState {
    /// It has not been asked yet.
    Unknown,
    /// Its last search succeeded.
    Healthy,
    /// It failed, and is left alone until `next_try`.
    Resting,
    /// It refuses its key: the operator has to act.
    Refused,
}

fn unix_seconds<S: serde::Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
    let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.map(|since| since.as_secs()).serialize(serializer)
}
