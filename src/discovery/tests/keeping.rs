//! What is kept of answers, and for how long.

use super::super::ask::Asked;
use super::super::popular;
use super::super::results::{Age, Entry, freshness, unix_seconds};
use super::*;
use crate::domain::{Date, Title, TitleEpisode, TitleKind};

const HOUR: u64 = 3_600;

/// Makes what the first indexer of `stage` said about `tt1` older.
async fn make_old(stage: &Stage, seconds: u64) {
    let member = stage.everybody().members[0].clone();
    // A search tells its answer before that is on disk, and whoever asks until then joins it instead of asking anew.
    let is_over = async {
        while member.flights.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(UNHURRIED, is_over).await.expect("a search that has answered ends");
    let Ok(id) = "tt1".parse();
    let asked = Asked::new(stage.inner().titles.query("movie", &id).await, "x");
    let key = member.key(&asked.key);
    let results = &stage.inner().desk.results;
    let entry = results.get(&key).await.expect("it has answered before");
    let entry =
        Arc::new(Entry { at: entry.at - seconds, asked: entry.asked - seconds, ..Entry::clone(&entry) });
    let text = entry.to_text();
    results.hold(&key, &entry, text.len());
    results.write(&key, &entry, &text).await;
}

#[tokio::test]
async fn an_answer_serves_the_next_ones_and_so_does_what_was_made_of_it() {
    let indexer = Scripted::new("a", [Act::Find(vec![found(1, "A")])]);
    let stage = Plan::remote([indexer.clone()]).start().await;
    let first = stage.find("tt1").await;
    assert!(first.complete);
    let second = stage.find("tt1").await;
    assert!(Arc::ptr_eq(&first.candidates, &second.candidates));
    stage.find("tt2").await;
    assert_eq!(indexer.asked(), 2);
    stage.stop().await;
}

#[tokio::test]
async fn local_indexers_are_asked_each_time_and_what_is_new_there_is_seen_at_once() {
    let (old, new) = (vec![found(1, "A")], vec![found(1, "A"), found(2, "B")]);
    let local = Scripted::new("folder", [Act::Find(old.clone()), Act::Find(old), Act::Find(new)]);
    let stage = Plan { local: vec![local], ..Plan::default() }.start().await;
    let first = stage.find("tt1").await;
    assert!(Arc::ptr_eq(&first.candidates, &stage.find("tt1").await.candidates));
    assert_eq!(names(&stage.find("tt1").await), ["A", "B"]);
    stage.stop().await;
}

#[tokio::test]
async fn after_a_restart_the_list_is_there_at_once() {
    let before = Plan::remote([Scripted::new("a", [Act::Find(vec![found(1, "A")])])]).start().await;
    assert_eq!(names(&before.find("tt1").await), ["A"]);
    let folder = Some(before.stop().await);
    let after = Scripted::new("a", [Act::Hang(Vec::new())]);
    let stage = Plan { folder, ..Plan::remote([after.clone()]) }.start().await;
    let findings = stage.find("tt1").await;
    assert_eq!((names(&findings), findings.complete), (vec!["A"], true));
    assert_eq!(after.asked(), 0);
    stage.stop().await;
}

#[tokio::test]
async fn with_another_key_everything_is_asked_again() {
    let before = Plan::remote([Scripted::new("a", [Act::Find(vec![found(1, "A")])])]).start().await;
    before.find("tt1").await;
    let folder = Some(before.stop().await);
    let after = Scripted::new("a", [Act::Find(vec![found(2, "B")])]);
    let stage = Plan { folder, secret: "another secret", ..Plan::remote([after.clone()]) }.start().await;
    assert_eq!(names(&stage.find("tt1").await), ["B"]);
    assert_eq!(after.asked(), 1);
    let folder = Some(stage.stop().await);
    let stage = Plan { folder, secret: "another secret", ..Plan::remote([after.clone()]) }.start().await;
    assert_eq!(names(&stage.find("tt1").await), ["B"]);
    assert_eq!(after.asked(), 1);
    stage.stop().await;
}

#[tokio::test]
async fn an_old_answer_is_given_at_once_while_a_new_one_is_fetched() {
    let answers = [Act::Find(vec![found(1, "A")]), Act::Find(vec![found(2, "B")])];
    let indexer = Scripted::new("a", answers);
    let stage = Plan::remote([indexer.clone()]).start().await;
    stage.find("tt1").await;
    make_old(&stage, 23 * HOUR).await;
    let stale = stage.find("tt1").await;
    assert_eq!((names(&stale), outcomes(&stale)), (vec!["A"], vec![Outcome::Earlier(1)]));
    assert!(!stale.complete);
    let fresh = stage.find_until("tt1", |findings| findings.complete).await;
    assert_eq!(names(&fresh), ["B"]);
    // What is older than a day is no answer at all.
    make_old(&stage, 25 * HOUR).await;
    assert_eq!(outcomes(&stage.find("tt1").await), [Outcome::Answered(1)]);
    assert_eq!(indexer.asked(), 3);
    stage.stop().await;
}

#[tokio::test]
async fn a_failure_or_an_empty_answer_does_not_wipe_out_what_is_known() {
    for (then, outcome) in [
        (Act::Fail(broken()), Outcome::Resting(broken(), 1)),
        (Act::Panic(vec![found(3, "C")]), Outcome::Resting(IndexerError::Unsupported, 1)),
        (Act::Find(Vec::new()), Outcome::Answered(1)),
    ] {
        let indexer = Scripted::new("a", [Act::Find(vec![found(1, "A")]), then]);
        let stage = Plan::remote([indexer.clone()]).start().await;
        stage.find("tt1").await;
        make_old(&stage, HOUR).await;
        let is_over = |findings: &Findings| !matches!(outcomes(findings)[..], [Outcome::Earlier(_)]);
        let after = stage.find_until("tt1", is_over).await;
        assert_eq!(names(&after), ["A"]);
        let same = std::mem::discriminant(&outcomes(&after)[0]) == std::mem::discriminant(&outcome);
        assert!(same, "{:?} instead of {outcome:?}", outcomes(&after));
        assert_eq!(indexer.asked(), 2);
        stage.stop().await;
    }
}

#[tokio::test]
async fn what_people_ask_for_again_is_kept_fresh() {
    let answers = [Act::Find(vec![found(1, "A")]), Act::Find(vec![found(2, "B")])];
    let indexer = Scripted::new("a", answers);
    let stage = Plan::remote([indexer.clone()]).start().await;
    stage.find("tt1").await;
    popular::refresh(stage.inner()).await;
    assert_eq!(indexer.asked(), 1, "asked once is not popular");
    stage.find("tt1").await;
    popular::refresh(stage.inner()).await;
    assert_eq!(indexer.asked(), 1, "it is fresh");
    make_old(&stage, HOUR).await;
    let before = stage.discovery.changes();
    popular::refresh(stage.inner()).await;
    assert_eq!(indexer.asked(), 2);
    assert!(stage.discovery.changes() > before, "what was made of the old answer is not true any more");
    let after = stage.discovery.changes();
    let fresh = stage.find("tt1").await;
    assert_eq!((names(&fresh), fresh.complete), (vec!["B"], true));
    assert_eq!(stage.discovery.changes(), after, "nothing was new");
    stage.stop().await;
}

#[tokio::test]
async fn the_background_refreshes_what_is_popular_time_and_again() {
    let answers = [(1, "A"), (2, "B"), (3, "C")].map(|(hash, name)| Act::Find(vec![found(hash, name)]));
    let indexer = Scripted::new("a", answers);
    let stage = Plan::remote([indexer.clone()]).start().await;
    stage.find("tt1").await;
    stage.find("tt1").await;
    let aging = async {
        for (times, name) in [(2, "B"), (3, "C")] {
            make_old(&stage, HOUR).await;
            while indexer.asked() < times {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            // Nobody asked for it, and whoever does now need not wait.
            let fresh = stage.find_until("tt1", |findings| findings.complete).await;
            assert_eq!(names(&fresh), [name]);
        }
    };
    tokio::select! {
        () = popular::tend(stage.inner(), Duration::from_millis(20)) => panic!("nobody has stopped it"),
        done = tokio::time::timeout(UNHURRIED, aging) => done.expect("it is refreshed by itself"),
    }
    assert_eq!(indexer.asked(), 3);
    stage.stop().await;
}

#[test]
fn answers_about_new_episodes_age_faster() {
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let episode = |number, released: &str| TitleEpisode {
        season: 1,
        episode: number,
        absolute: None,
        name: None,
        released: Some(released.parse::<Date>().unwrap()),
    };
    let title = Title {
        kind: TitleKind::Series,
        name: "A".to_owned(),
        aliases: Vec::new(),
        year: None,
        last_year: None,
        imdb: None,
        episodes: vec![episode(1, "2024-02-28"), episode(2, "2024-03-01"), episode(3, "2024-03-20")],
    };
    // 8 March 2024, 12:00 UTC.
    let now = 1_709_899_200;
    for (number, expected) in [(1, 15), (2, 5), (3, 5), (4, 15)] {
        let id = format!("tt1:1:{number}").parse().unwrap();
        let query = Query { title: Some(Arc::new(title.clone())), ..Query::of_id("series", &id) };
        assert_eq!(freshness(&query, now), minutes(expected), "{number}");
    }
    let Ok(id) = "tt1".parse();
    assert_eq!(freshness(&Query::of_id("movie", &id), now), minutes(15));
}

#[test]
fn entries_age_by_what_they_hold() {
    let (now, fresh) = (unix_seconds(), Duration::from_secs(900));
    let entry = |found: Vec<Found>, at: u64, asked: u64| Entry { found, at: now - at, asked: now - asked };
    let some = || vec![found(1, "A")];
    for (entry, expected) in [
        (entry(some(), 0, 0), Age::Fresh),
        (entry(some(), 899, 899), Age::Fresh),
        (entry(some(), 901, 901), Age::Stale),
        (entry(some(), 20 * HOUR, 10), Age::Fresh),
        (entry(some(), 25 * HOUR, 901), Age::Gone),
        (entry(Vec::new(), 200, 200), Age::Fresh),
        (entry(Vec::new(), 400, 400), Age::Gone),
        (Entry { asked: 0, ..entry(some(), 10, 10) }, Age::Stale),
        (Entry::default(), Age::Gone),
    ] {
        assert_eq!(entry.age(now, fresh), expected, "{} {}", now - entry.at, now - entry.asked);
    }
}
