//! The swarm beside other writers of the same file: it rests and goes on, leaves to others what they are
//! fetching, and learns what they brought.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use headwater::cache::{CacheFile, Claim, Layout, Put};
use headwater::domain::{ContentKey, FileIndex};
use headwater::source::torrent::parse_metainfo;
use headwater::source::{Duty, Request, Writer};

use super::rig::{KIB, MIB, Plan, Rig, Seed, Tracker, bare, read, read_all, within};

const PIECE: usize = 256 * KIB;

fn large(seed: u64, upload_bps: usize) -> Plan {
    let upload_bps = Some(upload_bps as u32);
    Plan { lengths: vec![40 * MIB + 5], piece_length: PIECE, upload_bps, seed, ..Plan::default() }
}

fn writer(opened: &headwater::source::Opened) -> &Writer {
    opened.writer.as_ref().unwrap()
}

/// The cache file of the seed's first file, opened before the swarm.
fn file_before(rig: &Rig, seed: &Seed) -> CacheFile {
    let metainfo = parse_metainfo(seed.seeder.torrent()).unwrap();
    let file = FileIndex(0);
    let key = ContentKey { info_hash: metainfo.info_hash, file };
    rig.cache.content(key, &Layout::of(&metainfo, file).unwrap(), "Film 0.mp4").unwrap()
}

/// Writes a piece as another source does.
fn bring(file: &CacheFile, seed: &Seed, piece: usize) {
    let range = file.layout().unwrap().piece_range(piece);
    let bytes = &seed.files[0][range.start as usize..range.end as usize];
    assert_ne!(file.put_piece(piece, bytes).unwrap(), Put::Wrong);
}

/// Another source that fetches run by run, a piece in each `pace`. Returns the bytes it fetched.
async fn other_source(file: CacheFile, bytes: Vec<u8>, pace: Duration) -> u64 {
    let mut fetched = 0;
    while !file.is_complete() {
        let Some(claim) = file.claim(file.unclaimed_from(0), 4 * MIB as u64) else {
            tokio::time::sleep(pace).await;
            continue;
        };
        for piece in claim.pieces() {
            let range = file.layout().unwrap().piece_range(piece);
            if file.has_piece(piece as u32) {
                break;
            }
            tokio::time::sleep(pace).await;
            fetched += range.end - range.start;
            let (file, data) = (file.clone(), bytes[range.start as usize..range.end as usize].to_vec());
            let put = tokio::task::spawn_blocking(move || file.put_piece(piece, &data).unwrap());
            assert_ne!(put.await.unwrap(), Put::Wrong);
            claim.refresh();
        }
    }
    fetched
}

/// Waits for `what` while the holder of `claim` receives a little now and then.
async fn holding<T>(claim: &Claim, seconds: u64, what: impl Future<Output = T>) -> T {
    let mut now_and_then = tokio::time::interval(Duration::from_millis(200));
    let trickle = async {
        loop {
            now_and_then.tick().await;
            claim.refresh();
        }
    };
    tokio::select! {
        done = within(seconds, what) => done,
        () = trickle => unreachable!("it goes on for ever"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_swarm_at_rest_fetches_nothing_and_goes_on_within_a_second_without_a_tracker() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(large(31, 8 * MIB)).await;
    let tracker = Tracker::new(&[seed.seeder.addr()], true).await;
    let rig = Rig::new(folder.path()).await;
    let metainfo = Some(seed.seeder.torrent().clone());
    let info_hash = seed.seeder.info_hash();
    let request = Request { metainfo, trackers: vec![tracker.url.clone()], ..bare(info_hash, 0) };
    let opened = within(20, rig.open(&request)).await.unwrap();
    within(20, read(&opened.file, 0, 1000)).await;

    tracker.fall_silent();
    writer(&opened).duty.send_replace(Duty::Rest);
    rig.until_at_work(info_hash, false).await;
    let (at_rest, received) =
        (opened.file.received_bytes(), writer(&opened).received.load(Ordering::Relaxed));
    // That nothing happens can only be watched for a while.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(opened.file.received_bytes(), at_rest);
    assert_eq!(writer(&opened).received.load(Ordering::Relaxed), received);

    let missing = opened.file.missing_from(20 * MIB as u64);
    let _reader = opened.file.playhead(missing);
    let began = Instant::now();
    writer(&opened).duty.send_replace(Duty::Work);
    within(20, opened.file.wait_for(missing)).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    seed.seeder.limit_upload(None);
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_others_brought_during_a_rest_is_not_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(large(32, 4 * MIB)).await;
    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    within(20, read(&opened.file, 0, 1000)).await;
    writer(&opened).duty.send_replace(Duty::Rest);
    rig.until_at_work(seed.seeder.info_hash(), false).await;
    let pieces = opened.file.layout().unwrap().pieces();
    for piece in (0..pieces).step_by(2) {
        bring(&opened.file, &seed, piece);
    }
    let missing = opened.file.length() - opened.file.verified_bytes();
    let sent = seed.seeder.uploaded();
    seed.seeder.limit_upload(None);
    writer(&opened).duty.send_replace(Duty::Work);
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    // What was under way at the time of the rest may be counted late.
    let again = (seed.seeder.uploaded() - sent).saturating_sub(missing);
    assert!(again <= 4 * MIB as u64, "{again} bytes too many");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_file_rests_while_another_of_the_same_torrent_works() {
    let folder = tempfile::tempdir().unwrap();
    let lengths = vec![30 * MIB + 1, 10 * MIB + 7];
    let plan = Plan { lengths, piece_length: PIECE, upload_bps: Some(4 * MIB as u32), ..Plan::default() };
    let seed = Seed::new(plan).await;
    let rig = Rig::new(folder.path()).await;
    let idle = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    let busy = within(20, rig.open(&seed.by_peer(1))).await.unwrap();
    within(20, read(&idle.file, 0, 1000)).await;
    writer(&idle).duty.send_replace(Duty::Rest);
    seed.seeder.limit_upload(None);
    assert!(within(20, read_all(&busy.file)).await == seed.files[1]);
    assert!(rig.swarm.peers(seed.seeder.info_hash()).is_some(), "the other one is at work");
    assert!(idle.file.verified_bytes() < 20 * MIB as u64, "{}", idle.file.verified_bytes());
    let (of_idle, of_busy) = (&writer(&idle).received, &writer(&busy).received);
    assert!(of_busy.load(Ordering::Relaxed) < 12 * MIB as u64, "only what was received for this file");
    assert!(of_idle.load(Ordering::Relaxed) < 20 * MIB as u64);

    writer(&busy).duty.send_replace(Duty::Rest);
    rig.until_at_work(seed.seeder.info_hash(), false).await;
    writer(&idle).duty.send_replace(Duty::Work);
    assert!(within(20, read_all(&idle.file)).await == seed.files[0]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_another_source_is_fetching_is_left_to_it_until_it_lets_go() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(large(33, 4 * MIB)).await;
    let rig = Rig::new(folder.path()).await;
    let file = file_before(&rig, &seed);
    let claim = file.claim(0, 8 * MIB as u64).unwrap();
    let _reader = file.playhead(0);
    let opened = holding(&claim, 20, rig.open(&seed.by_peer(0))).await.unwrap();
    let mut changes = file.changes();
    let behind = claim.pieces().end as u64 * PIECE as u64;
    holding(&claim, 10, changes.wait_for(|()| file.missing_from(behind) > behind)).await.unwrap();
    assert_eq!(file.missing_from(0), 0);
    drop(claim);
    within(3, file.wait_for(0)).await.unwrap();
    drop(opened);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_does_not_wait_for_long_on_a_claim_that_hardly_moves() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(large(34, 4 * MIB)).await;
    let rig = Rig::new(folder.path()).await;
    let file = file_before(&rig, &seed);
    let claim = file.claim(0, 8 * MIB as u64).unwrap();
    let _reader = file.playhead(0);
    let opened = holding(&claim, 20, rig.open(&seed.by_peer(0))).await.unwrap();
    let began = Instant::now();
    holding(&claim, 10, file.wait_for(0)).await.unwrap();
    assert!(began.elapsed() > Duration::from_secs(2), "it was left alone at first");
    drop(opened);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_swarm_and_another_source_divide_a_file_and_fetch_little_of_it_twice() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(large(35, 8 * MIB)).await;
    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    // 8 MiB/s, as much as the seed sends.
    let other = other_source(opened.file.clone(), seed.files[0].clone(), Duration::from_millis(31));
    let (bytes, fetched) = within(30, futures::future::join(read_all(&opened.file), other)).await;
    assert!(bytes == seed.files[0]);
    // The engine believes that half of it is missing. It must be told, or it fetches that.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (total, length) = (fetched + seed.seeder.uploaded(), opened.file.length());
    let uploaded = seed.seeder.uploaded();
    assert!(fetched < length * 4 / 5 && uploaded < length * 4 / 5, "both worked: {fetched} and {uploaded}");
    assert!(total < length * 3 / 2, "{total} bytes for {length}");
    rig.stop().await;
}

/// The window before a cursor is full of pieces that the engine does not know to be there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_engine_that_fetches_much_twice_is_told_anew() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { lengths: vec![24 * MIB], upload_bps: Some(512 * KIB as u32), ..Plan::default() };
    let seed = Seed::new(plan).await;
    let tracker = Tracker::new(&[seed.seeder.addr()], true).await;
    let rig = Rig::new(folder.path()).await;
    let request = Request { trackers: vec![tracker.url.clone()], ..seed.by_peer(0) };
    let metainfo = Some(seed.seeder.torrent().clone());
    let opened = within(20, rig.open(&Request { metainfo, ..request })).await.unwrap();
    tracker.heard(1).await;
    let pieces = opened.file.layout().unwrap().pieces();
    for piece in (0..pieces).step_by(2) {
        bring(&opened.file, &seed, piece);
    }
    let (brought, length) = (opened.file.verified_bytes(), opened.file.length());
    let _reader = opened.file.playhead(0);
    // Half of what comes is of no use until then.
    let halfway = opened.file.missing_from(length / 2);
    within(40, opened.file.wait_for(halfway)).await.unwrap();
    tracker.heard(2).await;
    seed.seeder.limit_upload(None);
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    let total = brought + seed.seeder.uploaded();
    assert!(total < length * 3 / 2, "{total} bytes for {length}");
    rig.stop().await;
}

/// The small client uploads nothing; the engine does, once it has been let in.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_the_small_client_brought_is_served_to_others_by_the_engine() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let seed = Seed::new(Plan { seed: 36, ..Plan::default() }).await;
    let info_hash = seed.seeder.info_hash();
    let rig = Rig::new(folders[0].path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    let Seed { seeder, files, .. } = seed;
    drop(seeder);

    let other = Rig::new(folders[1].path()).await;
    let here = SocketAddr::from(([127, 0, 0, 1], rig.swarm.listen_addr().unwrap().port()));
    let taken = within(40, other.open(&Request { peers: vec![here], ..bare(info_hash, 0) })).await.unwrap();
    assert!(within(20, read_all(&taken.file)).await == files[0]);
    other.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn once_a_reader_lacks_nothing_the_engine_fetches_what_is_far_from_him() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(large(37, 64 * MIB)).await;
    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    let _reader = opened.file.playhead(0);
    // Farther away than the small client looks, and before the end of the file.
    let far = 35 * MIB as u64;
    within(30, opened.file.wait_for(far)).await.unwrap();
    rig.stop().await;
}
