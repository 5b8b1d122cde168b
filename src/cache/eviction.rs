//! Which contents go. Pure.

use std::time::Duration;

use crate::domain::ContentKey;

/// A title played so often is kept longest; more plays add nothing (`torrent-streaming`).
const POPULAR: u64 = 10;

/// One content on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) key: ContentKey,
    /// Bytes on disk.
    pub(super) bytes: u64,
    /// Bytes on disk once it is filled; at least `bytes`.
    pub(super) reserved: u64,
    /// Unix seconds.
    pub(super) last_used: u64,
    pub(super) plays: u64,
    /// Somebody has it open: it stays.
    pub(super) held: bool,
}

/// The contents nobody used for `limit`, which grows with every play up to tenfold.
pub(super) fn idle(stored: &[Stored], limit: Option<Duration>, now: u64) -> Vec<ContentKey> {
    let Some(limit) = limit else { return Vec::new() };
    stored
        .iter()
        .filter(|one| {
            let patience = limit.as_secs().saturating_mul(one.plays.clamp(1, POPULAR));
            !one.held && now.saturating_sub(one.last_used) > patience
        })
        .map(|one| one.key)
        .collect()
}

/// The least recently used contents that together free `excess` bytes, or all that may go.
pub(super) fn for_room(stored: &[Stored], excess: u64) -> Vec<ContentKey> {
    let mut candidates: Vec<&Stored> = stored.iter().filter(|one| !one.held && one.bytes > 0).collect();
    candidates.sort_by_key(|one| (one.last_used, one.key));
    let mut freed = 0;
    candidates
        .into_iter()
        .take_while(|one| {
            let more = freed < excess;
            freed += one.bytes;
            more
        })
        .map(|one| one.key)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FileIndex, InfoHash};

    fn stored(file: u32, bytes: u64, last_used: u64, plays: u64) -> Stored {
        let key = ContentKey { info_hash: InfoHash::new([0; 20]), file: FileIndex(file) };
        Stored { key, bytes, reserved: bytes, last_used, plays, held: false }
    }

    fn files(keys: &[ContentKey]) -> Vec<u32> {
        keys.iter().map(|key| key.file.0).collect()
    }

    #[test]
    fn popular_titles_stay_longer_and_held_ones_always() {
        let limit = Some(Duration::from_secs(100));
        let mut all = [stored(0, 1, 0, 0), stored(1, 1, 0, 3), stored(2, 1, 0, 99), stored(3, 1, 0, 0)];
        all[3].held = true;
        assert_eq!(files(&idle(&all, limit, 100)), [0u32; 0]);
        assert_eq!(files(&idle(&all, limit, 101)), [0]);
        assert_eq!(files(&idle(&all, limit, 301)), [0, 1]);
        assert_eq!(files(&idle(&all, limit, 1001)), [0, 1, 2]);
        assert_eq!(files(&idle(&all, None, u64::MAX)), [0u32; 0]);
    }

    #[test]
    fn room_is_made_by_the_least_recently_used_and_no_more_than_needed() {
        let mut all = [stored(0, 10, 30, 0), stored(1, 10, 10, 0), stored(2, 10, 20, 0), stored(3, 10, 0, 0)];
        all[3].held = true;
        assert_eq!(files(&for_room(&all, 0)), [0u32; 0]);
        assert_eq!(files(&for_room(&all, 1)), [1]);
        assert_eq!(files(&for_room(&all, 11)), [1, 2]);
        assert_eq!(files(&for_room(&all, 1000)), [1, 2, 0]);
    }
}
