//! What the torrent tests stand on: a swarm with its own folders, seeds of noise, and a small tracker.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use headwater::cache::{Cache, CacheFile, CacheLimits};
use headwater::db::Database;
use headwater::domain::{FileChoice, FileIndex, InfoHash};
use headwater::net::{Clients, Guard};
use headwater::source::lookup::Lookup;
use headwater::source::torrent::{SeedPlan, Seeder, Swarm, SwarmSettings};
use headwater::source::{Known, Opened, Report, Request, Source, SourceError, Wanted};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

pub(super) const KIB: usize = 1024;
pub(super) const MIB: usize = 1024 * KIB;

/// Ends a test that hangs, long before the runner would.
pub(super) async fn within<T>(seconds: u64, what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(seconds), what).await.expect("in time")
}

/// Bytes that repeat nowhere, the same for the same seed.
pub(super) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// A swarm with folders of its own.
pub(super) struct Rig {
    pub(super) swarm: Swarm,
    pub(super) cache: Cache,
    db: Database,
    folder: PathBuf,
}

impl Rig {
    pub(super) async fn new(folder: &Path) -> Self {
        Self::with(folder, |_| {}).await
    }

    pub(super) async fn with(folder: &Path, adjust: impl FnOnce(&mut SwarmSettings)) -> Self {
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(&folder.join("cache"), limits).unwrap();
        let db = Database::open(folder).await.unwrap();
        let mut settings = SwarmSettings {
            data_dir: folder.to_owned(),
            port: 0,
            dht: false,
            dht_bootstrap: None,
            trackers: Vec::new(),
            peer_limit: 50,
            download_bps: None,
            upload_bps: None,
            resolve_timeout: Duration::from_secs(20),
            max_torrents: 100,
        };
        adjust(&mut settings);
        let clients = Clients::new(Guard::Open).unwrap();
        let lookup = Lookup::new(clients.clone(), &[], db.clone());
        let swarm = Swarm::start(settings, cache.clone(), db.clone(), lookup, clients).await.unwrap();
        Self { swarm, cache, db, folder: folder.to_owned() }
    }

    pub(super) async fn open(&self, request: &Request) -> Result<Opened, SourceError> {
        self.open_beside(request, None).await
    }

    /// Opens a content that another source may have opened before.
    pub(super) async fn open_beside(
        &self,
        request: &Request,
        known: Option<Known>,
    ) -> Result<Opened, SourceError> {
        let wanted = Wanted { request: request.clone(), known };
        self.swarm.open(&wanted, &Report::new()).await
    }

    /// Waits until the torrent is in the engine, or is not.
    pub(super) async fn until_at_work(&self, info_hash: InfoHash, at_work: bool) {
        within(10, async {
            while self.swarm.peers(info_hash).is_some() != at_work {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }

    /// Whether the file table of a torrent was found and kept.
    pub(super) async fn knows(&self, info_hash: InfoHash) -> bool {
        self.db.metainfo(info_hash).await.unwrap().is_some()
    }

    /// Where a content lies on disk.
    pub(super) fn data(&self, info_hash: InfoHash, file: u32) -> PathBuf {
        self.folder.join("cache/contents").join(format!("{info_hash}-{file}/data"))
    }

    pub(super) fn contents(&self) -> PathBuf {
        self.folder.join("cache/contents")
    }

    /// Stops the engine but leaves the have-maps as a crash would find them.
    pub(super) async fn crash(self) {
        self.cache.tend();
        self.swarm.shutdown().await;
    }

    pub(super) async fn stop(self) {
        self.swarm.shutdown().await;
        self.cache.close();
    }
}

/// A seed and what it holds.
pub(super) struct Seed {
    pub(super) seeder: Seeder,
    pub(super) files: Vec<Vec<u8>>,
    _folder: TempDir,
}

pub(super) struct Plan {
    pub(super) lengths: Vec<usize>,
    pub(super) piece_length: usize,
    pub(super) upload_bps: Option<u32>,
    pub(super) trackers: Vec<Url>,
    pub(super) private: bool,
    pub(super) seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            lengths: vec![3 * MIB + 777],
            piece_length: 64 * KIB,
            upload_bps: None,
            trackers: Vec::new(),
            private: false,
            seed: 1,
        }
    }
}

impl Seed {
    pub(super) async fn new(plan: Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        let mut names = Vec::new();
        for (index, length) in plan.lengths.iter().enumerate() {
            let bytes = noise(*length, plan.seed * 1000 + index as u64);
            let name = format!("Film {index}.mp4");
            std::fs::write(folder.path().join(&name), &bytes).unwrap();
            files.push(bytes);
            names.push(name);
        }
        let seeder = Seeder::start(SeedPlan {
            folder: folder.path().to_owned(),
            files: names,
            piece_length: plan.piece_length as u32,
            trackers: plan.trackers,
            private: plan.private,
            upload_bps: plan.upload_bps.and_then(NonZeroU32::new),
        })
        .await
        .unwrap();
        Self { seeder, files, _folder: folder }
    }

    /// A request that knows nothing but the hash and the seed's address.
    pub(super) fn by_peer(&self, file: u32) -> Request {
        Request { peers: vec![self.seeder.addr()], ..bare(self.seeder.info_hash(), file) }
    }
}

pub(super) fn bare(info_hash: InfoHash, file: u32) -> Request {
    Request::new(info_hash, FileChoice::Index(FileIndex(file)))
}

/// Reads like a viewer: a playhead that moves on, waiting for what is missing.
pub(super) async fn read(file: &CacheFile, from: u64, to: u64) -> Vec<u8> {
    use std::os::unix::fs::FileExt;
    let mut playhead = file.playhead(from);
    let mut bytes = Vec::new();
    let mut at = from;
    while at < to {
        file.wait_for(at).await.unwrap();
        let extent = file.extent(at..to).unwrap();
        let mut part = vec![0; extent.length as usize];
        extent.file.read_exact_at(&mut part, extent.position).unwrap();
        bytes.extend(part);
        at += extent.length;
        playhead.advance(at);
    }
    bytes
}

pub(super) async fn read_all(file: &CacheFile) -> Vec<u8> {
    read(file, 0, file.length()).await
}

/// A tracker that names the same peers to everybody (BEP 23), once it is let to answer.
pub(super) struct Tracker {
    pub(super) url: Url,
    announces: Arc<AtomicUsize>,
    heard: watch::Receiver<usize>,
    gate: watch::Sender<bool>,
}

impl Tracker {
    #[expect(clippy::disallowed_methods, reason = "the tracker ends with the runtime of its test")]
    pub(super) async fn new(peers: &[SocketAddr], open: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/announce", listener.local_addr().unwrap()).parse().unwrap();
        let mut compact = Vec::new();
        for peer in peers {
            let IpAddr::V4(ip) = peer.ip() else { continue };
            compact.extend(ip.octets());
            compact.extend(peer.port().to_be_bytes());
        }
        let mut body = format!("d8:intervali1800e5:peers{}:", compact.len()).into_bytes();
        body.extend(compact);
        body.extend(b"e");
        let announces = Arc::new(AtomicUsize::new(0));
        let (tell, heard) = watch::channel(0);
        let gate = watch::Sender::new(open);
        let (count, opened) = (announces.clone(), gate.subscribe());
        tokio::spawn(async move {
            while let Ok((mut peer, _)) = listener.accept().await {
                let (body, mut opened) = (body.clone(), opened.clone());
                tell.send_replace(count.fetch_add(1, Ordering::SeqCst) + 1);
                tokio::spawn(async move {
                    let mut head = [0; 4096];
                    let _ = peer.read(&mut head).await;
                    if opened.wait_for(|open| *open).await.is_err() {
                        return;
                    }
                    let start = format!(
                        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                        body.len()
                    );
                    let _ = peer.write_all(&[start.as_bytes(), &body].concat()).await;
                });
            }
        });
        Self { url, announces, heard, gate }
    }

    pub(super) fn announces(&self) -> usize {
        self.announces.load(Ordering::SeqCst)
    }

    pub(super) async fn heard(&self, count: usize) {
        let mut heard = self.heard.clone();
        within(20, heard.wait_for(|seen| *seen >= count)).await.unwrap();
    }

    pub(super) fn answer(&self) {
        self.gate.send_replace(true);
    }

    /// Leaves whoever asks from now on without an answer.
    pub(super) fn fall_silent(&self) {
        self.gate.send_replace(false);
    }
}
