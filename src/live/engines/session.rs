//! A channel that an engine delivers to us.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Client, Response, header};
use tokio::time::Instant;
use url::Url;

use super::ask::{AskError, ask};
use super::desk::Slot;
use super::error::{FailureKind, ReadError, StatError};
use super::leases::{LeaseId, Names};
use super::pulse::Pulse;
use super::reply::{Stat, at};
use super::start::is_video;
use crate::config::{EngineAddress, EngineSettings};
use crate::domain::InfoHash;

/// The engine itself sends readers on twice, and some add one; more is a circle.
const MOST_HOPS: usize = 5;

/// A question about a session is not worth a longer wait: it is asked again soon.
const STAT_PATIENCE: Duration = Duration::from_secs(3);

/// Most bytes that are handed on in one piece: half a second of radio. What an engine holds comes in pieces that are a
/// quarter of a minute of it, and whoever paces a stream can pause between pieces only.
const MOST_AT_ONCE: usize = 8 << 10;

/// What is known of a session.
#[derive(Debug, Clone)]
pub struct SessionInfo {
    /// The channel as the engine knows it; `None` from engines that do not say.
    pub infohash: Option<InfoHash>,
    /// What the engine calls the session; empty if it does not say.
    pub playback_session_id: String,
    /// Whether it is a broadcast rather than a recording.
    pub is_live: bool,
    /// Its bit rate in the engine's own words, which few give.
    pub bitrate: Option<u64>,
    /// Who delivers it.
    pub engine: EngineSettings,
}

/// Where the video is.
pub(super) enum Playback {
    /// At an address of the engine.
    At(Url),
    /// In the answer to the start, until it is taken.
    Here(Option<(Bytes, Response)>),
}

/// A session at an engine. Dropped, or stopped, it is ended there: once, in the background.
pub struct EngineSession {
    /// What is known of it.
    pub info: SessionInfo,
    pub(super) names: Names,
    pub(super) playback: Playback,
    pub(super) stat: Option<Url>,
    pub(super) lease: LeaseId,
    /// Video came, and nobody has complained since.
    pub(super) delivers: AtomicBool,
    pub(super) slot: Slot,
}

impl fmt::Debug for EngineSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineSession").field("info", &self.info).finish_non_exhaustive()
    }
}

impl EngineSession {
    /// Opens the video. The engine may take long to send even the head of it; how long is the caller's matter. An
    /// engine lets one connection read at a time, so what was opened before has to be dropped.
    ///
    /// # Errors
    /// See [`ReadError`]; the engine is told apart from the session by [`Self::failed`] only.
    pub async fn open(&mut self) -> Result<Reading, ReadError> {
        let pulse = self.slot.pulse.clone();
        match &mut self.playback {
            Playback::At(url) => {
                let url = url.clone();
                let response = follow(&self.slot.desk.client, &self.info.engine.address, url).await?;
                Ok(Reading { ready: Bytes::new(), response, pulse })
            }
            Playback::Here(here) => {
                let (first, response) = here.take().ok_or(ReadError::Cut)?;
                Ok(Reading { ready: first, response, pulse })
            }
        }
    }

    /// Asks how it is doing. The engine does not count that as watching.
    ///
    /// # Errors
    /// See [`StatError`].
    pub async fn stat(&self) -> Result<Stat, StatError> {
        let mut url = self.stat.clone().ok_or(StatError::Unknown)?;
        url.query_pairs_mut().append_pair("skip_player_activity", "1");
        match ask(&self.slot.desk.client, url, STAT_PATIENCE).await {
            Ok(answer) => Stat::read(&answer),
            Err(AskError::Status(_)) => Err(StatError::Gone),
            Err(AskError::NotJson) => Err(StatError::Unknown),
            Err(AskError::Unreachable | AskError::Timeout) => Err(StatError::Unreachable),
        }
    }

    /// The first video came: the engine is well, and the first choice for this channel from now on.
    pub fn first_byte(&self) {
        self.delivers.store(true, Ordering::Relaxed);
        self.slot.desk.delivered(self.slot.member, &self.names.list());
    }

    /// The session failed, and the channel is wanted from another engine: others are preferred for this channel for a
    /// while. When several channels fail, the engine is left alone. Without this call the next claim for the channel
    /// comes back here.
    pub fn failed(&self, kind: FailureKind) {
        self.delivers.store(false, Ordering::Relaxed);
        self.slot.desk.failed_channel(&self.slot, &self.names.list(), kind);
    }

    /// Returns when the engine was taken out of the pool, or the server stops: the session has to end.
    pub fn withdrawn(&self) -> impl Future<Output = ()> + use<> {
        self.slot.withdrawn.clone().cancelled_owned()
    }

    /// Ends it. As dropping it, but it says so.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for EngineSession {
    fn drop(&mut self) {
        if self.delivers.load(Ordering::Relaxed) {
            self.slot.desk.parted(self.slot.member, &self.names.list());
        }
        self.slot.desk.end(self.lease);
    }
}

/// Asks for video until it is there, wherever on the engine that is.
async fn follow(client: &Client, engine: &EngineAddress, mut url: Url) -> Result<Response, ReadError> {
    for _ in 0..=MOST_HOPS {
        let response = client.get(url).send().await.map_err(|error| {
            // A connection that was made and then broke may be a session that was superseded at this moment.
            if error.is_connect() || error.is_timeout() { ReadError::Unreachable } else { ReadError::Cut }
        })?;
        let status = response.status();
        if status.is_redirection() {
            let place = response.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
            url = place.and_then(|place| at(engine, place)).ok_or(ReadError::Astray)?;
            continue;
        }
        if !status.is_success() {
            return Err(ReadError::Gone(status.as_u16()));
        }
        let is_untold = !response.headers().contains_key(header::CONTENT_TYPE);
        return if is_untold || is_video(&response) { Ok(response) } else { Err(ReadError::NotMedia) };
    }
    Err(ReadError::Astray)
}

/// The video of a session, as it comes. Dropped, the connection is closed.
#[derive(Debug)]
pub struct Reading {
    /// What has come and was not handed on yet.
    ready: Bytes,
    response: Response,
    pulse: Pulse,
}

impl Reading {
    /// The next bytes, at most [`MOST_AT_ONCE`]; `None` at an orderly end.
    ///
    /// # Errors
    /// [`ReadError::Cut`]: the connection broke.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ReadError> {
        if self.ready.is_empty() {
            let piece = self.response.chunk().await.map_err(|_| ReadError::Cut)?;
            let Some(piece) = piece else { return Ok(None) };
            self.pulse.beat(Instant::now());
            self.ready = piece;
        }
        Ok(Some(self.ready.split_to(self.ready.len().min(MOST_AT_ONCE))))
    }
}
