//! Readers steer the download.

use super::rig::{MIB, Plan, Rig, Seed, read, within};

fn slow(seed: u64) -> Plan {
    Plan {
        lengths: vec![60 * MIB + 5],
        piece_length: MIB / 4,
        upload_bps: Some(4 * MIB as u32),
        seed,
        ..Plan::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn head_and_tail_arrive_before_the_middle_although_nobody_reads_yet() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(slow(1)).await);
    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    let (file, length) = (&opened.file, opened.file.length());
    let mut changes = file.changes();
    within(20, changes.wait_for(|()| file.missing_from(length - 2 * MIB as u64) == length)).await.unwrap();
    let fetched = file.verified_bytes();
    assert!(fetched < 12 * MIB as u64, "{fetched} bytes came before the last 2 MiB were complete");
    assert!(file.missing_from(0) > 0, "the head comes at the same time");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_seek_is_served_before_what_lies_between() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(slow(2)).await);
    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    within(20, read(&opened.file, 0, 1000)).await;
    let middle = 45 * MIB;
    let bytes = within(20, read(&opened.file, middle as u64, middle as u64 + 100_000)).await;
    assert!(bytes == seed.files[0][middle..middle + 100_000]);
    let fetched = opened.file.verified_bytes();
    assert!(fetched < 20 * MIB as u64, "{fetched} bytes came before the target of the seek");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_torrent_that_had_nothing_left_to_do_starts_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(Plan { lengths: vec![2 * MIB, 2 * MIB + 7], ..Plan::default() }).await;
    let rig = Rig::new(folder.path()).await;
    let first = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    within(20, read(&first.file, 0, first.file.length())).await;
    // The engine lets idle peers nap for 5 s.
    let second = within(3, async {
        let second = rig.open(&seed.by_peer(1)).await.unwrap();
        read(&second.file, 0, 1000).await;
        second
    })
    .await;
    drop(second);
    rig.stop().await;
}
