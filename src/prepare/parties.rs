//! By whose rules a job is done: everybody who has asked for its content, and who of them is there.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::source::Terms;

/// More than this many different rules meet in no job; whoever comes later is served by what the others have.
pub(super) const MOST: usize = 64;

/// Players come back within this time, after a seek or a short pause, and no request waits longer for its first byte.
/// Whoever does not come has left, and nothing more is fetched with his accounts for those who stay.
const AWAY_AFTER: Duration = Duration::from_secs(120);

/// Those who want a content, each set of rules once. They are only ever added, so an index stays what it is.
#[derive(Debug)]
pub(super) struct Parties {
    /// Never held across an await.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    parties: Vec<Party>,
    /// So many of them are known to the crew.
    admitted: usize,
    /// When the job was given up.
    closed: Option<Instant>,
}

#[derive(Debug)]
struct Party {
    terms: Terms,
    viewers: usize,
    seen: Instant,
}

/// A set of parties, a bit for each index.
pub(super) type Set = u64;

impl Parties {
    /// The one who asks first.
    pub(super) fn new(terms: Terms, now: Instant) -> Self {
        let party = Party { terms, viewers: 0, seen: now };
        Self { state: Mutex::new(State { parties: vec![party], admitted: 0, closed: None }) }
    }

    /// Somebody asks for the content by these rules. Returns whether the job counts for him: one that was given up
    /// without having tried his rules does not.
    pub(super) fn join(&self, terms: &Terms, now: Instant) -> bool {
        let mut state = self.state();
        let closed = state.closed;
        match state.find(terms) {
            Some(at) => {
                let party = &mut state.parties[at];
                let was_tried = closed.is_none_or(|closed| party.is_there(closed));
                // Else he would be there for a job that never tried his rules when he asks again.
                if was_tried {
                    party.seen = now;
                }
                was_tried
            }
            None if closed.is_some() => false,
            None => {
                if state.parties.len() < MOST {
                    state.parties.push(Party { terms: terms.clone(), viewers: 0, seen: now });
                }
                true
            }
        }
    }

    /// Somebody watches by these rules.
    pub(super) fn arrive(&self, terms: &Terms, now: Instant) {
        self.join(terms, now);
        let mut state = self.state();
        if let Some(at) = state.find(terms) {
            state.parties[at].viewers += 1;
        }
    }

    /// He does not watch any more.
    pub(super) fn leave(&self, terms: &Terms, now: Instant) {
        let mut state = self.state();
        if let Some(at) = state.find(terms) {
            let party = &mut state.parties[at];
            party.viewers = party.viewers.saturating_sub(1);
            party.seen = now;
        }
    }

    /// Those who have come since the last call, with their indices.
    pub(super) fn newcomers(&self) -> Vec<(usize, Terms)> {
        let mut state = self.state();
        let count = state.parties.len();
        let from = std::mem::replace(&mut state.admitted, count);
        state.parties.iter().enumerate().skip(from).map(|(at, party)| (at, party.terms.clone())).collect()
    }

    /// Who is there; everybody, if nobody is: then nobody is served at another's expense.
    pub(super) fn there(&self, now: Instant) -> Set {
        let state = self.state();
        let there = state.parties.iter().enumerate().filter(|(_, party)| party.is_there(now));
        let set = there.fold(0, |set, (at, _)| set | bit(at));
        if set == 0 { Set::MAX } else { set }
    }

    /// Gives the job up, unless somebody has come whose rules were not tried. Returns whether it did.
    pub(super) fn close(&self, now: Instant) -> bool {
        let mut state = self.state();
        let is_over = state.admitted == state.parties.len();
        if is_over {
            state.closed.get_or_insert(now);
        }
        is_over
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn find(&self, terms: &Terms) -> Option<usize> {
        self.parties.iter().position(|party| party.terms == *terms)
    }
}

impl Party {
    fn is_there(&self, now: Instant) -> bool {
        self.viewers > 0 || now.saturating_duration_since(self.seen) < AWAY_AFTER
    }
}

/// The set of one.
pub(super) fn bit(at: usize) -> Set {
    1 << at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SourcePolicy;
    use crate::domain::DebridService;
    use crate::source::debrid::ServiceTokens;

    fn terms(policy: SourcePolicy) -> Terms {
        Terms { policy: Some(policy), ..Terms::default() }
    }

    #[test]
    fn whoever_watches_is_there_and_whoever_left_long_ago_is_not() {
        let (one, two, start) = (Terms::default(), terms(SourcePolicy::Race), Instant::now());
        let parties = Parties::new(one.clone(), start);
        assert!(parties.join(&two, start));
        assert_eq!(parties.newcomers().len(), 2);
        assert_eq!(parties.newcomers().len(), 0);
        parties.arrive(&one, start);
        assert_eq!(parties.there(start + AWAY_AFTER / 2), bit(0) | bit(1));
        let later = start + AWAY_AFTER;
        assert_eq!(parties.there(later), bit(0));
        assert!(parties.join(&two, later));
        assert_eq!(parties.there(later), bit(0) | bit(1));
        parties.leave(&one, later);
        assert_eq!(parties.there(later + AWAY_AFTER), Set::MAX, "nobody is at another's expense");
    }

    #[test]
    fn what_was_given_up_answers_for_those_whose_rules_were_tried() {
        let (one, two, start) = (Terms::default(), terms(SourcePolicy::Race), Instant::now());
        let parties = Parties::new(one.clone(), start);
        parties.join(&two, start);
        let later = start + AWAY_AFTER;
        assert!(parties.join(&one, later));
        assert!(!parties.close(later), "nobody has looked at them yet");
        parties.newcomers();
        assert!(parties.close(later));
        assert!(parties.join(&one, later));
        for _ in 0..2 {
            assert!(!parties.join(&two, later), "he was away when the others' rules led nowhere");
        }
        assert!(!parties.join(&terms(SourcePolicy::NeverP2p), later));
    }

    #[test]
    fn there_is_an_end_to_rules() {
        let start = Instant::now();
        let parties = Parties::new(Terms::default(), start);
        for number in 0..2 * MOST {
            let tokens = vec![number.to_string().into()];
            let one = ServiceTokens { service: DebridService::TorBox, tokens };
            assert!(parties.join(&Terms { services: Some([one].into()), policy: None }, start));
        }
        assert_eq!(parties.newcomers().len(), MOST);
        assert_eq!(parties.there(start), Set::MAX);
    }
}
