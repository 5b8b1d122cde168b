//! The engine's session: one per process, its options, and the folder through which our have-maps
//! reach it.

use std::io;
use std::net::{Ipv6Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fixedbitset::FixedBitSet;
use librqbit::dht::{DhtPersistenceConfig, Id20};
use librqbit::limits::LimitsConfig;
use librqbit::{
    ConnectionOptions, DhtSessionConfig, ListenerMode, ListenerOptions, PeerConnectionOptions, Session,
    SessionOptions, SessionPersistenceConfig,
};

use super::SwarmSettings;
use crate::domain::InfoHash;

/// The name other peers see.
pub(super) const CLIENT: &str = concat!("Headwater ", env!("CARGO_PKG_VERSION"));

/// How a peer's number begins: the client and its version (BEP 20).
pub(super) type Prefix = &'static [u8; 8];

/// How the small client's number begins.
pub(super) const SMALL_CLIENT: Prefix = b"-HW0100-";

/// How the engine's number begins: peers see two of us, and tell them apart.
pub(super) const ENGINE: Prefix = b"-HWE100-";

/// Not a number of threads but of permits. The engine shares one pool of them between block writes and
/// open streams, which keep theirs while they wait: with its default of 8, eight waiting streams stop
/// every write, and so wait for ever.
const PERMITS: usize = 4096;

/// Dead peers fill the peer limit while they are dialled, so they must be found out quickly.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(2500);

/// Silence after which a peer is dropped. Peers give their spare slot to a new one every 10 to 30 s, so
/// hanging up earlier is hanging up just before being served.
const PEER_SILENCE: Duration = Duration::from_secs(45);

/// Blocks asked of one peer in advance. Requests cannot be taken back, so a seek waits behind them: 64
/// blocks are 1 MiB, which still fills a link of 100 Mbit/s at 80 ms.
const REQUEST_WINDOW: usize = 64;

/// Torrents checked at once when they are added. Checks are short, because they are handed a have-map.
const CONCURRENT_CHECKS: usize = 16;

/// A number under which to speak to peers.
pub(super) fn new_peer_id(prefix: Prefix) -> [u8; 20] {
    let mut peer_id = [0; 20];
    peer_id[..prefix.len()].copy_from_slice(prefix);
    if aws_lc_rs::rand::fill(&mut peer_id[prefix.len()..]).is_err() {
        tracing::warn!("the system gives no random numbers");
    }
    peer_id
}

/// Starts the session, under this number; on a taken port it listens on another one.
pub(super) async fn start(settings: &SwarmSettings, peer_id: [u8; 20]) -> anyhow::Result<Arc<Session>> {
    let folder = settings.data_dir.join("p2p");
    let handover = folder.clone();
    tokio::task::spawn_blocking(move || forget_earlier_session(&handover)).await??;
    // Without IPv6 in the kernel even the dual-stack sockets cannot be bound.
    let ipv4_only = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).is_err();
    let start = |port| {
        let options = options(settings, &folder, port, ipv4_only);
        let options = SessionOptions { peer_id: Some(Id20::new(peer_id)), ..options };
        Session::new_with_opts(folder.clone(), options)
    };
    match start(settings.port).await {
        Err(error) if settings.port != 0 => {
            tracing::warn!(port = settings.port, error = %format!("{error:#}"), "peers cannot reach the configured port; choosing another");
            start(0).await
        }
        started => started,
    }
}

fn options(settings: &SwarmSettings, folder: &Path, port: u16, ipv4_only: bool) -> SessionOptions {
    let dht = settings.dht.then(|| DhtSessionConfig {
        bootstrap_addrs: settings.dht_bootstrap.clone(),
        port: None,
        persistence: Some(DhtPersistenceConfig {
            dump_interval: None,
            config_filename: Some(settings.data_dir.join("dht.json")),
        }),
    });
    let peer_opts = PeerConnectionOptions {
        connect_timeout: Some(CONNECT_TIMEOUT),
        read_write_timeout: Some(PEER_SILENCE),
        max_request_window: Some(REQUEST_WINDOW),
        ..Default::default()
    };
    SessionOptions {
        dht,
        fastresume: true,
        persistence: Some(SessionPersistenceConfig::Json { folder: Some(folder.to_owned()) }),
        listen: Some(ListenerOptions {
            mode: ListenerMode::TcpAndUtp,
            listen_addr: SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
            ipv4_only,
            ..Default::default()
        }),
        connect: Some(ConnectionOptions { proxy_url: None, enable_tcp: true, peer_opts: Some(peer_opts) }),
        concurrent_init_limit: Some(CONCURRENT_CHECKS),
        runtime_worker_threads: Some(PERMITS),
        ratelimits: LimitsConfig { upload_bps: settings.upload_bps, download_bps: settings.download_bps },
        peer_limit: Some(settings.peer_limit),
        // It multicasts to the local network, which nobody asked for.
        disable_local_service_discovery: true,
        ipv4_only,
        client_name_and_version: Some(CLIENT.to_owned()),
        ..Default::default()
    }
}

/// Removes what an earlier process handed over, so that the engine adds nothing by itself.
fn forget_earlier_session(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let ours = path
            .extension()
            .is_some_and(|end| ["json", "bitv", "torrent", "tmp"].iter().any(|own| end == *own));
        if ours {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Writes the pieces that the engine shall believe to be on disk. Blocking.
///
/// The engine would otherwise hash every byte of the torrent before it starts. What it is told is
/// nothing but pieces whose hash we have proved; it does not notice a false claim by itself.
pub(super) fn hand_over(data_dir: &Path, info_hash: InfoHash, have: &FixedBitSet) -> io::Result<()> {
    let mut bits = vec![0_u8; have.len().div_ceil(8)];
    // Most significant bit first, as on the wire (BEP 3).
    have.ones().for_each(|piece| bits[piece / 8] |= 0x80 >> (piece % 8));
    let path: PathBuf = data_dir.join("p2p").join(format!("{info_hash}.bitv"));
    let unfinished = path.with_extension("tmp");
    std::fs::write(&unfinished, bits)?;
    std::fs::rename(unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_have_map_is_written_most_significant_bit_first() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("p2p")).unwrap();
        let mut have = FixedBitSet::with_capacity(10);
        have.extend([0, 7, 9]);
        hand_over(folder.path(), InfoHash::new([0xab; 20]), &have).unwrap();
        let path = folder.path().join("p2p").join(format!("{}.bitv", "ab".repeat(20)));
        assert_eq!(std::fs::read(path).unwrap(), [0b1000_0001, 0b0100_0000]);
    }

    #[test]
    fn what_an_earlier_process_left_is_forgotten_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["session.json", "aa.bitv", "aa.torrent", "session.json.tmp", "notes.txt"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        forget_earlier_session(folder.path()).unwrap();
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["notes.txt"]);
    }
}
