//! The patterns of all routes. `{name}` stands for one path segment.

/// The page that tells a person how to install the addon.
pub const HOME: &str = "/";

/// What the addon says about itself.
pub const MANIFEST: &str = "/manifest.json";
/// The same with the settings of a profile.
pub const MANIFEST_OF: &str = "/{profile}/manifest.json";
/// The addon's logo, PNG.
pub const LOGO: &str = "/logo.png";
/// The addon's background picture, JPEG.
pub const BACKGROUND: &str = "/background.jpg";

/// Every request of the addon protocol, with and without a profile in front. One handler serves them
/// all and reads the raw path, because the router's parameters are decoded before they are split.
pub const ADDON: [&str; 14] = [
    MANIFEST,
    "/catalog/{type}/{id}",
    "/catalog/{type}/{id}/{extra}",
    "/meta/{type}/{id}",
    "/stream/{type}/{id}",
    "/subtitles/{type}/{id}",
    "/subtitles/{type}/{id}/{extra}",
    MANIFEST_OF,
    "/{profile}/catalog/{type}/{id}",
    "/{profile}/catalog/{type}/{id}/{extra}",
    "/{profile}/meta/{type}/{id}",
    "/{profile}/stream/{type}/{id}",
    "/{profile}/subtitles/{type}/{id}",
    "/{profile}/subtitles/{type}/{id}/{extra}",
];

/// One file of a torrent, for whoever holds the token.
pub const PLAY: &str = "/play/{token}/{infohash}/{file}/{name}";
/// The same by the rules, and with the services, of a profile.
pub const PLAY_AS: &str = "/{profile}/play/{token}/{infohash}/{file}/{name}";

/// The text of one subtitle file, for whoever holds the token.
pub const CAPTIONS: &str = "/captions/{token}/{infohash}/{file}/{name}";
/// The same by the rules, and with the services, of a profile.
pub const CAPTIONS_AS: &str = "/{profile}/captions/{token}/{infohash}/{file}/{name}";

/// A title, and on request its sources.
pub const MOVIE: &str = "/movies/{id}";
/// The bytes of one source of a title.
pub const SOURCE: &str = "/api/stream/{sourceId}";
/// Takes the titles that an app has on its screen.
pub const VIEWPORT: &str = "/api/ui/viewport";

/// The page on which a person makes a profile.
pub const CONFIGURE: &str = "/configure";
/// The page on which a person changes a profile.
pub const CONFIGURE_PROFILE: &str = "/{profile}/configure";
/// What that page looks like.
pub const CONFIGURE_STYLE: &str = "/configure/page.css";
/// What makes that page comfortable.
pub const CONFIGURE_SCRIPT: &str = "/configure/page.js";
/// Asks a debrid service about an account.
pub const CONFIGURE_SERVICE: &str = "/api/configure/service";
/// Asks an indexer for a sign of life.
pub const CONFIGURE_INDEXER: &str = "/api/configure/indexer";
/// Shows sample rows by the templates of a person.
pub const CONFIGURE_PREVIEW: &str = "/api/configure/preview";

/// Starts a preparation.
pub const PREPARE: &str = "/stream/prepare/{infoHash}";
/// The same for a client that has only a magnet link or a .torrent file.
pub const PREPARE_UPLOAD: &str = "/stream/prepare";
/// How a preparation is going.
pub const STATUS: &str = "/stream/status/{jobId}";
/// The file a preparation made ready.
pub const READY: &str = "/stream/ready/{jobId}";
/// Prepares and serves in one request.
pub const PROXY: &str = "/stream/proxy/{infoHash}";

/// How the server is doing: tasks, viewers, cache, accounts of services.
pub const ADMIN_STATUS: &str = "/api/admin/status";
/// The jobs at work.
pub const ADMIN_JOBS: &str = "/api/admin/jobs";
/// One job; DELETE cancels it.
pub const ADMIN_JOB: &str = "/api/admin/jobs/{jobId}";
/// Drops what is idle from the cache.
pub const ADMIN_CLEANUP: &str = "/admin/cleanup";
/// Whether the server is up.
pub const HEALTH: &str = "/health";

/// A live channel as an MPEG transport stream.
pub const ACE_STREAM: &str = "/ace/getstream";
/// A live channel as HLS.
pub const ACE_MANIFEST: &str = "/ace/manifest.m3u8";
/// Whether a live channel can be had, without watching it.
pub const ACE_PREFLIGHT: &str = "/ace/preflight";
/// A playlist or a segment of a live channel's HLS.
pub const ACE_HLS: &str = "/ace/hls/{channel}/{file}";
/// The operator's channels as a list for other players.
pub const CHANNELS: &str = "/channels.m3u";
/// What the live proxy is doing.
pub const PROXY_STATUS: &str = "/proxy/status";
/// The live sessions.
pub const PROXY_SESSIONS: &str = "/proxy/sessions";
/// One live session.
pub const PROXY_SESSION: &str = "/proxy/sessions/{id}";
/// The AceStream engines.
pub const ENGINES: &str = "/engines";
/// One AceStream engine.
pub const ENGINE: &str = "/engines/{engine}";
/// Lets an AceStream engine finish what it does and gives it nothing new.
pub const ENGINE_DRAIN: &str = "/engines/{engine}/drain";
/// Series for Prometheus.
pub const METRICS: &str = "/metrics";
