//! The fallback chain: which sources there are, and in which order and how eagerly they are asked.

use std::sync::Arc;

use super::PrepareSettings;
use crate::config::SourcePolicy;
use crate::source::{Kind, Source, Terms};

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

/// Finds the sources of the accounts that a request may use.
type Accounts = dyn Fn(&Terms) -> Vec<Arc<dyn Source>> + Send + Sync;

/// The sources and the order in which they are asked, which depends on who asks.
#[derive(Clone)]
pub struct Chain {
    sources: Arc<[Arc<dyn Source>]>,
    accounts: Option<Arc<Accounts>>,
    policy: Policy,
    pub(super) settings: PrepareSettings,
}

/// A source and its place for somebody.
pub(super) struct Place {
    pub(super) source: Arc<dyn Source>,
    /// The lower, the earlier it is asked.
    pub(super) rank: u8,
    /// Whether it does not wait for others.
    pub(super) races: bool,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.sources.iter().map(|source| source.name())).finish()
    }
}

impl Chain {
    /// A chain over `sources`, ordered by `policy` unless a request says otherwise; sources of one kind keep the
    /// order given here.
    pub fn new(sources: Vec<Arc<dyn Source>>, policy: Policy, settings: PrepareSettings) -> Self {
        Self { sources: sources.into(), accounts: None, policy, settings }
    }

    /// The same with the sources that `accounts` finds for whoever asks. For equal terms it has to find the very same
    /// sources, or two viewers would be taken for four.
    #[must_use]
    pub fn with_accounts(
        self,
        accounts: impl Fn(&Terms) -> Vec<Arc<dyn Source>> + Send + Sync + 'static,
    ) -> Self {
        Self { accounts: Some(Arc::new(accounts)), ..self }
    }

    /// The sources for somebody, the one to be asked first in front.
    pub(super) fn places(&self, terms: &Terms) -> Vec<Place> {
        let policy = self.policy.under(terms.policy);
        let accounts = self.accounts.as_ref().map(|accounts| accounts(terms)).unwrap_or_default();
        let place = |source: Arc<dyn Source>| {
            let rank = policy.rank(source.kind())?;
            Some(Place { source, rank, races: policy == Policy::Race })
        };
        let mut places: Vec<_> = self.sources.iter().cloned().chain(accounts).filter_map(place).collect();
        places.sort_by_key(|place| place.rank);
        places
    }
}

impl From<SourcePolicy> for Policy {
    fn from(policy: SourcePolicy) -> Self {
        match policy {
            SourcePolicy::P2pFirst => Self::P2pFirst,
            SourcePolicy::DebridFirst => Self::DebridFirst,
            SourcePolicy::Race => Self::Race,
            SourcePolicy::NeverP2p => Self::NeverP2p,
        }
    }
}

impl Policy {
    /// What somebody's wish makes of the operator's policy. It is the operator's address that peers see, so nobody
    /// else lets them in.
    fn under(self, wish: Option<SourcePolicy>) -> Self {
        match (self, wish) {
            (Self::NeverP2p, _) | (_, None) => self,
            (_, Some(wish)) => wish.into(),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_changes_the_order_and_never_lets_peers_in() {
        for wish in [SourcePolicy::P2pFirst, SourcePolicy::DebridFirst, SourcePolicy::Race] {
            assert_eq!(Policy::P2pFirst.under(Some(wish)), wish.into());
            assert_eq!(Policy::NeverP2p.under(Some(wish)), Policy::NeverP2p);
        }
        assert_eq!(Policy::Race.under(Some(SourcePolicy::NeverP2p)), Policy::NeverP2p);
        assert_eq!(Policy::DebridFirst.under(None), Policy::DebridFirst);
    }
}
