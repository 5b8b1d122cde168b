//! Handing pieces to the cache file, and whose fault it is when one is wrong.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::lane::{Lane, Meanwhile};
use crate::cache::{CacheError, Put};
use crate::source::SourceError;

impl Lane {
    /// Offers a whole piece to the cache file. A wrong one is the fault of the address in use.
    pub(super) async fn put(&mut self, piece: usize, bytes: Vec<u8>) -> Result<(), SourceError> {
        self.put_in((), piece, bytes).await
    }

    /// The same, and keeps `turn` until it is written, even if nobody waits for that any more.
    pub(super) async fn put_in<T: Send + 'static>(
        &mut self,
        turn: T,
        piece: usize,
        bytes: Vec<u8>,
    ) -> Result<(), SourceError> {
        if self.offer(turn, piece, bytes).await? {
            return Ok(());
        }
        let origin = &self.supply.origin;
        origin.blame(&self.linked.link);
        Err(SourceError::NotHere(format!("{} sent bytes that do not match the torrent", origin.name())))
    }

    /// Offers a piece whose content bytes are `own` and came from several addresses. If it is wrong, any of them may
    /// have lied, and so it is fetched once more from the one in use. Returns false if others have it by then.
    pub(super) async fn put_mixed(
        &mut self,
        piece: usize,
        own: &Range<u64>,
        bytes: Vec<u8>,
    ) -> Result<bool, SourceError> {
        if self.offer((), piece, bytes).await? {
            return Ok(true);
        }
        self.supply.note("what several addresses sent does not match together".to_owned());
        let Some(bytes) = self.get(own, own.end, Meanwhile::Contested(piece), false).await else {
            return Ok(false);
        };
        self.put(piece, bytes).await?;
        Ok(true)
    }

    /// Returns whether the cache file took the piece: not if it does not match its hash.
    async fn offer<T: Send + 'static>(
        &mut self,
        turn: T,
        piece: usize,
        bytes: Vec<u8>,
    ) -> Result<bool, SourceError> {
        let file = self.supply.file.clone();
        let put = blocking(move || {
            let put = file.put_piece(piece, &bytes);
            drop(turn);
            put
        });
        match put.await? {
            Put::New | Put::Known => {
                self.linked.proved.store(true, Ordering::Relaxed);
                self.accepted();
                Ok(true)
            }
            Put::Wrong => Ok(false),
        }
    }

    /// Notes that the cache file took a piece.
    pub(super) fn accepted(&mut self) {
        self.patience.restore();
        self.supply.forget_trouble();
        self.supply.accepted.fetch_add(1, Ordering::Relaxed);
    }
}

/// Does a cache file's blocking work away from the runtime's threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CacheError> + Send + 'static,
) -> Result<T, SourceError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(SourceError::Transient("the cache file's writer was stopped".to_owned())),
    }
}
