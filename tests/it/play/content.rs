//! A cache file with known bytes.

use headwater::cache::{Cache, CacheFile, CacheLimits, Layout};
use headwater::domain::{ContentKey, FileEntry, FileIndex, InfoHash, Metainfo};
use headwater::play::{Residence, residence};
use rustix::fs::{Advice, fadvise};
use tempfile::TempDir;

/// Small pieces, so that short contents have several.
const PIECE: usize = 4096;

/// The content starts within the first piece, as most files of a torrent do.
const LEAD: usize = 777;

/// The second file of a torrent, in a cache folder of its own.
pub(super) struct Content {
    pub(super) file: CacheFile,
    torrent: Vec<u8>,
    _folder: TempDir,
}

impl Content {
    /// A content of `length` bytes of which none has arrived.
    pub(super) fn new(length: usize) -> Self {
        Self::numbered(length, 0)
    }

    /// As [`Self::new`]; contents with other numbers have other bytes.
    pub(super) fn numbered(length: usize, number: u32) -> Self {
        // The high bits of a multiplicative sequence: no two places look alike.
        let byte = |at: usize| ((at as u32 ^ (number << 20)).wrapping_mul(2_654_435_761) >> 24) as u8;
        let torrent: Vec<u8> = (0..LEAD + length).map(byte).collect();
        let entry = |path: &str, offset: usize, length: usize| FileEntry {
            path: path.to_owned(),
            length: length as u64,
            offset: offset as u64,
            padding: false,
        };
        let metainfo = Metainfo {
            info_hash: InfoHash::new([42; 20]),
            name: "torrent".to_owned(),
            piece_length: PIECE as u32,
            pieces: vec![[0; 20]; torrent.len().div_ceil(PIECE)].into(),
            files: vec![entry("sample.txt", 0, LEAD), entry("film.mkv", LEAD, length)],
            private: false,
        };
        let folder = tempfile::tempdir().unwrap();
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(folder.path(), limits).unwrap();
        let key = ContentKey { info_hash: metainfo.info_hash, file: FileIndex(1) };
        let file = cache.content(key, &Layout::of(&metainfo, key.file).unwrap(), "film.mkv").unwrap();
        Self { file, torrent, _folder: folder }
    }

    /// All bytes, whether they have arrived or not.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.torrent[LEAD..]
    }

    /// Lets the first `count` pieces arrive; returns how many bytes of the content they hold.
    pub(super) fn arrive(&self, count: usize) -> usize {
        for (piece, data) in self.torrent.chunks(PIECE).enumerate().take(count) {
            self.file.write_torrent((piece * PIECE) as u64, data).unwrap();
            self.file.complete_piece(piece as u32);
        }
        (count * PIECE).min(self.torrent.len()).saturating_sub(LEAD)
    }

    /// Has the system forget what it holds in memory of the file. Whether it does: some file systems are memory.
    pub(super) fn forget(&self) -> bool {
        let extent = self.file.extent(0..self.file.length()).expect("the first byte has arrived");
        extent.file.sync_all().unwrap();
        fadvise(&*extent.file, 0, None, Advice::DontNeed).unwrap();
        residence(&extent) == Residence::Partial
    }

    /// Lets every piece arrive.
    pub(super) fn arrive_all(&self) {
        self.arrive(usize::MAX / PIECE);
        assert!(self.file.is_complete());
    }
}
