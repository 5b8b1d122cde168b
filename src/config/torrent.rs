//! How the swarm is used.

use std::num::NonZeroU32;
use std::time::Duration;

use url::Url;

use super::layers::{Given, Layers};
use super::values::{duration_text, flag, number, positive_duration, speed_limit, speed_limit_text};

/// The `torrent` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TorrentConfig {
    /// `HEADWATER_TRACKERS`: added to every public torrent. Default none.
    pub trackers: Vec<Url>,
    /// `HEADWATER_DHT`: whether peers are looked for in the DHT. Default on.
    pub dht: bool,
    /// `HEADWATER_P2P_PORT`: port for peers; 0, or one that is taken, lets the system choose. Default 6881.
    pub port: u16,
    /// `HEADWATER_MAX_TORRENTS`: most torrents at work at once. Default 25.
    pub max_torrents: u32,
    /// `HEADWATER_TORRENT_TIMEOUT`: how long a torrent may take to find peers. Default 2 minutes.
    pub timeout: Duration,
    /// `HEADWATER_TORRENT_RETRIES`: further tries after a passing failure. Default 4.
    pub retries: u32,
    /// `HEADWATER_PEERS_PER_TORRENT`: most peer connections of one torrent. Default 100.
    pub peers_per_torrent: u32,
    /// `HEADWATER_DOWNLOAD_LIMIT`: bytes per second from all peers together; `None` sets no limit.
    pub download_limit: Option<NonZeroU32>,
    /// `HEADWATER_UPLOAD_LIMIT`: bytes per second to all peers together; `None` sets no limit.
    pub upload_limit: Option<NonZeroU32>,
}

impl Default for TorrentConfig {
    fn default() -> Self {
        Self {
            trackers: Vec::new(),
            dht: true,
            port: 6881,
            max_torrents: 25,
            timeout: Duration::from_secs(120),
            retries: 4,
            peers_per_torrent: 100,
            download_limit: None,
            upload_limit: None,
        }
    }
}

impl TorrentConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let default = Self::default();
        Self {
            trackers: layers.value("HEADWATER_TRACKERS", default.trackers, trackers),
            dht: layers.value("HEADWATER_DHT", default.dht, dht),
            port: layers.value("HEADWATER_P2P_PORT", default.port, port),
            max_torrents: layers
                .value("HEADWATER_MAX_TORRENTS", default.max_torrents, |given| number(given, 1, 10_000)),
            timeout: layers.value("HEADWATER_TORRENT_TIMEOUT", default.timeout, |given| {
                positive_duration(given, Duration::from_millis(1))
            }),
            retries: layers
                .value("HEADWATER_TORRENT_RETRIES", default.retries, |given| number(given, 0, 1_000)),
            peers_per_torrent: layers.value(
                "HEADWATER_PEERS_PER_TORRENT",
                default.peers_per_torrent,
                |given| number(given, 1, 10_000),
            ),
            download_limit: layers.value("HEADWATER_DOWNLOAD_LIMIT", default.download_limit, speed_limit),
            upload_limit: layers.value("HEADWATER_UPLOAD_LIMIT", default.upload_limit, speed_limit),
        }
    }

    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let trackers: Vec<&str> = self.trackers.iter().map(Url::as_str).collect();
        vec![
            ("HEADWATER_TRACKERS", trackers.join(",")),
            ("HEADWATER_DHT", self.dht.to_string()),
            ("HEADWATER_P2P_PORT", self.port.to_string()),
            ("HEADWATER_MAX_TORRENTS", self.max_torrents.to_string()),
            ("HEADWATER_TORRENT_TIMEOUT", duration_text(self.timeout)),
            ("HEADWATER_TORRENT_RETRIES", self.retries.to_string()),
            ("HEADWATER_PEERS_PER_TORRENT", self.peers_per_torrent.to_string()),
            ("HEADWATER_DOWNLOAD_LIMIT", speed_limit_text(self.download_limit)),
            ("HEADWATER_UPLOAD_LIMIT", speed_limit_text(self.upload_limit)),
        ]
    }
}

/// `DISABLE_DISCOVERY` asks the opposite question.
fn dht(given: &Given) -> Result<bool, String> {
    let answer = flag(given)?;
    Ok(if given.alias == Some("DISABLE_DISCOVERY") { !answer } else { answer })
}

fn port(given: &Given) -> Result<u16, String> {
    given.text.parse().map_err(|_| format!("`{}` is not a port from 0 to 65535", given.text))
}

fn trackers(given: &Given) -> Result<Vec<Url>, String> {
    let mut trackers = Vec::new();
    let mut wrong = Vec::new();
    for text in given.text.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "udp" | "http" | "https") && url.has_host() => {
                trackers.push(url)
            }
            _ => wrong.push(format!("`{text}`")),
        }
    }
    if wrong.is_empty() {
        return Ok(trackers);
    }
    let (verb, kind) =
        if wrong.len() == 1 { ("is", "a tracker address") } else { ("are", "tracker addresses") };
    Err(format!("{} {verb} not {kind}; udp://, http:// and https:// are allowed", wrong.join(", ")))
}
