//! What a profile wants, made ready for use once for each change of it.

use std::sync::Arc;

use moka::sync::Cache as Moka;

use crate::addon::labels::Labels;
use crate::addon::offers::Patterns;
use crate::profile::{Profile, ProfileRef};

/// Profiles whose expressions and templates are kept compiled.
const MOST_PLANS: u64 = 1_000;

/// The plans of profiles.
pub(super) struct Plans {
    default: Arc<Plan>,
    of_profiles: Moka<(String, u64), Arc<Plan>>,
}

/// A profile with its expressions and templates compiled.
pub(super) struct Plan {
    pub(super) profile: Arc<Profile>,
    pub(super) patterns: Patterns,
    pub(super) labels: Labels,
}

impl Plans {
    pub(super) fn new() -> Self {
        Self {
            default: Arc::new(Plan::new(Arc::new(Profile::default()))),
            of_profiles: Moka::builder().max_capacity(MOST_PLANS).build(),
        }
    }

    pub(super) fn of(&self, profile: Option<&ProfileRef>) -> Arc<Plan> {
        let Some(profile) = profile else { return Arc::clone(&self.default) };
        let key = (profile.id.clone(), profile.stamp);
        self.of_profiles.get_with(key, || Arc::new(Plan::new(Arc::clone(&profile.profile))))
    }
}

impl Plan {
    fn new(profile: Arc<Profile>) -> Self {
        let patterns = Patterns::lenient(&profile.listing.filters);
        let labels = Labels::lenient(&profile.listing.labels);
        Self { profile, patterns, labels }
    }
}
