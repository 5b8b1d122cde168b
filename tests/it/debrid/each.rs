//! What holds for every service alike.

use headwater::source::{Kind, SourceError};

use super::rig::{HASH, Rig, content};
use super::subjects::ALL;
use crate::support::debrid::{Fault, Fetching};

/// Runs `check` against each service, all at once because they mostly wait.
async fn each(check: impl AsyncFn(&Rig, &str)) {
    let checks = ALL.iter().map(async |subject| {
        let rig = Rig::new(subject, 1).await;
        check(&rig, subject.kind.name).await;
        rig.debrid.shutdown().await;
        rig.assert_good_manners();
    });
    futures::future::join_all(checks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_holds_plays_and_the_second_play_asks_nothing() {
    each(async |rig, name| {
        rig.fake.set_cached(HASH, true);
        let opened = rig.open(Kind::Debrid).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(content(&opened.file).await == rig.episode(2), "{name}");
        drop(opened);
        let calls = rig.fake.journal().len();
        // The allowances of these services are made for one play at a time.
        let at_once = match name {
            "debridlink" => 3,
            "offcloud" | "putio" => 5,
            _ => 7,
        };
        assert!(calls <= at_once, "{name}: {:#?}", rig.fake.journal());
        rig.open(Kind::Debrid).await.unwrap();
        assert_eq!(rig.fake.journal().len(), calls, "{name}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_does_not_hold_leaves_nothing_behind() {
    each(async |rig, name| {
        rig.fake.set_fetching(HASH, Fetching { polls_until_ready: 30, stuck: false, fails_with: None });
        let error = rig.open(Kind::Debrid).await.unwrap_err();
        assert!(matches!(error, SourceError::NotHere(_)), "{name}: {error}");
        assert!(rig.without_items().await, "{name}: {:?}", rig.fake.items());
        let calls = rig.fake.journal().len();
        rig.open(Kind::Debrid).await.unwrap_err();
        assert_eq!(rig.fake.journal().len(), calls, "{name}: it was asked again");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_has_to_fetch_plays_afterwards_and_is_deleted_when_nobody_needs_it() {
    each(async |rig, name| {
        let opened = rig.open(Kind::Fetching).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(content(&opened.file).await == rig.episode(2), "{name}");
        assert_eq!(rig.fake.items().len(), 1, "{name}");
        drop(opened);
        // Offcloud has no way to delete.
        if name != "offcloud" {
            assert!(rig.tended().await, "{name}: {:?}", rig.fake.items());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_whose_answer_was_lost_is_found_and_neither_repeated_nor_forgotten() {
    each(async |rig, name| {
        rig.fake.fault(Fault::Lost { prefix: rig.subject.submit, times: 1 });
        let opened = rig.open(Kind::Fetching).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let calls = rig.fake.journal();
        let submits: Vec<u16> =
            calls.iter().filter(|call| rig.subject.submits(call)).map(|call| call.status).collect();
        assert_eq!(submits, [502], "{name}: {calls:#?}");
        assert_eq!(rig.fake.items().len(), 1, "{name}");
        assert!(content(&opened.file).await == rig.episode(2), "{name}");
        drop(opened);
        // Offcloud has no way to delete.
        if name != "offcloud" {
            assert!(rig.tended().await, "{name}: {:?}", rig.fake.items());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_of_the_user_plays_and_stays() {
    each(async |rig, name| {
        rig.fake.set_cached(HASH, true);
        rig.fake.add_foreign_item(HASH);
        let opened = rig.open(Kind::Debrid).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(content(&opened.file).await == rig.episode(2), "{name}");
        drop(opened);
        rig.debrid.tend().await;
        assert!(rig.fake.items().iter().any(|item| item.foreign), "{name}: {:?}", rig.fake.items());
    })
    .await;
}
