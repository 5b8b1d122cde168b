//! From the ring to the shelf.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::cut::{Cutter, Piece};
use super::shelf::Shelf;
use crate::live::ring::{Ended, JoinAt, Step};

/// Begins with all that the ring still holds.
const ALL: JoinAt = JoinAt { behind: Duration::MAX, bytes: usize::MAX };

/// Follows the ring until it ends.
pub(super) async fn record(shelf: &Arc<Shelf>) {
    let Ok(mut cursor) = shelf.ring.join(ALL).await else { return };
    let mut cutter = Cutter::default();
    let last = loop {
        let (chunk, skipped) = match cursor.step().await {
            Step::Next(chunk) => (chunk, false),
            Step::Skipped(chunk) => (chunk, true),
            Step::Ended(Ended::Stopped) => break cutter.close(),
            Step::Ended(Ended::Failed(_)) => break cutter.interrupt(),
        };
        let target = {
            let mut window = shelf.window();
            window.grows(cutter.open_for());
            window.target()
        };
        if let Some(piece) = cutter.push(cursor.index() - 1, &chunk, skipped, target) {
            keep(shelf, piece).await;
        }
    };
    if let Some(piece) = last {
        keep(shelf, piece).await;
    }
}

/// Writes a segment and makes it known. Writing and deleting block, so they are done elsewhere.
async fn keep(shelf: &Arc<Shelf>, mut piece: Piece) {
    let (disk, window) = (Arc::clone(&shelf.disk), shelf.window_handle());
    let path = shelf.file(shelf.window().next());
    let keeping = tokio::task::spawn_blocking(move || {
        let body = disk.store(path, std::mem::take(&mut piece.bytes));
        let expired = window.lock().unwrap_or_else(PoisonError::into_inner).add(piece, body);
        // Files are deleted here.
        drop(expired);
    });
    if let Err(error) = keeping.await {
        tracing::warn!(%error, "a segment of a live channel could not be kept");
    }
    shelf.has_changed();
}
