//! From the id of a video to the releases of it: all indexers at once under one deadline, merged by content.

mod candidate;
mod indexer;
mod query;

pub use candidate::{Candidate, Locator};
pub use indexer::{Found, Indexer, IndexerError, Probe};
pub use query::Query;
