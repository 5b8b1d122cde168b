//! Every setting: where it comes from, what it may be, and what it is when nobody says anything.
//!
//! Start with [`Config`]. It is read once at start, is immutable afterwards, and is handed out by section.
//! Flags win over the environment, the environment over the file, the file over the defaults. The one list
//! of settings is [`env::SETTINGS`].

pub mod env;

mod access;
mod addresses;
mod admin;
mod cache;
mod debrid;
mod discovery;
mod error;
mod file;
mod layers;
mod live;
mod log;
mod playback;
mod server;
mod sources;
mod torrent;
mod values;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use access::AccessConfig;
pub use admin::AdminConfig;
pub use cache::CacheConfig;
pub use debrid::{DebridConfig, ServiceConfig, StremThruAccess};
pub use discovery::DiscoveryConfig;
pub use error::{ConfigError, ConfigErrors};
pub use live::{ChannelList, EngineAddress, EngineSettings, InvalidEngine, LiveConfig};
pub use log::LogConfig;
pub use playback::PlaybackConfig;
pub use server::ServerConfig;
pub use sources::{SourcePolicy, SourcesConfig, UnknownSourcePolicy};
pub use torrent::TorrentConfig;

use layers::Layers;

/// The file that is read from the working directory when none is named.
const DEFAULT_FILE: &str = "headwater.toml";

/// All settings. `Default` is a server that works on this machine without any preparation.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where the server listens, what it is called from outside, where its data lies.
    pub server: ServerConfig,
    /// How much is kept on disk and for how long.
    pub cache: CacheConfig,
    /// How the swarm is used.
    pub torrent: TorrentConfig,
    /// In which order sources are used, and which ones there are beside peers and debrid services.
    pub sources: SourcesConfig,
    /// How long prepared streams live and how often they report.
    pub playback: PlaybackConfig,
    /// Who may use the admin routes.
    pub admin: AdminConfig,
    /// Who may make profiles.
    pub access: AccessConfig,
    /// What is logged.
    pub log: LogConfig,
    /// Where releases are searched.
    pub discovery: DiscoveryConfig,
    /// Live channels.
    pub live: LiveConfig,
    /// The debrid services and how they are used.
    pub debrid: DebridConfig,
}

impl Config {
    /// Reads flags (by setting name), environment and file. `environment` answers for one variable, so that
    /// a test can pass a map. The error holds every mistake that was found, not only the first.
    pub fn load(
        flags: BTreeMap<&'static str, String>,
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigErrors> {
        let mut layers = Layers::new(flags, environment);
        match layers.text(env::CONFIG_FILE) {
            Some(named) => layers.add_file(Path::new(&named.text), file::read(Path::new(&named.text))),
            None if Path::new(DEFAULT_FILE).exists() => {
                layers.add_file(Path::new(DEFAULT_FILE), file::read(Path::new(DEFAULT_FILE)));
            }
            None => {}
        }
        let config = Self {
            server: ServerConfig::read(&mut layers),
            cache: CacheConfig::read(&mut layers),
            torrent: TorrentConfig::read(&mut layers),
            sources: SourcesConfig::read(&mut layers),
            playback: PlaybackConfig::read(&mut layers),
            admin: AdminConfig::read(&mut layers),
            access: AccessConfig::read(&mut layers),
            log: LogConfig::read(&mut layers),
            discovery: DiscoveryConfig::read(&mut layers),
            live: LiveConfig::read(&mut layers),
            debrid: DebridConfig::read(&mut layers),
        };
        layers.finish().map(|()| config)
    }

    /// The cache folder: the one that was named, else `cache` in the data folder.
    pub fn cache_dir(&self) -> PathBuf {
        self.cache.dir.clone().unwrap_or_else(|| self.server.data_dir.join("cache"))
    }

    /// Every setting by name with its value as it would be written, secrets hidden. An empty value means
    /// that the setting is off.
    pub fn describe(&self) -> Vec<(&'static str, String)> {
        let mut lines = self.server.describe();
        lines.extend(self.cache.describe(&self.cache_dir()));
        lines.extend(self.torrent.describe());
        lines.extend(self.sources.describe());
        lines.extend(self.playback.describe());
        lines.extend(self.admin.describe());
        lines.extend(self.access.describe());
        lines.extend(self.log.describe());
        lines.extend(self.discovery.describe());
        lines.extend(self.live.describe());
        lines.extend(self.debrid.describe());
        lines
    }
}
