//! Peers, counted.

use librqbit::TorrentStats;

/// How many peers a torrent has and what they deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerCounts {
    /// Connected.
    pub live: u32,
    /// Being dialled, or waiting for it.
    pub dialling: u32,
    /// Ever heard of.
    pub seen: u32,
    /// Bytes per second that arrive, averaged over seconds.
    pub download_bps: u64,
}

impl PeerCounts {
    /// What the engine says of a torrent, if it is at work on it.
    pub(super) fn of(stats: &TorrentStats) -> Option<Self> {
        let live = stats.live.as_ref()?;
        let peers = &live.snapshot.peer_stats;
        Some(Self {
            live: peers.live,
            dialling: peers.connecting + peers.queued,
            seen: peers.seen,
            // The engine counts in MiB per second.
            download_bps: (live.download_speed.mbps * 1024.0 * 1024.0) as u64,
        })
    }

    /// Those of two clients, who mostly know the same peers.
    pub(super) fn beside(self, other: Self) -> Self {
        Self {
            live: self.live.max(other.live),
            dialling: self.dialling.max(other.dialling),
            seen: self.seen.max(other.seen),
            download_bps: self.download_bps + other.download_bps,
        }
    }
}
