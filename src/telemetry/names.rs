//! Every series that `/metrics` shows, and the labels it carries.

/// A series: its name without the ending that counters get, and what it says.
#[derive(Debug, Clone, Copy)]
pub struct Series {
    /// The name.
    pub name: &'static str,
    /// One line for people, without a full stop.
    pub help: &'static str,
}

const fn series(name: &'static str, help: &'static str) -> Series {
    Series { name, help }
}

/// Label of what belongs to one live session: its info-hash.
pub const CHANNEL: &str = "channel";
/// Label of what belongs to one AceStream engine: its host and port.
pub const ENGINE: &str = "engine";

/// Gauge.
pub const TASKS: Series = series("headwater_tasks", "Tasks that are alive");
/// Gauge.
pub const JOBS: Series = series("headwater_jobs", "Preparations at work or ready");
/// Gauge.
pub const VIEWERS: Series = series("headwater_viewers", "Viewers of prepared files");
/// Gauge.
pub const CACHE_BYTES: Series = series("headwater_cache_bytes", "Bytes of all cache files together");
/// Gauge.
pub const CACHE_CONTENTS: Series = series("headwater_cache_contents", "Contents in the cache");

/// Gauge.
pub const LIVE_SESSIONS: Series = series("headwater_live_sessions", "Live sessions that are on or starting");
/// Gauge.
pub const LIVE_RECORDED: Series = series("headwater_live_recorded_bytes", "Bytes of all recordings together");
/// Histogram, in seconds.
pub const LIVE_FIRST_BYTES: Series =
    series("headwater_live_first_bytes_seconds", "Time from a viewer's request to the first bytes");
/// Gauge per session.
pub const LIVE_VIEWERS: Series =
    series("headwater_live_viewers", "Viewers of a live session that take bytes");
/// Counter per session.
pub const LIVE_RECEIVED: Series = series("headwater_live_received_bytes", "Bytes from engines");
/// Counter per session.
pub const LIVE_SENT: Series = series("headwater_live_sent_bytes", "Bytes to viewers");
/// Gauge per session.
pub const LIVE_BUFFERED: Series =
    series("headwater_live_buffered_bytes", "Bytes of a live session in memory");
/// Gauge per session.
pub const LIVE_BIT_RATE: Series =
    series("headwater_live_bits_per_second", "Bit rate by the clock of the broadcast");
/// Gauge per session.
pub const LIVE_AGE: Series =
    series("headwater_live_newest_age_seconds", "How long ago the newest bytes of a live session came");
/// Gauge per session.
pub const LIVE_BEHIND: Series =
    series("headwater_live_viewer_behind_seconds", "How far the slowest viewer is behind the newest bytes");
/// Gauge per session.
pub const LIVE_PEERS: Series =
    series("headwater_live_peers", "Peers of the engine that delivers the session");
/// Counter per session.
pub const LIVE_FAILOVERS: Series =
    series("headwater_live_failovers", "Engine sessions that were replaced while viewers watched");
/// Counter per session.
pub const LIVE_SKIPS: Series =
    series("headwater_live_skips", "Times a viewer was too slow and missed something");
/// Counter per session.
pub const LIVE_BREAKS: Series =
    series("headwater_live_breaks", "Places where the broadcast does not continue and says so");
/// Counter per session.
pub const LIVE_CONTINUITY: Series =
    series("headwater_live_continuity_errors", "Packets that were lost before they reached this server");
/// Counter per session.
pub const LIVE_LOST_SYNC: Series =
    series("headwater_live_lost_syncs", "Times the bytes of an engine were no packets any more");

/// Gauge per engine.
pub const ENGINE_HEALTHY: Series =
    series("headwater_live_engine_healthy", "Whether an engine is healthy: 1 or 0");
/// Gauge per engine.
pub const ENGINE_STREAMS: Series =
    series("headwater_live_engine_streams", "Channels that an engine delivers");
/// Gauge per engine.
pub const ENGINE_MOST_STREAMS: Series =
    series("headwater_live_engine_max_streams", "Channels that an engine may deliver");
/// Gauge per engine.
pub const ENGINE_DRAINING: Series =
    series("headwater_live_engine_draining", "Whether an engine gets nothing new: 1 or 0");
/// Gauge per engine.
pub const ENGINE_REST: Series = series(
    "headwater_live_engine_cooling_down_seconds",
    "How much longer an engine is left alone after failures",
);
/// Gauge per engine.
pub const ENGINE_SCORE: Series = series("headwater_live_engine_score", "The score of the specification");
/// Counter per engine.
pub const ENGINE_STARTS: Series = series("headwater_live_engine_starts", "Channels an engine was asked for");
/// Counter per engine.
pub const ENGINE_FAILURES: Series =
    series("headwater_live_engine_failures", "Times an engine failed a channel");
/// Gauge per engine.
pub const ENGINE_FIRST_BYTE: Series =
    series("headwater_live_engine_first_byte_seconds", "What an engine last took to the first byte");
