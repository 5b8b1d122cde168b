//! The addon protocol as values: what a client asks for and the only shapes an answer can take.
//!
//! Start with [`resource::parse`] for requests and [`response::Response`] for answers. Clients drop a
//! stream, or a whole answer, without a word when one field is wrong, so the types here cannot express
//! the known mistakes: an answer has exactly one list, no field is sent under two names, sizes are
//! whole numbers, hints are booleans.

pub mod hops;
pub mod manifest;
pub mod meta;
pub mod resource;
pub mod response;
pub mod stream;

mod extra;

pub use extra::{CatalogExtra, SubtitlesExtra};
pub use hops::Hops;
pub use manifest::Manifest;
pub use meta::{Meta, MetaPreview};
pub use resource::{Addressed, PathError, Resource};
pub use response::{Body, CacheHint, Rendered, Response};
pub use stream::{Stream, Subtitle};

/// Entries of a page of a catalogue: a client that got fewer asks for no further ones.
pub const CATALOG_PAGE: usize = 100;
