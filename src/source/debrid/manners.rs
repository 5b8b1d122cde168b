//! How often a service may be asked, and when it is left alone.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::account::Account;
use super::call::Class;
use super::service::ServiceError;

/// A turn that comes later than this is none: the chain has other sources to ask meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// With more accounts than this those are forgotten that may make every call at once.
const MOST_ACCOUNTS: usize = 1_000;

const MOST_FAILURES: usize = 5;
const FAILURES_WITHIN: Duration = Duration::from_secs(60);
const OPEN_FOR: Duration = Duration::from_secs(60);

/// What a service allows each account. A call has to fit into every limit that names its class.
pub(super) type Limits = &'static [Limit];

/// So many calls within so much time, counted together for all the classes named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    /// Most calls within any stretch of `per`.
    pub(super) calls: usize,
    /// The length of the stretch.
    pub(super) per: Duration,
    /// Which calls count.
    pub(super) of: &'static [Class],
}

/// The state of one service: calls made, accounts that cool down, and the breaker.
pub(super) struct Manners {
    limits: Limits,
    /// Never held across an await.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the latest calls of an account were made or will be, oldest first, for each of the limits.
    made: HashMap<String, Vec<VecDeque<Instant>>>,
    cooling: HashMap<(String, Class), Instant>,
    breaker: Breaker,
}

/// Stops asking a service that cannot be reached, for a while; then one call finds out.
#[derive(Default)]
struct Breaker {
    failures: VecDeque<Instant>,
    open_until: Option<Instant>,
    probing: bool,
}

/// The permission to make one call.
pub(super) struct Turn<'a> {
    manners: &'a Manners,
    is_probe: bool,
}

impl Manners {
    /// Nothing asked yet.
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    /// Waits until the account may make a call of this class.
    ///
    /// # Errors
    /// `RateLimited` while the account cools down or when its turn is far off; `ServiceDown` while the breaker
    /// is open.
    pub(super) async fn turn(&self, account: &Account, class: Class) -> Result<Turn<'_>, ServiceError> {
        let (at, turn) = self.book(account, class, Instant::now())?;
        tokio::time::sleep_until(at).await;
        Ok(turn)
    }

    /// Leaves the account alone in this class for so long.
    pub(super) fn cool_down(&self, account: &Account, class: Class, wait: Duration) {
        let key = (account.fingerprint().to_owned(), class);
        let until = Instant::now() + wait;
        let mut state = self.state();
        let entry = state.cooling.entry(key).or_insert(until);
        *entry = until.max(*entry);
    }

    fn book(
        &self,
        account: &Account,
        class: Class,
        now: Instant,
    ) -> Result<(Instant, Turn<'_>), ServiceError> {
        let mut state = self.state();
        let key = (account.fingerprint().to_owned(), class);
        if let Some(until) = state.cooling.get(&key).copied() {
            if until > now {
                return Err(ServiceError::RateLimited(until - now));
            }
            state.cooling.remove(&key);
        }
        state.breaker.check(now)?;
        if state.made.len() >= MOST_ACCOUNTS && !state.made.contains_key(&key.0) {
            // Profiles bring any number of accounts, most of which have made no call for long.
            state
                .made
                .retain(|_, made| self.limits.iter().zip(made).any(|(limit, made)| limit.counts(made, now)));
            state.cooling.retain(|_, until| *until > now);
        }
        let made = state.made.entry(key.0).or_insert_with(|| vec![VecDeque::new(); self.limits.len()]);
        let mut rows: Vec<(&Limit, &mut VecDeque<Instant>)> =
            self.limits.iter().zip(made).filter(|(limit, _)| limit.of.contains(&class)).collect();
        let at = rows.iter().map(|(limit, made)| limit.next(made, now)).max().unwrap_or(now);
        if at - now > LONGEST_WAIT {
            return Err(ServiceError::RateLimited(at - now));
        }
        for (limit, made) in &mut rows {
            made.push_back(at);
            let surplus = made.len().saturating_sub(limit.calls);
            made.drain(..surplus);
        }
        let is_probe = state.breaker.begin();
        Ok((at, Turn { manners: self, is_probe }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limit {
    /// Whether calls that were made matter any more.
    fn counts(&self, made: &VecDeque<Instant>, now: Instant) -> bool {
        made.back().is_some_and(|latest| *latest + self.per > now)
    }

    /// When the next call fits.
    fn next(&self, made: &VecDeque<Instant>, now: Instant) -> Instant {
        let oldest = if made.len() < self.calls { None } else { made.front() };
        let latest = made.back().copied().unwrap_or(now);
        oldest.map_or(now, |oldest| *oldest + self.per).max(latest).max(now)
    }
}

impl Turn<'_> {
    /// Says whether the service answered at all. A turn that is dropped instead has told nothing.
    pub(super) fn ended(self, answered: bool) {
        self.manners.state().breaker.ended(answered, Instant::now());
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            self.manners.state().breaker.probing = false;
        }
    }
}

impl Breaker {
    fn check(&self, now: Instant) -> Result<(), ServiceError> {
        let Some(until) = self.open_until else { return Ok(()) };
        let left = until.saturating_duration_since(now);
        if left.is_zero() && !self.probing {
            return Ok(());
        }
        let reason =
            format!("it failed {MOST_FAILURES} times in a row of calls; {} s of rest left", left.as_secs());
        Err(ServiceError::ServiceDown(reason))
    }

    /// A call begins; says whether it is the one that finds out.
    fn begin(&mut self) -> bool {
        self.probing = self.open_until.is_some();
        self.probing
    }

    fn ended(&mut self, answered: bool, now: Instant) {
        if answered {
            *self = Self { probing: self.probing, ..Self::default() };
            return;
        }
        while self.failures.front().is_some_and(|first| now.duration_since(*first) > FAILURES_WITHIN) {
            self.failures.pop_front();
        }
        self.failures.push_back(now);
        if self.failures.len() >= MOST_FAILURES || self.open_until.is_some() {
            self.failures.clear();
            self.open_until = Some(now + OPEN_FOR);
        }
    }
}

/// `pause`, longer or shorter by up to a fifth, so that many waiters do not come back at the same moment.
pub(super) fn jittered(pause: Duration) -> Duration {
    let mut byte = [128];
    // Without randomness the pause is merely as long as it says.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    pause.mul_f64(0.8 + 0.4 * f64::from(byte[0]) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const LIMITS: Limits = &[
        Limit { calls: 2, per: SECOND, of: Class::ALL },
        Limit { calls: 3, per: Duration::from_secs(60), of: &[Class::Submit] },
    ];

    fn account(token: &str) -> Account {
        Account::new("torbox", token.to_owned().into())
    }

    /// When a call booked at `now` would be made, in milliseconds from then.
    fn booked(manners: &Manners, token: &str, class: Class, now: Instant) -> Result<u128, ServiceError> {
        manners.book(&account(token), class, now).map(|(at, _)| (at - now).as_millis())
    }

    #[test]
    fn no_stretch_of_time_holds_more_calls_than_are_allowed() {
        let (manners, start) = (Manners::new(LIMITS), Instant::now());
        let times: Vec<u128> = (0..8).map(|_| booked(&manners, "a", Class::Read, start).unwrap()).collect();
        assert_eq!(times, [0, 0, 1_000, 1_000, 2_000, 2_000, 3_000, 3_000]);
        // Another account has its own allowance.
        assert_eq!(booked(&manners, "b", Class::Read, start), Ok(0));
        // Allowances come back with time.
        assert_eq!(booked(&manners, "a", Class::Read, start + 10 * SECOND), Ok(0));
    }

    #[test]
    fn a_turn_that_is_far_off_is_none_and_costs_nothing() {
        let (manners, start) = (Manners::new(LIMITS), Instant::now());
        for _ in 0..3 {
            booked(&manners, "a", Class::Submit, start).unwrap();
        }
        for _ in 0..5 {
            let wait = Duration::from_secs(60);
            assert_eq!(booked(&manners, "a", Class::Submit, start), Err(ServiceError::RateLimited(wait)));
        }
        assert_eq!(booked(&manners, "a", Class::Read, start), Ok(1_000));
        assert_eq!(booked(&manners, "a", Class::Submit, start + 60 * SECOND), Ok(0));
    }

    #[test]
    fn a_longer_cool_down_is_not_shortened_by_a_later_one() {
        let manners = Manners::new(LIMITS);
        manners.cool_down(&account("a"), Class::Link, 50 * SECOND);
        manners.cool_down(&account("a"), Class::Link, SECOND);
        let Err(ServiceError::RateLimited(left)) = booked(&manners, "a", Class::Link, Instant::now()) else {
            panic!("it did not cool down");
        };
        assert!(left > 40 * SECOND, "{left:?}");
        assert_eq!(booked(&manners, "a", Class::Link, Instant::now() + 51 * SECOND), Ok(0));
    }

    #[test]
    fn the_breaker_opens_after_five_failures_within_a_minute_and_lets_one_call_find_out() {
        let (mut breaker, start) = (Breaker::default(), Instant::now());
        for second in [0, 1, 2, 3, 62] {
            breaker.ended(false, start + second * SECOND);
        }
        assert_eq!(breaker.check(start + 62 * SECOND), Ok(()), "the first is too long ago");
        breaker.ended(false, start + 62 * SECOND);
        breaker.ended(false, start + 62 * SECOND);
        breaker.ended(false, start + 62 * SECOND);
        breaker.check(start + 121 * SECOND).unwrap_err();
        let later = start + 123 * SECOND;
        breaker.check(later).unwrap();
        assert!(breaker.begin());
        breaker.check(later).unwrap_err();
        // It failed: another minute of rest.
        breaker.ended(false, later);
        breaker.probing = false;
        breaker.check(later + 59 * SECOND).unwrap_err();
        breaker.check(later + 61 * SECOND).unwrap();
        assert!(breaker.begin());
        breaker.ended(true, later + 61 * SECOND);
        breaker.probing = false;
        breaker.check(later + 61 * SECOND).unwrap();
        assert!(!breaker.begin());
    }

    #[test]
    fn a_probe_that_is_given_up_leaves_the_way_to_the_next() {
        let manners = Manners::new(LIMITS);
        manners.state().breaker.open_until = Some(Instant::now());
        let (_, probe) = manners.book(&account("a"), Class::Read, Instant::now()).ok().unwrap();
        assert!(manners.book(&account("b"), Class::Read, Instant::now()).is_err());
        drop(probe);
        assert!(manners.book(&account("b"), Class::Read, Instant::now()).is_ok());
    }

    #[test]
    fn jitter_stays_within_a_fifth() {
        for _ in 0..100 {
            let pause = jittered(100 * SECOND);
            assert!((80 * SECOND..=120 * SECOND).contains(&pause), "{pause:?}");
        }
    }
}
