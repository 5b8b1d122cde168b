//! The first and the last piece of a file, which hold bytes of its neighbours in the torrent too.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::delivery::blocking;
use super::lane::{Lane, Meanwhile};
use crate::source::SourceError;

/// How long the neighbours' bytes may take. Without them there is another way.
const SURROUNDINGS: Duration = Duration::from_secs(5);

impl Lane {
    /// How much memory a piece takes while it is fetched. An edge may have to wait for an inner piece.
    pub(super) fn room_for(&self, piece: usize) -> u64 {
        let length = |piece| {
            let whole = self.supply.layout.piece_range(piece);
            whole.end - whole.start
        };
        let witness = if self.supply.layout.is_shared(piece) { self.witness(piece) } else { None };
        length(piece) + witness.map_or(0, length)
    }

    /// Takes the content's part of a shared piece. With the neighbours' bytes the whole piece is compared with its
    /// hash. Without them the origin must have proved itself by an inner piece first. Returns whether the lane may
    /// go on.
    pub(super) async fn settle_edge(&mut self, piece: usize, own: Vec<u8>) -> Result<bool, SourceError> {
        if let Some(whole) = self.with_surroundings(piece, &own).await {
            if self.supply.linked().number != self.linked.number {
                // The neighbours' bytes may be those of the next address: if they are wrong, nobody knows whose.
                return Ok(false);
            }
            self.put(piece, whole).await?;
            return Ok(true);
        }
        let number = self.linked.number;
        if !self.linked.proved.load(Ordering::Relaxed) {
            match self.witness(piece) {
                Some(inner) => self.prove(inner).await?,
                // No piece can be proved. Its length was compared; its kind is all that is left.
                None => self.look().await,
            }
        }
        if self.linked.number != number {
            // The bytes in hand are those of another address than the one that has just proved itself.
            return Ok(false);
        }
        let file = self.supply.file.clone();
        blocking(move || file.vouch(piece, &own)).await?;
        self.accepted();
        Ok(true)
    }

    /// Fetches an inner piece, whether or not it is there already, and compares its hash.
    async fn prove(&mut self, inner: usize) -> Result<(), SourceError> {
        let range = self.supply.layout.content_range(inner);
        match self.get(&range, range.end, Meanwhile::Own, false).await {
            Some(bytes) => {
                self.claim_behind(inner);
                self.put(inner, bytes).await
            }
            None => Ok(()),
        }
    }

    /// The inner piece next to an edge.
    fn witness(&self, edge: usize) -> Option<usize> {
        let layout = &self.supply.layout;
        let beside = [edge.checked_add(1), edge.checked_sub(1)].into_iter().flatten();
        beside.filter(|piece| *piece < layout.pieces()).find(|piece| !layout.is_shared(*piece))
    }

    /// The whole piece, if the origin has the neighbours' bytes too.
    async fn with_surroundings(&mut self, piece: usize, own: &[u8]) -> Option<Vec<u8>> {
        if self.linked.link.connections.available_permits() == 0 {
            // The origin may need the connection.
            self.run = None;
        }
        let (layout, origin) = (&self.supply.layout, &self.supply.origin);
        let whole = layout.piece_range(piece);
        let inside = layout.content_range(piece);
        let (start, end) = (inside.start + layout.lead, inside.end + layout.lead);
        let in_torrent =
            |range: Range<u64>| range.start + layout.torrent_start()..range.end + layout.torrent_start();
        let beside = async |range: Range<u64>| {
            if range.is_empty() {
                return Some(Vec::new());
            }
            let length = range.end - range.start;
            origin.surroundings(in_torrent(range)).await.filter(|bytes| bytes.len() as u64 == length)
        };
        let both = async { Some([beside(whole.start..start).await?, beside(end..whole.end).await?]) };
        let [mut bytes, after] = tokio::time::timeout(SURROUNDINGS, both).await.ok()??;
        bytes.extend_from_slice(own);
        bytes.extend_from_slice(&after);
        Some(bytes)
    }
}
