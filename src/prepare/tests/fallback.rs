//! Several scripted sources: who is asked when, who rests, what ends the job.

use super::*;

/// A film long enough that readers can be comfortable or starving.
const PIECE: u64 = 1 << 20;
const PIECES: u64 = 40;

struct Race {
    prepare: Prepare,
    cache: Cache,
    sources: Vec<Arc<Scripted>>,
    _folder: tempfile::TempDir,
}

fn race(policy: Policy, kinds: &[(&'static str, Kind)], acts: impl Fn(&str) -> Vec<Act>) -> Race {
    let folder = tempfile::tempdir().unwrap();
    let cache =
        Cache::open(folder.path(), CacheLimits { max_bytes: None, free_floor: 0, idle: None }).unwrap();
    let sources: Vec<_> =
        kinds.iter().map(|(name, kind)| Scripted::new(name, *kind, &cache, acts(name))).collect();
    let settings = PrepareSettings {
        ready_lifetime: Duration::from_secs(60),
        ready_torrents: 10,
        progress_interval: Duration::from_millis(10),
        hedge_after: Duration::from_millis(300),
        retries: 0,
    };
    let all = sources.iter().map(|source| Arc::clone(source) as Arc<dyn Source>).collect();
    Race {
        prepare: Prepare::new(Chain::new(all, policy, settings), settings),
        cache,
        sources,
        _folder: folder,
    }
}

impl Race {
    /// The film that every source opens, laid out before any of them does.
    fn film(&self) -> CacheFile {
        let layout = Layout {
            length: PIECES * PIECE,
            lead: 0,
            piece_length: PIECE,
            first_piece: 0,
            span: PIECES * PIECE,
            hashes: Some(vec![[0; 20]; PIECES as usize].into()),
        };
        self.cache.content(ContentKey { info_hash: HASH, file: FileIndex(0) }, &layout, "film.mkv").unwrap()
    }

    fn openings(&self) -> Vec<usize> {
        self.sources.iter().map(|source| source.openings()).collect()
    }

    fn deliver(&self, source: usize, pieces: std::ops::Range<u32>, file: &CacheFile) {
        self.sources[source]
            .received
            .fetch_add(u64::from(pieces.end - pieces.start) * PIECE, Ordering::Relaxed);
        pieces.for_each(|piece| file.complete_piece(piece));
    }
}

fn opens(_: &str) -> Vec<Act> {
    Vec::new()
}

/// The time between two pieces of a source that delivers steadily: how fast it is, is measured by the clock.
async fn beat() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

fn not_here() -> Act {
    Act::Fail(SourceError::NotHere("not here".to_owned()))
}

#[tokio::test]
async fn the_next_source_joins_after_the_hedge_time_and_the_first_goes_on() {
    let race =
        race(Policy::P2pFirst, &[("http", Kind::Http), ("p2p", Kind::P2p), ("debrid", Kind::Debrid)], opens);
    let job = race.prepare.start(request());
    until("the first is asked", || race.openings() == [0, 1, 0]).await;
    let asked = std::time::Instant::now();
    until("the second is asked", || race.openings() == [0, 1, 1]).await;
    assert!(asked.elapsed() >= Duration::from_millis(250), "{:?}", asked.elapsed());
    until("the third is asked", || race.openings() == [1, 1, 1]).await;
    let running = |job: &Job| job.attempts().iter().filter(|attempt| attempt.running).count();
    assert_eq!(running(&job), 3, "{:?}", job.attempts());
    assert!(race.sources.iter().all(|source| source.writers.lock().unwrap().upgrade().is_some()));
}

#[tokio::test]
async fn a_source_that_delivers_stays_alone() {
    let race = race(Policy::P2pFirst, &[("p2p", Kind::P2p), ("debrid", Kind::Debrid)], opens);
    let film = race.film();
    let job = race.prepare.start(request());
    until("asked", || race.openings()[0] == 1).await;
    let _reader = film.playhead(0);
    for piece in 0..12 {
        race.deliver(0, piece..piece + 1, &film);
        beat().await;
    }
    assert!(is_ready(&job));
    assert_eq!(race.openings(), [1, 0]);
}

#[tokio::test]
async fn what_a_source_brings_before_its_answer_is_looked_at_is_its_own() {
    let stage = stage([Act::Whole], Duration::from_secs(60));
    let job = stage.prepare.start(request());
    until("ready", || is_ready(&job)).await;
    until("all is recorded", || job.attempts()[0].bytes == 20_000).await;
}

#[tokio::test]
async fn a_source_that_has_not_got_it_hands_on_at_once() {
    let race = race(Policy::DebridFirst, &[("p2p", Kind::P2p), ("debrid", Kind::Debrid)], |name| {
        if name == "debrid" { vec![not_here()] } else { Vec::new() }
    });
    let began = std::time::Instant::now();
    let job = race.prepare.start(request());
    until("both are asked", || race.openings() == [1, 1]).await;
    assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
    let attempts = job.attempts();
    assert_eq!((attempts[0].source, attempts[0].outcome.as_str()), ("debrid", "not here"));
    assert!(!attempts[0].running && attempts[1].running);
}

#[tokio::test]
async fn never_p2p_asks_no_peer_and_race_asks_all_at_once() {
    let kinds = [("p2p", Kind::P2p), ("debrid", Kind::Debrid), ("http", Kind::Http)];
    let without = race(Policy::NeverP2p, &kinds, |_| vec![not_here()]);
    let error = timeout(PATIENCE, without.prepare.start(request()).failed()).await.unwrap();
    assert_eq!(error.to_string(), "Download failed from all sources (debrid: not here; http: not here)");
    assert_eq!(without.openings(), [0, 1, 1]);
    let all = race(Policy::Race, &kinds, opens);
    let began = std::time::Instant::now();
    let _job = all.prepare.start(request());
    until("all are asked", || all.openings() == [1, 1, 1]).await;
    assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_service_is_asked_to_fetch_only_when_nobody_has_it() {
    let kinds = [("fetching", Kind::Fetching), ("p2p", Kind::P2p), ("debrid", Kind::Debrid)];
    let slow = race(Policy::P2pFirst, &kinds, opens);
    let _job = slow.prepare.start(request());
    until("the others are asked", || slow.openings() == [0, 1, 1]).await;
    // That nothing happens can only be watched for a while: more than three times the hedge time.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(slow.openings()[0], 0, "they may still deliver");
    let nobody =
        race(Policy::P2pFirst, &kinds, |name| if name == "fetching" { Vec::new() } else { vec![not_here()] });
    let _job = nobody.prepare.start(request());
    until("asked", || nobody.openings() == [1, 1, 1]).await;
}

#[tokio::test]
async fn the_slower_source_rests_while_all_is_well_and_works_when_the_faster_one_dies() {
    let race = race(Policy::Race, &[("p2p", Kind::P2p), ("debrid", Kind::Debrid)], opens);
    let film = race.film();
    let _job = race.prepare.start(request());
    until("both are asked", || race.openings() == [1, 1]).await;
    let reader = film.playhead(0);
    race.deliver(0, 0..1, &film);
    let (mut next, resting) = (1, || *race.sources[0].duty.lock().unwrap().borrow() == Duty::Rest);
    for _ in 0..50 {
        if resting() {
            break;
        }
        if next < PIECES as u32 - 1 {
            race.deliver(1, next..next + 1, &film);
            next += 1;
        }
        beat().await;
    }
    assert!(resting(), "overtaken");
    assert_eq!(*race.sources[1].duty.lock().unwrap().borrow(), Duty::Work);
    race.sources[1].failure.send_replace(Some(SourceError::NotHere("the link is gone".to_owned())));
    until("it works again", || !resting()).await;
    drop(reader);
}

#[tokio::test]
async fn a_reader_who_starves_while_bytes_arrive_elsewhere_gets_another_source() {
    let race = race(Policy::P2pFirst, &[("p2p", Kind::P2p), ("debrid", Kind::Debrid)], opens);
    let film = race.film();
    let _job = race.prepare.start(request());
    until("asked", || race.openings()[0] == 1).await;
    race.deliver(0, 0..1, &film);
    let _reader = film.playhead(30 * PIECE);
    for piece in 1..25 {
        if race.openings()[1] == 1 {
            return;
        }
        race.deliver(0, piece..piece + 1, &film);
        beat().await;
    }
    panic!("nobody came to help");
}

#[tokio::test]
async fn what_one_source_cannot_use_another_may() {
    let race = race(Policy::P2pFirst, &[("p2p", Kind::P2p), ("http", Kind::Http)], |name| match name {
        "p2p" => vec![Act::Fail(SourceError::Broken("an odd name".to_owned()))],
        _ => Vec::new(),
    });
    let job = race.prepare.start(request());
    timeout(PATIENCE, job.content()).await.unwrap().unwrap();
    race.sources[1].failure.send_replace(Some(SourceError::NotHere("gone".to_owned())));
    let error = timeout(PATIENCE, job.failed()).await.unwrap();
    assert!(matches!(error, PrepareError::Broken(_)), "{error}");
}

#[tokio::test]
async fn what_a_helper_cannot_open_does_not_end_a_play() {
    let full = || Act::Fail(SourceError::Cache(CacheError::Full("nothing left".to_owned())));
    let race = race(
        Policy::P2pFirst,
        &[("p2p", Kind::P2p), ("debrid", Kind::Debrid), ("http", Kind::Http)],
        |name| match name {
            "debrid" => std::iter::repeat_with(full).take(30).collect(),
            "http" => vec![Act::Fail(SourceError::NoSuchFile("another table".to_owned()))],
            _ => Vec::new(),
        },
    );
    let film = race.film();
    let job = race.prepare.start(request());
    until("asked", || race.openings()[0] == 1).await;
    let _reader = film.playhead(0);
    race.deliver(0, 0..1, &film);
    until("all were asked", || race.openings()[1] > 3 && race.openings()[2] == 1).await;
    assert!(is_ready(&job), "{:?}", job.attempts());
}

#[tokio::test]
async fn a_resting_source_works_again_before_a_reader_has_run_dry() {
    let race = race(Policy::Race, &[("p2p", Kind::P2p), ("debrid", Kind::Debrid)], opens);
    let film = race.film();
    let _job = race.prepare.start(request());
    until("both are asked", || race.openings() == [1, 1]).await;
    let mut reader = film.playhead(0);
    race.deliver(0, 0..1, &film);
    let resting = || *race.sources[0].duty.lock().unwrap().borrow() == Duty::Rest;
    for piece in 1..20 {
        race.deliver(1, piece..piece + 1, &film);
        beat().await;
    }
    assert!(resting(), "overtaken");
    // He has two MiB before him, and nothing comes any more.
    reader.advance(18 * PIECE);
    until("it works again", || !resting()).await;
}
