//! The fallback chain: which sources there are, and in which order and how eagerly they are asked.

use std::sync::Arc;

use super::PrepareSettings;
use crate::source::{Kind, Source};

/// Who is asked first, and whether the others wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Peers, then services that hold the content, then plain HTTP.
    #[default]
    P2pFirst,
    /// Services first, then peers, then plain HTTP.
    DebridFirst,
    /// All at once; the slower ones yield.
    Race,
    /// No peer is ever spoken to.
    NeverP2p,
}

/// The sources in the order in which they are asked.
#[derive(Clone)]
pub struct Chain {
    sources: Arc<[Arc<dyn Source>]>,
    pub(super) policy: Policy,
    pub(super) settings: PrepareSettings,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.sources.iter().map(|source| source.name())).finish()
    }
}

impl Chain {
    /// A chain over `sources`, ordered by `policy`; sources of one kind keep the order given here.
    pub fn new(mut sources: Vec<Arc<dyn Source>>, policy: Policy, settings: PrepareSettings) -> Self {
        sources.retain(|source| policy.rank(source.kind()).is_some());
        sources.sort_by_key(|source| policy.rank(source.kind()));
        Self { sources: sources.into(), policy, settings }
    }

    /// The sources, the one to be asked first in front.
    pub(super) fn sources(&self) -> &[Arc<dyn Source>] {
        &self.sources
    }
}

impl Policy {
    /// The place of a kind of source; `None` if it is not asked at all.
    fn rank(self, kind: Kind) -> Option<u8> {
        Some(match (self, kind) {
            (_, Kind::Cache) => 0,
            (Self::NeverP2p, Kind::P2p) => return None,
            (Self::DebridFirst, Kind::Debrid) => 1,
            (_, Kind::P2p) => 2,
            (_, Kind::Debrid) => 3,
            (_, Kind::Http) => 4,
            (_, Kind::Fetching) => 5,
        })
    }
}
