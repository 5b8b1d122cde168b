//! Live channels: the engines that fetch them, and how they are shared and kept.

mod engines;
mod rows;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

pub use engines::{EngineAddress, EngineSettings, InvalidEngine};
pub(super) use rows::SETTINGS;

use super::layers::{Given, Layers};
use super::values::{bytes, bytes_text, duration, duration_text, number, positive_duration};

/// The word that turns off what has a value by default.
const OFF: &str = "off";

/// Bytes of one transport stream packet; nothing smaller can be handed on (ISO/IEC 13818-1).
const PACKET: u64 = 188;

/// Larger pieces only delay viewers, and every viewer may hold one.
const LARGEST_CHUNK: u64 = 1 << 20;

/// No engine delivers more; it is a guard against a slip of the finger.
const MOST_STREAMS: u32 = 1_000;

/// The `live` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveConfig {
    /// `HEADWATER_ENGINES`: the AceStream engines. Default none.
    pub engines: Vec<EngineSettings>,
    /// `HEADWATER_CHANNELS`: path or address of the operator's list of channels. For no log: it may hold a key.
    pub channels: Option<ChannelList>,
    /// `HEADWATER_DVR_WINDOW`: how far back viewers can rewind. Zero keeps what players need to follow.
    pub dvr_window: Duration,
    /// `HEADWATER_DVR_MAX_BYTES`: most bytes of all recordings together.
    pub dvr_max_bytes: u64,
    /// `HEADWATER_FFMPEG`: the program that converts sound; `None` if it is `off`.
    pub ffmpeg: Option<String>,
    /// `HEADWATER_EMPTY_STREAM_TIMEOUT`: how long a viewer waits for first bytes. Default 30 s.
    pub empty_stream_timeout: Duration,
    /// `HEADWATER_STREAM_IDLE_TIMEOUT`: how long a channel outlives its last viewer. Default 5 minutes.
    pub stream_idle_timeout: Duration,
    /// `HEADWATER_CLIENT_HEARTBEAT_INTERVAL`: time between two looks at the viewers. Default 10 s.
    pub client_heartbeat_interval: Duration,
    /// `HEADWATER_CLIENT_TIMEOUT`: the silence after which a look takes a viewer out of the count. Default 30 s.
    pub client_timeout: Duration,
    /// `HEADWATER_STREAM_BUFFER_SIZE`: most bytes that a new viewer gets at once. Default 4 MiB.
    pub stream_buffer_size: u64,
    /// `HEADWATER_COPY_CHUNK_SIZE`: bytes that are handed on in one piece. Default 64 KiB, at most 1 MiB.
    pub copy_chunk_size: u64,
    /// `HEADWATER_ENGINE_SELECTION_TIMEOUT`: how long the choice of an engine may take. Default 5 s.
    pub engine_selection_timeout: Duration,
    /// `HEADWATER_ENGINE_CACHE_TTL`: how long an engine's health is believed. Default 2 s.
    pub engine_cache_ttl: Duration,
    /// `HEADWATER_MAX_STREAMS_PER_ENGINE`: most channels of one engine. Default 10, at least 1.
    pub max_streams_per_engine: u32,
    /// `HEADWATER_SESSION_CLEANUP_INTERVAL`: time between two looks for unwatched channels. Default 1 minute.
    pub session_cleanup_interval: Duration,
}

/// Where the operator's list of channels is.
#[derive(Clone, PartialEq, Eq)]
pub enum ChannelList {
    /// A file on this machine.
    File(PathBuf),
    /// An http(s) address, which may hold a key.
    Address(Url),
}

// An address may hold a key, and a path tells little.
impl fmt::Debug for ChannelList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl ChannelList {
    /// What may be shown of it.
    fn shown(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Address(_) => "***".to_owned(),
        }
    }
}

impl FromStr for ChannelList {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if !text.contains("://") {
            return Ok(Self::File(text.into()));
        }
        // The text is not repeated, because an address may hold a key.
        let url: Url = text.parse().map_err(|_| "it is neither a path nor an address")?;
        match url.scheme() {
            "http" | "https" => Ok(Self::Address(url)),
            _ => Err("its address begins neither with http:// nor with https://"),
        }
    }
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            engines: Vec::new(),
            channels: None,
            dvr_window: Duration::from_secs(30 * 60),
            dvr_max_bytes: 10 << 30,
            ffmpeg: Some("ffmpeg".to_owned()),
            empty_stream_timeout: Duration::from_secs(30),
            stream_idle_timeout: Duration::from_secs(300),
            client_heartbeat_interval: Duration::from_secs(10),
            client_timeout: Duration::from_secs(30),
            stream_buffer_size: 4 << 20,
            copy_chunk_size: 64 << 10,
            engine_selection_timeout: Duration::from_secs(5),
            engine_cache_ttl: Duration::from_secs(2),
            max_streams_per_engine: 10,
            session_cleanup_interval: Duration::from_secs(60),
        }
    }
}

impl LiveConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let default = Self::default();
        let seconds = |given: &Given| positive_duration(given, Duration::from_secs(1));
        Self {
            engines: layers.value("HEADWATER_ENGINES", Vec::new(), engines::list),
            channels: layers.value("HEADWATER_CHANNELS", None, |given| Ok(Some(given.text.parse()?))),
            dvr_window: layers.value("HEADWATER_DVR_WINDOW", default.dvr_window, |given| {
                duration(given, Duration::from_secs(1))
            }),
            dvr_max_bytes: layers.value("HEADWATER_DVR_MAX_BYTES", default.dvr_max_bytes, bytes),
            ffmpeg: layers.value("HEADWATER_FFMPEG", default.ffmpeg, |given| {
                Ok((!given.text.eq_ignore_ascii_case(OFF)).then(|| given.text.clone()))
            }),
            empty_stream_timeout: layers.value(
                "HEADWATER_EMPTY_STREAM_TIMEOUT",
                default.empty_stream_timeout,
                seconds,
            ),
            stream_idle_timeout: layers.value(
                "HEADWATER_STREAM_IDLE_TIMEOUT",
                default.stream_idle_timeout,
                seconds,
            ),
            client_heartbeat_interval: layers.value(
                "HEADWATER_CLIENT_HEARTBEAT_INTERVAL",
                default.client_heartbeat_interval,
                seconds,
            ),
            client_timeout: layers.value("HEADWATER_CLIENT_TIMEOUT", default.client_timeout, seconds),
            stream_buffer_size: layers.value(
                "HEADWATER_STREAM_BUFFER_SIZE",
                default.stream_buffer_size,
                bytes,
            ),
            copy_chunk_size: layers.value("HEADWATER_COPY_CHUNK_SIZE", default.copy_chunk_size, chunk_size),
            engine_selection_timeout: layers.value(
                "HEADWATER_ENGINE_SELECTION_TIMEOUT",
                default.engine_selection_timeout,
                seconds,
            ),
            engine_cache_ttl: layers.value("HEADWATER_ENGINE_CACHE_TTL", default.engine_cache_ttl, seconds),
            max_streams_per_engine: layers.value(
                "HEADWATER_MAX_STREAMS_PER_ENGINE",
                default.max_streams_per_engine,
                |given| number(given, 1, MOST_STREAMS),
            ),
            session_cleanup_interval: layers.value(
                "HEADWATER_SESSION_CLEANUP_INTERVAL",
                default.session_cleanup_interval,
                seconds,
            ),
        }
    }

    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let engines: Vec<String> = self.engines.iter().map(ToString::to_string).collect();
        let channels = self.channels.as_ref().map_or_else(String::new, ChannelList::shown);
        vec![
            ("HEADWATER_ENGINES", engines.join(",")),
            ("HEADWATER_CHANNELS", channels),
            ("HEADWATER_DVR_WINDOW", duration_text(self.dvr_window)),
            ("HEADWATER_DVR_MAX_BYTES", bytes_text(self.dvr_max_bytes)),
            ("HEADWATER_FFMPEG", self.ffmpeg.clone().unwrap_or_else(|| OFF.to_owned())),
            ("HEADWATER_EMPTY_STREAM_TIMEOUT", duration_text(self.empty_stream_timeout)),
            ("HEADWATER_STREAM_IDLE_TIMEOUT", duration_text(self.stream_idle_timeout)),
            ("HEADWATER_CLIENT_HEARTBEAT_INTERVAL", duration_text(self.client_heartbeat_interval)),
            ("HEADWATER_CLIENT_TIMEOUT", duration_text(self.client_timeout)),
            ("HEADWATER_STREAM_BUFFER_SIZE", bytes_text(self.stream_buffer_size)),
            ("HEADWATER_COPY_CHUNK_SIZE", bytes_text(self.copy_chunk_size)),
            ("HEADWATER_ENGINE_SELECTION_TIMEOUT", duration_text(self.engine_selection_timeout)),
            ("HEADWATER_ENGINE_CACHE_TTL", duration_text(self.engine_cache_ttl)),
            ("HEADWATER_MAX_STREAMS_PER_ENGINE", self.max_streams_per_engine.to_string()),
            ("HEADWATER_SESSION_CLEANUP_INTERVAL", duration_text(self.session_cleanup_interval)),
        ]
    }
}

fn chunk_size(given: &Given) -> Result<u64, String> {
    match bytes(given)? {
        size @ PACKET..=LARGEST_CHUNK => Ok(size),
        _ => Err(format!("`{}` is not between {PACKET} bytes and 1MiB", given.text)),
    }
}
