//! Who is in the pool, what each engine does, and which one gets the next channel. No I/O: time is given.

use std::time::Duration;

use tokio::time::Instant;

use super::choice::{Choice, Rank, Stage};
use super::error::{AlreadyThere, FailureKind, NoEngine, Unknown};
use super::member::{Member, MemberId, Past};
use super::pulse::Pulse;
use super::vitals::Look;
use crate::config::{EngineAddress, EngineSettings};
use crate::domain::InfoHash;

/// How long an engine is preferred for a channel after it delivered it: its cache and its peers are still there.
const AFFINITY: Duration = Duration::from_secs(300);

/// How long other engines are preferred for a channel that failed on one.
const CHANNEL_REST: Duration = Duration::from_secs(60);

/// What a new channel wants of its engine.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The channel, so that an engine that knows it is preferred; its info-hash if known, else whatever id.
    pub channel: Option<InfoHash>,
    /// Engines that have failed the caller just now.
    pub avoid: &'a [EngineAddress],
}

#[derive(Debug)]
pub(super) struct Roster {
    pub(super) members: Vec<Member>,
    pub(super) max_streams: u32,
    ttl: Duration,
    /// Numbers engines and claims.
    serial: u64,
    is_closed: bool,
}

impl Roster {
    pub(super) fn new(max_streams: u32, ttl: Duration) -> Self {
        Self { members: Vec::new(), max_streams, ttl, serial: 0, is_closed: false }
    }

    /// Adds an engine. One that is being drained is taken back into service, as it is described now.
    pub(super) fn add(&mut self, settings: EngineSettings) -> Result<MemberId, AlreadyThere> {
        let known =
            self.members.iter_mut().find(|m| m.is_in_service() && m.settings.address == settings.address);
        if let Some(member) = known {
            if !member.is_draining {
                return Err(AlreadyThere);
            }
            (member.is_draining, member.settings) = (false, settings);
            return Ok(member.id);
        }
        self.serial += 1;
        let id = MemberId(self.serial);
        self.members.push(Member::new(id, settings));
        Ok(id)
    }

    pub(super) fn drain(&mut self, address: &EngineAddress) -> Result<(), Unknown> {
        self.at(address)?.is_draining = true;
        Ok(())
    }

    /// Takes an engine out of service and tells its sessions. It stays in the list until [`Self::forget`].
    pub(super) fn withdraw(&mut self, address: &EngineAddress) -> Result<MemberId, Unknown> {
        let member = self.at(address)?;
        member.withdrawn.cancel();
        Ok(member.id)
    }

    pub(super) fn forget(&mut self, id: MemberId) {
        self.members.retain(|member| member.id != id);
    }

    /// No engine is chosen any more, and all sessions are told.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        for member in &self.members {
            member.withdrawn.cancel();
        }
    }

    fn at(&mut self, address: &EngineAddress) -> Result<&mut Member, Unknown> {
        let found = self.members.iter_mut().find(|m| m.is_in_service() && m.settings.address == *address);
        found.ok_or(Unknown)
    }

    pub(super) fn get(&mut self, id: MemberId) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id == id)
    }

    /// Chooses an engine for a channel, and takes a place there in the same breath.
    pub(super) fn choose(&mut self, wanted: &Wanted<'_>, stage: Stage, now: Instant) -> Choice {
        if self.is_closed {
            return Choice::Nobody(NoEngine::Stopping);
        }
        self.catch_up();
        let ranks: Vec<Rank> = self
            .members
            .iter()
            .filter(|member| self.is_eligible(member, wanted))
            .map(|member| self.rank(member, wanted, now))
            .collect();
        let choice = stage.choose(&ranks, || self.excuse(wanted));
        if let Choice::Take(id, _) = choice {
            self.serial += 1;
            let serial = self.serial;
            if let Some(member) = self.get(id) {
                member.streams += 1;
                member.last_used = serial;
            }
        }
        choice
    }

    fn is_eligible(&self, member: &Member, wanted: &Wanted<'_>) -> bool {
        member.takes_new()
            && member.streams < self.max_streams
            && !wanted.avoid.contains(&member.settings.address)
    }

    fn rank(&self, member: &Member, wanted: &Wanted<'_>, now: Instant) -> Rank {
        let past = wanted.channel.and_then(|channel| member.past.get(&channel));
        let within =
            |at: Option<Instant>, span| at.is_some_and(|at| now.saturating_duration_since(at) < span);
        Rank {
            id: member.id,
            health: member.vitals.health,
            is_fresh: member.vitals.is_fresh(self.ttl, now),
            is_group_down: self.is_group_down(member, now),
            is_resting: member.vitals.rest(now).is_some(),
            has_failed: within(past.and_then(|past| past.failed), CHANNEL_REST),
            is_new_to_it: !within(past.and_then(|past| past.delivered), AFFINITY),
            streams: member.streams,
            is_forwarded: member.settings.forwarded,
            last_used: member.last_used,
        }
    }

    /// Whether every engine behind the same tunnel fails: then the tunnel is what failed.
    fn is_group_down(&self, member: &Member, now: Instant) -> bool {
        let Some(group) = &member.settings.vpn else { return false };
        let same = |other: &&Member| other.is_in_service() && other.settings.vpn.as_ref() == Some(group);
        self.members.iter().filter(same).all(|other| other.vitals.is_failing(now))
    }

    /// Why none was chosen; what ends soonest is said first.
    fn excuse(&self, wanted: &Wanted<'_>) -> NoEngine {
        let members = || self.members.iter().filter(|member| member.takes_new());
        let others = || members().filter(|member| !wanted.avoid.contains(&member.settings.address));
        if members().next().is_none() {
            return NoEngine::NoneConfigured;
        }
        if others().next().is_none() {
            return NoEngine::Exhausted;
        }
        if others().any(|member| member.streams >= self.max_streams) {
            return NoEngine::Full;
        }
        NoEngine::Down
    }

    /// Those whose state is older than `age`.
    pub(super) fn stale(&mut self, age: Duration, now: Instant) -> Vec<MemberId> {
        self.catch_up();
        let is_stale = |member: &&Member| member.is_in_service() && !member.vitals.is_fresh(age, now);
        self.members.iter().filter(is_stale).map(|member| member.id).collect()
    }

    /// Bytes that came are as good as an answer.
    pub(super) fn catch_up(&mut self) {
        for member in &mut self.members {
            if let Some(at) = member.pulses.iter().filter_map(Pulse::last).max() {
                member.vitals.beat(at);
            }
        }
    }

    /// Begins to ask an engine; `None` if it is being asked already.
    pub(super) fn begin_look(&mut self, id: MemberId) -> Option<EngineAddress> {
        let member = self.get(id).filter(|member| !member.vitals.is_being_asked)?;
        member.vitals.is_being_asked = true;
        Some(member.settings.address.clone())
    }

    pub(super) fn looked(&mut self, id: MemberId, look: Look, now: Instant) {
        if let Some(member) = self.get(id) {
            member.vitals.looked(look, now);
        }
    }

    /// A channel brings bytes: all is forgiven, and the engine is the first choice for it from now on.
    pub(super) fn delivered(&mut self, id: MemberId, channels: &[InfoHash], now: Instant) {
        let Some(member) = self.get(id) else { return };
        member.vitals.delivered(now);
        member.remember(channels, |past| *past = Past { delivered: Some(now), failed: None });
    }

    /// A channel that delivered to the end is over there. From now on its cache grows cold.
    pub(super) fn parted(&mut self, id: MemberId, channels: &[InfoHash], now: Instant) {
        if let Some(member) = self.get(id) {
            member.remember(channels, |past| past.delivered = Some(now));
        }
    }

    /// A channel that was started failed; `pulse` is that of its place.
    pub(super) fn failed_channel(
        &mut self,
        id: MemberId,
        (channels, pulse): (&[InfoHash], &Pulse),
        kind: FailureKind,
        now: Instant,
    ) {
        let Some(member) = self.get(id) else { return };
        if member.delivers_beside(pulse, now) {
            // Then it is the channel that has no source.
            member.vitals.last_error = Some(kind.text().to_owned());
            pulse.forget();
        } else if let Some(channel) = channels.last() {
            // What came before the failure says nothing any more; other channels there beat again soon.
            member.pulses.iter().for_each(Pulse::forget);
            member.vitals.failed_channel(*channel, kind.text(), now);
        }
        member.remember(channels, |past| *past = Past { delivered: None, failed: Some(now) });
    }

    /// An engine has refused a channel. That says nothing of the engine.
    pub(super) fn refused(&mut self, id: MemberId, channel: InfoHash, now: Instant) {
        let Some(member) = self.get(id) else { return };
        member.vitals.heard(now);
        member.remember(&[channel], |past| past.failed = Some(now));
    }
}
