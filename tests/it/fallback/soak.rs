//! Two hundred viewers on twenty titles while something breaks every second: no wrong byte, hardly a cut body, and
//! nothing left behind. `HEADWATER_SOAK_SECONDS=600 tests/run soak` is the long form.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;
use tokio::task::JoinSet;

use super::stage::{Film, Stage, Way};
use crate::support::cdn::{Fault, Scope};
use crate::support::debrid::Fault as ServiceFault;
use crate::support::dice::Dice;

const VIEWERS: u64 = 200;
const TITLES: usize = 20;
const LENGTH: usize = 3_000_000;

/// Titles that are watched at the same time; the others are forgotten, so that they are fetched again.
const WATCHED: usize = 7;

/// Bytes of cache: fewer than all titles have.
const QUOTA: &str = "30MB";

/// How many of a hundred requests may be cut or refused: a play is never without a source, but a source that dies
/// while another has just been given up costs a second try now and then.
const MOST_FAILURES_PER_CENT: u64 = 2;

/// What viewers have seen.
#[derive(Default)]
struct Tally {
    requests: AtomicU64,
    bytes: AtomicU64,
    cut: AtomicU64,
    refused: AtomicU64,
    slowest_millis: AtomicU64,
}

#[expect(clippy::disallowed_methods, reason = "the length of the soak is a matter of the one who runs it")]
fn seconds() -> u64 {
    std::env::var("HEADWATER_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(40)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn soak_two_hundred_viewers_with_a_fault_every_second() {
    let ways = [Way::P2p, Way::Debrid, Way::WebSeed, Way::Http];
    let stage = Arc::new(Stage::new(&ways, |setup| {
        setup
            .env("HEADWATER_CACHE_MAX_BYTES", QUOTA)
            .env("HEADWATER_READY_TIME", "1s")
            // Every source is at work, so that every fault strikes somebody.
            .env("HEADWATER_SOURCE_POLICY", "race")
            .env("HEADWATER_HEDGE_AFTER", "500ms")
            .env("HEADWATER_LOG", "warn")
    }));
    let mut titles = Vec::new();
    for number in 0..TITLES {
        let film = stage.film(&format!("title {number}.mkv"), 500 + number as u64, LENGTH);
        // So slow that no source is done before the others have begun.
        for (way, pace) in [(Way::P2p, 500_000), (Way::WebSeed, 700_000), (Way::Http, 600_000)] {
            stage.throttle(&film, way, Some(pace));
        }
        titles.push(film);
    }
    let titles = Arc::new(titles);
    let total = Duration::from_secs(seconds());
    let warm = run(&stage, &titles, total / 4, 1).await;
    let before = quiet(&stage).await;
    let soaked = run(&stage, &titles, total, 2).await;
    let after = quiet(&stage).await;
    println!("warm-up: {}\nsoak:    {}\nbefore:  {before}\nafter:   {after}", warm.line(), soaked.line());
    let links = stage.cdn.requests().iter().filter(|request| request.bytes_sent > 0).count();
    assert!(links > TITLES, "the service's links were hardly used: {links}");
    let (requests, failures) = soaked.counts();
    assert!(requests > VIEWERS, "the viewers have hardly read");
    assert!(failures * 100 <= requests * MOST_FAILURES_PER_CENT, "{}", soaked.line());
    let grown = |what: &str| {
        let number = |status: &Value| status[what].as_i64().expect("what is left was counted");
        number(&after) - number(&before)
    };
    assert!(grown("tasks") <= 10, "tasks are left: {before} {after}");
    assert!(grown("files") <= 20, "descriptors are left: {before} {after}");
    assert!(grown("kilobytes") < 60_000, "memory has grown: {before} {after}");
}

impl Tally {
    fn counts(&self) -> (u64, u64) {
        let get = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (get(&self.requests), get(&self.cut) + get(&self.refused))
    }

    fn line(&self) -> String {
        let get = |number: &AtomicU64| number.load(Ordering::Relaxed);
        format!(
            "{} requests, {} MB, {} cut, {} refused, slowest {} ms",
            get(&self.requests),
            get(&self.bytes) / 1_000_000,
            get(&self.cut),
            get(&self.refused),
            get(&self.slowest_millis)
        )
    }
}

/// Viewers and faults for a while.
async fn run(stage: &Arc<Stage>, titles: &Arc<Vec<Film>>, time: Duration, seed: u64) -> Arc<Tally> {
    let (tally, stop, window) =
        (Arc::<Tally>::default(), Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let mut viewers = JoinSet::new();
    for number in 0..VIEWERS {
        let (stage, titles, tally) = (stage.clone(), titles.clone(), tally.clone());
        let (stop, window) = (stop.clone(), window.clone());
        viewers.spawn(async move {
            let mut dice = Dice::new(seed * 1000 + number);
            while !stop.load(Ordering::Relaxed) {
                let title = (window.load(Ordering::Relaxed) + dice.below(WATCHED as u64) as usize) % TITLES;
                watch(&stage, &titles[title], &tally, &mut dice).await;
            }
        });
    }
    let (deadline, mut dice) = (Instant::now() + time, Dice::new(seed));
    while Instant::now() < deadline {
        let mend = breakage(stage, titles, &mut dice);
        tokio::time::sleep(Duration::from_secs(1)).await;
        mend();
        window.fetch_add(1, Ordering::Relaxed);
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = viewers.join_next().await {
        ended.expect("no viewer saw a wrong byte");
    }
    tally
}

/// One request for a random range, every byte of which must be right.
async fn watch(stage: &Stage, film: &Film, tally: &Tally, dice: &mut Dice) {
    let start = dice.below(LENGTH as u64 - 1);
    let end = (start + 1 + dice.below(400_000)).min(LENGTH as u64);
    let began = Instant::now();
    tally.requests.fetch_add(1, Ordering::Relaxed);
    let path = stage.play_path(film);
    let range = format!("bytes={start}-{}", end - 1);
    let Some(mut response) = stage.server.try_open(&path, &range).await else {
        tally.refused.fetch_add(1, Ordering::Relaxed);
        return;
    };
    if response.status() != StatusCode::PARTIAL_CONTENT {
        tally.refused.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(500)).await;
        return;
    }
    let mut at = start as usize;
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                assert!(film.bytes()[at..].starts_with(&chunk), "a wrong byte after {at} of {path}");
                at += chunk.len();
            }
            Ok(None) => break,
            Err(_) => {
                tally.cut.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
    }
    assert_eq!(at as u64, end, "a body that ended early as if it were whole");
    tally.bytes.fetch_add(end - start, Ordering::Relaxed);
    tally.slowest_millis.fetch_max(began.elapsed().as_millis() as u64, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(50 + dice.below(300))).await;
}

/// Breaks one thing, and returns what mends it.
fn breakage<'a>(stage: &'a Stage, titles: &'a [Film], dice: &mut Dice) -> Box<dyn FnOnce() + Send + 'a> {
    let group = Scope::Group("realdebrid");
    let link = |fault: Fault| -> Box<dyn FnOnce() + Send + 'a> {
        stage.cdn.set_fault(group, Some(fault));
        Box::new(move || stage.cdn.set_fault(group, None))
    };
    let film = &titles[dice.below(TITLES as u64) as usize];
    match dice.below(14) {
        0 => link(Fault::Unavailable),
        1 => link(Fault::TooManyRequests { retry_after: Some(1) }),
        2 => link(Fault::Html),
        3 => link(Fault::Cut { after: 100_000 }),
        4 => link(Fault::Stall { after: 50_000 }),
        5 => link(Fault::WrongTotal { length: 1_000_000 }),
        6 => link(Fault::WrongBytes),
        7 => link(Fault::ErrorClip),
        8 => {
            stage.debrid.fault(ServiceFault::Html { prefix: "", status: 503, times: 5 });
            Box::new(|| stage.debrid.clear_faults())
        }
        9 => {
            for film in titles {
                stage.kill(film, Way::P2p);
            }
            Box::new(|| titles.iter().for_each(|film| stage.revive(film, Way::P2p)))
        }
        10 => {
            for film in titles {
                stage.silence(film, Way::P2p);
            }
            Box::new(|| titles.iter().for_each(|film| stage.revive(film, Way::P2p)))
        }
        11 => {
            stage.silence(film, Way::WebSeed);
            Box::new(|| stage.revive(film, Way::WebSeed))
        }
        12 => {
            stage.kill(film, Way::WebSeed);
            Box::new(|| stage.revive(film, Way::WebSeed))
        }
        _ => {
            stage.kill(film, Way::Http);
            Box::new(|| stage.revive(film, Way::Http))
        }
    }
}

/// Waits until every job has gone, and tells what the server holds then.
async fn quiet(stage: &Stage) -> Value {
    let (deadline, mut before) = (Instant::now() + Duration::from_secs(60), u64::MAX);
    loop {
        let (_, status) = stage.server.json("/api/admin/status").await;
        let tasks = status["tasks"].as_u64().expect("the server counts its tasks");
        // Connections to peers and file servers end a moment after the jobs: until no task ends any more.
        let is_settled = std::mem::replace(&mut before, tasks) <= tasks;
        if status["jobs"] == 0 && is_settled {
            let process = stage.server.process_id();
            let files = std::fs::read_dir(format!("/proc/{process}/fd")).expect("the server runs").count();
            let memory = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the server runs");
            let resident = memory.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let kilobytes = resident.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
            let kilobytes = kilobytes.expect("the kernel tells the size of a running process");
            return serde_json::json!({ "tasks": tasks, "files": files, "kilobytes": kilobytes });
        }
        assert!(Instant::now() < deadline, "jobs are left: {status}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
