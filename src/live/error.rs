//! Why a channel cannot be had, by what the client can do about it.

use std::sync::Arc;
use std::time::Duration;

use super::registry::REFUSED_FOR;

/// A channel cannot be watched now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    /// No engine can take it: none is set up, all are full, or all are down. A later try may find one.
    #[error("{0}")]
    NoEngine(Arc<str>),
    /// Engines were asked, and none delivered it.
    #[error("the channel did not start: {0}")]
    StartFailed(Arc<str>),
    /// It was on, and no engine delivers it any more.
    #[error("no engine delivers the channel any more: {0}")]
    Lost(Arc<str>),
    /// An engine took it, and nothing that can be played has come so far.
    #[error("nothing arrived within {} s; the channel may have no source at the moment", .0.as_secs_f32())]
    Empty(Duration),
    /// This server stops.
    #[error("the server is stopping")]
    Stopping,
    /// Something of ours failed.
    #[error("{0}")]
    Internal(Arc<str>),
}

impl LiveError {
    /// After this time a new request may be answered otherwise: before, a failure is only repeated.
    pub const RETRY_AFTER: Duration = REFUSED_FOR;

    /// Whether a new request within the next seconds is spared the same work.
    pub(super) fn is_remembered(&self) -> bool {
        matches!(self, Self::StartFailed(_) | Self::Lost(_))
    }
}
