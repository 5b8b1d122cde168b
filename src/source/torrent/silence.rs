//! Noticing that a swarm is silent, and when to dial again.

use std::time::Duration;

use librqbit::TorrentStats;
use tokio::time::Instant;

/// The engine gives a peer that refused a connection 10 s and more before it tries again. Many refuse
/// the first one for a moment, because they still hold the connection over which they sent the
/// metadata, so that the first few tries are repeated after this time, and twice as long each time.
const REDIAL: Duration = Duration::from_secs(1);
const REDIALS: u32 = 3;

/// How long nothing has come although something was wanted.
pub(super) struct Silence {
    received: u64,
    since: Instant,
}

impl Silence {
    pub(super) fn new(received: u64) -> Self {
        Self { received, since: Instant::now() }
    }

    pub(super) fn lasts(&mut self, received: u64, excused: bool) -> Duration {
        if excused || received != self.received {
            *self = Self::new(received);
        }
        self.since.elapsed()
    }
}

/// When to dial peers again that all refused.
pub(super) struct Redial {
    left: u32,
    after: Instant,
    pause: Duration,
}

impl Redial {
    pub(super) fn new() -> Self {
        Self { left: REDIALS, after: Instant::now() + REDIAL / 2, pause: REDIAL }
    }

    pub(super) fn is_due(&mut self, stats: &TorrentStats) -> bool {
        let all_refused = stats.live.as_ref().is_some_and(|live| {
            let peers = &live.snapshot.peer_stats;
            peers.live + peers.connecting + peers.queued == 0 && peers.dead > 0
        });
        let due = all_refused && self.left > 0 && Instant::now() >= self.after;
        if due {
            self.pause *= 2;
            (self.left, self.after) = (self.left - 1, Instant::now() + self.pause);
        }
        due
    }
}
