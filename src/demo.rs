//! `headwater demo`: the whole path on one machine and without internet. A seed and a tracker on loopback hold
//! a bundled clip; an ordinary server finds it through them and plays it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::addon::{Addon, OpenMovie, OpenMovies};
use crate::config::{Config, DebridConfig, SourcesConfig};
use crate::domain::{FileIndex, InfoHash};
use crate::http::{listener, tracker::Tracker};
use crate::server::Server;
use crate::source::torrent::{SeedPlan, Seeder};

/// The bundled clips, made by `manifest/demo/make`: the same pictures in the two containers that matter.
const CLIPS: [Clip; 2] = [
    Clip {
        imdb: "tt99999001",
        title: "Headwater demo (MP4)",
        name: "clip.mp4",
        bytes: include_bytes!("../manifest/demo/clip.mp4"),
    },
    Clip {
        imdb: "tt99999002",
        title: "Headwater demo (MKV)",
        name: "clip.mkv",
        bytes: include_bytes!("../manifest/demo/clip.mkv"),
    },
];

/// Small, so that the clip is many pieces and plays while later ones are still on their way.
const PIECE_LENGTH: u32 = 64 << 10;

/// One bundled clip. The ids are far above those IMDb has given out.
struct Clip {
    imdb: &'static str,
    title: &'static str,
    name: &'static str,
    bytes: &'static [u8],
}

/// A running demo.
#[derive(Debug)]
pub struct Demo {
    config: Config,
    server: Server,
    seeder: Seeder,
    stop: CancellationToken,
    tasks: TaskTracker,
    folder: PathBuf,
}

impl Demo {
    /// Starts tracker, seed and server. The server's data lies in a folder of its own, deleted at the end;
    /// only the listening address is taken from `config`.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("headwater-demo-{}", std::process::id()));
        let seeds = folder.join("seed");
        fs::create_dir_all(&seeds).with_context(|| format!("{} cannot be written", folder.display()))?;
        for clip in &CLIPS {
            fs::write(seeds.join(clip.name), clip.bytes)?;
        }
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let tracker = Tracker::new();
        let socket = listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let announce: Url = format!("http://{}/announce", socket.local_addr()?).parse()?;
        let router = tracker.clone().router();
        tasks.spawn(listener::serve(socket, router, stop.clone(), Duration::ZERO));
        let seeder = Seeder::start(plan(&seeds, &announce)).await?;
        tracker.add(seeder.info_hash(), seeder.addr());
        let addon = Addon::with_movies(catalogue(seeder.info_hash(), &announce)?);
        let config = settings(config, &folder);
        let server = Server::bind_with(config.clone(), addon).await?;
        Ok(Self { config, server, seeder, stop, tasks, folder })
    }

    /// The settings in effect.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where the server listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Links that play in any browser or player on this machine, with their titles.
    pub fn links(&self) -> Vec<(&'static str, String)> {
        let host = SocketAddr::from((Ipv4Addr::LOCALHOST, self.local_addr().port()));
        let hash = self.seeder.info_hash();
        let link = |index: usize| format!("http://{host}/stream/proxy/{hash}?fileIndex={index}");
        CLIPS.iter().enumerate().map(|(index, clip)| (clip.title, link(index))).collect()
    }

    /// Stops everything and deletes what it wrote.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
        drop(self.seeder);
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "the demo's folder cannot be deleted");
        }
    }
}

fn plan(folder: &Path, announce: &Url) -> SeedPlan {
    SeedPlan {
        folder: folder.to_owned(),
        files: CLIPS.iter().map(|clip| clip.name.to_owned()).collect(),
        piece_length: PIECE_LENGTH,
        trackers: vec![announce.clone()],
        private: false,
        upload_bps: None,
    }
}

fn settings(config: &Config, folder: &Path) -> Config {
    let mut config = config.clone();
    config.server.data_dir = folder.join("data");
    config.cache.dir = None;
    config.cache.free_floor = 0;
    config.torrent.dht = false;
    config.torrent.port = 0;
    config.torrent.trackers = Vec::new();
    // The film comes from this machine alone: no account of the operator is to be bothered for it.
    config.sources = SourcesConfig::default();
    config.debrid = DebridConfig::default();
    config
}

fn catalogue(info_hash: InfoHash, announce: &Url) -> anyhow::Result<OpenMovies> {
    let movie = |(index, clip): (usize, &Clip)| {
        Ok(OpenMovie {
            imdb: clip.imdb.parse()?,
            title: clip.title.to_owned(),
            year: 2026,
            runtime_minutes: 1,
            directors: Vec::new(),
            genres: vec!["Demo".to_owned()],
            description: "A short clip that comes through a swarm on this machine.".to_owned(),
            info_hash,
            torrent_name: "seed".to_owned(),
            file: FileIndex(u32::try_from(index)?),
            file_name: clip.name.to_owned(),
            file_size_bytes: clip.bytes.len() as u64,
            trackers: vec![announce.clone()],
            web_seed: None,
        })
    };
    CLIPS.iter().enumerate().map(movie).collect()
}
