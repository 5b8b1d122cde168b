//! Fetching over HTTP into a cache file: whatever has a URL for a content is an [`Origin`], and one fetcher
//! serves them all.

mod origin;

pub use origin::{Link, Origin, Refusal};
