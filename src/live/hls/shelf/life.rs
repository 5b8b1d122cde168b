//! How a recording begins, goes on and ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Shelf;
use crate::live::hls::recorder;

impl Shelf {
    /// Records the channel until it ends or `stop` is cancelled, and then deletes the recording. Where a channel ends
    /// by itself and players poll it, that waits until their next polls have told them of the end. The session owns
    /// the task; a second call would record twice.
    pub async fn record(self: Arc<Self>, stop: CancellationToken) {
        let _ = stop.run_until_cancelled(self.live()).await;
        let shelf = Arc::clone(&self);
        let clearing = tokio::task::spawn_blocking(move || shelf.clear());
        if let Err(error) = clearing.await {
            tracing::warn!(%error, "a recording could not be deleted");
        }
    }

    async fn live(self: &Arc<Self>) {
        if self.lazy && !self.until_asked().await {
            return;
        }
        let recording = async {
            recorder::record(self).await;
            self.complete();
            if !self.guests.is_empty() {
                sleep(self.poll_timeout()).await;
            }
        };
        tokio::select! {
            () = recording => {}
            () = self.sound.convert(self) => {}
        }
    }

    /// Waits until somebody wants a recording; `false` if the channel has ended before.
    async fn until_asked(&self) -> bool {
        let mut asked = self.asked.subscribe();
        tokio::select! {
            // The sender is ours.
            _ = asked.wait_for(|asked| *asked) => true,
            () = self.ring.until_ended() => false,
        }
    }

    /// Lets viewers leave that do not poll any more.
    pub(in crate::live) fn sweep(&self, now: Instant) {
        self.guests.sweep(now, self.poll_timeout());
    }

    /// Whoever waits for a segment learns that none will come.
    fn complete(&self) {
        self.complete.store(true, Ordering::Release);
        self.has_changed();
    }

    pub(super) fn clear(&self) {
        self.guests.close();
        let gone = self.window().clear();
        drop(gone);
        // It is gone already if nothing was recorded, and stays if somebody still reads a file of it.
        let _ = std::fs::remove_dir(&self.folder);
        self.complete();
    }
}
