//! Signs of life of services and indexers, for the one who sets them up.

use serde::Serialize;

/// What a test said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Said {
    /// It can be used.
    pub(super) ok: bool,
    /// One sentence for people.
    pub(super) message: String,
}
