//! Asking trackers for peers ourselves: all at once, with retransmits that do not wait for half a minute (BEP 3, 15,
//! 23). The engine announces too, later; a private tracker is never asked from here, lest it sees two of us.

mod http;
mod udp;

use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use url::Url;

/// A tracker that has not answered by then is as good as gone; some take seconds.
const LIMIT: Duration = Duration::from_secs(15);

/// Peers that are asked for: what large trackers give at most.
const WANTED: u32 = 200;

/// What is said to a tracker to be left, in bytes. How much it is nobody knows before the metadata is there; with
/// nothing left other seeds would not be named.
const LEFT: u64 = 1 << 30;

/// Who asks about what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Announce {
    /// The torrent.
    pub(super) info_hash: [u8; 20],
    /// Our number.
    pub(super) peer_id: [u8; 20],
    /// Where peers reach us.
    pub(super) port: u16,
}

/// Asks all trackers at once; each answer goes to `found`. Ends when the last one has answered or given up.
pub(super) async fn announce(
    what: Announce,
    trackers: Vec<Url>,
    client: &reqwest::Client,
    found: impl Fn(Vec<SocketAddr>),
) {
    let mut asking: FuturesUnordered<_> = trackers
        .iter()
        .map(|tracker| async move {
            let answer = async {
                match tracker.scheme() {
                    "udp" => udp::ask(what, tracker).await,
                    _ => http::ask(what, tracker, client).await,
                }
            };
            // A tracker's address may hold a key, so that only its host is named.
            let host = tracker.host_str().unwrap_or_default();
            match tokio::time::timeout(LIMIT, answer).await {
                Ok(Ok(peers)) => return peers,
                Ok(Err(reason)) => tracing::debug!(host, reason, "a tracker does not help"),
                Err(_) => tracing::debug!(host, "a tracker does not answer"),
            }
            Vec::new()
        })
        .collect();
    while let Some(peers) = asking.next().await {
        if !peers.is_empty() {
            found(peers);
        }
    }
}
