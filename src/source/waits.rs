//! Which missing bytes readers wait for, and for how long.

use std::time::Duration;

use tokio::time::Instant;

use crate::cache::CacheFile;

/// A reader this close before a missing byte waits for it. Readers tell where they are once in a MiB.
const CLOSE: u64 = 1 << 20;

/// A reader who waits this long for bytes that a source has claimed gets them from other sources too: the
/// claim moves, or it would be stale, but not fast enough.
const LONG: Duration = Duration::from_secs(3);

/// The missing bytes that the readers of a file wait for, and since when.
#[derive(Debug, Default)]
pub(super) struct Waits(Vec<(u64, Instant)>);

impl Waits {
    /// Notes what the readers at `places` of `file` wait for now. To be called whenever that may have changed,
    /// and once in a while.
    pub(super) fn note(&mut self, file: &CacheFile, places: &[u64], now: Instant) {
        let awaited = places.iter().filter_map(|at| {
            let first = file.missing_from(*at);
            (first < file.length() && first - at < CLOSE).then_some(first)
        });
        let since = |at| self.0.iter().find(|(known, _)| *known == at).map_or(now, |(_, since)| *since);
        self.0 = awaited.map(|at| (at, since(at))).collect();
    }

    /// Whether a reader has waited long for the missing byte `at`.
    pub(super) fn is_long(&self, at: u64, now: Instant) -> bool {
        self.time(at, now).is_some_and(|time| time >= LONG)
    }

    /// How long a reader has waited for the missing byte `at`; `None` if nobody waits for it.
    pub(super) fn time(&self, at: u64, now: Instant) -> Option<Duration> {
        let known = self.0.iter().find(|(known, _)| *known == at)?;
        Some(now.duration_since(known.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Cache, CacheLimits, Layout};
    use crate::domain::{ContentKey, FileIndex, InfoHash};

    #[test]
    fn a_reader_waits_while_the_same_byte_is_missing_close_before_him() {
        let folder = tempfile::tempdir().unwrap();
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let key = ContentKey { info_hash: InfoHash::new([1; 20]), file: FileIndex(0) };
        let cache = Cache::open(folder.path(), limits).unwrap();
        let file = cache.content(key, &Layout::unproved(4 << 20), "a.mkv").unwrap();
        for piece in 0..8 {
            file.vouch(piece, &[1; 256 << 10]).unwrap();
        }
        let (missing, start) = (2 << 20, Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut waits = Waits::default();
        waits.note(&file, &[0, missing - CLOSE + 1], at(0));
        waits.note(&file, &[missing], at(2));
        assert!(!waits.is_long(missing, at(2)));
        assert!(waits.is_long(missing, at(3)));
        assert_eq!(waits.time(missing, at(3)), Some(Duration::from_secs(3)));
        assert_eq!(waits.time(missing + 1, at(3)), None);
        waits.note(&file, &[0], at(4));
        assert!(!waits.is_long(missing, at(8)), "this one has two MiB to read before");
        waits.note(&file, &[missing], at(8));
        assert!(!waits.is_long(missing, at(9)), "it is counted from when he came close");
    }
}
