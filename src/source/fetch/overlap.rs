//! Contents without hashes: an origin may add to a file only if it has the same bytes as whoever began it.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::Refusal;
use tokio::sync::Semaphore;

use super::delivery::blocking;
use super::lane::{Lane, Meanwhile};
use crate::source::SourceError;

/// Bytes that are compared.
const SAMPLE: u64 = 64 << 10;

/// Held while the first piece of a file is handed over.
static BEGINNING: Semaphore = Semaphore::const_new(1);

impl Lane {
    /// Compares what is there near content byte `near` with what the address in use has, once for each address.
    /// Returns when they agree, or when there is nothing to compare.
    pub(super) async fn agree(&mut self, near: u64) -> Result<(), SourceError> {
        while !self.supply.has_hashes() && !self.linked.compared.load(Ordering::Relaxed) {
            let Some(sample) = self.sample(near) else { break };
            let (file, length) = (self.supply.file.clone(), (sample.end - sample.start) as usize);
            let start = sample.start;
            let known = blocking(move || file.read_content(start, length)).await?;
            let number = self.linked.number;
            let Some(theirs) = self.get(&sample, sample.end, Meanwhile::Own, false).await else { break };
            if self.linked.number != number {
                continue;
            }
            if theirs == known {
                self.linked.compared.store(true, Ordering::Relaxed);
            } else {
                self.run = None;
                self.renew(Refusal::OtherFile).await;
            }
        }
        Ok(())
    }

    /// Hands a piece over once it is clear that nobody has begun the file with other bytes. Returns false if the
    /// piece came from an address that is not in use any more.
    pub(super) async fn put_compared(&mut self, piece: usize, bytes: Vec<u8>) -> Result<bool, SourceError> {
        let (number, near) = (self.linked.number, self.supply.layout.content_range(piece).start);
        loop {
            self.agree(near).await?;
            if self.linked.number != number {
                return Ok(false);
            }
            if self.linked.compared.load(Ordering::Relaxed) {
                self.put(piece, bytes).await?;
                return Ok(true);
            }
            // One origin at a time begins a file, so that the others find something to compare.
            let turn = BEGINNING.acquire().await.expect("the turn is never closed");
            if self.supply.file.verified_bytes() == 0 {
                // The turn lasts as long as the writing, which goes on if this lane is dropped.
                self.put_in(turn, piece, bytes).await?;
                // From here on the bytes in the file are this origin's own, or equal to them.
                self.linked.compared.store(true, Ordering::Relaxed);
                return Ok(true);
            }
        }
    }

    /// The final bytes nearest to content byte `near`, at the side that faces it.
    fn sample(&self, near: u64) -> Option<Range<u64>> {
        let (layout, file) = (&self.supply.layout, &self.supply.file);
        if file.verified_bytes() == 0 {
            return None;
        }
        let home = layout.piece_at(near);
        let is_final = |piece: &usize| {
            let start = layout.content_range(*piece).start;
            file.missing_from(start) > start
        };
        let before = (0..home).rev().find(is_final);
        let behind = (home..layout.pieces()).find(is_final);
        let is_nearer = |piece: &usize| behind.is_none_or(|behind| home - piece <= behind - home);
        match before.filter(is_nearer) {
            Some(piece) => {
                let range = layout.content_range(piece);
                Some(range.end.saturating_sub(SAMPLE).max(range.start)..range.end)
            }
            None => {
                let range = layout.content_range(behind?);
                Some(range.start..range.end.min(range.start + SAMPLE))
            }
        }
    }
}
