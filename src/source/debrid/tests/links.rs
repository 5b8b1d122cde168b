//! Links that stop working, and items that are no longer needed.

use std::time::Duration;

use super::scripted::{HASH, Rig, Script, created, errand, link, ready};
use crate::source::SourceError;
use crate::source::debrid::flow::Mode;
use crate::source::debrid::miss::Miss;
use crate::source::debrid::origin::DebridOrigin;
use crate::source::debrid::refusals::Refused;
use crate::source::debrid::service::{DirectLink, ServiceError};
use crate::source::fetch::{Origin, Refusal};

const EXPIRED: Refusal = Refusal::Status { status: 403, reason: None };

fn because(reason: &str) -> Refusal {
    Refusal::Status { status: 503, reason: Some(reason.to_owned()) }
}

/// A different link every time.
fn links() -> Script {
    let links = (1..20).map(|number| Ok(link(&format!("https://cdn.example/{number}"))));
    Script { resolve: links.collect(), ..Script::default() }
}

/// An origin with its first link, and no calls counted so far.
async fn origin(rig: &Rig) -> DebridOrigin {
    let found = rig.find(Mode::Cached).await.unwrap();
    let origin = DebridOrigin::new(rig.provider.clone(), errand(), found);
    assert_eq!(address(&origin, None).await.unwrap(), "https://cdn.example/1");
    rig.service.calls();
    origin
}

async fn address(origin: &DebridOrigin, refused: Option<&Refusal>) -> Result<String, SourceError> {
    origin.link(refused).await.map(|link| link.url.to_string())
}

/// Lets the time pass after which another fresh link may be asked for; nothing tells that it has.
async fn gap() {
    tokio::time::sleep(Duration::from_millis(350)).await;
}

#[tokio::test]
async fn a_link_that_stops_working_is_replaced_by_one_call_and_not_in_haste() {
    let rig = Rig::new(links()).await;
    let origin = origin(&rig).await;
    assert_eq!(address(&origin, Some(&EXPIRED)).await.unwrap(), "https://cdn.example/2");
    assert_eq!(rig.service.calls(), ["resolve i1 2"]);
    assert_eq!(address(&origin, None).await.unwrap(), "https://cdn.example/2");
    assert!(matches!(address(&origin, Some(&EXPIRED)).await, Err(SourceError::Transient(_))));
    // Neither is it by those who open the file anew.
    assert!(matches!(rig.find(Mode::Cached).await, Err(Miss::LinksEnd(_))));
    assert_eq!(rig.service.calls(), [""; 0]);
    for number in [3, 4] {
        gap().await;
        assert_eq!(address(&origin, Some(&EXPIRED)).await.unwrap(), format!("https://cdn.example/{number}"));
    }
    gap().await;
    // Three within the window.
    assert!(matches!(address(&origin, Some(&EXPIRED)).await, Err(SourceError::Transient(_))));
}

#[tokio::test]
async fn a_service_that_repeats_the_dead_link_is_looked_at_anew() {
    let rig = Rig::new(Script::default()).await;
    let origin = origin(&rig).await;
    rig.service.script().resolve =
        [Ok(link("https://cdn.example/1")), Ok(link("https://cdn.example/new"))].into();
    assert_eq!(address(&origin, Some(&EXPIRED)).await.unwrap(), "https://cdn.example/new");
    assert_eq!(rig.service.calls(), ["resolve i1 2", "poll i1", "resolve i1 2"]);
}

#[tokio::test]
async fn a_link_is_not_used_longer_than_it_lives() {
    let short = DirectLink { lifetime: Duration::ZERO, ..link("https://cdn.example/1") };
    let resolve = [Ok(short), Ok(link("https://cdn.example/2"))].into();
    let rig = Rig::new(Script { resolve, ..Script::default() }).await;
    rig.find(Mode::Cached).await.unwrap();
    assert_eq!(rig.find(Mode::Cached).await.unwrap().link.url.as_str(), "https://cdn.example/2");
}

#[tokio::test]
async fn an_account_out_of_traffic_is_followed_by_the_next() {
    for reason in ["bandwidth_exceeded", "bytes_limit_reached"] {
        let rig = Rig::new(links()).await;
        let origin = origin(&rig).await;
        assert_eq!(address(&origin, Some(&because(reason))).await.unwrap(), "https://cdn.example/2");
        let found = rig.find(Mode::Cached).await.unwrap();
        assert_eq!(found.account.token(), "two");
        let states: Vec<_> = rig.provider.accounts.health().into_iter().map(|health| health.state).collect();
        assert!(states[0].contains("allowance") && states[1] == "in use", "{states:?}");
    }
}

#[tokio::test]
async fn a_file_that_the_service_has_lost_is_added_anew_once() {
    for reason in ["link_not_found", "file_not_available"] {
        let rig = Rig::new(Script { submit: [Ok(created("i1")), Ok(created("i2"))].into(), ..links() }).await;
        let origin = origin(&rig).await;
        assert_eq!(address(&origin, Some(&because(reason))).await.unwrap(), "https://cdn.example/2");
        let expected = ["release i1", "check", "submit if cached", "poll i2", "resolve i2 2"];
        assert_eq!(rig.service.calls(), expected);
        gap().await;
        assert!(matches!(address(&origin, Some(&because(reason))).await, Err(SourceError::NotHere(_))));
        assert_eq!(rig.service.calls(), [""; 0]);
    }
}

#[tokio::test]
async fn a_fresh_link_to_nothing_means_that_the_service_has_lost_the_file() {
    for status in [404, 410] {
        let gone = Refusal::Status { status, reason: None };
        let rig = Rig::new(Script { submit: [Ok(created("i1")), Ok(created("i2"))].into(), ..links() }).await;
        let origin = origin(&rig).await;
        // The first one may merely have ended.
        assert_eq!(address(&origin, Some(&gone)).await.unwrap(), "https://cdn.example/2");
        assert_eq!(rig.service.calls(), ["resolve i1 2"]);
        assert_eq!(address(&origin, Some(&gone)).await.unwrap(), "https://cdn.example/3");
        let anew = ["release i1", "check", "submit if cached", "poll i2", "resolve i2 2"];
        assert_eq!(rig.service.calls(), anew);
        assert!(matches!(address(&origin, Some(&gone)).await, Err(SourceError::NotHere(_))));
        assert_eq!(rig.service.calls(), [""; 0]);
    }
}

#[tokio::test]
async fn what_two_links_in_a_row_deliver_is_beyond_doubt() {
    let rig = Rig::new(links()).await;
    let origin = origin(&rig).await;
    assert_eq!(address(&origin, Some(&Refusal::NotMedia)).await.unwrap(), "https://cdn.example/2");
    assert!(matches!(address(&origin, Some(&Refusal::NotMedia)).await, Err(SourceError::NotHere(_))));
    assert_eq!(rig.find(Mode::Cached).await.unwrap_err(), Miss::Refused(Refused::SomethingElse));
}

#[tokio::test]
async fn an_error_clip_is_doubted_once_and_then_refused() {
    let clips = [Refusal::WrongLength { expected: 200, got: 9 }, Refusal::OtherFile, Refusal::NotMedia];
    for (clip, at_once) in clips.into_iter().zip([true, false, true]) {
        let rig = Rig::new(links()).await;
        let origin = origin(&rig).await;
        assert_eq!(address(&origin, Some(&clip)).await.unwrap(), "https://cdn.example/2");
        if !at_once {
            gap().await;
        }
        let Err(SourceError::NotHere(reason)) = address(&origin, Some(&clip)).await else {
            panic!("{clip:?} was accepted");
        };
        assert!(reason.contains("error clip"), "{reason}");
        assert_eq!(rig.find(Mode::Cached).await.unwrap_err(), Miss::Refused(Refused::SomethingElse));
    }
}

#[tokio::test]
async fn wrong_bytes_end_the_service_for_this_torrent_at_once_and_over_a_restart() {
    let rig = Rig::new(links()).await;
    let origin = origin(&rig).await;
    let sender = origin.link(None).await.unwrap();
    origin.blame(&sender);
    assert!(matches!(address(&origin, None).await, Err(SourceError::NotHere(_))));
    assert_eq!(rig.service.calls(), [""; 0]);
    rig.settle().await;
    assert_eq!(rig.restarted().await.refusals.get(HASH), Some(Refused::WrongBytes));
}

#[tokio::test]
async fn links_are_in_no_error_and_no_debug_text() {
    let rig = Rig::new(links()).await;
    let origin = origin(&rig).await;
    let found = rig.find(Mode::Cached).await.unwrap();
    assert!(!format!("{found:?}").contains("cdn.example/"), "{found:?}");
    assert!(!format!("{found:?}").contains("one"), "{found:?}");
    address(&origin, Some(&EXPIRED)).await.unwrap();
    let error = address(&origin, Some(&EXPIRED)).await.unwrap_err();
    assert!(!error.to_string().contains("cdn.example"), "{error}");
}

#[tokio::test]
async fn unused_items_are_deleted_after_their_time_and_items_in_use_are_not() {
    let rig = Rig::new(links()).await;
    let origin = origin(&rig).await;
    rig.provider.tend(Some(Duration::ZERO)).await;
    assert_eq!(rig.service.count("release"), 0, "it is in use");
    drop(origin);
    rig.provider.tend(None).await;
    rig.provider.tend(Some(Duration::from_secs(3_600))).await;
    assert_eq!(rig.service.count("release"), 0, "its time has not come");
    rig.service.script().release = Err(ServiceError::ServiceDown("down".to_owned()));
    rig.provider.tend(Some(Duration::ZERO)).await;
    rig.service.script().release = Ok(());
    rig.restarted().await.tend(Some(Duration::ZERO)).await;
    rig.provider.tend(Some(Duration::ZERO)).await;
    assert_eq!(rig.db.debrid_items("realdebrid").await.unwrap(), []);
    rig.service.calls();
    rig.restarted().await.tend(Some(Duration::ZERO)).await;
    assert_eq!(rig.service.calls(), [""; 0]);
}

#[tokio::test]
async fn a_deleted_item_is_not_offered_by_an_old_link() {
    let rig = Rig::new(Script { submit: [Ok(created("i1")), Ok(created("i2"))].into(), ..links() }).await;
    drop(origin(&rig).await);
    rig.provider.tend(Some(Duration::ZERO)).await;
    rig.service.script().poll = [Ok(ready())].into();
    assert_eq!(rig.find(Mode::Cached).await.unwrap().item.0, "i2");
}
