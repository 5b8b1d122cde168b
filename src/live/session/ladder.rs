//! What is done when a channel stops coming: which step is next, as decisions without any action.
//!
//! The first loss is answered with a new session on the same engine, because most losses are of the session and not of
//! the engine. A second one there sends the channel to another engine. When none is left, everything is tried again
//! after pauses that grow, until nothing has come for so long that viewers are better told.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::EngineAddress;

/// Engines that say they do not know a channel before they are believed. One may have been asked too early.
const REFUSALS_BELIEVED: usize = 2;

/// How patient a channel is with its engines.
#[derive(Debug, Clone, Copy)]
pub struct LadderLimits {
    /// Delivered for so long without trouble, a channel has forgotten what was before.
    pub stable: Duration,
    /// Without a byte for so long, the channel has failed.
    pub outage: Duration,
    /// The pause before everything is tried again; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for LadderLimits {
    fn default() -> Self {
        Self {
            stable: Duration::from_secs(30),
            // Players on null packets wait about as long; beyond it people have left.
            outage: Duration::from_secs(60),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(8),
        }
    }
}

/// What went wrong with one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It delivered and fell silent, or its session was cut or over, perhaps before the first byte: engines that warm up
    /// do so.
    Lost,
    /// It started the channel, and was silent from the first.
    Empty,
    /// It could not be asked, or answered nonsense.
    Unusable,
    /// It says that it does not know the channel.
    Refused,
    /// The operator took it away.
    Withdrawn,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rung {
    /// Ask the pool for an engine again, after a pause.
    Again(Duration),
    /// The channel has failed.
    GiveUp,
}

/// The state between two troubles.
#[derive(Debug)]
pub(crate) struct Ladder {
    limits: LadderLimits,
    /// How long a channel that has not begun may try: nobody waits longer.
    beginning: Duration,
    /// When the present engine session began to deliver.
    delivering_since: Option<Instant>,
    has_delivered: bool,
    /// Since everything was tried last, there was a trouble of a kind that passes.
    may_pass: bool,
    /// Since when nothing comes.
    outage_since: Option<Instant>,
    /// The engine that was given a second session.
    repeated: Option<EngineAddress>,
    /// Engines that are asked last.
    avoided: Vec<EngineAddress>,
    refusals: usize,
    pauses: u32,
}

impl Ladder {
    /// The ladder of a channel that has not begun, and whose viewers wait for `beginning`.
    pub(crate) fn new(limits: LadderLimits, beginning: Duration) -> Self {
        Self {
            limits,
            beginning,
            delivering_since: None,
            has_delivered: false,
            may_pass: false,
            outage_since: None,
            repeated: None,
            avoided: Vec::new(),
            refusals: 0,
            pauses: 0,
        }
    }

    /// The engines that failed since the channel was last well.
    pub(crate) fn avoided(&self) -> &[EngineAddress] {
        &self.avoided
    }

    /// Whether anything ever came.
    pub(crate) fn has_delivered(&self) -> bool {
        self.has_delivered
    }

    /// The first bytes of an engine session are there.
    pub(crate) fn delivered(&mut self, now: Instant) {
        self.delivering_since.get_or_insert(now);
        self.has_delivered = true;
        self.outage_since = None;
    }

    /// An engine failed.
    pub(crate) fn failed(&mut self, engine: &EngineAddress, trouble: Trouble, now: Instant) -> Rung {
        if self.delivering_since.take().is_some_and(|since| now - since >= self.limits.stable) {
            self.repeated = None;
            self.avoided.clear();
            self.refusals = 0;
            self.pauses = 0;
        }
        let outage = now - *self.outage_since.get_or_insert(now);
        self.may_pass |= trouble == Trouble::Lost;
        self.refusals += usize::from(trouble == Trouble::Refused);
        if trouble == Trouble::Lost && self.repeated.as_ref() != Some(engine) {
            self.repeated = Some(engine.clone());
        } else if !self.avoided.contains(engine) {
            self.avoided.push(engine.clone());
        }
        let unknown = !self.has_delivered && self.refusals >= REFUSALS_BELIEVED;
        if unknown || outage >= self.longest_outage() { Rung::GiveUp } else { Rung::Again(Duration::ZERO) }
    }

    /// The pool has no engine beside those that failed. A channel that has never begun does not wait for one, unless an
    /// engine had taken it and ended it: engines that warm up do so, and those that fall silent do not.
    pub(crate) fn none_left(&mut self, now: Instant) -> Rung {
        let outage = now - *self.outage_since.get_or_insert(now);
        let longest = self.longest_outage();
        let may_pass = std::mem::take(&mut self.may_pass);
        if !(self.has_delivered || may_pass) || outage >= longest {
            return Rung::GiveUp;
        }
        self.avoided.clear();
        self.repeated = None;
        let pause = self.limits.first_pause.saturating_mul(1 << self.pauses.min(16));
        self.pauses += 1;
        Rung::Again(pause.min(self.limits.longest_pause).min(longest - outage))
    }

    fn longest_outage(&self) -> Duration {
        if self.has_delivered { self.limits.outage } else { self.limits.outage.min(self.beginning) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(port: u16) -> EngineAddress {
        EngineAddress { host: "ace".to_owned(), port }
    }

    fn limits() -> LadderLimits {
        LadderLimits::default()
    }

    /// A ladder whose channel has just begun to come, and a clock.
    fn delivering() -> (Ladder, Instant) {
        let (mut ladder, now) = beginning();
        ladder.delivered(now);
        (ladder, now)
    }

    /// A ladder whose channel has not begun, and a clock.
    fn beginning() -> (Ladder, Instant) {
        (Ladder::new(limits(), 30 * SECOND), Instant::now())
    }

    const AT_ONCE: Rung = Rung::Again(Duration::ZERO);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_loss_is_first_answered_on_the_same_engine_and_then_on_another() {
        let (mut ladder, now) = delivering();
        assert_eq!(ladder.failed(&engine(1), Trouble::Lost, now + SECOND), AT_ONCE);
        assert_eq!(ladder.avoided(), []);
        ladder.delivered(now + 2 * SECOND);
        assert_eq!(ladder.failed(&engine(1), Trouble::Lost, now + 3 * SECOND), AT_ONCE);
        assert_eq!(ladder.avoided(), [engine(1)]);
        // The next one has its own second session.
        ladder.delivered(now + 4 * SECOND);
        assert_eq!(ladder.failed(&engine(2), Trouble::Lost, now + 5 * SECOND), AT_ONCE);
        assert_eq!(ladder.avoided(), [engine(1)]);
    }

    #[test]
    fn an_engine_that_cannot_be_used_is_left_at_once() {
        for trouble in [Trouble::Empty, Trouble::Unusable, Trouble::Withdrawn, Trouble::Refused] {
            let (mut ladder, now) = delivering();
            assert_eq!(ladder.failed(&engine(1), trouble, now), AT_ONCE);
            assert_eq!(ladder.avoided(), [engine(1)]);
        }
    }

    #[test]
    fn what_ran_well_for_long_has_forgotten_its_troubles() {
        let (mut ladder, now) = delivering();
        ladder.failed(&engine(1), Trouble::Lost, now);
        ladder.failed(&engine(1), Trouble::Unusable, now);
        ladder.delivered(now);
        let later = now + limits().stable;
        assert_eq!(ladder.failed(&engine(1), Trouble::Lost, later), AT_ONCE);
        assert_eq!(ladder.avoided(), [], "it was given a second session again");
    }

    #[test]
    fn with_all_engines_gone_pauses_grow_until_the_channel_has_failed() {
        let (mut ladder, mut now) = delivering();
        let began = now;
        let mut pauses = Vec::new();
        while let Rung::Again(pause) = ladder.none_left(now) {
            assert!(pauses.len() < 100);
            pauses.push(pause.as_secs());
            now += pause;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 8, 8, 8, 8, 8, 5]);
        assert_eq!(now - began, limits().outage);
    }

    #[test]
    fn failures_alone_end_it_too() {
        let (mut ladder, now) = delivering();
        assert_eq!(ladder.failed(&engine(1), Trouble::Unusable, now), AT_ONCE);
        let late = now + limits().outage;
        assert_eq!(ladder.failed(&engine(1), Trouble::Unusable, late), Rung::GiveUp);
    }

    #[test]
    fn a_channel_that_comes_and_goes_is_never_given_up() {
        let (mut ladder, mut now) = delivering();
        for _ in 0..100 {
            now += 5 * SECOND;
            assert_eq!(ladder.failed(&engine(1), Trouble::Lost, now), AT_ONCE);
            assert!(matches!(ladder.none_left(now), Rung::Again(_)));
            ladder.delivered(now + 10 * SECOND);
        }
    }

    #[test]
    fn a_channel_that_never_began_fails_with_its_last_engine() {
        let (mut ladder, now) = beginning();
        assert_eq!(ladder.failed(&engine(1), Trouble::Unusable, now), AT_ONCE);
        assert_eq!(ladder.none_left(now), Rung::GiveUp);
    }

    #[test]
    fn an_engine_that_is_warming_up_is_asked_again() {
        let (mut ladder, now) = beginning();
        assert_eq!(ladder.failed(&engine(1), Trouble::Lost, now), AT_ONCE);
        assert_eq!(ladder.avoided(), []);
        assert_eq!(ladder.failed(&engine(1), Trouble::Lost, now), AT_ONCE);
        assert_eq!(ladder.none_left(now), Rung::Again(SECOND));
        assert_eq!(ladder.failed(&engine(1), Trouble::Unusable, now + SECOND), AT_ONCE);
        assert_eq!(ladder.none_left(now + SECOND), Rung::GiveUp);
    }

    #[test]
    fn an_engine_that_is_warming_up_is_waited_for_as_long_as_viewers_wait_whatever_the_others_do() {
        let (mut ladder, mut now) = beginning();
        let (began, mut pauses) = (now, Vec::new());
        loop {
            assert!(pauses.len() < 100);
            let _ = ladder.failed(&engine(1), Trouble::Lost, now);
            let _ = ladder.failed(&engine(2), Trouble::Unusable, now);
            let Rung::Again(pause) = ladder.none_left(now) else { break };
            assert_eq!(ladder.avoided(), []);
            pauses.push(pause.as_secs());
            now += pause;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 8, 7]);
        assert_eq!(now - began, 30 * SECOND);
    }

    #[test]
    fn silence_from_the_first_and_words_of_refusal_are_waited_for_by_nobody() {
        for trouble in [Trouble::Empty, Trouble::Refused] {
            let (mut ladder, now) = beginning();
            assert_eq!(ladder.failed(&engine(1), trouble, now), AT_ONCE);
            assert_eq!(ladder.none_left(now), Rung::GiveUp);
        }
    }

    #[test]
    fn two_engines_that_do_not_know_a_channel_are_believed() {
        let (mut ladder, now) = beginning();
        assert_eq!(ladder.failed(&engine(1), Trouble::Refused, now), AT_ONCE);
        assert_eq!(ladder.failed(&engine(2), Trouble::Refused, now), Rung::GiveUp);
    }
}
