//! A content without hashes that goes on with the bytes of a torrent's file.

use std::sync::atomic::Ordering;
use std::time::Duration;

use headwater::cache::{CacheFile, Layout};
use headwater::domain::{ContentKey, FileChoice};
use headwater::source::{Duty, Known, Opened, SourceError, graft};

use super::rig::{KIB, MIB, Plan, Rig, Seed, read, read_all, within};

const PIECE: usize = 256 * KIB;

fn plan(seed: u64, upload_bps: Option<u32>) -> Plan {
    // The content lies askew in the torrent's pieces.
    Plan { lengths: vec![70_001, 12 * MIB + 77], upload_bps, seed, ..Plan::default() }
}

/// The seed's second file as a content of which only the length is known.
fn unproved(rig: &Rig, seed: &Seed, length: usize) -> CacheFile {
    let file = FileChoice::Largest.stand_in().unwrap();
    let key = ContentKey { info_hash: seed.seeder.info_hash(), file };
    rig.cache.content(key, &Layout::unproved(length as u64), "FILM 1.mp4").unwrap()
}

async fn open(rig: &Rig, seed: &Seed, onto: &CacheFile) -> Opened {
    let known = Known { file: onto.clone(), metainfo: None };
    let opened = within(20, rig.open_beside(&seed.by_peer(0), Some(known))).await.unwrap();
    assert_eq!(opened.file.name(), "Film 1.mp4");
    assert!(opened.file.layout().unwrap().hashes.is_some(), "the torrent's own cache file");
    opened
}

async fn failure(writer: &headwater::source::Writer) -> SourceError {
    let mut failed = writer.failed.clone();
    within(20, failed.wait_for(Option::is_some)).await.unwrap().clone().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_content_without_hashes_is_filled_from_the_torrent() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(plan(41, None)).await);
    let rig = Rig::new(folder.path()).await;
    let onto = unproved(&rig, &seed, seed.files[1].len());
    let opened = open(&rig, &seed, &onto).await;
    let writer = graft(opened, onto.clone());
    assert!(within(20, read_all(&onto)).await == seed.files[1]);
    assert_eq!(writer.received.load(Ordering::Relaxed), seed.files[1].len() as u64);
    assert!(writer.failed.borrow().is_none());
    drop(writer);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_seek_in_it_is_a_seek_in_the_torrent() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(plan(42, Some(2 * MIB as u32))).await);
    let rig = Rig::new(folder.path()).await;
    let onto = unproved(&rig, &seed, seed.files[1].len());
    let writer = graft(open(&rig, &seed, &onto).await, onto.clone());
    let middle = 9 * MIB;
    let bytes = within(4, read(&onto, middle as u64, middle as u64 + 1000)).await;
    assert!(bytes == seed.files[1][middle..middle + 1000]);
    drop(writer);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn bytes_that_are_there_already_are_compared_first() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(plan(43, None)).await);
    let rig = Rig::new(folder.path()).await;
    let onto = unproved(&rig, &seed, seed.files[1].len());
    let at = 20;
    onto.vouch(at, &seed.files[1][at * PIECE..(at + 1) * PIECE]).unwrap();
    let writer = graft(open(&rig, &seed, &onto).await, onto.clone());
    assert!(within(20, read_all(&onto)).await == seed.files[1]);
    drop(writer);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_version_is_refused_before_a_byte_of_it_is_taken() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(plan(44, None)).await);
    let rig = Rig::new(folder.path()).await;
    let onto = unproved(&rig, &seed, seed.files[1].len());
    let mut other = seed.files[1][20 * PIECE..21 * PIECE].to_vec();
    other[30_000] ^= 1;
    onto.vouch(20, &other).unwrap();
    let writer = graft(open(&rig, &seed, &onto).await, onto.clone());
    let _reader = onto.playhead(0);
    let reason = failure(&writer).await;
    assert!(matches!(&reason, SourceError::NotHere(why) if why.contains("another version")), "{reason}");
    assert_eq!(onto.verified_bytes(), PIECE as u64);
    drop(writer);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_length_is_another_version() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(plan(45, None)).await);
    let rig = Rig::new(folder.path()).await;
    let onto = unproved(&rig, &seed, seed.files[1].len() + 1);
    let known = Known { file: onto.clone(), metainfo: None };
    let refused = within(20, rig.open_beside(&seed.by_peer(0), Some(known))).await.unwrap_err();
    assert!(matches!(&refused, SourceError::NotHere(_)), "{refused}");
    let opened = within(20, rig.open(&seed.by_peer(1))).await.unwrap();
    let reason = failure(&graft(opened, onto)).await;
    assert!(matches!(&reason, SourceError::NotHere(_)), "{reason}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_rests_and_goes_on_with_the_swarm_and_fails_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(plan(46, Some(512 * KIB as u32))).await;
    let info_hash = seed.seeder.info_hash();
    let rig = Rig::with(folder.path(), |settings| settings.resolve_timeout = Duration::from_secs(3)).await;
    let onto = unproved(&rig, &seed, seed.files[1].len());
    let writer = graft(open(&rig, &seed, &onto).await, onto.clone());
    let _reader = onto.playhead(0);
    within(20, onto.wait_for(0)).await.unwrap();
    writer.duty.send_replace(Duty::Rest);
    rig.until_at_work(info_hash, false).await;
    writer.duty.send_replace(Duty::Work);
    let missing = onto.missing_from(0);
    within(5, onto.wait_for(missing)).await.unwrap();
    drop(seed);
    let reason = failure(&writer).await;
    assert!(matches!(&reason, SourceError::Transient(why) if why.contains("silent")), "{reason}");
    drop(writer);
    rig.until_at_work(info_hash, false).await;
    rig.stop().await;
}
