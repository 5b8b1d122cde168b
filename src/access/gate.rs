//! Who may make and change profiles, and how often.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};

use super::{AccessError, Origin, origin};

/// Wrong passwords from one address within [`WINDOW`].
const MOST_WRONG: u32 = 10;

/// New profiles from one address within [`WINDOW`]: a household, or a person who plays with the page.
const MOST_NEW: u32 = 30;

const WINDOW: Duration = Duration::from_secs(3_600);

/// Addresses that are remembered; the oldest are forgotten.
const MOST_ORIGINS: u64 = 20_000;

/// Counts what comes from an address.
type Counts = Cache<Origin, Arc<AtomicU32>>;

/// The keeper of the door.
pub(super) struct Gate {
    password: Option<SecretString>,
    wrong: Counts,
    new: Counts,
}

impl Gate {
    pub(super) fn new(password: Option<SecretString>) -> Self {
        Self { password, wrong: counts(), new: counts() }
    }

    /// Whether a password is asked for.
    pub(super) fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Lets in whoever knows the password.
    pub(super) fn enter(&self, address: IpAddr, given: Option<&str>) -> Result<(), AccessError> {
        let Some(password) = &self.password else { return Ok(()) };
        let wrong = self.wrong.get_with(origin(address), Arc::default);
        if wrong.load(Ordering::Relaxed) >= MOST_WRONG {
            return Err(AccessError::TooOften(WINDOW));
        }
        // A form without a password is how the page begins, and no guess.
        let Some(given) = given.filter(|given| !given.is_empty()) else { return Err(AccessError::Password) };
        // Of equal length, so that time does not tell how long the right one is.
        let sum = |text: &str| digest::digest(&digest::SHA256, text.as_bytes());
        let is_right = verify_slices_are_equal(sum(given).as_ref(), sum(password.expose_secret()).as_ref());
        if is_right.is_err() {
            wrong.fetch_add(1, Ordering::Relaxed);
            return Err(AccessError::Password);
        }
        Ok(())
    }

    /// Counts a new profile.
    pub(super) fn count_new(&self, address: IpAddr) -> Result<(), AccessError> {
        let new = self.new.get_with(origin(address), Arc::default);
        if new.fetch_add(1, Ordering::Relaxed) >= MOST_NEW {
            new.fetch_sub(1, Ordering::Relaxed);
            return Err(AccessError::TooOften(WINDOW));
        }
        Ok(())
    }
}

fn counts() -> Counts {
    // By age and not by frequency, which would turn away every newcomer.
    let policy = EvictionPolicy::lru();
    Cache::builder().max_capacity(MOST_ORIGINS).eviction_policy(policy).time_to_live(WINDOW).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn without_a_password_everybody_may_enter() {
        let gate = Gate::new(None);
        assert!(!gate.has_password());
        gate.enter(address("192.0.2.1"), None).unwrap();
    }

    #[test]
    fn guessing_ends_soon_and_for_one_address_only() {
        let gate = Gate::new(Some("right".to_owned().into()));
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        for _ in 0..20 {
            assert!(matches!(gate.enter(one, None), Err(AccessError::Password)), "an empty form is no guess");
        }
        gate.enter(one, Some("right")).unwrap();
        for _ in 0..MOST_WRONG {
            assert!(matches!(gate.enter(one, Some("wrong")), Err(AccessError::Password)));
        }
        assert!(matches!(gate.enter(one, Some("right")), Err(AccessError::TooOften(_))));
        gate.enter(other, Some("right")).unwrap();
    }

    #[test]
    fn one_network_makes_so_many_profiles_and_no_more() {
        let gate = Gate::new(None);
        for number in 0..MOST_NEW {
            gate.count_new(address(&format!("2001:db8::{number:x}"))).unwrap();
        }
        let result = gate.count_new(address("2001:db8::ffff"));
        assert!(matches!(result, Err(AccessError::TooOften(_))));
        gate.count_new(address("2001:db8:0:1::1")).unwrap();
        gate.count_new(address("192.0.2.1")).unwrap();
    }
}
