//! What an addon says about itself. Read from data at build time, completed, and sent as it is.

use serde::{Deserialize, Serialize};
use url::Url;

/// The largest manifest that clients can keep in an account, in bytes of JSON.
pub const MAX_BYTES: usize = 8192;

/// The manifest. Field names and meanings are the protocol's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Never changes: accounts know the addon by it.
    pub id: String,
    /// Semantic version; clients compare it to offer an upgrade.
    #[serde(default)]
    pub version: String,
    /// The addon's name.
    pub name: String,
    /// A sentence or two.
    pub description: String,
    /// 256x256 PNG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<Url>,
    /// At least 1024x786, PNG or JPEG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<Url>,
    /// Every content type of any resource.
    pub types: Vec<String>,
    /// For clients that look here instead of into `resources`.
    pub id_prefixes: Vec<String>,
    /// What can be asked for.
    pub resources: Vec<ResourceEntry>,
    /// Required even when empty.
    pub catalogs: Vec<Catalog>,
    /// Flags for the client.
    pub behavior_hints: ManifestHints,
}

/// A resource with its own types: an entry without types never matches, so they are not optional.
/// Clients take the first entry of a name; two of one name do not merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceEntry {
    /// `catalog`, `meta`, `stream` or `subtitles`.
    pub name: String,
    /// Which content types.
    pub types: Vec<String>,
    /// How ids begin; absent means every id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_prefixes: Option<Vec<String>>,
}

/// A catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// Content type of its entries.
    #[serde(rename = "type")]
    pub kind: String,
    /// Unique per type.
    pub id: String,
    /// As shown.
    pub name: String,
    /// The properties it can be asked with.
    pub extra: Vec<ExtraProperty>,
}

/// A property of catalogue requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraProperty {
    /// `search`, `genre` or `skip`.
    pub name: String,
    /// The values to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// The four flags that clients read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestHints {
    /// Not for children.
    pub adult: bool,
    /// Streams make the viewer's own device join a swarm.
    pub p2p: bool,
    /// There is a `/configure` page.
    pub configurable: bool,
    /// It must be visited before the addon can be installed.
    pub configuration_required: bool,
}
