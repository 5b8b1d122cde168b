//! Links that AllDebrid has to prepare first.

use std::time::{Duration, Instant};

use headwater::source::{Kind, SourceError};

use super::rig::{HASH, Rig, content};
use super::subjects::named;
use crate::support::debrid::Mode;

/// AllDebrid with links that take so many questions.
async fn rig(questions: u32) -> Rig {
    let rig = Rig::new(named("alldebrid"), 1).await;
    rig.fake.set_cached(HASH, true);
    rig.fake.set_modes(HASH, vec![Mode::DelayedUnlock(questions)]);
    rig
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_alldebrid_has_to_prepare_is_asked_for_once_and_waited_for() {
    let rig = rig(3).await;
    let opened = rig.open(Kind::Debrid).await.unwrap();
    assert!(content(&opened.file).await == rig.episode(2));
    assert_eq!(rig.fake.count("", "/v4/link/unlock"), 1);
    assert_eq!(rig.fake.count("", "/v4/link/delayed"), 3);
    rig.debrid.shutdown().await;
    rig.assert_good_manners();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_takes_too_long_to_prepare_ends_with_that_reason_and_within_the_time_of_a_flow() {
    let rig = rig(u32::MAX).await;
    let began = Instant::now();
    let Err(SourceError::Transient(reason)) = rig.open(Kind::Debrid).await else {
        panic!("it passes, and the torrent is not to blame");
    };
    assert!(reason.contains("prepare"), "{reason}");
    assert!(began.elapsed() < Duration::from_secs(15), "it took {:?}", began.elapsed());
    assert_eq!(rig.fake.count("", "/v4/link/unlock"), 1);
    rig.debrid.shutdown().await;
    rig.assert_good_manners();
}
