//! When one account is of no use, the next one is used.

use headwater::source::Kind;

use super::rig::{HASH, Rig, content};
use super::subjects::{ALL, Subject};
use crate::support::debrid::Condition;

/// A season at a service whose first account is in this condition plays from the second account, and the first one
/// is not asked again for the next episode.
async fn rotates(subject: &'static Subject, condition: Condition) {
    let rig = Rig::new(subject, 2).await;
    let [(first, _), (second, _)] = subject.accounts;
    let story = format!("{} {condition:?}", subject.submit);
    rig.fake.set_cached(HASH, true);
    rig.fake.set_condition(first, condition);
    // At StremThru a spent allowance and too many downloads have one name when a torrent is added, and only the
    // former when a link is asked for: the first account has the torrent already.
    let is_there = subject.kind.name == "stremthru" && condition == Condition::QuotaExhausted;
    if is_there {
        rig.fake.add_foreign_item(HASH);
    }
    let opened = rig.open(Kind::Debrid).await.unwrap_or_else(|error| panic!("{story}: {error}"));
    assert!(content(&opened.file).await == rig.episode(2), "{story}");
    let adds = subject.kind.name != "premiumize";
    let is_settled = || {
        let items = rig.fake.items();
        items.iter().all(|item| item.foreign || item.token == second)
            && items.iter().any(|item| item.token == second) == adds
    };
    assert!(rig.comes_true(is_settled).await, "{story}: {:?}", rig.fake.items());
    let asked = |token: &str| {
        let journal = rig.fake.journal();
        journal.iter().filter(|call| call.token.as_deref() == Some(token)).count()
    };
    let before = (asked(first), asked(second));
    assert!(before.0 > 0 && before.1 > 0, "{story}: {before:?}");
    let next = rig.open_episode(Kind::Debrid, 3).await.unwrap_or_else(|error| panic!("{story}: {error}"));
    assert!(content(&next.file).await == rig.episode(3), "{story}");
    assert_eq!(asked(first), before.0, "{story}: {:#?}", rig.fake.journal());
    assert!(asked(second) > before.1, "{story}");
    let states: Vec<_> = rig.debrid.health().into_iter().map(|health| health.state).collect();
    assert!(states[0] != "in use" && states[1] == "in use", "{story}: {states:?}");
    rig.debrid.shutdown().await;
    rig.assert_good_manners();
}

async fn all_rotate(condition: Condition) {
    futures::future::join_all(ALL.iter().map(|subject| rotates(subject, condition))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_token_is_refused_is_followed_by_the_next_and_left_alone() {
    all_rotate(Condition::BadToken).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_subscription_is_followed_by_the_next_and_left_alone() {
    all_rotate(Condition::NotPremium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_allowance_is_used_up_is_followed_by_the_next_and_left_alone() {
    all_rotate(Condition::QuotaExhausted).await;
}
