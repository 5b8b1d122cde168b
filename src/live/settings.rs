//! What the room needs to know from the operator, and how patient it is.

use std::time::Duration;

use super::ring::{JoinAt, RingLimits};
use super::session::LadderLimits;
use crate::config::LiveConfig;

/// Most bytes that one channel holds in memory: 30 s of the best broadcasts.
const RING_BYTES: usize = 32 << 20;

/// How far behind the newest bytes a new viewer begins at most: enough to bridge the gaps of a swarm, and not so much
/// that people on two screens shout at different times.
const JOIN_BEHIND: Duration = Duration::from_secs(8);

/// Settings of the room.
#[derive(Debug, Clone, Copy)]
pub struct LiveSettings {
    /// How long a viewer waits for the first bytes.
    pub empty_stream_timeout: Duration,
    /// How long a channel goes on after its last viewer left.
    pub stream_idle_timeout: Duration,
    /// Time between two looks at the viewers, and at starts that nobody waits for.
    pub client_heartbeat_interval: Duration,
    /// A viewer who has not asked for more for so long no longer counts from the next look on.
    pub client_timeout: Duration,
    /// Most bytes that a new viewer gets at once.
    pub stream_buffer_size: usize,
    /// Bytes that are handed on in one piece.
    pub copy_chunk_size: usize,
    /// Time between two looks for channels that nobody watches.
    pub session_cleanup_interval: Duration,
    /// How patient sessions are.
    pub patience: Patience,
}

/// How patient a session is with engines and viewers.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long an engine may take from a start to the first bytes before the next is tried, if there is one.
    pub first_bytes: Duration,
    /// How long an engine that delivered may be silent.
    pub silence: Duration,
    /// How long bytes may come of which nothing can be played.
    pub useless: Duration,
    /// How long bytes may lie in an unfinished chunk.
    pub flush: Duration,
    /// How far a broadcast may run ahead of the clock.
    pub lead: Duration,
    /// How long a start goes on without those who asked for it by playlists. Who reads one stream has left when the
    /// connection is closed, and such a start is stopped at once.
    pub start_grace: Duration,
    /// What each channel holds.
    pub ring: RingLimits,
    /// How long the engines may fail.
    pub ladder: LadderLimits,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_bytes: Duration::from_secs(15),
            // Swarms pause, but players that get nothing but null packets for much longer give up.
            silence: Duration::from_secs(12),
            // A splice may drop this much that viewers have had already.
            useless: Duration::from_secs(30),
            // Slow broadcasts take seconds to fill a chunk, and players notice a second.
            flush: Duration::from_millis(250),
            // Half of what the ring holds, so that a burst never runs past a reader who keeps up.
            lead: Duration::from_secs(15),
            // Players give up on a playlist after about 20 s, and then ask again.
            start_grace: Duration::from_secs(30),
            ring: RingLimits { span: Duration::from_secs(30), bytes: RING_BYTES },
            ladder: LadderLimits::default(),
        }
    }
}

impl From<&LiveConfig> for LiveSettings {
    fn from(config: &LiveConfig) -> Self {
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        Self {
            empty_stream_timeout: config.empty_stream_timeout,
            stream_idle_timeout: config.stream_idle_timeout,
            client_heartbeat_interval: config.client_heartbeat_interval,
            client_timeout: config.client_timeout,
            stream_buffer_size: size(config.stream_buffer_size),
            copy_chunk_size: size(config.copy_chunk_size),
            session_cleanup_interval: config.session_cleanup_interval,
            patience: Patience {
                // Two engines can be tried while the viewer waits.
                first_bytes: Patience::default().first_bytes.min(config.empty_stream_timeout / 2),
                ..Patience::default()
            },
        }
    }
}

impl LiveSettings {
    /// Where a new viewer begins.
    pub(super) fn join_at(&self) -> JoinAt {
        JoinAt { behind: JOIN_BEHIND, bytes: self.stream_buffer_size }
    }
}
