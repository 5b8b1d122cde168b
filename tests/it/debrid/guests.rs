//! Accounts that belong to profiles, and what can be asked without a play.

use std::time::Duration;

use headwater::domain::{DebridService, InfoHash};
use headwater::profile::{Secret, ServiceAccount};
use headwater::source::debrid::AccountProblem;
use headwater::source::{Kind, Terms};

use super::rig::{HASH, Rig, content};
use super::subjects::ALL;
use crate::support::debrid::{Call, Condition};

/// Time enough for an answer on this machine.
const LONG: Duration = Duration::from_secs(30);

/// Runs `check` against each service, all at once because they mostly wait.
async fn each(check: impl AsyncFn(&Rig, &str)) {
    let checks = ALL.iter().map(async |subject| {
        let rig = Rig::for_guests(subject).await;
        rig.fake.set_cached(HASH, true);
        check(&rig, subject.kind.name).await;
        rig.debrid.shutdown().await;
        rig.assert_good_manners();
    });
    futures::future::join_all(checks).await;
}

/// Whose tokens the calls held that were made since `from`.
fn tokens(rig: &Rig, from: usize) -> Vec<String> {
    let mut tokens: Vec<String> =
        rig.fake.journal().into_iter().skip(from).filter_map(|call: Call| call.token).collect();
    tokens.sort();
    tokens.dedup();
    tokens
}

#[tokio::test(flavor = "multi_thread")]
async fn each_guest_plays_with_the_account_that_is_his() {
    each(async |rig, name| {
        let [(first, _), (second, _)] = rig.subject.accounts;
        assert!(rig.debrid.sources().is_empty(), "{name}: the operator has no account");
        for (account, token, episode) in [(0, first, 1), (1, second, 2)] {
            let from = rig.fake.journal().len();
            let opened = rig.open_by(&rig.guest(account), Kind::Debrid, episode).await;
            let opened = opened.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(content(&opened.file).await == rig.episode(episode as usize), "{name}");
            assert_eq!(tokens(rig, from), [token], "{name}");
        }
        assert!(rig.debrid.health().is_empty(), "{name}: guests are not the operator's business");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_accounts_have_the_same_sources() {
    let rig = Rig::for_guests(&ALL[0]).await;
    let addresses = |terms: &Terms| {
        let sources = rig.debrid.sources_for(terms);
        sources.iter().map(|source| std::sync::Arc::as_ptr(source).addr()).collect::<Vec<_>>()
    };
    assert_eq!(addresses(&rig.guest(0)), addresses(&rig.guest(0)));
    assert_ne!(addresses(&rig.guest(0)), addresses(&rig.guest(1)));
    rig.debrid.tend().await;
    assert_eq!(addresses(&rig.guest(0)).len(), 2);
    rig.debrid.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guest_s_play_has_made_is_cleared_away() {
    each(async |rig, name| {
        let opened = rig.open_by(&rig.guest(1), Kind::Debrid, 2).await.unwrap();
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
async fn a_service_that_is_not_set_up_says_so() {
    let rig = Rig::for_guests(&ALL[0]).await;
    let services = Some(
        [headwater::source::debrid::ServiceTokens {
            service: DebridService::TorBox,
            tokens: vec!["hush".to_owned().into()],
        }]
        .into(),
    );
    let error = rig.open_by(&Terms { services, policy: None }, Kind::Debrid, 1).await.unwrap_err();
    assert_eq!(error.to_string(), "TorBox: it is not set up on this server");
    let account = ServiceAccount { service: DebridService::TorBox, token: "hush".to_owned().into() };
    let problem = rig.debrid.account_of(&account).await.unwrap_err();
    assert!(matches!(&problem, AccountProblem::Setup(why) if why.contains("TorBox")), "{problem}");
    rig.debrid.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_list_is_asked_about_at_once_and_only_once() {
    each(async |rig, name| {
        let held: InfoHash = HASH.parse().unwrap();
        let list: Vec<InfoHash> = (1..=60).map(|byte| InfoHash::new([byte; 20])).chain([held]).collect();
        let can_tell = matches!(name, "torbox" | "premiumize" | "offcloud" | "stremthru");
        let expected: Vec<_> =
            if can_tell { vec![(held, vec![name.parse::<DebridService>().unwrap()])] } else { Vec::new() };
        for _ in 0..2 {
            let found = rig.debrid.held(&list, &rig.guest(0), LONG).await;
            assert_eq!(found.into_iter().collect::<Vec<_>>(), expected, "{name}");
        }
        let calls = rig.fake.journal().len();
        // The older servers of StremThru are asked in the newer way first.
        assert!(calls <= 2, "{name}: {:#?}", rig.fake.journal());
        assert!(rig.debrid.held(&list, &Terms::default(), LONG).await.is_empty(), "{name}");
        assert_eq!(rig.fake.journal().len(), calls, "{name}: the operator has no account");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_does_not_wait_for_a_service_that_hangs() {
    let torbox = ALL.iter().find(|subject| subject.kind.name == "torbox").unwrap();
    let rig = Rig::for_guests(torbox).await;
    rig.fake.set_cached(HASH, true);
    rig.fake.fault(crate::support::debrid::Fault::Hang { prefix: "POST /torrents/checkcached" });
    let began = std::time::Instant::now();
    let found = rig.debrid.held(&[HASH.parse().unwrap()], &rig.guest(0), Duration::from_millis(200)).await;
    assert!(found.is_empty());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    rig.debrid.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_tried_before_it_is_kept() {
    each(async |rig, name| {
        let account = |token: &str| ServiceAccount {
            service: name.parse().unwrap(),
            token: Secret::from(token.to_owned()),
        };
        let [(first, good), (_, _)] = rig.subject.accounts;
        let report = rig.debrid.account_of(&account(good)).await;
        assert!(report.as_ref().is_ok_and(|report| report.premium), "{name}: {report:?}");
        rig.fake.set_condition(first, Condition::BadToken);
        let problem = rig.debrid.account_of(&account(good)).await.unwrap_err();
        assert!(matches!(problem, AccountProblem::Refused(_)), "{name}: {problem}");
        assert!(!problem.to_string().contains(good), "{name}: {problem}");
    })
    .await;
}
