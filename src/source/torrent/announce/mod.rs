//! Asking trackers for peers ourselves: all at once, with retransmits that do not wait for half a minute (BEP 3, 15,
//! 23). The engine announces too, later; a private tracker is never asked from here, lest it sees two of us. Trackers
//! that the operator has not named himself pass the guard against private addresses.

mod http;
mod udp;

use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use url::Url;

use crate::net::{Clients, Guard};

/// A tracker that has not answered by then is as good as gone; some take seconds.
const LIMIT: Duration = Duration::from_secs(15);

/// Peers that are asked for: what large trackers give at most.
const WANTED: u32 = 200;

/// What is said to a tracker to be left, in bytes. How much it is nobody knows before the metadata is there; with
/// nothing left other seeds would not be named.
const LEFT: u64 = 1 << 30;

/// Why some trackers are not asked.
const PRIVATE: &str = "it lies in a private network";

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

/// A tracker, and how far it is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tracker {
    /// Where it is.
    pub(super) url: Url,
    /// Whether the operator has named it.
    pub(super) is_own: bool,
}

/// Asks all trackers at once; each answer goes to `found`, and who has given it. Ends when the last one has answered or given up.
pub(super) async fn announce(
    what: Announce,
    trackers: Vec<Tracker>,
    clients: &Clients,
    found: impl Fn(&Tracker, Vec<SocketAddr>),
) {
    let mut asking: FuturesUnordered<_> = trackers
        .iter()
        .map(|tracker| async move {
            let answer = async {
                let (url, is_own) = (&tracker.url, tracker.is_own);
                match url.scheme() {
                    "udp" => udp::ask(what, url, if is_own { Guard::Open } else { clients.guard() }).await,
                    _ if is_own => http::ask(what, url, clients.own()).await,
                    _ => http::ask(what, url, clients.foreign(url).map_err(|_| PRIVATE)?).await,
                }
            };
            // A tracker's address may hold a key, so that only its host is named.
            let host = tracker.url.host_str().unwrap_or_default();
            match tokio::time::timeout(LIMIT, answer).await {
                Ok(Ok(peers)) => return (tracker, peers),
                Ok(Err(reason)) => tracing::debug!(host, reason, "a tracker does not help"),
                Err(_) => tracing::debug!(host, "a tracker does not answer"),
            }
            (tracker, Vec::new())
        })
        .collect();
    while let Some((tracker, peers)) = asking.next().await {
        if !peers.is_empty() {
            found(tracker, peers);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;

    use super::*;

    const WHAT: Announce = Announce { info_hash: [1; 20], peer_id: [2; 20], port: 6881 };

    /// The peers that come of a tracker on this machine.
    async fn found(guard: Guard, is_own: bool, host: &str) -> Vec<SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url =
            format!("http://{host}:{}/announce", listener.local_addr().unwrap().port()).parse().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            // Whoever hangs up on unread bytes may take back what it has sent.
            assert!(stream.read(&mut [0; 2048]).await.unwrap() > 0);
            let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nd5:peers6:\x0a\0\0\x01\x1a\xe1e";
            stream.write_all(answer).await.unwrap();
        });
        let all = Mutex::new(Vec::new());
        let clients = Clients::new(guard).unwrap();
        let trackers = vec![Tracker { url, is_own }];
        announce(WHAT, trackers, &clients, |_, peers| all.lock().unwrap().extend(peers)).await;
        all.into_inner().unwrap()
    }

    #[tokio::test]
    async fn trackers_in_private_networks_are_asked_if_the_operator_says_so() {
        let peers = ["10.0.0.1:6881".parse().unwrap()];
        for host in ["127.0.0.1", "localhost"] {
            assert_eq!(found(Guard::PublicOnly, false, host).await, [], "{host}");
            assert_eq!(found(Guard::PublicOnly, true, host).await, peers, "{host}");
            assert_eq!(found(Guard::Open, false, host).await, peers, "{host}");
        }
    }
}
