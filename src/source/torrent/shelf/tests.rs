use tempfile::TempDir;

use super::*;
use crate::cache::{Cache, CacheLimits, Layout, Put};
use crate::domain::{ContentKey, FileEntry, InfoHash};

const PIECE: usize = 32 * 1024;

/// A torrent of two files; its second piece belongs to both.
struct Pack {
    bytes: Vec<u8>,
    shelf: Shelf,
    first: CacheFile,
    second: CacheFile,
    _folder: TempDir,
}

const SHARED: u32 = 1;
const SPLIT: usize = PIECE + 10_000;

impl Pack {
    fn new() -> Self {
        let bytes: Vec<u8> = (0..3 * PIECE).map(|at| (at * 31 % 251) as u8).collect();
        let sum = |piece: &[u8]| {
            let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, piece);
            sum.as_ref().try_into().unwrap()
        };
        let entry = |path: &str, from: usize, to: usize| FileEntry {
            path: path.to_owned(),
            length: (to - from) as u64,
            offset: from as u64,
            padding: false,
        };
        let metainfo = Arc::new(Metainfo {
            info_hash: InfoHash::new([7; 20]),
            name: "Pack".to_owned(),
            piece_length: PIECE as u32,
            pieces: bytes.chunks(PIECE).map(sum).collect::<Vec<[u8; 20]>>().into(),
            files: vec![entry("one.mkv", 0, SPLIT), entry("two.mkv", SPLIT, bytes.len())],
            private: false,
        });
        let folder = tempfile::tempdir().unwrap();
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(folder.path(), limits).unwrap();
        let open = |index| {
            let file = FileIndex(index);
            let key = ContentKey { info_hash: metainfo.info_hash, file };
            cache.content(key, &Layout::of(&metainfo, file).unwrap(), "a.mkv").unwrap()
        };
        let (first, second) = (open(0), open(1));
        let shelf = Shelf::new(metainfo.clone());
        Self { bytes, shelf, first, second, _folder: folder }
    }

    fn with_both() -> Self {
        let pack = Self::new();
        pack.shelf.put(&pack.first).unwrap();
        pack.shelf.put(&pack.second).unwrap();
        pack.shelf.hand_over();
        pack
    }

    fn piece(&self, piece: u32) -> &[u8] {
        &self.bytes[piece as usize * PIECE..][..PIECE]
    }

    /// Blocks of a piece as the engine writes them.
    fn receive(&self, piece: u32, bytes: &[u8]) {
        for (block, bytes) in bytes.chunks(16 * 1024).enumerate() {
            let offset = piece as usize * PIECE + block * 16 * 1024;
            self.shelf.write(self.shelf.generation(), offset as u64, bytes).unwrap();
        }
    }

    fn complete(&self, piece: u32) {
        self.shelf.complete(self.shelf.generation(), piece);
    }

    /// The torrent's piece as it lies in `file`.
    fn lies_in(&self, file: &CacheFile, piece: u32) -> Vec<u8> {
        let mut bytes = vec![0; PIECE];
        file.read_torrent(u64::from(piece) * PIECE as u64, &mut bytes).unwrap().unwrap();
        bytes
    }

    fn is_right_in_both(&self) -> bool {
        [&self.first, &self.second]
            .into_iter()
            .all(|file| file.has_piece(SHARED) && self.lies_in(file, SHARED) == self.piece(SHARED))
    }
}

#[test]
fn a_piece_from_the_engine_is_final_in_both_files_that_share_it() {
    let pack = Pack::with_both();
    pack.receive(SHARED, pack.piece(SHARED));
    assert!(!pack.first.has_piece(SHARED));
    pack.complete(SHARED);
    assert!(pack.is_right_in_both());
    assert!(pack.shelf.agrees_with(&pack.first) && pack.shelf.agrees_with(&pack.second));
}

/// The engine hashes one copy only. Its blocks are not written where another source has proved the piece, so
/// that the hash may match although the blocks were bad.
#[test]
fn bad_blocks_are_not_final_because_another_source_proved_the_piece_in_the_neighbour() {
    for proved_first in [true, false] {
        let pack = Pack::with_both();
        let (proved, other) =
            if proved_first { (&pack.first, &pack.second) } else { (&pack.second, &pack.first) };
        let local = SHARED as usize - proved.layout().unwrap().first_piece as usize;
        pack.receive(SHARED, &vec![0xee; PIECE]);
        assert_eq!(proved.put_piece(local, pack.piece(SHARED)).unwrap(), Put::New);
        assert_ne!(pack.lies_in(other, SHARED), pack.piece(SHARED), "the bad blocks lie there");
        pack.complete(SHARED);
        assert!(pack.is_right_in_both(), "proved in the first file: {proved_first}");
    }
}

#[test]
fn what_matches_nowhere_is_final_nowhere_and_the_engine_counts_as_misled() {
    let pack = Pack::with_both();
    pack.receive(SHARED, &vec![0xee; PIECE]);
    pack.complete(SHARED);
    assert!(!pack.first.has_piece(SHARED) && !pack.second.has_piece(SHARED));
    assert!(pack.shelf.is_misled_about(&pack.first));
    pack.shelf.hand_over();
    assert!(!pack.shelf.is_misled_about(&pack.first));
}

#[test]
fn a_proved_piece_is_given_to_the_neighbour_before_the_engine_hears_of_it() {
    let pack = Pack::with_both();
    assert_eq!(pack.first.put_piece(1, pack.piece(SHARED)).unwrap(), Put::New);
    assert!(!pack.second.has_piece(SHARED));
    let have = pack.shelf.hand_over();
    assert_eq!(have.ones().collect::<Vec<_>>(), [SHARED as usize]);
    assert!(pack.is_right_in_both());
}

#[test]
fn a_file_put_beside_others_shares_what_is_proved_in_either_direction() {
    for late_has_it in [true, false] {
        let pack = Pack::new();
        let (has, local) = if late_has_it { (&pack.second, 0) } else { (&pack.first, 1) };
        has.put_piece(local, pack.piece(SHARED)).unwrap();
        pack.shelf.put(&pack.first).unwrap();
        pack.shelf.put(&pack.second).unwrap();
        assert!(pack.is_right_in_both(), "the late one has it: {late_has_it}");
    }
}

#[test]
fn bytes_without_proof_are_neither_handed_over_nor_given_to_neighbours_as_proved() {
    let pack = Pack::new();
    let own = pack.first.layout().unwrap().content_range(1);
    let part = &pack.bytes[own.start as usize..own.end as usize];
    assert_eq!(pack.first.vouch(1, part).unwrap(), Put::New);
    pack.shelf.put(&pack.first).unwrap();
    pack.shelf.put(&pack.second).unwrap();
    assert!(!pack.second.has_piece(SHARED));
    assert_eq!(pack.shelf.hand_over().count_ones(..), 0);
    // The engine fetches it, and then it is proved in both.
    pack.receive(SHARED, pack.piece(SHARED));
    pack.complete(SHARED);
    assert!(pack.is_right_in_both());
}

#[test]
fn wrong_bytes_without_proof_stay_as_they_were_served_and_are_never_proved() {
    let pack = Pack::with_both();
    let own = pack.first.layout().unwrap().content_range(1);
    let wrong = vec![0xee; (own.end - own.start) as usize];
    pack.first.vouch(1, &wrong).unwrap();
    assert_eq!(pack.second.put_piece(0, pack.piece(SHARED)).unwrap(), Put::New);
    pack.complete(SHARED);
    let have = pack.shelf.hand_over();
    assert!(pack.second.has_piece(SHARED) && !pack.first.has_piece(SHARED));
    assert_eq!(pack.first.read_content(own.start, wrong.len()).unwrap(), wrong);
    // Nobody is to fetch it again, and whom the engine serves gets the right bytes.
    assert_eq!(have.ones().collect::<Vec<_>>(), [SHARED as usize]);
    assert!(!pack.shelf.is_misled_about(&pack.first));
    let mut served = vec![0; PIECE];
    pack.shelf.read(PIECE as u64, &mut served).unwrap().unwrap();
    assert_eq!(served, pack.piece(SHARED));
}

#[test]
fn bytes_are_counted_for_the_files_they_belong_to_and_as_waste_where_nobody_needs_them() {
    let pack = Pack::with_both();
    let (first, second) = (pack.shelf.counter(FileIndex(0)), pack.shelf.counter(FileIndex(1)));
    let counts = || {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as usize / PIECE;
        (load(&first), load(&second), pack.shelf.wasted() as usize / PIECE)
    };
    pack.receive(0, pack.piece(0));
    assert_eq!(counts(), (1, 0, 0));
    pack.receive(SHARED, pack.piece(SHARED));
    assert_eq!(counts(), (2, 1, 0));
    assert_eq!(pack.second.put_piece(1, pack.piece(2)).unwrap(), Put::New);
    pack.receive(2, pack.piece(2));
    assert_eq!(counts(), (2, 2, 1));
    pack.shelf.hand_over();
    let anew = pack.shelf.count_anew(FileIndex(1));
    assert_eq!((counts(), anew.load(Ordering::Relaxed)), ((2, 2, 0), 0));
}

#[test]
fn what_others_proved_is_unknown_until_it_is_handed_over() {
    let pack = Pack::with_both();
    let whole = 0..pack.second.length();
    assert_eq!(pack.second.put_piece(1, pack.piece(2)).unwrap(), Put::New);
    assert_eq!(pack.shelf.unknown(&pack.second, whole.clone()), 1);
    assert_eq!(pack.shelf.unknown(&pack.second, 0..1), 0, "another piece");
    pack.receive(0, pack.piece(0));
    pack.complete(0);
    assert_eq!(pack.shelf.unknown(&pack.first, 0..pack.first.length()), 0);
    pack.shelf.hand_over();
    assert_eq!(pack.shelf.unknown(&pack.second, whole), 0);
}

#[test]
fn what_an_earlier_add_had_under_way_is_ignored() {
    let pack = Pack::with_both();
    let earlier = pack.shelf.generation();
    pack.shelf.hand_over();
    pack.shelf.write(earlier, 0, pack.piece(0)).unwrap();
    pack.shelf.complete(earlier, 0);
    assert_eq!(pack.first.received_bytes(), 0);
    assert!(!pack.first.has_piece(0));
}
