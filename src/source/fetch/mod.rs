//! Fetching over HTTP into a cache file: whatever has a URL for a content is an [`Origin`], and one fetcher
//! serves them all.

mod hosts;
mod origin;

pub use hosts::Hosts;
pub(in crate::source) use hosts::authority;
pub use origin::{Link, Origin, Refusal};
