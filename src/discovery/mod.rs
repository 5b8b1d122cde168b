//! From the id of a video to the releases of it: all indexers at once under one deadline, merged by content.

pub mod titles;

mod candidate;
mod exchange;
#[cfg(test)]
mod fake;
mod indexer;
mod query;
mod upstream;

pub use candidate::{Candidate, Locator};
pub use indexer::{Found, Indexer, IndexerError, Probe};
pub use query::Query;
