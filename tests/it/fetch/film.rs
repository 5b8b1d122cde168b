//! A torrent of noise with a film in the middle, and cache files for it.

use std::os::unix::fs::FileExt;
use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use headwater::cache::{Cache, CacheFile, CacheLimits, Layout};
use headwater::domain::{ContentKey, FileIndex, InfoHash};
use tempfile::TempDir;

pub(super) const KIB: u64 = 1024;
pub(super) const MIB: u64 = 1024 * KIB;

/// A film inside a torrent.
pub(super) struct Film {
    pub(super) layout: Layout,
    /// All pieces that the film touches.
    pub(super) torrent: Vec<u8>,
    folder: TempDir,
}

impl Film {
    /// A film of `length` bytes in pieces of `piece` bytes that fills its pieces.
    pub(super) fn plain(length: u64, piece: u64) -> Self {
        Self::among(0, length, 0, piece)
    }

    /// A film with `lead` bytes of a neighbour before it and `trail` bytes of another behind it.
    pub(super) fn among(lead: u64, length: u64, trail: u64, piece: u64) -> Self {
        let span = lead + length + trail;
        let mut torrent = noise(span as usize, 7);
        torrent[lead as usize..][..12].copy_from_slice(b"\0\0\0\x20ftypisom");
        let hashes: Vec<[u8; 20]> = torrent
            .chunks(piece as usize)
            .map(|piece| digest(&SHA1_FOR_LEGACY_USE_ONLY, piece).as_ref().try_into().unwrap())
            .collect();
        let layout =
            Layout { length, lead, piece_length: piece, first_piece: 3, span, hashes: Some(hashes.into()) };
        Self { layout, torrent, folder: tempfile::tempdir().unwrap() }
    }

    /// A film of which no hash is known.
    pub(super) fn unproved(length: u64) -> Self {
        let plain = Self::plain(length, 256 * KIB);
        Self { layout: Layout::unproved(length), ..plain }
    }

    /// The film's own bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.torrent[self.layout.lead as usize..][..self.layout.length as usize]
    }

    /// Its cache file, empty at first.
    pub(super) fn file(&self) -> CacheFile {
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(self.folder.path(), limits).unwrap();
        let key = ContentKey { info_hash: InfoHash::new([9; 20]), file: FileIndex(0) };
        cache.content(key, &self.layout, "film.mp4").unwrap()
    }

    /// Puts a piece into its cache file, as another source would.
    pub(super) fn put(&self, file: &CacheFile, piece: usize) {
        let range = self.layout.piece_range(piece);
        file.put_piece(piece, &self.torrent[range.start as usize..range.end as usize]).unwrap();
    }

    /// Reads `from..to` as a player does, and compares every byte. Fails if a byte takes too long.
    pub(super) async fn play(&self, file: &CacheFile, from: u64, to: u64) {
        let mut playhead = file.playhead(from);
        let mut at = from;
        while at < to {
            tokio::time::timeout(Duration::from_secs(20), file.wait_for(at)).await.expect("in time").unwrap();
            let extent = file.extent(at..to).unwrap();
            let mut bytes = vec![0; extent.length as usize];
            extent.file.read_exact_at(&mut bytes, extent.position).unwrap();
            assert!(bytes == self.bytes()[at as usize..][..bytes.len()], "wrong bytes from {at} on");
            at += extent.length;
            playhead.advance(at);
        }
    }

    /// Reads all of it.
    pub(super) async fn play_all(&self, file: &CacheFile) {
        self.play(file, 0, self.layout.length).await;
    }
}

/// Bytes that repeat nowhere.
pub(super) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Ends a test that hangs, long before the runner would.
pub(super) async fn within<T>(seconds: u64, what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(seconds), what).await.expect("in time")
}
