//! Work ahead of the click: bounded, done once, and joined by whoever clicks.

use super::*;

fn of(byte: u8) -> Request {
    Request::new(InfoHash::new([byte; 20]), FileChoice::Index(FileIndex(0)))
}

#[tokio::test]
async fn a_torrent_is_looked_up_once_and_never_opened() {
    let stage = stage([], Duration::from_secs(60));
    for _ in 0..5 {
        stage.prepare.warm(request());
    }
    stage.prepare.warm(of(9));
    until("both are looked up", || stage.source.warmed.load(Ordering::Relaxed) == 2).await;
    assert_eq!(stage.source.openings(), 0);
}

#[tokio::test]
async fn what_is_prepared_already_is_not_looked_up() {
    let stage = stage([], Duration::from_secs(60));
    let job = stage.prepare.start(request());
    assert!(stage.prepare.is_known(&request()) && !stage.prepare.is_known(&of(9)));
    stage.prepare.warm(request());
    stage.prepare.warm(of(9));
    until("the other one is looked up", || stage.source.warmed.load(Ordering::Relaxed) == 1).await;
    drop(job);
}

#[tokio::test]
async fn only_so_many_look_ups_wait_for_their_turn() {
    let stage = stage([], Duration::from_secs(60));
    let permits = stage.source.gate.available_permits() as u32;
    let closed = stage.source.gate.acquire_many(permits).await.unwrap();
    for byte in 0..=255 {
        stage.prepare.warm(of(byte));
    }
    // Nothing was awaited since the first one, so that none has left its place yet.
    drop(closed);
    until("those in the queue are done", || stage.source.warmed.load(Ordering::Relaxed) == 60).await;
    stage.prepare.shutdown().await;
    assert_eq!(stage.source.warmed.load(Ordering::Relaxed), 60);
}

#[tokio::test]
async fn the_first_bytes_are_fetched_in_the_job_that_a_click_joins() {
    let stage = stage([], Duration::from_secs(60));
    stage.prepare.preload(request());
    until("it is opened", || stage.source.openings() == 1).await;
    let file = stage.source.file(HASH);
    until("its start is wanted", || file.demand().borrow().contains(&0)).await;
    stage.source.deliver();
    let job = stage.prepare.start(request());
    stage.prepare.preload(request());
    file.complete_piece(1);
    until("nothing is wanted any more", || file.demand().borrow().is_empty()).await;
    until("ready", || is_ready(&job)).await;
    assert_eq!(stage.source.openings(), 1);
}

#[tokio::test]
async fn two_are_fetched_at_a_time_and_a_failure_may_be_tried_again() {
    let stage = stage([Act::Fail(SourceError::NotHere("gone".to_owned()))], Duration::from_secs(60));
    stage.prepare.preload(of(1));
    let failed = stage.prepare.start(of(1));
    assert!(matches!(timeout(PATIENCE, failed.content()).await.unwrap(), Err(PrepareError::Exhausted(_))));
    until("its place is free", || {
        for byte in 2..6 {
            stage.prepare.preload(of(byte));
        }
        stage.source.openings() == 3
    })
    .await;
    for byte in 6..20 {
        stage.prepare.preload(of(byte));
    }
    assert_eq!(stage.prepare.jobs().len(), 2, "the rest was left out");
}
