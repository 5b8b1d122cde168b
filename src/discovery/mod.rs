//! From the id of a video to the releases of it: all indexers at once under one deadline, merged by content.

mod candidate;
mod engine;
mod findings;
mod health;
mod indexer;
#[cfg_attr(not(test), expect(dead_code, reason = "the engine builds indexers as soon as it asks any"))]
mod indexers;
mod query;
mod recalled;

pub use candidate::{Candidate, Locator};
pub use engine::{BuiltIn, Discovery, DiscoverySettings, Parts, Scope};
pub use findings::{Findings, Note, Outcome};
pub use health::{IndexerHealth, IndexerState};
pub use indexer::{Found, Indexer, IndexerError, Probe};
pub use indexers::{TorznabDocument, read_torznab};
pub use query::Query;
pub use recalled::Recalled;
