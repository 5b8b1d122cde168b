//! The indexers, made from their settings.

mod addon;

use std::sync::Arc;

use super::Indexer;
use crate::profile::IndexerSettings;

/// The indexer of these settings, which asks through `client`.
pub(super) fn build(settings: &IndexerSettings, client: &reqwest::Client) -> Arc<dyn Indexer> {
    Arc::new(addon::Addon::new(settings, client))
}
