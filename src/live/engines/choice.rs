//! Which engine a new channel gets.

use super::error::NoEngine;
use super::member::MemberId;
use super::vitals::Health;

/// An engine that could take the channel, with all that speaks for and against it.
#[derive(Debug, Clone)]
pub(super) struct Rank {
    pub(super) id: MemberId,
    pub(super) health: Health,
    /// Whether its health is known well enough.
    pub(super) is_fresh: bool,
    pub(super) is_group_down: bool,
    /// Whether it is left alone after failures.
    pub(super) is_resting: bool,
    /// Whether this very channel failed there lately.
    pub(super) has_failed: bool,
    /// Whether it has not delivered this channel lately.
    pub(super) is_new_to_it: bool,
    pub(super) streams: u32,
    pub(super) is_forwarded: bool,
    /// Serial number of its last claim.
    pub(super) last_used: u64,
}

/// How long the choice has taken so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The best engine is worth a short wait for its answer.
    Calm,
    /// The best one that has answered is good enough.
    Hurried,
    /// Time is up: somebody is chosen who may not have answered.
    Last,
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    /// This one, and why; its place is taken.
    Take(MemberId, Reason),
    /// These have to be asked for their health before one can be chosen.
    Ask(Vec<MemberId>),
    /// None, and why.
    Nobody(NoEngine),
}

/// What speaks for an engine, and not for the next best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No other could take the channel.
    Only,
    /// A better one has not told of its health in time.
    InTime,
    /// It is in better health.
    Health,
    /// The channel has failed on the other.
    NoFailure,
    /// It has delivered the channel lately.
    Known,
    /// It delivers fewer channels.
    Load,
    /// Peers can reach it.
    Forwarded,
    /// It has had nothing new for longer.
    Turn,
}

impl Reason {
    /// The same in words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Only => "no other can take it",
            Self::InTime => "a better one did not answer in time",
            Self::Health => "in better health than the others",
            Self::NoFailure => "the channel failed on the others lately",
            Self::Known => "had the channel lately",
            Self::Load => "delivers the fewest channels",
            Self::Forwarded => "can be reached by peers",
            Self::Turn => "least recently chosen among equals",
        }
    }
}

/// How much of an engine is to be expected: the smaller the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tier {
    Good,
    /// All engines behind its tunnel have failed.
    GroupDown,
    /// It says that it has no network, or does not answer well: better than nothing.
    Poor,
    /// It failed lately and is left alone, unless nobody else is left.
    Resting,
    /// Nobody was there.
    Down,
}

impl Rank {
    fn tier(&self) -> Tier {
        match self.health {
            Health::Down => Tier::Down,
            _ if self.is_resting => Tier::Resting,
            Health::Offline | Health::Unclear => Tier::Poor,
            Health::Unknown | Health::Healthy if self.is_group_down => Tier::GroupDown,
            Health::Unknown | Health::Healthy => Tier::Good,
        }
    }

    /// Tiers first, so that no merit makes up for being down; the load decides before the open port does, or else all
    /// channels would end up on one engine.
    fn key(&self) -> impl Ord + use<> {
        (self.tier(), self.has_failed, self.is_new_to_it, self.streams, !self.is_forwarded, self.last_used)
    }

    /// Why it is chosen among these.
    fn reason(&self, ranks: &[Self]) -> Reason {
        let others = ranks.iter().filter(|other| other.id != self.id);
        let Some(next) = others.min_by_key(|other| other.key()) else { return Reason::Only };
        match () {
            () if next.key() < self.key() => Reason::InTime,
            () if next.tier() != self.tier() => Reason::Health,
            () if next.has_failed != self.has_failed => Reason::NoFailure,
            () if next.is_new_to_it != self.is_new_to_it => Reason::Known,
            () if next.streams != self.streams => Reason::Load,
            () if next.is_forwarded != self.is_forwarded => Reason::Forwarded,
            () => Reason::Turn,
        }
    }

    fn chosen(&self, ranks: &[Self]) -> Choice {
        Choice::Take(self.id, self.reason(ranks))
    }
}

impl Stage {
    /// Chooses among those that could take the channel.
    pub(super) fn choose(self, ranks: &[Rank], excuse: impl FnOnce() -> NoEngine) -> Choice {
        let best =
            |fit: &dyn Fn(&Rank) -> bool| ranks.iter().filter(|rank| fit(rank)).min_by_key(|rank| rank.key());
        let is_known_good = |rank: &Rank| rank.is_fresh && rank.tier() <= Tier::GroupDown;
        let chosen = match self {
            Self::Calm => best(&|_| true).filter(|rank| is_known_good(rank)),
            Self::Hurried => best(&is_known_good),
            Self::Last => best(&|rank| !(rank.is_fresh && rank.tier() == Tier::Down)),
        };
        if let Some(rank) = chosen {
            return rank.chosen(ranks);
        }
        let stale: Vec<MemberId> = ranks.iter().filter(|rank| !rank.is_fresh).map(|rank| rank.id).collect();
        if !stale.is_empty() {
            return Choice::Ask(stale);
        }
        // Everybody has answered, and none of them well.
        match best(&|rank| rank.tier() != Tier::Down) {
            Some(rank) => rank.chosen(ranks),
            None => Choice::Nobody(excuse()),
        }
    }
}
