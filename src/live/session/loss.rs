//! How an engine failed a session.

use super::ladder::Trouble;
use crate::live::engines::{FailureKind, ReadError};

/// How one engine session ended for us.
#[derive(Debug)]
pub(super) struct Loss {
    pub(super) trouble: Trouble,
    /// What the pool is told if the engine is not asked again at once.
    pub(super) kind: Option<FailureKind>,
    /// The same in words, for reports.
    pub(super) how: String,
}

impl Loss {
    /// One that the pool does not know of.
    pub(super) fn of(trouble: Trouble, kind: FailureKind, how: &dyn ToString) -> Self {
        Self { trouble, kind: Some(kind), how: how.to_string() }
    }
}

/// What kind of failure an error is.
pub(super) fn kind_of(error: ReadError) -> FailureKind {
    match error {
        ReadError::NotMedia => FailureKind::NotMedia,
        _ => FailureKind::Cut,
    }
}
