//! What a session tells of itself.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time::Instant;

use super::viewer::{ViewerReport, seconds};
use super::{Ending, Session};
use crate::config::EngineAddress;
use crate::domain::InfoHash;
use crate::live::engines::{SessionInfo, Stat};
use crate::live::stamp::Stamp;
use crate::live::ts::Facts;

/// Attempts that are shown; a channel may have more in an evening.
const MOST_ATTEMPTS: usize = 20;

/// What has happened so far.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) info: Option<SessionInfo>,
    pub(super) stat: Option<Stat>,
    pub(super) facts: Facts,
    pub(super) started: Option<SystemTime>,
    pub(super) ending: Option<Ending>,
    created: SystemTime,
    ended: Option<SystemTime>,
    attempts: VecDeque<AttemptReport>,
    /// The engine that has not answered yet.
    pub(super) asks: Option<EngineAddress>,
    /// Engine sessions that delivered nothing more and were replaced.
    failovers: u64,
}

/// One try with one engine.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptReport {
    /// The engine, as host and port.
    pub engine: String,
    /// When it was asked.
    pub at: Stamp,
    /// When its first bytes came.
    pub first_byte_at: Option<Stamp>,
    /// How it ended, if it did.
    pub outcome: Option<String>,
}

/// One session as the specification shows it, and more.
#[derive(Debug, Clone, Serialize)]
pub struct SessionReport {
    /// The info-hash, or what it was asked for by until that is known.
    pub stream_id: InfoHash,
    /// What it was asked for by.
    pub ace_id: InfoHash,
    /// Where its engine is.
    pub engine_host: Option<String>,
    /// The port of its engine.
    pub engine_port: Option<u16>,
    /// What its engine is called.
    pub container_id: Option<String>,
    /// The engine's own name for the session.
    pub playback_session_id: Option<String>,
    /// Whether it is a broadcast, and not a recording.
    pub is_live: Option<bool>,
    /// Whether it is on.
    pub is_active: bool,
    /// How many watch.
    pub client_count: usize,
    /// When it was first asked for.
    pub created_at: Stamp,
    /// When its first bytes came.
    pub started_at: Option<Stamp>,
    /// When it ended.
    pub ended_at: Option<Stamp>,
    /// Why it ended, if by a failure.
    pub error: Option<String>,
    /// How long ago a viewer last took something.
    #[serde(serialize_with = "seconds")]
    pub idle_seconds: Duration,
    /// Bits per second, by the clock of the broadcast.
    pub bit_rate: Option<u64>,
    /// What its engine said of the swarm.
    pub swarm: Option<Stat>,
    /// Bytes from engines.
    pub bytes_in: u64,
    /// Bytes to viewers.
    pub bytes_out: u64,
    /// Bytes in memory.
    pub buffered_bytes: usize,
    /// How far back viewers can go.
    #[serde(serialize_with = "seconds")]
    pub recorded_seconds: Duration,
    /// How long ago the newest bytes came.
    pub newest_age_seconds: Option<f64>,
    /// How often an engine session was replaced.
    pub failovers: u64,
    /// How often a viewer was too slow and missed something.
    pub skips: u64,
    /// What was seen in the stream.
    pub stream: Facts,
    /// The last tries with engines, oldest first.
    pub attempts: Vec<AttemptReport>,
    /// Who watches.
    pub viewers: Vec<ViewerReport>,
}

impl Story {
    pub(super) fn new(created: SystemTime) -> Self {
        Self {
            info: None,
            stat: None,
            facts: Facts::default(),
            started: None,
            ending: None,
            created,
            ended: None,
            attempts: VecDeque::new(),
            asks: None,
            failovers: 0,
        }
    }

    /// An engine is asked.
    pub(super) fn tried(&mut self, engine: &EngineAddress) {
        if self.attempts.len() == MOST_ATTEMPTS {
            self.attempts.pop_front();
        }
        self.failovers += u64::from(self.started.is_some());
        self.asks = Some(engine.clone());
        self.attempts.push_back(AttemptReport {
            engine: engine.to_string(),
            at: Stamp(SystemTime::now()),
            first_byte_at: None,
            outcome: None,
        });
    }

    /// The present engine has started the channel.
    pub(super) fn answered(&mut self, info: SessionInfo) {
        self.asks = None;
        self.info = Some(info);
    }

    /// The present engine delivers.
    pub(super) fn delivered(&mut self) {
        let now = SystemTime::now();
        self.started.get_or_insert(now);
        if let Some(attempt) = self.attempts.back_mut() {
            attempt.first_byte_at.get_or_insert(Stamp(now));
        }
    }

    /// The present engine is done.
    pub(super) fn lost(&mut self, how: &str) {
        self.stat = None;
        self.asks = None;
        if let Some(attempt) = self.attempts.back_mut() {
            attempt.outcome.get_or_insert_with(|| how.to_owned());
        }
    }

    pub(super) fn finish(&mut self, ending: Ending, now: SystemTime) {
        self.ended.get_or_insert(now);
        self.ending.get_or_insert(ending);
    }
}

impl Session {
    /// What it tells of itself now.
    pub fn report(&self) -> SessionReport {
        let now = Instant::now();
        let newest = self.ring().newest().and_then(|chunk| chunk.arrived.elapsed().ok());
        let (bytes_out, skips) = self.audience.totals();
        let viewers = self.audience.report(now);
        let story = self.story();
        let info = story.info.as_ref();
        let engine = info.map(|info| &info.engine);
        let error = match &story.ending {
            Some(Ending::Failed(error)) => Some(error.to_string()),
            _ => None,
        };
        SessionReport {
            stream_id: info.and_then(|info| info.infohash).unwrap_or(self.selector.id()),
            ace_id: self.selector.id(),
            engine_host: engine.map(|engine| engine.address.host.clone()),
            engine_port: engine.map(|engine| engine.address.port),
            container_id: engine.map(|engine| engine.name.clone().unwrap_or(engine.address.to_string())),
            playback_session_id: info.map(|info| info.playback_session_id.clone()),
            is_live: info.map(|info| info.is_live),
            is_active: story.ending.is_none(),
            client_count: viewers.iter().filter(|viewer| viewer.counted).count(),
            created_at: Stamp(story.created),
            started_at: story.started.map(Stamp),
            ended_at: story.ended.map(Stamp),
            error,
            idle_seconds: self.audience.idle(now),
            bit_rate: story.facts.bit_rate.or(info.and_then(|info| info.bitrate)),
            swarm: story.stat.clone(),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out,
            buffered_bytes: self.ring().bytes(),
            recorded_seconds: self.shelf.recorded(),
            newest_age_seconds: newest.map(|age| age.as_secs_f64()),
            failovers: story.failovers,
            skips,
            stream: story.facts,
            attempts: story.attempts.iter().cloned().collect(),
            viewers,
        }
    }
}
