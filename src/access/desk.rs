//! Where profiles are handed in and out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::gate::Gate;
use super::{AccessError, AccessSettings, MOST_PROFILES, ProfileRef, id, sealed};
use crate::db::{Database, StoredProfile};
use crate::profile::Profile;
use crate::seal::Sealer;

/// Profiles in memory.
const MOST_AT_HAND: u64 = 5_000;

/// How long one is at hand before it is read again, so that its use is noted.
const AT_HAND: Duration = Duration::from_secs(12 * 3_600);

const DAY: u64 = 24 * 3_600;

/// A profile that nobody has used for so long is dropped.
const UNUSED: u64 = 365 * DAY;

/// The profiles of installs. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    db: Database,
    sealer: Sealer,
    chosen_key: bool,
    gate: Gate,
    /// By id. `None` stands for one that was deleted while somebody may have been reading it.
    at_hand: Cache<String, Option<Arc<ProfileRef>>>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("has_password", &self.needs_password()).finish_non_exhaustive()
    }
}

impl Access {
    /// The profiles in `db`, sealed by `sealer`.
    pub fn new(db: Database, sealer: Sealer, settings: AccessSettings) -> Self {
        // By age and not by frequency, which would turn away every newcomer.
        let policy = EvictionPolicy::lru();
        let at_hand =
            Cache::builder().max_capacity(MOST_AT_HAND).eviction_policy(policy).time_to_live(AT_HAND);
        let (chosen_key, gate) = (settings.chosen_key, Gate::new(settings.password));
        Self { inner: Arc::new(Inner { db, sealer, chosen_key, gate, at_hand: at_hand.build() }) }
    }

    /// Whether [`Access::authorize`] wants a password.
    pub fn needs_password(&self) -> bool {
        self.inner.gate.has_password()
    }

    /// Lets somebody at `address` make and change profiles, if the password he gives is right or none is wanted.
    ///
    /// # Errors
    /// [`AccessError::Password`]; [`AccessError::TooOften`] after too many wrong ones.
    pub fn authorize(&self, address: IpAddr, password: Option<&str>) -> Result<(), AccessError> {
        self.inner.gate.enter(address, password)
    }

    /// Counts a new profile of somebody at `address`. Ask this before [`Access::create`] and
    /// [`Access::seal_into_id`].
    ///
    /// # Errors
    /// [`AccessError::TooOften`].
    pub fn count_new(&self, address: IpAddr) -> Result<(), AccessError> {
        self.inner.gate.count_new(address)
    }

    /// The profile that stands in an address as `text`: an id, or a whole profile.
    ///
    /// # Errors
    /// [`AccessError::Unknown`], [`AccessError::Sealed`], [`AccessError::Database`].
    pub async fn load(&self, text: &str) -> Result<Arc<ProfileRef>, AccessError> {
        let inner = &self.inner;
        let is_sealed = sealed::is_sealed(text);
        if !is_sealed && !id::is_id(text) {
            return Err(AccessError::Unknown);
        }
        if let Some(known) = inner.at_hand.get(text) {
            return known.ok_or(AccessError::Unknown);
        }
        let (profile, stamp) =
            if is_sealed { sealed::open(text, &inner.sealer)? } else { inner.read(text).await? };
        inner.keep_at_hand(text, profile, stamp)
    }

    /// Keeps a new profile, and returns the id that opens it.
    ///
    /// # Errors
    /// [`AccessError::Invalid`], [`AccessError::Full`], [`AccessError::Database`].
    pub async fn create(&self, profile: Profile) -> Result<String, AccessError> {
        check(&profile)?;
        // Without random numbers nothing can be kept safely.
        let id = id::fresh().ok_or(AccessError::Full)?;
        let (inner, hash, now) = (&self.inner, id::hash(&id), now());
        let text = inner.seal(&id, &profile)?;
        let mut is_kept = inner.db.add_profile(&hash, &text, now, MOST_PROFILES).await?;
        if !is_kept && self.drop_unused().await? > 0 {
            is_kept = inner.db.add_profile(&hash, &text, now, MOST_PROFILES).await?;
        }
        if !is_kept {
            return Err(AccessError::Full);
        }
        inner.keep_at_hand(&id, profile, 1)?;
        Ok(id)
    }

    /// Puts other settings in the place of a profile's. One that cannot be read any more can be replaced, too.
    ///
    /// # Errors
    /// [`AccessError::Unknown`], also for a profile that stands in the address as a whole, which is another one
    /// after every change; [`AccessError::Invalid`], [`AccessError::Database`].
    pub async fn save(&self, id: &str, profile: Profile) -> Result<(), AccessError> {
        if !id::is_id(id) {
            return Err(AccessError::Unknown);
        }
        check(&profile)?;
        let text = self.inner.seal(id, &profile)?;
        let stamp = self.inner.db.change_profile(&id::hash(id), &text, now()).await?;
        self.inner.keep_at_hand(id, profile, stamp.ok_or(AccessError::Unknown)?)?;
        Ok(())
    }

    /// Deletes a profile.
    ///
    /// # Errors
    /// [`AccessError::Unknown`], [`AccessError::Database`].
    pub async fn delete(&self, id: &str) -> Result<(), AccessError> {
        if !id::is_id(id) || !self.inner.db.delete_profile(&id::hash(id)).await? {
            return Err(AccessError::Unknown);
        }
        self.inner.at_hand.insert(id.to_owned(), None);
        Ok(())
    }

    /// The whole profile as a text for an address, sealed: for hosts that keep nothing.
    ///
    /// # Errors
    /// [`AccessError::NoChosenKey`], [`AccessError::Invalid`], [`AccessError::TooLarge`].
    pub fn seal_into_id(&self, profile: &Profile) -> Result<String, AccessError> {
        if !self.inner.chosen_key {
            return Err(AccessError::NoChosenKey);
        }
        check(profile)?;
        sealed::close(profile, &self.inner.sealer)
    }

    /// Whether [`Access::seal_into_id`] has a key.
    pub fn can_seal_into_id(&self) -> bool {
        self.inner.chosen_key
    }

    /// Drops the profiles that nobody has used for a year, and returns how many. Call now and then.
    ///
    /// # Errors
    /// [`AccessError::Database`].
    pub async fn drop_unused(&self) -> Result<u64, AccessError> {
        Ok(self.inner.db.delete_unused_profiles(now().saturating_sub(UNUSED)).await?)
    }
}

impl Inner {
    async fn read(&self, id: &str) -> Result<(Profile, u64), AccessError> {
        let hash = id::hash(id);
        let StoredProfile { sealed, stamp, used_at } =
            self.db.profile(&hash).await?.ok_or(AccessError::Unknown)?;
        let json = self.sealer.open(id, &sealed).map_err(|_| AccessError::Sealed)?;
        if used_at + DAY <= now() {
            self.db.touch_profile(&hash, now()).await?;
        }
        // A later version may have written what this one does not know; to the viewer that is the same.
        let profile = serde_json::from_slice(&json).map_err(|_| AccessError::Sealed)?;
        Ok((profile, stamp))
    }

    fn seal(&self, id: &str, profile: &Profile) -> Result<Vec<u8>, AccessError> {
        let json = serde_json::to_vec(profile).map_err(|_| AccessError::TooLarge)?;
        Ok(self.sealer.seal(id, &json))
    }

    /// Puts what was read or written at hand, unless something later is there.
    pub(super) fn keep_at_hand(
        &self,
        id: &str,
        profile: Profile,
        stamp: u64,
    ) -> Result<Arc<ProfileRef>, AccessError> {
        let new = Arc::new(ProfileRef { id: id.to_owned(), profile: Arc::new(profile), stamp });
        let kept = self.at_hand.entry_by_ref(id).and_compute_with(|known| {
            match known.map(|known| known.into_value()) {
                Some(None) => Op::Nop,
                Some(Some(known)) if known.stamp > stamp && !sealed::is_sealed(id) => Op::Nop,
                _ => Op::Put(Some(new)),
            }
        });
        kept.into_entry().and_then(|entry| entry.into_value()).ok_or(AccessError::Unknown)
    }
}

fn check(profile: &Profile) -> Result<(), AccessError> {
    let problems = profile.problems();
    if problems.is_empty() { Ok(()) } else { Err(AccessError::Invalid(problems)) }
}

/// Unix seconds.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
