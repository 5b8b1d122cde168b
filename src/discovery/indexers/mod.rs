//! The indexers that speak HTTP, made from their settings.

mod addon;
mod address;
mod archive;
mod bitmagnet;
mod exchange;
mod jackett;
mod kept;
mod library;
mod outcome;
mod parts;
mod prowlarr;
mod reading;
mod torznab;
mod wording;
mod zilean;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::Indexer;
use crate::profile::{IndexerKind, IndexerSettings};

pub use archive::Archive;
pub use library::Library;
pub use torznab::{TorznabDocument, read_torznab};

/// The indexer of these settings. It asks through `client`, which has to be one that follows redirects; results that
/// lead to a .torrent or a magnet link by redirect are handed on as they are.
pub(super) fn build(settings: &IndexerSettings, client: &reqwest::Client) -> Arc<dyn Indexer> {
    match settings.kind {
        IndexerKind::Torznab => Arc::new(torznab::Torznab::new(settings, client)),
        IndexerKind::Jackett => Arc::new(jackett::Jackett::new(settings, client)),
        IndexerKind::Prowlarr => Arc::new(prowlarr::Prowlarr::new(settings, client)),
        IndexerKind::Bitmagnet => Arc::new(bitmagnet::bitmagnet(settings, client)),
        IndexerKind::Zilean => Arc::new(zilean::Zilean::new(settings, client)),
        IndexerKind::Addon => Arc::new(addon::Addon::new(settings, client)),
    }
}
