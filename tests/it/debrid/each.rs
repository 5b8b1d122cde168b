//! What holds for every service alike.

use headwater::source::{Kind, SourceError};

use super::rig::{HASH, Rig, content};
use crate::support::debrid::alldebrid::ALL_DEBRID;
use crate::support::debrid::debridlink::DEBRID_LINK;
use crate::support::debrid::offcloud::OFFCLOUD;
use crate::support::debrid::premiumize::PREMIUMIZE;
use crate::support::debrid::putio::PUT_IO;
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::stremthru::{STREM_THRU, STREM_THRU_LEGACY};
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Fetching, ServiceKind};

/// Every service with its account's token and what the operator sets to use it.
const SERVICES: [(ServiceKind, &str, &str); 10] = [
    (REAL_DEBRID, "token", "token"),
    (TORBOX, "token", "token"),
    (ALL_DEBRID, "token", "token"),
    (PREMIUMIZE, "token", "token"),
    (DEBRID_LINK, "token", "token"),
    (OFFCLOUD, "token", "token"),
    (PUT_IO, "token", "token"),
    (STREM_THRU, "token", "torbox=token"),
    (STREM_THRU, "user:word", "user:word"),
    (STREM_THRU_LEGACY, "token", "realdebrid=token"),
];

/// Runs `check` against each service, all at once because they mostly wait.
async fn each(check: impl AsyncFn(&Rig, &str)) {
    let checks = SERVICES.iter().map(async |(kind, token, access)| {
        let rig = Rig::new(*kind, token, access).await;
        check(&rig, kind.name).await;
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
        assert!(content(&opened.file).await == *rig.episode, "{name}");
        drop(opened);
        let calls = rig.fake.journal().len();
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
        assert!(content(&opened.file).await == *rig.episode, "{name}");
        assert_eq!(rig.fake.items().len(), 1, "{name}");
        drop(opened);
        rig.debrid.tend().await;
        // Offcloud has no way to delete.
        if name != "offcloud" {
            assert!(rig.without_items().await, "{name}: {:?}", rig.fake.items());
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
        assert!(content(&opened.file).await == *rig.episode, "{name}");
        drop(opened);
        rig.debrid.tend().await;
        assert!(rig.fake.items().iter().any(|item| item.foreign), "{name}: {:?}", rig.fake.items());
    })
    .await;
}
