//! From the id of a video to the releases of it: all indexers at once under one deadline, merged by content.

pub mod titles;

mod candidate;
mod engine;
mod exchange;
#[cfg(test)]
mod fake;
mod findings;
mod health;
mod indexer;
mod indexers;
mod open_movies;
mod query;
mod recalled;
mod upstream;

pub use candidate::{Candidate, Locator};
pub use engine::{BuiltIn, Discovery, DiscoverySettings, Parts, Scope};
pub use findings::{Findings, Note, Outcome};
pub use health::{IndexerHealth, IndexerState};
pub use indexer::{Found, Indexer, IndexerError, Probe};
pub use open_movies::{OpenMovie, OpenMovies};
pub use query::Query;
pub use recalled::Recalled;
