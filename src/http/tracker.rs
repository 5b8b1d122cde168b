//! A small BitTorrent tracker (BEP 3, compact peers of BEP 23), so that the demo's swarm can meet on loopback.
//! Not part of the server: it keeps every peer for as long as it lives.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use percent_encoding::percent_decode_str;

use crate::domain::InfoHash;

/// Seconds between two announces. The demo's peers meet once; nobody needs to come back soon.
const INTERVAL: u32 = 60;

/// Who has announced which torrent.
#[derive(Debug, Clone, Default)]
pub struct Tracker {
    swarms: Arc<Mutex<HashMap<InfoHash, HashSet<SocketAddrV4>>>>,
}

impl Tracker {
    /// A tracker that knows nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a peer as if it had announced itself. IPv6 peers are left out; the demo is on 127.0.0.1.
    pub fn add(&self, info_hash: InfoHash, peer: SocketAddr) {
        if let SocketAddr::V4(peer) = peer {
            let mut swarms = self.swarms.lock().unwrap_or_else(PoisonError::into_inner);
            swarms.entry(info_hash).or_default().insert(peer);
        }
    }

    /// The one route, `/announce`.
    pub fn router(self) -> Router {
        Router::new().route("/announce", get(announce)).with_state(self)
    }

    fn others(&self, info_hash: InfoHash, asking: SocketAddr) -> Vec<SocketAddrV4> {
        let swarms = self.swarms.lock().unwrap_or_else(PoisonError::into_inner);
        let all = swarms.get(&info_hash).into_iter().flatten();
        all.filter(|peer| SocketAddr::V4(**peer) != asking).copied().collect()
    }
}

async fn announce(
    State(tracker): State<Tracker>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some((info_hash, port)) = query.as_deref().and_then(read) else {
        return (StatusCode::BAD_REQUEST, failure("info_hash and port are needed")).into_response();
    };
    let peer = SocketAddr::new(
        match from.ip() {
            IpAddr::V6(ip) => IpAddr::V6(ip).to_canonical(),
            ip => ip,
        },
        port,
    );
    let others = tracker.others(info_hash, peer);
    tracker.add(info_hash, peer);
    reply(&others).into_response()
}

/// The info-hash is raw bytes, so the query is not a form of UTF-8 text.
fn read(query: &str) -> Option<(InfoHash, u16)> {
    let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let hash: Vec<u8> = percent_decode_str(field("info_hash")?).collect();
    Some((InfoHash::new(hash.try_into().ok()?), field("port")?.parse().ok()?))
}

fn reply(peers: &[SocketAddrV4]) -> Vec<u8> {
    let mut body = format!("d8:intervali{INTERVAL}e5:peers{}:", peers.len() * 6).into_bytes();
    for peer in peers {
        body.extend(peer.ip().octets());
        body.extend(peer.port().to_be_bytes());
    }
    body.push(b'e');
    body
}

fn failure(why: &str) -> String {
    format!("d14:failure reason{}:{why}e", why.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announces_are_read_byte_by_byte() {
        let query = "info_hash=%00%FFabcdefghijklmnopq%26&peer_id=x&port=6881&compact=1";
        let (hash, port) = read(query).unwrap();
        assert_eq!(hash.as_bytes(), b"\x00\xffabcdefghijklmnopq&");
        assert_eq!(port, 6881);
        assert_eq!(read("info_hash=abc&port=1"), None);
        assert_eq!(read("port=1"), None);
    }

    #[test]
    fn a_peer_hears_of_the_others_and_not_of_itself() {
        let tracker = Tracker::new();
        let hash = InfoHash::new([1; 20]);
        let (first, second) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:258".parse().unwrap());
        tracker.add(hash, first);
        tracker.add(hash, second);
        assert_eq!(reply(&tracker.others(hash, first)), b"d8:intervali60e5:peers6:\x7f\0\0\x01\x01\x02e");
        assert!(tracker.others(InfoHash::new([2; 20]), first).is_empty());
    }
}
