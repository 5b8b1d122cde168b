//! When the engine is called in: held back while the small client serves the readers alone, it has to know what is there
//! before it begins.

use std::time::Duration;

use tokio::time::Instant;

/// Calling it costs an add, which writes a file and drops its connections. Between two calls lies this time at least;
/// what others write meanwhile is fetched twice.
const PAUSE: Duration = Duration::from_secs(5);

/// How things stand with the engine, for one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It does not hold the torrent.
    Absent,
    /// It is being told what is there.
    Coming,
    /// It holds the torrent and waits to be let go.
    Held {
        /// Whether it knows nearly all that is there.
        knows_enough: bool,
    },
    /// It is at work.
    AtWork,
}

/// What is to be done so that the engine works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing, or nothing yet.
    Wait,
    /// It is let go.
    LetGo,
    /// It is added anew with all that is there.
    Add,
}

/// The calls so far.
#[derive(Debug, Default)]
pub(super) struct Calling {
    /// The engine's latest add when it was called, and when that was.
    latest: Option<(u64, Instant)>,
}

impl Calling {
    /// What is to be done for an engine whose latest add has the number `generation`.
    pub(super) fn step(&mut self, standing: Standing, generation: u64, now: Instant) -> Step {
        let recent = self.latest.filter(|(_, at)| now.saturating_duration_since(*at) < PAUSE);
        let has_come = recent.is_some_and(|(before, _)| before != generation);
        match standing {
            Standing::Coming | Standing::AtWork => Step::Wait,
            Standing::Held { knows_enough } if knows_enough || has_come => Step::LetGo,
            Standing::Absent | Standing::Held { .. } if recent.is_some() => Step::Wait,
            Standing::Absent | Standing::Held { .. } => {
                self.latest = Some((generation, now));
                Step::Add
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IGNORANT: Standing = Standing::Held { knows_enough: false };

    #[test]
    fn an_engine_that_is_not_there_is_called_once_and_let_go_when_it_has_come() {
        let (mut calling, now) = (Calling::default(), Instant::now());
        assert_eq!(calling.step(Standing::Absent, 0, now), Step::Add);
        assert_eq!(calling.step(Standing::Absent, 0, now), Step::Wait);
        assert_eq!(calling.step(Standing::Coming, 1, now), Step::Wait);
        // Others have written on while it came. Calling it again would never end.
        assert_eq!(calling.step(IGNORANT, 1, now), Step::LetGo);
        assert_eq!(calling.step(Standing::AtWork, 1, now), Step::Wait);
    }

    #[test]
    fn one_that_was_held_for_long_is_told_anew_before_it_begins() {
        let (mut calling, now) = (Calling::default(), Instant::now());
        assert_eq!(calling.step(Standing::Held { knows_enough: true }, 3, now), Step::LetGo);
        assert_eq!(calling.step(IGNORANT, 3, now), Step::Add);
        assert_eq!(calling.step(IGNORANT, 3, now), Step::Wait, "the call has not been answered");
        assert_eq!(calling.step(IGNORANT, 4, now), Step::LetGo);
    }

    #[test]
    fn one_that_cannot_come_is_called_again_after_a_while() {
        let (mut calling, now) = (Calling::default(), Instant::now());
        assert_eq!(calling.step(Standing::Absent, 0, now), Step::Add);
        assert_eq!(calling.step(Standing::Absent, 1, now + PAUSE / 2), Step::Wait);
        assert_eq!(calling.step(Standing::Absent, 1, now + PAUSE), Step::Add);
    }
}
