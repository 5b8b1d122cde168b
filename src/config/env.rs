//! The one list of settings, and the only reader of the process environment.

use std::ffi::OsString;

use super::debrid::SETTINGS as DEBRID;
use super::discovery::SETTINGS as DISCOVERY;
use super::live::SETTINGS as LIVE;

/// One setting: every name it goes by and what it means. README and `.env.example` are compared with this.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The environment variable that is documented first.
    pub name: &'static str,
    /// The command line flag, without its dashes.
    pub flag: &'static str,
    /// The key in the TOML file, as `section.key`; empty when the file cannot hold it.
    pub key: &'static str,
    /// Other variables that are honoured when `name` is not set.
    pub aliases: &'static [&'static str],
    /// The value when nobody sets it, as it would be written; empty means off.
    pub default: &'static str,
    /// One sentence for the operator, with the unit of a bare number.
    pub meaning: &'static str,
}

/// The setting that names the settings file.
pub const CONFIG_FILE: &str = "HEADWATER_CONFIG";

/// Every setting there is, in the order in which they are documented and described.
pub const SETTINGS: &[Setting] =
    &joined::<{ GENERAL.len() + DISCOVERY.len() + LIVE.len() + DEBRID.len() }>(&[
        GENERAL, DISCOVERY, LIVE, DEBRID,
    ]);

/// All settings but those of the sections that keep their rows beside them.
const GENERAL: &[Setting] = &[
    Setting {
        name: CONFIG_FILE,
        flag: "config",
        key: "",
        aliases: &[],
        default: "",
        meaning: "Path of the TOML settings file. Without it, `headwater.toml` in the working directory is read if it exists.",
    },
    Setting {
        name: "HEADWATER_LISTEN",
        flag: "listen",
        key: "server.listen",
        aliases: &["PORT"],
        default: "0.0.0.0:7000",
        meaning: "Address and port to listen on. `PORT` gives the port alone, on all addresses.",
    },
    Setting {
        name: "HEADWATER_PUBLIC_URL",
        flag: "public-url",
        key: "server.public_url",
        aliases: &[],
        default: "",
        meaning: "The http or https address under which players reach this server; needed behind a proxy. Without it, links repeat the host of each request.",
    },
    Setting {
        name: "HEADWATER_DATA_DIR",
        flag: "data-dir",
        key: "server.data_dir",
        aliases: &[],
        default: "./data",
        meaning: "Folder of the database, the signing key and the swarm state.",
    },
    Setting {
        name: "HEADWATER_SHUTDOWN_GRACE",
        flag: "shutdown-grace",
        key: "server.shutdown_grace",
        aliases: &[],
        default: "25s",
        meaning: "How long running answers may finish after a stop signal. A bare number is in seconds.",
    },
    Setting {
        name: "HEADWATER_CACHE_DIR",
        flag: "cache-dir",
        key: "cache.dir",
        aliases: &["TORRENT_DOWNLOAD_PATH"],
        default: "./data/cache",
        meaning: "Folder of the video files. Without it, `cache` in the data folder.",
    },
    Setting {
        name: "HEADWATER_CACHE_MAX_BYTES",
        flag: "cache-max-bytes",
        key: "cache.max_bytes",
        aliases: &[],
        default: "0",
        meaning: "Most bytes the cache may take, such as `20GiB`. 0 sets no limit beside the free floor.",
    },
    Setting {
        name: "HEADWATER_CACHE_FREE_FLOOR",
        flag: "cache-free-floor",
        key: "cache.free_floor",
        aliases: &[],
        default: "1GiB",
        meaning: "Bytes of the disk that stay free whatever the cache may take.",
    },
    Setting {
        name: "HEADWATER_CACHE_IDLE",
        flag: "cache-idle",
        key: "cache.idle",
        aliases: &["TORRENT_CLEANUP_INTERVAL"],
        default: "30m",
        meaning: "A video that nobody used for so long is deleted. 0 keeps everything. A bare number is in milliseconds.",
    },
    Setting {
        name: "HEADWATER_CACHE_SWEEP",
        flag: "cache-sweep",
        key: "cache.sweep",
        aliases: &["CACHE_CLEANUP_INTERVAL"],
        default: "1m",
        meaning: "Time between two looks for idle videos. A bare number is in seconds.",
    },
    Setting {
        name: "HEADWATER_TRACKERS",
        flag: "trackers",
        key: "torrent.trackers",
        aliases: &[],
        default: "",
        meaning: "Trackers added to every public torrent: udp, http or https addresses, separated by commas.",
    },
    Setting {
        name: "HEADWATER_DHT",
        flag: "dht",
        key: "torrent.dht",
        aliases: &["DISABLE_DISCOVERY"],
        default: "true",
        meaning: "Whether peers are looked for in the DHT. `DISABLE_DISCOVERY=true` turns it off.",
    },
    Setting {
        name: "HEADWATER_P2P_PORT",
        flag: "p2p-port",
        key: "torrent.port",
        aliases: &[],
        default: "6881",
        meaning: "Port for peers, TCP and UDP. When it is taken, and for 0, the system chooses one.",
    },
    Setting {
        name: "HEADWATER_MAX_TORRENTS",
        flag: "max-torrents",
        key: "torrent.max_torrents",
        aliases: &["TORRENT_MAX_CONNECTIONS"],
        default: "25",
        meaning: "Most torrents at work at the same time.",
    },
    Setting {
        name: "HEADWATER_TORRENT_TIMEOUT",
        flag: "torrent-timeout",
        key: "torrent.timeout",
        aliases: &["TORRENT_TIMEOUT"],
        default: "2m",
        meaning: "How long a torrent may take to find its peers. A bare number is in milliseconds.",
    },
    Setting {
        name: "HEADWATER_TORRENT_RETRIES",
        flag: "torrent-retries",
        key: "torrent.retries",
        aliases: &["TORRENT_MAX_RETRIES"],
        default: "4",
        meaning: "How often a torrent that failed for a passing reason is tried again.",
    },
    Setting {
        name: "HEADWATER_PEERS_PER_TORRENT",
        flag: "peers-per-torrent",
        key: "torrent.peers_per_torrent",
        aliases: &["CONTENT_CONNECTION_LIMIT"],
        default: "100",
        meaning: "Most peer connections of one torrent.",
    },
    Setting {
        name: "HEADWATER_DOWNLOAD_LIMIT",
        flag: "download-limit",
        key: "torrent.download_limit",
        aliases: &["CONTENT_DOWNLOAD_LIMIT"],
        default: "0",
        meaning: "Most megabytes per second from all peers together; decimals are fine, 0 sets no limit. With one, torrents start and seek more slowly.",
    },
    Setting {
        name: "HEADWATER_UPLOAD_LIMIT",
        flag: "upload-limit",
        key: "torrent.upload_limit",
        aliases: &["CONTENT_UPLOAD_LIMIT"],
        default: "0",
        meaning: "Most megabytes per second to all peers together; decimals are fine, 0 sets no limit.",
    },
    Setting {
        name: "HEADWATER_SOURCE_POLICY",
        flag: "source-policy",
        key: "sources.policy",
        aliases: &[],
        default: "p2p-first",
        meaning: "Which source is tried first: `p2p-first`, `debrid-first`, `race` (all at once) or `never-p2p` (no peers at all).",
    },
    Setting {
        name: "HEADWATER_HEDGE_AFTER",
        flag: "hedge-after",
        key: "sources.hedge_after",
        aliases: &[],
        default: "2500ms",
        meaning: "How long bytes that a player wants may be missing without progress until the next source starts beside the first. A bare number is in milliseconds.",
    },
    Setting {
        name: "HEADWATER_WEB_SEEDS",
        flag: "web-seeds",
        key: "sources.web_seeds",
        aliases: &[],
        default: "true",
        meaning: "Whether the web seeds that torrents and magnet links name are used.",
    },
    Setting {
        name: "HEADWATER_CONTENT_URLS",
        flag: "content-urls",
        key: "sources.content_urls",
        aliases: &[],
        default: "",
        meaning: "Where your own servers hold files: http or https addresses with `{infohash}`, `{INFOHASH}`, `{name}`, `{path}`, `{fileIdx}` and `{size}`, separated by commas.",
    },
    Setting {
        name: "HEADWATER_METAINFO_URLS",
        flag: "metainfo-urls",
        key: "sources.metainfo_urls",
        aliases: &[],
        default: "",
        meaning: "Where .torrent files are found: http or https addresses with `{infohash}` or `{INFOHASH}`, separated by commas.",
    },
    Setting {
        name: "HEADWATER_WEBTOR_URL",
        flag: "webtor-url",
        key: "sources.webtor_url",
        aliases: &[],
        default: "",
        meaning: "Base address of the REST API of your own webtor server.",
    },
    Setting {
        name: "HEADWATER_PRIVATE_ADDRESSES",
        flag: "private-addresses",
        key: "sources.private_addresses",
        aliases: &[],
        default: "false",
        meaning: "Whether addresses that others name (magnet links, torrents, streams of addons, indexers of profiles) may lie on this machine or in private networks.",
    },
    Setting {
        name: "HEADWATER_READY_TIME",
        flag: "ready-time",
        key: "playback.ready_time",
        aliases: &["LINK_GENERATION_TIMEOUT"],
        default: "5m",
        meaning: "How long a prepared stream stays ready after its last use. A bare number is in milliseconds.",
    },
    Setting {
        name: "HEADWATER_PROGRESS_INTERVAL",
        flag: "progress-interval",
        key: "playback.progress_interval",
        aliases: &["PROGRESS_UPDATE_INTERVAL"],
        default: "5s",
        meaning: "Time between two progress reports of a preparation. A bare number is in milliseconds.",
    },
    Setting {
        name: "HEADWATER_ADMIN_TOKEN",
        flag: "admin-token",
        key: "admin.token",
        aliases: &[],
        default: "",
        meaning: "Bearer token of the admin routes. Without it they answer on loopback only.",
    },
    Setting {
        name: "HEADWATER_CONFIGURE_PASSWORD",
        flag: "configure-password",
        key: "access.configure_password",
        aliases: &["CONFIGURE_PASSWORD"],
        default: "",
        meaning: "Password without which nobody makes or changes profiles on the configure page. Without it, everybody may who reaches the page.",
    },
    Setting {
        name: "HEADWATER_LOG",
        flag: "log",
        key: "log.filter",
        aliases: &[],
        default: "info",
        meaning: "What is logged: a level, or levels by target such as `info,headwater=debug`. The torrent engine tells errors only, unless its target is named.",
    },
];

// A constant cannot be put together with `concat`, and a list made at run time could not lend its names.
const fn joined<const N: usize>(sections: &[&[Setting]]) -> [Setting; N] {
    let mut all = [sections[0][0]; N];
    let (mut at, mut section) = (0, 0);
    while section < sections.len() {
        let mut row = 0;
        while row < sections[section].len() {
            all[at] = sections[section][row];
            at += 1;
            row += 1;
        }
        section += 1;
    }
    assert!(at == N, "the length is the sum of all sections");
    all
}

/// One variable of this process. Everything else asks through a function of this shape.
#[expect(clippy::disallowed_methods, reason = "the one place that may read the environment")]
pub fn process(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
