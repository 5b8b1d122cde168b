//! The engine's handle on a torrent, which is added held back: it would otherwise begin at the start of the
//! file before any cursor stands, and what it has asked of a peer it cannot take back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use librqbit::{ManagedTorrent, Session};

/// The engine's handle on a torrent; a new one after each add. Cheap to clone.
#[derive(Clone)]
pub(super) struct Engine {
    torrent: Arc<ManagedTorrent>,
    held: Arc<AtomicBool>,
}

impl Engine {
    /// The handle on a torrent that was added in pause and is initialized.
    pub(super) fn held(torrent: Arc<ManagedTorrent>) -> Self {
        Self { torrent, held: Arc::new(AtomicBool::new(true)) }
    }

    pub(super) fn torrent(&self) -> &Arc<ManagedTorrent> {
        &self.torrent
    }

    /// Whether both are handles from the same add.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.torrent, &other.torrent)
    }

    /// Whether it waits to be let go.
    pub(super) fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed)
    }

    /// Lets the engine look for peers and fetch, unless it does already.
    pub(super) async fn let_go(&self, session: &Arc<Session>) {
        if self.held.swap(false, Ordering::Relaxed)
            && let Err(error) = session.unpause(&self.torrent).await
        {
            // It is being deleted or has failed: both are noticed elsewhere.
            tracing::debug!(error = %format!("{error:#}"), "the torrent cannot be let go");
        }
    }

    /// Makes the engine dial its peers again: a pause is the only way to have it forget how often they refused.
    pub(super) async fn dial_again(&self, session: &Arc<Session>) {
        let again = async {
            session.pause(&self.torrent).await?;
            session.unpause(&self.torrent).await
        };
        if let Err(error) = again.await {
            tracing::debug!(error = %format!("{error:#}"), "the peers cannot be dialled again");
        }
    }
}
