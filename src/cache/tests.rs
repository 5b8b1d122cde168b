//! The cache folder from outside: what survives, what is refused, who wakes.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::domain::{ContentKey, FileIndex, InfoHash};

const PIECE: u64 = 64 << 10;
const LIMITS: CacheLimits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };

/// A content of `pieces` pieces that starts a little into its first piece.
struct Sample {
    key: ContentKey,
    layout: Layout,
    bytes: Vec<u8>,
}

fn sample(number: u8, pieces: usize) -> Sample {
    let span = pieces as u64 * PIECE - 1000;
    let bytes: Vec<u8> = (0..span).map(|at| (at as u8).wrapping_mul(31) ^ (at >> 8) as u8 ^ number).collect();
    let hashes: Vec<[u8; 20]> = bytes
        .chunks(PIECE as usize)
        .map(|piece| {
            let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, piece);
            hash.as_ref().try_into().unwrap()
        })
        .collect();
    let key = ContentKey { info_hash: InfoHash::new([number; 20]), file: FileIndex(3) };
    let layout = Layout {
        length: span - 700,
        lead: 500,
        piece_length: PIECE,
        first_piece: 40,
        span,
        hashes: Some(hashes.into()),
    };
    Sample { key, layout, bytes }
}

impl Sample {
    fn open(&self, cache: &Cache) -> CacheFile {
        cache.content(self.key, &self.layout, "film.mkv").unwrap()
    }

    fn write(&self, file: &CacheFile, piece: usize) {
        let range = self.layout.piece_range(piece);
        let offset = self.layout.torrent_start() + range.start;
        file.write_torrent(offset, &self.bytes[range.start as usize..range.end as usize]).unwrap();
    }

    fn finish(&self, file: &CacheFile, piece: usize) {
        self.write(file, piece);
        file.complete_piece(self.layout.first_piece + piece as u32);
    }

    fn data(&self, folder: &Path) -> fs::File {
        let path = folder.join("contents").join(self.key.to_string()).join("data");
        fs::OpenOptions::new().read(true).write(true).open(path).unwrap()
    }

    fn have(&self, file: &CacheFile) -> Vec<usize> {
        (0..self.layout.pieces()).filter(|piece| file.has_piece(40 + *piece as u32)).collect()
    }
}

fn read(extent: &Extent) -> Vec<u8> {
    let mut bytes = vec![0; extent.length as usize];
    extent.file.read_exact_at(&mut bytes, extent.position).unwrap();
    bytes
}

#[test]
fn only_verified_bytes_are_served_and_they_are_the_contents_own() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    let film = sample(1, 4);
    let file = film.open(&cache);
    film.write(&file, 0);
    assert!(file.extent(0..10).is_none());
    assert_eq!(file.received_bytes(), PIECE - 500);
    film.finish(&file, 0);
    film.finish(&file, 1);
    let extent = file.extent(100..u64::MAX).unwrap();
    assert_eq!(extent.length, 2 * PIECE - 600);
    assert_eq!(read(&extent), film.bytes[600..2 * PIECE as usize]);
    assert!(file.extent(2 * PIECE..2 * PIECE + 1).is_none());
    film.finish(&file, 3);
    film.finish(&file, 2);
    assert!(file.is_complete());
    assert_eq!(file.verified_bytes(), film.layout.length);
    let last = file.extent(film.layout.length - 5..u64::MAX).unwrap();
    assert_eq!(read(&last), film.bytes[film.bytes.len() - 205..film.bytes.len() - 200]);
    assert!(file.extent(film.layout.length..u64::MAX).is_none());
}

#[test]
fn a_verified_piece_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    let film = sample(1, 2);
    let file = film.open(&cache);
    film.finish(&file, 0);
    let garbage = vec![0xee; film.bytes.len()];
    file.write_torrent(film.layout.torrent_start(), &garbage).unwrap();
    let extent = file.extent(0..PIECE - 500).unwrap();
    assert_eq!(read(&extent), film.bytes[500..PIECE as usize]);
}

#[test]
fn a_process_that_vanished_keeps_finished_pieces_and_proves_them_first() {
    let folder = tempfile::tempdir().unwrap();
    let film = sample(1, 6);
    {
        let cache = Cache::open(folder.path(), LIMITS).unwrap();
        let file = film.open(&cache);
        film.finish(&file, 0);
        film.finish(&file, 1);
        cache.tend();
        film.finish(&file, 2); // verified, but its have-map was never saved
        film.write(&file, 4); // arrived, never verified
        film.data(folder.path()).write_all_at(&[9; 10], PIECE + 5).unwrap(); // rotten since
    }
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    let file = film.open(&cache);
    assert_eq!(film.have(&file), [0usize; 0], "nothing counts before it was proved");
    file.verify_claims().unwrap();
    assert_eq!(film.have(&file), [0, 2, 4]);
}

#[test]
fn an_orderly_stop_is_trusted_unless_the_data_changed_since() {
    let folder = tempfile::tempdir().unwrap();
    let film = sample(1, 4);
    let start = || Cache::open(folder.path(), LIMITS).unwrap();
    {
        let cache = start();
        film.finish(&film.open(&cache), 2);
        cache.close();
    }
    {
        let cache = start();
        let file = cache.find(film.key).unwrap();
        assert_eq!(film.have(&file), [2]);
        assert_eq!(file.name(), "film.mkv");
        cache.close();
    }
    film.data(folder.path()).write_all_at(&[9; 10], 2 * PIECE).unwrap();
    let file = start().find(film.key).unwrap();
    assert_eq!(film.have(&file), [0usize; 0]);
    file.verify_claims().unwrap();
    assert_eq!(film.have(&file), [0usize; 0]);
}

#[test]
fn a_complete_file_is_settled_while_it_is_still_open() {
    let folder = tempfile::tempdir().unwrap();
    let film = sample(1, 2);
    {
        let cache = Cache::open(folder.path(), LIMITS).unwrap();
        let file = film.open(&cache);
        film.finish(&file, 0);
        film.finish(&file, 1);
        cache.tend();
    }
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    assert!(cache.find(film.key).unwrap().is_complete());
}

#[test]
fn another_layout_under_the_same_key_starts_from_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    let film = sample(1, 2);
    film.finish(&film.open(&cache), 0);
    cache.tend();
    cache.tend();
    let mut other = sample(1, 3);
    other.layout.first_piece = 0;
    let file = other.open(&cache);
    file.verify_claims().unwrap();
    assert_eq!(file.verified_bytes(), 0);
}

#[tokio::test]
async fn a_waiting_reader_wakes_when_its_piece_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    let film = sample(1, 3);
    let file = film.open(&cache);
    let waiting = {
        let file = file.clone();
        async move { file.wait_for(PIECE).await }
    };
    tokio::pin!(waiting);
    assert!(futures::poll!(&mut waiting).is_pending());
    film.finish(&file, 0);
    assert!(futures::poll!(&mut waiting).is_pending());
    film.finish(&file, 1);
    tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
}

#[test]
fn the_quota_evicts_the_least_recently_used_and_never_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let limits = CacheLimits { max_bytes: Some(7 * PIECE), ..LIMITS };
    let cache = Cache::open(folder.path(), limits).unwrap();
    let (old, held, new) = (sample(1, 3), sample(2, 3), sample(3, 3));
    for piece in 0..3 {
        old.finish(&old.open(&cache), piece);
    }
    cache.tend();
    let kept = held.open(&cache);
    let opened = new.open(&cache);
    assert!(cache.find(old.key).is_none(), "the closed one made room");
    let refused = cache.content(sample(4, 3).key, &sample(4, 3).layout, "d.mkv").unwrap_err();
    assert!(
        matches!(&refused, CacheError::Full(why) if why.contains("HEADWATER_CACHE_MAX_BYTES")),
        "{refused}"
    );
    drop((kept, opened));
}

#[test]
fn a_content_whose_use_was_never_recorded_is_not_taken_for_an_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let film = sample(1, 2);
    {
        let cache = Cache::open(folder.path(), LIMITS).unwrap();
        film.finish(&film.open(&cache), 0);
    }
    let limits = CacheLimits { idle: Some(Duration::from_secs(60)), ..LIMITS };
    let cache = Cache::open(folder.path(), limits).unwrap();
    assert_eq!(cache.clean(false), 0);
    assert!(cache.find(film.key).is_some());
}

#[test]
fn a_content_found_on_disk_is_admitted_before_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    let (part, other) = (sample(1, 6), sample(2, 3));
    {
        let cache = Cache::open(folder.path(), LIMITS).unwrap();
        part.finish(&part.open(&cache), 0);
        for piece in 0..3 {
            other.finish(&other.open(&cache), piece);
        }
        cache.close();
    }
    let limits = CacheLimits { max_bytes: Some(7 * PIECE), ..LIMITS };
    let cache = Cache::open(folder.path(), limits).unwrap();
    let found = cache.find(part.key).unwrap();
    assert!(cache.find(other.key).is_some(), "to look at a content takes no room");
    cache.tend();
    part.open(&cache);
    assert!(cache.find(other.key).is_none(), "the part was to be filled, so the other made room");
    drop(found);
}

#[test]
fn the_free_floor_is_kept_whatever_the_quota_allows() {
    let folder = tempfile::tempdir().unwrap();
    let limits = CacheLimits { max_bytes: None, free_floor: u64::MAX / 2, idle: None };
    let cache = Cache::open(folder.path(), limits).unwrap();
    let film = sample(1, 2);
    let refused = cache.content(film.key, &film.layout, "a.mkv").unwrap_err();
    assert!(matches!(refused, CacheError::Full(_)), "{refused}");
    assert_eq!(cache.usage().contents, 0);
}

#[test]
fn cleaning_everything_spares_what_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    let (idle, used) = (sample(1, 2), sample(2, 2));
    idle.finish(&idle.open(&cache), 0);
    let held = used.open(&cache);
    used.finish(&held, 0);
    assert!(cache.clean(true) >= PIECE);
    assert!(cache.find(idle.key).is_none());
    assert_eq!(cache.find(used.key).unwrap().verified_bytes(), PIECE - 500);
    assert_eq!(cache.usage().contents, 1);
}

fn piece(sample: &Sample, piece: usize) -> &[u8] {
    let range = sample.layout.piece_range(piece);
    &sample.bytes[range.start as usize..range.end as usize]
}

fn own_part(sample: &Sample, piece: usize) -> &[u8] {
    let (range, lead) = (sample.layout.content_range(piece), sample.layout.lead);
    &sample.bytes[(range.start + lead) as usize..(range.end + lead) as usize]
}

#[test]
fn a_piece_that_does_not_match_its_hash_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    let sample = sample(1, 4);
    let file = sample.open(&cache);
    let mut bad = piece(&sample, 1).to_vec();
    bad[77] ^= 1;
    assert_eq!(file.put_piece(1, &bad).unwrap(), Put::Wrong);
    assert_eq!(file.received_bytes(), 0);
    assert_eq!(file.put_piece(1, piece(&sample, 1)).unwrap(), Put::New);
    assert_eq!(file.put_piece(1, piece(&sample, 1)).unwrap(), Put::Known);
    assert!(file.has_piece(41));
}

#[test]
fn a_late_block_of_one_source_does_not_spoil_what_another_has_proved_or_vouched_for() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    let sample = sample(1, 4);
    let file = sample.open(&cache);
    file.put_piece(1, piece(&sample, 1)).unwrap();
    file.vouch(0, own_part(&sample, 0)).unwrap();
    file.write_torrent(sample.layout.torrent_start(), &vec![0xee; 2 * PIECE as usize]).unwrap();
    let (length, lead) = ((2 * PIECE) as usize - 500, sample.layout.lead as usize);
    assert_eq!(file.read_content(0, length).unwrap(), sample.bytes[lead..lead + length]);
    assert!(!file.has_piece(40), "a vouched piece is not handed to others as proved");
    let mut head = vec![0; 500];
    file.read_torrent(sample.layout.torrent_start(), &mut head).unwrap().unwrap();
    assert_eq!(head, [0xee; 500], "the neighbour's bytes still arrive");
    sample.write(&file, 0);
    file.complete_piece(40);
    assert!(file.has_piece(40));
}

#[test]
fn vouched_pieces_survive_a_kill_as_far_as_they_were_recorded_and_are_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (cache, sample) = (Cache::open(folder.path(), LIMITS).unwrap(), sample(1, 4));
    let layout = Layout::unproved(3 * 256 * 1024);
    let open = |cache: &Cache| cache.content(sample.key, &layout, "film.mkv").unwrap();
    let file = open(&cache);
    let data = vec![7; 256 * 1024];
    assert_eq!(file.put_piece(0, &data).unwrap(), Put::New);
    assert_eq!(file.put_piece(2, &data).unwrap(), Put::New);
    let tag = file.tag().to_owned();
    cache.tend();
    assert_eq!(file.put_piece(1, &data).unwrap(), Put::New);
    // The process is killed: nothing is saved any more.
    drop((file, cache));
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    let file = open(&cache);
    file.verify_claims().unwrap();
    assert_eq!((file.missing_from(0), file.verified_bytes()), (256 * 1024, 512 * 1024));
    assert_eq!(file.tag(), tag);
    drop((file, cache));
    sample.data(folder.path()).set_len(0).unwrap();
    let file = open(&Cache::open(folder.path(), LIMITS).unwrap());
    assert_eq!(file.verified_bytes(), 0);
}

#[test]
fn whoever_fetches_a_run_keeps_others_away_until_it_lets_go() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    let sample = sample(1, 8);
    let file = sample.open(&cache);
    let first = file.claim(0, 3 * PIECE).unwrap();
    assert_eq!(first.pieces(), 0..3);
    assert!(file.claim(PIECE, PIECE).is_none());
    assert_eq!(file.unclaimed_from(0), 3 * PIECE - 500);
    sample.finish(&file, 5);
    assert_eq!(file.claim(3 * PIECE, 100 * PIECE).unwrap().pieces(), 3..5);
    let changes = file.changes();
    drop(first);
    assert!(changes.has_changed().unwrap());
    assert_eq!(file.unclaimed_from(0), 0);
    assert!(file.claim(sample.layout.length, PIECE).is_none());
}

#[test]
fn a_vouched_piece_that_the_hash_contradicts_is_never_called_proved() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path(), LIMITS).unwrap();
    let sample = sample(1, 4);
    let file = sample.open(&cache);
    let mut other = own_part(&sample, 0).to_vec();
    other[9] ^= 1;
    file.vouch(0, &other).unwrap();
    assert_eq!(file.put_piece(0, piece(&sample, 0)).unwrap(), Put::Known);
    assert!(!file.has_piece(40), "peers must not be told that it is there");
    assert_eq!(file.read_content(0, other.len()).unwrap(), other, "what was served stays");
}
