//! What the cache folder does with its files: notes their use, and saves what is known of them.

use std::sync::Arc;

use super::{CacheFile, Pieces};
use crate::cache::sidecar::Record;
use crate::cache::{CacheError, folder};

impl CacheFile {
    /// Whether there are no more than `handles` handles.
    pub(in crate::cache) fn is_held_by(&self, handles: usize) -> bool {
        Arc::strong_count(&self.inner) <= handles
    }

    /// Whether somebody is reading right now.
    pub(in crate::cache) fn is_read(&self) -> bool {
        !self.demand().borrow().is_empty()
    }

    /// Forgets an earlier write failure: somebody wants to try again.
    pub(in crate::cache) fn clear_failure(&self) {
        if let Some(pieces) = self.pieces() {
            pieces.state().failure = None;
        }
    }

    /// Notes a use at `now` (Unix seconds), and that it was a play if `play`.
    pub(in crate::cache) fn note_use(&self, now: u64, play: bool) {
        if let Some(pieces) = self.pieces() {
            let mut state = pieces.state();
            state.record.last_used = now;
            state.record.plays += u64::from(play);
            state.dirty = true;
        }
    }

    /// Notes that a viewer stopped at byte `offset`. Whoever stops at the very end has seen it all and starts anew.
    pub fn leave_off(&self, offset: u64) {
        let is_seen = offset >= self.length() / 100 * 97;
        if let Some(pieces) = self.pieces() {
            let mut state = pieces.state();
            state.record.left_off = if is_seen { 0 } else { offset };
            state.dirty = true;
            drop(state);
            pieces.count_presence();
        }
    }

    /// Where the last viewer stopped, unless that was at the end.
    pub fn left_off(&self) -> Option<u64> {
        let place = self.pieces().map_or(0, |pieces| pieces.state().record.left_off);
        (place > 0).then_some(place)
    }

    /// Saves the have-map if it changed, after the data it speaks of. `closing` says that nobody writes
    /// any more. Blocking.
    pub(in crate::cache) fn save(&self, closing: bool) -> Result<(), CacheError> {
        let Some(pieces) = self.pieces() else { return Ok(()) };
        let mut record = {
            let mut state = pieces.state();
            let unsettled = state.record.settled_at == 0 && closing;
            if !std::mem::take(&mut state.dirty) && !unsettled {
                return Ok(());
            }
            let (have, vouched) = (state.have.to_bytes(), state.have.vouched_to_bytes());
            Record { have, vouched, ..state.record.clone() }
        };
        let settled = closing || self.is_complete();
        let written = self.write_record(pieces, &mut record, settled);
        let mut state = pieces.state();
        match written {
            Ok(()) => state.record.settled_at = record.settled_at,
            // It is to be tried again.
            Err(_) => state.dirty = true,
        }
        written
    }

    fn write_record(&self, pieces: &Pieces, record: &mut Record, settled: bool) -> Result<(), CacheError> {
        self.inner.data.sync_data()?;
        record.settled_at = if settled { folder::modified(&self.inner.data)? } else { 0 };
        Ok(record.write(&pieces.folder.have())?)
    }
}
