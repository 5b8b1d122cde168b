//! How long an answer takes, and that nobody spoils it for the others.

use tokio::time::Instant;

use super::*;

#[tokio::test]
async fn ten_indexers_of_which_two_hang_are_answered_at_the_deadline_and_then_at_once() {
    let mut local: Vec<_> =
        (0..8).map(|n| Scripted::new(&n.to_string(), [Act::Find(vec![found(n, "A")])])).collect();
    local.push(Scripted::new("hangs", [Act::Hang(Vec::new())]));
    local.push(Scripted::new("hangs too", [Act::Hang(vec![found(9, "B")])]));
    let deadline = Duration::from_secs(1);
    let stage = Plan { local, deadline, ..Plan::default() }.start().await;
    let began = Instant::now();
    let findings = stage.find("tt1").await;
    assert!((deadline..deadline * 2).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert_eq!(findings.candidates.len(), 9);
    assert!(!findings.complete);
    assert_eq!(outcomes(&findings)[7..], [Outcome::Answered(1), Outcome::Late(0), Outcome::Late(1)]);
    // The searches that hang are still under way, and nobody waits for them a second time.
    let began = Instant::now();
    assert_eq!(stage.find("tt1").await.candidates.len(), 9);
    assert!(began.elapsed() < deadline, "{:?}", began.elapsed());
    stage.stop().await;
}

#[tokio::test]
async fn an_indexer_that_hangs_rests_after_its_budget_and_what_it_said_is_kept() {
    let hangs = Scripted::with_budget("hangs", DEADLINE * 2, [Act::Hang(vec![found(1, "A")])]);
    let stage = Plan::remote([hangs.clone()]).hurried().start().await;
    assert_eq!(outcomes(&stage.find("tt1").await), [Outcome::Late(1)]);
    let is_resting = |findings: &Findings| matches!(outcomes(findings)[..], [Outcome::Resting(_, 1)]);
    assert_eq!(names(&stage.find_until("tt1", is_resting).await), ["A"]);
    assert!(matches!(outcomes(&stage.find("tt2").await)[..], [Outcome::Resting(_, 0)]));
    assert_eq!(hangs.asked(), 1);
    stage.stop().await;
}

#[tokio::test]
async fn a_panic_ends_one_search_only() {
    let (wild, calm) = (
        Scripted::new("wild", [Act::Panic(vec![found(1, "A")]), Act::Find(vec![found(2, "B")])]),
        Scripted::new("calm", [Act::Find(vec![found(3, "C")])]),
    );
    let stage = Plan::remote([wild, calm]).start().await;
    let findings = stage.find("tt1").await;
    assert_eq!(names(&findings), ["A", "C"]);
    assert!(findings.complete, "who failed is left alone, so that asking again soon brings no more");
    assert!(matches!(
        outcomes(&findings)[..],
        [Outcome::Failed(IndexerError::Unavailable(_), 1), Outcome::Answered(1)]
    ));
    let health = stage.discovery.health();
    assert!(health[0].next_try.is_some() && health[1].next_try.is_none(), "{health:?}");
    assert_eq!(health[1].results, Some(1));
    stage.stop().await;
}

#[tokio::test]
async fn five_who_ask_at_once_are_one_search() {
    let slow = Scripted::with_budget("slow", DEADLINE / 2, [Act::Hang(vec![found(1, "A")])]);
    let stage = Plan::remote([slow.clone()]).start().await;
    let all = futures::future::join_all((0..5).map(|_| stage.find("tt1"))).await;
    assert!(all.iter().all(|findings| names(findings) == ["A"]));
    assert_eq!(slow.asked(), 1);
    stage.stop().await;
}

#[tokio::test]
async fn who_asks_for_one_video_after_the_other_piles_up_no_searches() {
    let hangs = Scripted::new("hangs", [Act::Hang(Vec::new())]);
    let stage = Plan::remote([hangs.clone()]).hurried().start().await;
    let ids: Vec<String> = (0..100).map(|number| format!("tt{number}")).collect();
    let all = futures::future::join_all(ids.iter().map(|id| stage.find(id))).await;
    assert!(all.iter().all(|findings| !findings.complete && outcomes(findings) == [Outcome::Late(0)]));
    let flights = stage.everybody().members[0].flights.load(Ordering::Relaxed);
    assert_eq!(flights, 64);
    assert!(hangs.asked() <= 4, "{}", hangs.asked());
    stage.stop().await;
}

#[tokio::test]
async fn searches_that_wait_for_their_turn_spare_an_indexer_that_has_failed() {
    let hangs = Scripted::with_budget("hangs", DEADLINE, [Act::Hang(Vec::new())]);
    let plan = Plan { deadline: Duration::from_secs(10), ..Plan::remote([hangs.clone()]) };
    let stage = plan.start().await;
    let ids: Vec<String> = (0..20).map(|number| format!("tt{number}")).collect();
    let all = futures::future::join_all(ids.iter().map(|id| stage.find(id))).await;
    assert!(all.iter().all(|findings| findings.complete));
    assert!(hangs.asked() <= 4, "{}", hangs.asked());
    stage.stop().await;
}

#[tokio::test]
async fn a_question_that_an_indexer_does_not_take_is_no_failure() {
    let films = Scripted::new("films", [Act::Fail(IndexerError::Unsupported)]);
    let stage = Plan::remote([films.clone()]).start().await;
    let findings = stage.find("tt1:1:1").await;
    assert!(findings.complete);
    assert_eq!(outcomes(&findings), [Outcome::Answered(0)]);
    assert_eq!(outcomes(&stage.find("tt1:1:2").await), [Outcome::Answered(0)]);
    assert_eq!(films.asked(), 2);
    stage.stop().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_indexers() {
    let stage = Plan::remote([Scripted::new("hangs", [Act::Hang(Vec::new())])]).hurried().start().await;
    stage.find("tt1").await;
    tokio::time::timeout(Duration::from_secs(5), stage.stop()).await.unwrap();
}

#[tokio::test]
async fn only_who_is_wanted_is_asked() {
    let remote = Scripted::new("remote", [Act::Find(vec![found(1, "A")])]);
    let local = Scripted::new("local", [Act::Find(vec![found(2, "B")])]);
    let settings = |name: &str, url: &str, enabled| IndexerSettings {
        kind: crate::profile::IndexerKind::Torznab,
        name: name.to_owned(),
        url: url.parse().unwrap(),
        api_key: None,
        enabled,
    };
    let operators =
        [settings("ours", "http://jackett.example/", true), settings("off", "http://off.example/", false)];
    let build: Build = |settings, _| Scripted::new(&settings.name, [Act::Find(Vec::new())]);
    let plan = Plan {
        remote: vec![remote],
        local: vec![local],
        settings: operators.to_vec(),
        build,
        ..Plan::default()
    };
    let stage = plan.start().await;
    let asked = |of_profile: &[IndexerSettings], only_own| {
        format!("{:?}", stage.discovery.scope(of_profile, only_own))
    };
    assert_eq!(asked(&[], false), r#"["remote", "local", "ours"]"#);
    assert_eq!(asked(&[], true), r#"["local"]"#);
    let profile = [
        settings("mine", "http://mine.example/", true),
        settings("the same", "http://jackett.example/", true),
        settings("not now", "http://now.example/", false),
        settings("inside", "http://192.168.1.1:9117/", true),
    ];
    assert_eq!(asked(&profile, false), r#"["remote", "local", "ours", "mine"]"#);
    assert_eq!(asked(&profile, true), r#"["local", "mine", "the same"]"#);
    // One that lies in a private network is told of, and never asked.
    let Ok(id) = "tt1".parse();
    let findings = stage.discovery.find("movie", &id, &stage.discovery.scope(&profile, true)).await;
    let last = findings.notes.last().unwrap();
    assert_eq!(last.indexer, "inside");
    assert!(matches!(last.outcome, Outcome::Failed(IndexerError::Unavailable(_), 0)), "{last:?}");
    assert!(stage.discovery.probe(&profile[3], true).await.is_err());
    assert_eq!(stage.discovery.probe(&profile[3], false).await.unwrap().title, "inside");
    stage.stop().await;
}
