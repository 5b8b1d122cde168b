//! Profiles: what one install wants to see, and with whose services. Values only; `access` keeps them.

mod check;
mod import;
mod listing;
mod secret;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::SourcePolicy;
use crate::domain::DebridService;

pub use check::{MOST_BYTES, MOST_INDEXERS, MOST_SERVICES, Problem, expression};
pub use import::{ImportError, Imported, import};
pub use listing::{Device, Filters, Labels, Limits, Listing, SortKey};
pub use secret::Secret;

/// The settings of one install. `Default` is what an install without a profile has.
///
/// It holds secrets as they are: whatever it is written into is sealed first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Profile {
    /// What it is called, beside the addon's own name.
    pub name: String,
    /// Debrid accounts, in the order in which they are asked. None means those of the operator.
    pub services: Vec<ServiceAccount>,
    /// Which source comes first; absent means as the operator says.
    pub policy: Option<SourcePolicy>,
    /// Indexers beside those of the operator.
    pub indexers: Vec<IndexerSettings>,
    /// The operator's indexers are not asked.
    pub only_own_indexers: bool,
    /// What is listed and how.
    pub listing: Listing,
}

/// A profile as a request finds it.
#[derive(Clone, PartialEq, Eq)]
pub struct ProfileRef {
    /// What stands for it in addresses. Whoever knows it may use and change the profile, so it is for no log.
    pub id: String,
    /// Its settings.
    pub profile: Arc<Profile>,
    /// Another one after every change: with the id it can be the key of a cache.
    pub stamp: u64,
}

impl ProfileRef {
    /// What stands in the links that this profile is given: its id where it changes how a content is fetched, and
    /// nothing where it does not, so that others share its links.
    pub fn play_as(&self) -> Option<&str> {
        let Profile { services, policy, indexers, .. } = &*self.profile;
        let matters = !services.is_empty() || policy.is_some() || !indexers.is_empty();
        matters.then_some(self.id.as_str())
    }
}

/// One account at a debrid service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccount {
    /// The service.
    pub service: DebridService,
    /// What opens the account there.
    pub token: Secret,
}

/// How one indexer is reached.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexerSettings {
    /// What it speaks.
    pub kind: IndexerKind,
    /// What people call it.
    pub name: String,
    /// Its base address, or the manifest of an addon. May hold keys, so it is for no log.
    pub url: Url,
    /// The key it wants, where that is not part of the address.
    #[serde(default)]
    pub api_key: Option<Secret>,
    /// Whether it is asked.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// What an indexer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexerKind {
    /// Torznab or Newznab at one address.
    Torznab,
    /// A Jackett with all its configured indexers.
    Jackett,
    /// A Prowlarr with all its enabled indexers.
    Prowlarr,
    /// A Bitmagnet.
    Bitmagnet,
    /// A Zilean.
    Zilean,
    /// Another Stremio addon, by its manifest.
    Addon,
}

impl IndexerKind {
    /// Every kind, in the order in which people are asked to choose.
    pub const ALL: [Self; 6] =
        [Self::Jackett, Self::Prowlarr, Self::Torznab, Self::Bitmagnet, Self::Zilean, Self::Addon];

    /// The name in settings and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Torznab => "torznab",
            Self::Jackett => "jackett",
            Self::Prowlarr => "prowlarr",
            Self::Bitmagnet => "bitmagnet",
            Self::Zilean => "zilean",
            Self::Addon => "addon",
        }
    }

    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Torznab => "Torznab",
            Self::Jackett => "Jackett",
            Self::Prowlarr => "Prowlarr",
            Self::Bitmagnet => "Bitmagnet",
            Self::Zilean => "Zilean",
            Self::Addon => "Stremio addon",
        }
    }
}

// Its id is as good as a password.
impl fmt::Debug for ProfileRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfileRef").field("stamp", &self.stamp).finish_non_exhaustive()
    }
}

// Its address may hold a key.
impl fmt::Debug for IndexerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexerSettings")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

const fn yes() -> bool {
    true
}
