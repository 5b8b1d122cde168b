//! One search.

use std::sync::atomic::AtomicUsize;

use tokio::time::Instant;
use url::Url;

use super::super::flight::Flight;
use super::super::links::LinkedRelease;
use super::super::member::Member;
use super::*;

fn member(indexer: Arc<Scripted>) -> Member {
    Member::built_in(indexer, Some("x"))
}

fn query() -> Query {
    let Ok(id) = "tt1".parse();
    Query::of_id("movie", &id)
}

/// A release with a link alone.
fn linked(number: u8) -> Found {
    Found {
        torrent: Some(format!("http://jackett.example/{number}").parse().unwrap()),
        name: format!("release {number}"),
        seeders: Some(u32::from(number)),
        ..Found::default()
    }
}

fn behind(url: &Url) -> Arc<LinkedRelease> {
    let number: u8 = url.path().trim_start_matches('/').parse().unwrap();
    Arc::new(LinkedRelease {
        info_hash: InfoHash::new([number; 20]),
        trackers: vec!["udp://tracker.example:1".parse().unwrap()],
        web_seeds: Vec::new(),
        size: Some(7),
        private: false,
        is_torrent: true,
    })
}

#[tokio::test]
async fn a_search_that_hangs_ends_at_its_budget() {
    let member =
        member(Scripted::with_budget("a", Duration::from_millis(150), [Act::Hang(vec![found(1, "A")])]));
    let (flight, began) = (Flight::new(), Instant::now());
    let done = flight.gather(&member, &query(), &|_| {}, &|_| async { None }.boxed()).await;
    assert_eq!(done, Err(IndexerError::Unavailable("has not answered within 0.15 s".to_owned())));
    assert!(began.elapsed() >= Duration::from_millis(150));
    assert_eq!(flight.so_far().len(), 1);
}

#[tokio::test]
async fn nobody_waits_for_a_search_that_was_broken_off() {
    let flight = Flight::new();
    flight.break_off();
    assert!(flight.landed().await.error.is_some());
}

#[tokio::test]
async fn links_are_followed_a_few_at_a_time_and_the_best_first() {
    let releases: Vec<Found> = (1..=60).map(linked).collect();
    let member = member(Scripted::new("a", [Act::Find(releases)]));
    let running = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let trusted = Mutex::new(0);
    let flight = Flight::new();
    let follow = |url: Url| {
        let running = running.clone();
        async move {
            let now = running.0.fetch_add(1, Ordering::SeqCst) + 1;
            running.1.fetch_max(now, Ordering::SeqCst);
            // A download takes a while, so that several are under way at once if nothing forbids it.
            tokio::time::sleep(Duration::from_millis(10)).await;
            running.0.fetch_sub(1, Ordering::SeqCst);
            Some(behind(&url))
        }
        .boxed()
    };
    flight.gather(&member, &query(), &|_| *trusted.lock().unwrap() += 1, &follow).await.unwrap();
    assert_eq!(running.1.load(Ordering::SeqCst), 4);
    assert_eq!(*trusted.lock().unwrap(), 60);
    let known: Vec<u32> = flight
        .so_far()
        .iter()
        .filter(|found| found.info_hash.is_some())
        .filter_map(|found| found.seeders)
        .collect();
    assert_eq!(known, (21..=60).collect::<Vec<u32>>());
    let first = &flight.so_far()[59];
    assert_eq!(
        (first.info_hash, first.size, first.trackers.len()),
        (Some(InfoHash::new([60; 20])), Some(7), 1)
    );
}

#[tokio::test]
async fn links_of_a_search_that_hangs_are_followed_meanwhile() {
    let budget = Duration::from_secs(5);
    let member = member(Scripted::with_budget("a", budget, [Act::Hang(vec![linked(1)])]));
    let flight = Flight::new();
    let follow = |url: Url| async move { Some(behind(&url)) }.boxed();
    let (trust, query) = (|_: &Url| {}, query());
    let gathering = flight.gather(&member, &query, &trust, &follow);
    assert!(tokio::time::timeout(Duration::from_millis(200), gathering).await.is_err());
    assert_eq!(flight.so_far()[0].info_hash, Some(InfoHash::new([1; 20])));
}

#[tokio::test]
async fn what_cannot_be_used_is_left_out_and_there_is_an_end() {
    let nameless = Found { name: " ".to_owned(), ..found(1, "") };
    let hashless = Found { info_hash: None, ..found(1, "A") };
    let inside =
        Found { info_hash: None, place: Some("file:///etc/passwd".parse().unwrap()), ..found(1, "A") };
    let named_file = Found { file_name: Some("a.mkv".to_owned()), ..found(1, "") };
    let mut all = vec![nameless, hashless, inside, named_file];
    all.extend((0..2_000).map(|_| found(2, "A")));
    let member = member(Scripted::new("a", [Act::Find(all)]));
    let flight = Flight::new();
    flight.gather(&member, &query(), &|_| {}, &|_| async { None }.boxed()).await.unwrap();
    let kept = flight.so_far();
    assert_eq!((kept.len(), kept[0].file_name.as_deref()), (1_000, Some("a.mkv")));
}
