//! One engine of the pool: how it is, what it does, and what became of channels there.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::pulse::Pulse;
use super::vitals::Vitals;
use crate::config::EngineSettings;
use crate::domain::InfoHash;

/// Bytes of other channels within this time speak for an engine where one fell silent: swarms pause for seconds.
const FLOWS: Duration = Duration::from_secs(10);

/// So many channels are remembered per engine, so that memory is bounded.
const MOST_PAST: usize = 256;

/// Names an engine for as long as it is in the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct MemberId(pub(super) u64);

/// An engine of the pool.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) id: MemberId,
    pub(super) settings: EngineSettings,
    pub(super) vitals: Vitals,
    /// One for each claimed place.
    pub(super) pulses: Vec<Pulse>,
    pub(super) is_draining: bool,
    /// Claimed places.
    pub(super) streams: u32,
    /// Cancelled when the engine is removed.
    pub(super) withdrawn: CancellationToken,
    pub(super) last_used: u64,
    pub(super) past: HashMap<InfoHash, Past>,
}

/// What happened to a channel on an engine.
#[derive(Debug, Default)]
pub(super) struct Past {
    pub(super) delivered: Option<Instant>,
    pub(super) failed: Option<Instant>,
}

impl Member {
    pub(super) fn new(id: MemberId, settings: EngineSettings) -> Self {
        Self {
            id,
            settings,
            vitals: Vitals::new(),
            pulses: Vec::new(),
            is_draining: false,
            streams: 0,
            withdrawn: CancellationToken::new(),
            last_used: 0,
            past: HashMap::new(),
        }
    }

    pub(super) fn is_in_service(&self) -> bool {
        !self.withdrawn.is_cancelled()
    }

    /// Watches for the bytes of another channel.
    pub(super) fn begin_pulse(&mut self, now: Instant) -> Pulse {
        let pulse = Pulse::new(now);
        self.pulses.push(pulse.clone());
        pulse
    }

    /// The place of a channel is free again. What it brought is taken note of.
    pub(super) fn end_pulse(&mut self, pulse: &Pulse) {
        self.pulses.retain(|other| !other.is(pulse));
        if let Some(at) = pulse.last() {
            self.vitals.beat(at);
        }
    }

    /// Whether bytes of another channel than that of `pulse` come.
    pub(super) fn delivers_beside(&self, pulse: &Pulse, now: Instant) -> bool {
        let mut others = self.pulses.iter().filter(|other| !other.is(pulse)).filter_map(Pulse::last);
        others.any(|last| now.saturating_duration_since(last) < FLOWS)
    }

    pub(super) fn takes_new(&self) -> bool {
        self.is_in_service() && !self.is_draining
    }

    pub(super) fn remember(&mut self, channels: &[InfoHash], change: impl Fn(&mut Past)) {
        if self.past.len() > MOST_PAST {
            self.past.clear();
        }
        for channel in channels {
            change(self.past.entry(*channel).or_default());
        }
    }
}
