//! From the id of a video to the releases of it: all indexers at once under one deadline, merged by content.

pub mod titles;

mod ask;
mod candidate;
mod engine;
mod exchange;
#[cfg(test)]
mod fake;
mod findings;
mod flight;
mod health;
mod indexer;
mod indexers;
mod links;
mod member;
mod merge;
mod merges;
mod open_movies;
mod plays;
mod popular;
mod query;
mod recalled;
mod resolve;
mod results;
mod scope;
mod tables;
mod upstream;

pub use candidate::{Candidate, LIBRARY, Locator};
pub use engine::{BuiltIn, Discovery, DiscoverySettings, Parts};
pub use findings::{Findings, Note, Outcome};
pub use health::{IndexerHealth, IndexerState};
pub use indexer::{Found, Indexer, IndexerError, Probe};
pub use indexers::{Archive, Library, TorznabDocument, read_torznab};
pub use open_movies::{OpenMovie, OpenMovies};
pub use query::Query;
pub use recalled::Recalled;
pub use scope::Scope;

#[cfg(test)]
mod tests;
