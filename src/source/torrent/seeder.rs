//! A seed on loopback: what `headwater demo` and the tests download from.

use std::fs::File;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use bytes::Bytes;
use librqbit::limits::LimitsConfig;
use librqbit::{
    AddTorrent, AddTorrentOptions, ConnectionOptions, ListenerMode, ListenerOptions, PeerConnectionOptions,
    Session, SessionOptions,
};
use url::Url;

use super::{SwarmError, parse_metainfo};
use crate::domain::InfoHash;

/// What to seed.
#[derive(Debug, Clone)]
pub struct SeedPlan {
    /// The folder that holds the files; its name becomes the torrent's.
    pub folder: PathBuf,
    /// The files in torrent order, as paths within the folder, joined by `/`.
    pub files: Vec<String>,
    /// Bytes per piece.
    pub piece_length: u32,
    /// Trackers named in the torrent, to which the seed announces itself.
    pub trackers: Vec<Url>,
    /// Whether the torrent is private (BEP 27).
    pub private: bool,
    /// Most bytes per second to all peers together; `None` means no limit.
    pub upload_bps: Option<NonZeroU32>,
}

/// A running seed. Dropped, it vanishes from the network.
pub struct Seeder {
    session: Arc<Session>,
    torrent: Bytes,
    info_hash: InfoHash,
    addr: SocketAddr,
}

impl std::fmt::Debug for Seeder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seeder")
            .field("info_hash", &self.info_hash)
            .field("addr", &self.addr)
            .finish_non_exhaustive()
    }
}

impl Seeder {
    /// Makes the torrent and seeds it on a free port of 127.0.0.1. Returns once peers are served.
    ///
    /// # Errors
    /// A file cannot be read, or no port can be bound.
    pub async fn start(plan: SeedPlan) -> Result<Self, SwarmError> {
        let failed = |error: anyhow::Error| SwarmError(format!("{error:#}"));
        let making = plan.clone();
        let torrent = tokio::task::spawn_blocking(move || make_torrent(&making))
            .await
            .map_err(|error| failed(error.into()))?
            .map_err(|error| failed(error.into()))?;
        let metainfo = parse_metainfo(&torrent).map_err(|error| failed(error.into()))?;
        let (session, addr) = serve(&plan, torrent.clone()).await.map_err(failed)?;
        Ok(Self { session, torrent, info_hash: metainfo.info_hash, addr })
    }

    /// The .torrent file.
    pub fn torrent(&self) -> &Bytes {
        &self.torrent
    }

    /// The torrent's info-hash.
    pub fn info_hash(&self) -> InfoHash {
        self.info_hash
    }

    /// Where peers reach the seed.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Changes the upload limit, in bytes per second.
    pub fn limit_upload(&self, bps: Option<NonZeroU32>) {
        self.session.ratelimits.set_upload_bps(bps);
    }

    /// Bytes sent to peers so far.
    pub fn uploaded(&self) -> u64 {
        self.session.stats_snapshot().counters.uploaded_bytes
    }
}

impl Drop for Seeder {
    fn drop(&mut self) {
        self.session.cancellation_token().cancel();
    }
}

async fn serve(plan: &SeedPlan, torrent: Bytes) -> anyhow::Result<(Arc<Session>, SocketAddr)> {
    // The engine announces no port of its own choice when it listens on loopback, so it is given one.
    let addr = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let peer_opts =
        PeerConnectionOptions { read_write_timeout: Some(Duration::from_secs(60)), ..Default::default() };
    let options = SessionOptions {
        dht: None,
        disable_local_service_discovery: true,
        listen: Some(ListenerOptions {
            mode: ListenerMode::TcpOnly,
            listen_addr: addr,
            announce_port: Some(addr.port()),
            ipv4_only: true,
            ..Default::default()
        }),
        connect: Some(ConnectionOptions { proxy_url: None, enable_tcp: true, peer_opts: Some(peer_opts) }),
        ratelimits: LimitsConfig { upload_bps: plan.upload_bps, download_bps: None },
        runtime_worker_threads: Some(64),
        ..Default::default()
    };
    let session = Session::new_with_opts(plan.folder.clone(), options).await?;
    let folder = plan.folder.to_str().ok_or_else(|| anyhow::anyhow!("the folder's name is not UTF-8"))?;
    let options =
        AddTorrentOptions { overwrite: true, output_folder: Some(folder.to_owned()), ..Default::default() };
    let added = session.add_torrent(AddTorrent::from_bytes(torrent), Some(options)).await?;
    let seed = added.into_handle().ok_or_else(|| anyhow::anyhow!("the engine did not take the torrent"))?;
    seed.wait_until_initialized().await?;
    anyhow::ensure!(seed.stats().finished, "the files changed while the torrent was made");
    Ok((session, addr))
}

/// Writes the .torrent of `plan` (BEP 3). Blocking.
///
/// # Errors
/// A file cannot be read.
pub fn make_torrent(plan: &SeedPlan) -> io::Result<Bytes> {
    let mut pieces = PieceHasher::new(plan.piece_length);
    let mut files = Vec::new();
    for name in &plan.files {
        let length = pieces.add(&plan.folder.join(name))?;
        let path: Vec<u8> = name.split('/').flat_map(|part| text(part.as_bytes())).collect();
        files.extend([b"d6:lengthi", length.to_string().as_bytes(), b"e4:pathl", &path, b"ee"].concat());
    }
    let name =
        plan.folder.file_name().map_or_else(|| b"seed".to_vec(), |name| name.as_encoded_bytes().to_vec());
    let piece_length = plan.piece_length.to_string();
    let private: &[u8] = if plan.private { b"7:privatei1e" } else { b"" };
    let info = [
        b"d5:filesl".as_slice(),
        &files,
        b"e4:name",
        &text(&name),
        b"12:piece lengthi",
        piece_length.as_bytes(),
        b"e6:pieces",
        &text(&pieces.finish()),
        private,
        b"e",
    ];
    let tier: Vec<u8> = plan.trackers.iter().flat_map(|url| text(url.as_str().as_bytes())).collect();
    let announce = if tier.is_empty() { Vec::new() } else { [b"13:announce-listll", &*tier, b"ee"].concat() };
    Ok([b"d".as_slice(), &announce, b"4:info", &info.concat(), b"e"].concat().into())
}

/// A bencoded string.
fn text(bytes: &[u8]) -> Vec<u8> {
    [bytes.len().to_string().as_bytes(), b":", bytes].concat()
}

struct PieceHasher {
    piece_length: u64,
    missing: u64,
    context: Context,
    hashes: Vec<u8>,
}

impl PieceHasher {
    fn new(piece_length: u32) -> Self {
        let piece_length = u64::from(piece_length);
        Self { piece_length, missing: piece_length, context: Self::fresh(), hashes: Vec::new() }
    }

    fn fresh() -> Context {
        Context::new(&SHA1_FOR_LEGACY_USE_ONLY)
    }

    fn add(&mut self, path: &Path) -> io::Result<u64> {
        let (mut file, mut length) = (File::open(path)?, 0);
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let most = self.missing.min(buffer.len() as u64) as usize;
            let read = file.read(&mut buffer[..most])?;
            if read == 0 {
                return Ok(length);
            }
            length += read as u64;
            self.context.update(&buffer[..read]);
            self.missing -= read as u64;
            if self.missing == 0 {
                self.close_piece();
            }
        }
    }

    fn close_piece(&mut self) {
        let context = std::mem::replace(&mut self.context, Self::fresh());
        self.hashes.extend_from_slice(context.finish().as_ref());
        self.missing = self.piece_length;
    }

    fn finish(mut self) -> Vec<u8> {
        if self.missing < self.piece_length {
            self.close_piece();
        }
        self.hashes
    }
}
