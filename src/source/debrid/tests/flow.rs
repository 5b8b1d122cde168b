//! From a torrent to a link.

use std::sync::Mutex;
use std::time::Duration;

use super::scripted::{
    FETCH, HASH, Rig, Script, created, down, downloading, errand, errand_for, files, joined, link, ready,
};
use crate::source::debrid::flow::{Mode, Start};
use crate::source::debrid::miss::Miss;
use crate::source::debrid::refusals::Refused;
use crate::source::debrid::service::{Availability, ItemId, ItemState, ServiceError};

fn unknown() -> Script {
    Script { check: Availability::Unknown, ..Script::default() }
}

#[tokio::test]
async fn what_a_service_holds_takes_one_call_of_each_kind_and_the_second_time_none() {
    let rig = Rig::new(Script::default()).await;
    let found = rig.find(Mode::Cached).await.unwrap();
    assert_eq!((found.file.id.as_str(), found.link.url.as_str()), ("2", "https://cdn.example/1"));
    assert_eq!(rig.service.calls(), ["find", "check", "submit if cached", "poll i1", "resolve i1 2"]);
    rig.find(Mode::Cached).await.unwrap();
    assert_eq!(rig.service.calls(), [""; 0]);
}

#[tokio::test]
async fn ten_who_ask_at_once_make_one_submit_and_one_link() {
    let rig = Rig::new(unknown()).await;
    let all = futures::future::join_all((0..10).map(|_| rig.find(Mode::Cached))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    for call in ["submit", "resolve"] {
        assert_eq!(rig.service.count(call), 1, "{call}");
    }
}

#[tokio::test]
async fn what_is_not_held_is_neither_submitted_nor_asked_for_again() {
    let rig = Rig::new(Script { check: Availability::NotCached, ..Script::default() }).await;
    assert_eq!(rig.find(Mode::Cached).await.unwrap_err(), Miss::Service(ServiceError::NotCached));
    assert_eq!(rig.service.calls(), ["find", "check"]);
    assert_eq!(rig.find(Mode::Cached).await.unwrap_err(), Miss::Refused(Refused::NotCached));
    assert_eq!(rig.service.calls(), [""; 0]);
    // Whoever wants it fetched is not concerned, and afterwards it is held.
    rig.find(FETCH).await.unwrap();
    assert_eq!(rig.provider.refusals.get(HASH), None);
}

#[tokio::test]
async fn where_the_service_does_not_say_what_it_holds_the_item_is_tried_and_taken_back() {
    for slow in [ItemState::Queued, downloading(3.0, Some(9)), ItemState::Resolving, ItemState::Processing] {
        let rig = Rig::new(Script { poll: [Ok(slow.clone())].into(), ..unknown() }).await;
        let miss = rig.find(Mode::Cached).await.unwrap_err();
        assert_eq!(miss, Miss::Service(ServiceError::NotCached), "{slow:?}");
        rig.settle().await;
        assert_eq!(rig.service.calls().last().unwrap(), "release i1", "{slow:?}");
        assert_eq!(rig.db.debrid_items("realdebrid").await.unwrap(), []);
    }
    let rig = Rig::new(Script { poll: [Ok(ItemState::Resolving), Ok(ready())].into(), ..unknown() }).await;
    rig.find(Mode::Cached).await.unwrap();
    assert_eq!(rig.db.debrid_items("realdebrid").await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_item_of_the_user_is_used_but_never_deleted() {
    let theirs = || [Ok(Some(ItemId("theirs".to_owned())))].into();
    let rig = Rig::new(Script { find: theirs(), ..unknown() }).await;
    rig.find(Mode::Cached).await.unwrap();
    assert_eq!(rig.service.calls(), ["find", "poll theirs", "resolve theirs 2"]);
    let poll = [Ok(downloading(40.0, None))].into();
    let rig = Rig::new(Script { find: theirs(), poll, ..unknown() }).await;
    assert_eq!(rig.find(Mode::Cached).await.unwrap_err(), Miss::Underway(40.0));
    rig.settle().await;
    rig.provider.tend(Some(Duration::ZERO)).await;
    assert_eq!(rig.service.count("release") + rig.service.count("submit"), 0);
}

#[tokio::test]
async fn an_item_that_submitting_merely_joined_is_never_deleted() {
    let poll = [Ok(downloading(1.0, None))].into();
    let rig = Rig::new(Script { submit: [Ok(joined("i1"))].into(), poll, ..unknown() }).await;
    assert_eq!(rig.find(Mode::Cached).await.unwrap_err(), Miss::Underway(1.0));
    rig.settle().await;
    assert_eq!(rig.service.count("release"), 0);
}

#[tokio::test]
async fn an_item_of_the_user_stays_his_even_if_the_service_says_that_submitting_made_it() {
    let find = [Ok(Some(ItemId("theirs".to_owned())))].into();
    let poll = [Ok(ItemState::Ready(files()[..1].to_vec()))].into();
    let rig = Rig::new(Script { find, poll, submit: [Ok(created("theirs"))].into(), ..unknown() }).await;
    assert!(matches!(rig.find(Mode::Cached).await, Err(Miss::Unsure(_))));
    rig.settle().await;
    rig.provider.tend(Some(Duration::ZERO)).await;
    assert_eq!((rig.service.count("submit"), rig.service.count("release")), (1, 0));
}

#[tokio::test]
async fn an_item_that_the_user_made_in_place_of_ours_is_used_but_never_deleted() {
    let theirs = || Ok(Some(ItemId("theirs".to_owned())));
    let gone = || Err(ServiceError::ItemMissing);
    let rig = Rig::new(Script { find: [Ok(None), theirs()].into(), ..unknown() }).await;
    rig.find(Mode::Cached).await.unwrap();
    rig.service.script().poll = [gone(), Ok(ready())].into();
    rig.service.script().submit = [Ok(created("theirs"))].into();
    let again = rig.restarted().await;
    let found = again.find(&errand(), Mode::Cached, Start::Anywhere, &|_| {}).await.unwrap();
    assert_eq!((found.item.0.as_str(), rig.service.count("submit")), ("theirs", 1));

    // One that does not lead to the file is not ours either when submitting gives it again.
    let rig = Rig::new(Script { find: [Ok(None), theirs()].into(), ..unknown() }).await;
    rig.find(Mode::Cached).await.unwrap();
    rig.service.script().poll = [gone(), Ok(ItemState::Ready(files()[..1].to_vec())), Ok(ready())].into();
    rig.service.script().submit = [Ok(created("theirs"))].into();
    let again = rig.restarted().await;
    again.find(&errand(), Mode::Cached, Start::Anywhere, &|_| {}).await.unwrap();
    assert_eq!(rig.service.count("submit"), 2);
    assert_eq!(rig.db.debrid_items("realdebrid").await.unwrap(), []);
}

#[tokio::test]
async fn only_the_wanted_file_is_chosen() {
    let poll = [Ok(ItemState::NeedsSelection(files())), Ok(ItemState::Ready(files()))].into();
    let rig = Rig::new(Script { poll, ..unknown() }).await;
    rig.find(Mode::Cached).await.unwrap();
    let calls = rig.service.calls();
    assert_eq!(calls[2..], ["submit if cached", "poll i1", "select i1 2", "poll i1", "resolve i1 2"]);
}

#[tokio::test]
async fn nothing_is_chosen_when_the_wanted_file_is_not_there() {
    let poll = [Ok(ItemState::NeedsSelection(files()[..1].to_vec()))].into();
    let rig = Rig::new(Script { poll, ..unknown() }).await;
    assert!(matches!(rig.find(Mode::Cached).await, Err(Miss::Unsure(_))));
    rig.settle().await;
    assert_eq!((rig.service.count("select"), rig.service.count("release")), (0, 1));
}

#[tokio::test]
async fn a_second_file_of_a_torrent_comes_from_the_same_item() {
    let rig = Rig::new(Script::default()).await;
    rig.find(Mode::Cached).await.unwrap();
    rig.service.calls();
    let other = errand_for("E1.mkv", 100);
    let found = rig.provider.find(&other, Mode::Cached, Start::Anywhere, &|_| {}).await.unwrap();
    assert_eq!(found.file.id, "1");
    assert_eq!(rig.service.calls(), ["poll i1", "resolve i1 1"]);
}

#[tokio::test]
async fn an_item_with_other_files_chosen_is_followed_by_a_new_one() {
    let poll = [Ok(ItemState::Ready(files()[..1].to_vec())), Ok(ready())].into();
    let find = [Ok(Some(ItemId("theirs".to_owned())))].into();
    let rig = Rig::new(Script { find, poll, ..unknown() }).await;
    rig.find(Mode::Cached).await.unwrap();
    let expected = ["find", "poll theirs", "check", "submit if cached", "poll i1", "resolve i1 2"];
    assert_eq!(rig.service.calls(), expected);
}

#[tokio::test]
async fn a_submit_whose_answer_was_lost_is_looked_for_before_it_is_repeated() {
    let find = [Ok(None), Ok(Some(ItemId("landed".to_owned())))].into();
    let rig = Rig::new(Script { find, submit: [Err(down())].into(), ..Script::default() }).await;
    rig.find(Mode::Cached).await.unwrap();
    assert_eq!(rig.service.count("submit"), 1);
    // It was not there before, so it is ours.
    assert_eq!(rig.db.debrid_items("realdebrid").await.unwrap()[0].item, "landed");

    let rig = Rig::new(Script { submit: [Err(down()), Ok(created("i1"))].into(), ..Script::default() }).await;
    rig.find(Mode::Cached).await.unwrap();
    let calls = rig.service.calls();
    assert_eq!(calls[..5], ["find", "check", "submit if cached", "find", "submit if cached"]);
}

#[tokio::test]
async fn what_has_vanished_is_added_anew_once() {
    for error in [ServiceError::FileMissing, ServiceError::ItemMissing] {
        let resolve = [Err(error.clone()), Ok(link("https://cdn.example/2"))].into();
        let submit = [Ok(created("i1")), Ok(created("i2"))].into();
        let rig = Rig::new(Script { resolve, submit, ..Script::default() }).await;
        assert_eq!(rig.find(Mode::Cached).await.unwrap().item.0, "i2");
        let rig = Rig::new(Script { resolve: [Err(error.clone())].into(), ..Script::default() }).await;
        assert_eq!(rig.find(Mode::Cached).await.unwrap_err(), Miss::Service(error));
        assert_eq!(rig.service.count("submit"), 2);
    }
}

#[tokio::test]
async fn an_item_of_the_ledger_that_is_gone_is_struck_out() {
    let rig = Rig::new(Script::default()).await;
    rig.find(Mode::Cached).await.unwrap();
    rig.service.script().poll = [Err(ServiceError::ItemMissing), Ok(ready())].into();
    rig.service.script().submit = [Ok(created("i2"))].into();
    let again = rig.restarted().await;
    assert_eq!(again.find(&errand(), Mode::Cached, Start::Anywhere, &|_| {}).await.unwrap().item.0, "i2");
    let rows = rig.db.debrid_items("realdebrid").await.unwrap();
    assert_eq!(rows.iter().map(|row| row.item.as_str()).collect::<Vec<_>>(), ["i2"]);
}

#[tokio::test]
async fn an_archive_is_refused_for_long_after_one_try_with_the_wanted_file_alone() {
    let find = [Ok(Some(ItemId("theirs".to_owned())))].into();
    let rig = Rig::new(Script { find, resolve: [Err(ServiceError::ArchiveOnly)].into(), ..unknown() }).await;
    assert_eq!(rig.find(Mode::Cached).await.unwrap_err(), Miss::Service(ServiceError::ArchiveOnly));
    assert_eq!(rig.service.count("submit"), 1);
    rig.settle().await;
    assert_eq!(rig.service.count("release i1"), 1);
    rig.service.calls();
    let again = rig.restarted().await;
    let miss = again.find(&errand(), FETCH, Start::Anywhere, &|_| {}).await.unwrap_err();
    assert_eq!(miss, Miss::Refused(Refused::ArchiveOnly));
    assert_eq!(rig.service.calls(), [""; 0]);
}

#[tokio::test]
async fn an_account_that_fails_is_followed_by_the_next() {
    let rig = Rig::new(Script::default()).await;
    rig.service.script().refused.insert("one".to_owned(), ServiceError::BadToken("bad_token".to_owned()));
    assert_eq!(rig.find(Mode::Cached).await.unwrap().account.token(), "two");
    rig.service.script().refused.insert("two".to_owned(), ServiceError::NotPremium);
    rig.provider.links.drop_link(&(HASH, errand().target.clone()));
    assert!(matches!(rig.find(Mode::Cached).await, Err(Miss::Service(ServiceError::BadToken(_)))));
    // Nobody is left to ask.
    rig.service.calls();
    rig.find(Mode::Cached).await.unwrap_err();
    assert_eq!(rig.service.calls(), [""; 0]);
}

#[tokio::test]
async fn a_refused_torrent_is_not_asked_for_again_not_even_after_a_restart() {
    let rig = Rig::new(Script { submit: [Err(ServiceError::Infringing)].into(), ..Script::default() }).await;
    assert_eq!(rig.find(Mode::Cached).await.unwrap_err(), Miss::Service(ServiceError::Infringing));
    rig.service.calls();
    let again = rig.restarted().await;
    for mode in [Mode::Cached, FETCH] {
        let miss = again.find(&errand(), mode, Start::Anywhere, &|_| {}).await.unwrap_err();
        assert_eq!(miss, Miss::Refused(Refused::Infringing));
    }
    assert_eq!(rig.service.calls(), [""; 0]);
}

#[tokio::test]
async fn a_fetch_tells_how_far_it_is() {
    let poll =
        [Ok(ItemState::Queued), Ok(downloading(12.4, Some(3))), Ok(downloading(80.0, None)), Ok(ready())];
    let rig =
        Rig::new(Script { check: Availability::NotCached, poll: poll.into(), ..Script::default() }).await;
    let heard = Mutex::new(Vec::new());
    let told = |step: &crate::source::debrid::flow::Step| heard.lock().unwrap().push(step.clone());
    rig.provider.find(&errand(), FETCH, Start::Anywhere, &told).await.unwrap();
    assert!(rig.service.calls().contains(&"submit fetch".to_owned()));
    let heard = heard.into_inner().unwrap();
    assert!(heard.iter().any(|step| step.message.starts_with("12 %")), "{heard:?}");
}

#[tokio::test]
async fn a_fetch_bears_a_few_faults_of_the_service() {
    let poll = [Ok(ItemState::Queued), Err(down()), Err(down()), Ok(ready())].into();
    let rig = Rig::new(Script { poll, ..Script::default() }).await;
    rig.find(FETCH).await.unwrap();
    let rig =
        Rig::new(Script { poll: [Ok(ItemState::Queued), Err(down())].into(), ..Script::default() }).await;
    assert_eq!(rig.find(FETCH).await.unwrap_err(), Miss::Service(down()));
    rig.settle().await;
    // It may well go on there.
    assert_eq!(rig.service.count("release"), 0);
}

#[tokio::test]
async fn a_fetch_without_seeders_is_given_up_and_one_with_seeders_is_not() {
    let poll = [Ok(downloading(0.0, Some(0)))].into();
    let rig = Rig::new(Script { poll, ..Script::default() }).await;
    assert_eq!(rig.find(FETCH).await.unwrap_err(), Miss::Service(ServiceError::NoPeers));
    rig.settle().await;
    assert_eq!(rig.service.count("release i1"), 1);
    assert_eq!(rig.find(FETCH).await.unwrap_err(), Miss::Refused(Refused::NoPeers));

    let poll = [Ok(downloading(0.0, Some(2)))].into();
    let rig = Rig::new(Script { poll, ..Script::default() }).await;
    let wait = Mode::Fetching { wait: Duration::from_millis(400), queue: false };
    assert_eq!(rig.find(wait).await.unwrap_err(), Miss::TooLong);
    rig.settle().await;
    assert_eq!(rig.service.count("release"), 0);
}

#[tokio::test]
async fn a_full_account_is_waited_for_without_haste_where_that_is_wanted() {
    let full =
        || [Err(ServiceError::TooManyActive), Err(ServiceError::TooManyActive), Ok(created("i1"))].into();
    let rig = Rig::new(Script { submit: full(), ..Script::default() }).await;
    assert_eq!(rig.find(FETCH).await.unwrap_err(), Miss::Service(ServiceError::TooManyActive));
    assert_eq!(rig.service.count("submit"), 1);
    let rig = Rig::new(Script { submit: full(), ..Script::default() }).await;
    let since = std::time::Instant::now();
    rig.find(Mode::Fetching { wait: Duration::from_secs(10), queue: true }).await.unwrap();
    assert_eq!(rig.service.count("submit"), 3);
    assert!(since.elapsed() >= Duration::from_millis(8), "two pauses of 5 ms, shortened by a fifth");
}

#[tokio::test]
async fn a_fetch_that_nobody_waits_for_is_no_longer_watched() {
    let rig = Rig::new(Script { poll: [Ok(downloading(5.0, Some(1)))].into(), ..Script::default() }).await;
    let waiting = rig.find(FETCH);
    let left = tokio::time::timeout(Duration::from_millis(50), waiting).await;
    assert!(left.is_err());
    // Ends long before its ten seconds.
    rig.settle().await;
    assert_eq!(rig.service.count("release"), 0);
    assert_eq!(rig.db.debrid_items("realdebrid").await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_wants_it_at_once_hears_that_it_is_being_fetched() {
    let rig = Rig::new(Script { poll: [Ok(downloading(5.0, Some(1)))].into(), ..Script::default() }).await;
    let fetching = rig.find(FETCH);
    tokio::pin!(fetching);
    let submitted = async {
        while rig.service.count("poll") < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        done = &mut fetching => panic!("{done:?}"),
        () = submitted => {}
    }
    assert!(matches!(rig.find(Mode::Cached).await, Err(Miss::Underway(_))));
    rig.service.script().poll = [Ok(ready())].into();
    fetching.await.unwrap();
}

#[tokio::test]
async fn a_flow_goes_on_when_the_one_who_asked_has_left() {
    let rig = Rig::new(Script::default()).await;
    {
        let asking = rig.find(Mode::Cached);
        tokio::pin!(asking);
        assert!(futures::poll!(&mut asking).is_pending());
    }
    rig.settle().await;
    rig.service.calls();
    rig.find(Mode::Cached).await.unwrap();
    assert_eq!(rig.service.calls(), [""; 0]);
}
