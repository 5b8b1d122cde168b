//! What a shared live channel costs, and what its viewers notice of each other and of a dying engine.
//!
//! ```text
//! cargo bench --bench live
//! ```
//!
//! The server is the real program in a release build, as a process of its own; engines and viewers live in this one, on
//! the same machine. Nothing but loopback is used. It takes about five minutes after the build, and needs ffmpeg.
#![expect(
    dead_code,
    unused_imports,
    reason = "what the tests have around the server is used here too, and not all of it"
)]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

#[path = "../tests/it/support/mod.rs"]
mod support;
mod usage;

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use support::engine::{Broadcast, Channel, Engine, Film, Kind, Manner};
use support::onlooker::{Pauses, bare};
use support::process::run;
use support::server::{Headwater, Setup};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Viewers of the one channel, at 8 Mbit/s each.
const VIEWERS: usize = 200;
/// Until the first seconds, which new viewers get at once, have been handed out.
const SETTLING: Duration = Duration::from_secs(12);
/// How long the viewers are watched.
const WATCHED: Duration = Duration::from_secs(15);
/// How long the frozen one is given to go on once it reads again.
const THAWED: Duration = Duration::from_secs(5);
/// How long one of them is frozen: longer than everything that is held for it, in the ring and in sockets.
const FROZEN: Duration = Duration::from_secs(45);
/// Engines that are killed.
const KILLS: usize = 5;
/// Joins at random moments.
const JOINS: u64 = 20;
/// Bits per second that figures are given for.
const RATE: f64 = 8e6;
/// What the system holds for a viewer who does not read; little, so that the server feels it soon.
const UNREAD: usize = 256 << 10;

fn main() {
    // `cargo test --benches` passes this; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("the machine has threads left").block_on(measure());
}

async fn measure() {
    let mut rows = crowd().await;
    rows.extend(kills().await);
    rows.extend(joins().await);
    println!();
    for (what, figure) in rows {
        println!("{what:<64} {figure}");
    }
}

type Row = (String, String);

/// A server with engines that have one channel.
struct Stage {
    server: Headwater,
    engines: Vec<Engine>,
    channel: Channel,
}

impl Stage {
    fn start(film: Film, engines: usize) -> Self {
        let channel = Channel::new("Open Garden", &Broadcast::of(film));
        let engines: Vec<Engine> =
            (0..engines).map(|_| Engine::start(std::slice::from_ref(&channel))).collect();
        let settings: Vec<String> = engines.iter().map(|engine| engine.settings().to_string()).collect();
        let setup = Setup::new().env("HEADWATER_ENGINES", &settings.join(",")).env("HEADWATER_LOG", "warn");
        Self { server: setup.start(), engines, channel }
    }

    fn path(&self) -> String {
        format!("/ace/getstream?id={}", self.channel.content_id)
    }
}

/// Somebody who watches, and what was noticed while somebody looked.
struct Viewer {
    bytes: AtomicU64,
    pauses: Mutex<Pauses>,
    is_frozen: AtomicBool,
}

impl Viewer {
    fn new() -> Arc<Self> {
        let pauses = Mutex::new(Pauses::new());
        Arc::new(Self { bytes: AtomicU64::new(0), pauses, is_frozen: AtomicBool::new(false) })
    }

    /// Reads until the connection ends.
    async fn watch(self: Arc<Self>, mut stream: TcpStream) {
        let mut buffer = vec![0; 64 << 10];
        loop {
            if self.is_frozen.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            match stream.read(&mut buffer).await {
                Ok(length @ 1..) => {
                    self.bytes.fetch_add(length as u64, Ordering::Relaxed);
                    self.pauses.lock().unwrap().saw(&buffer[..length]);
                }
                _ => return,
            }
        }
    }
}

/// Begins to watch.
async fn open(stage: &Stage) -> TcpStream {
    bare(stage.server.base(), &stage.path(), UNREAD).await
}

/// Many viewers of one channel: what they cost, and what they notice when one of them freezes.
async fn crowd() -> Vec<Row> {
    let stage = Stage::start(Film::Heavy, 1);
    let viewers: Vec<Arc<Viewer>> = (0..VIEWERS).map(|_| Viewer::new()).collect();
    let mut tasks = JoinSet::new();
    let (first, others) = viewers.split_first().unwrap();
    tasks.spawn(Arc::clone(first).watch(open(&stage).await));
    tokio::time::sleep(SETTLING).await;
    let alone = usage::memory(stage.server.process_id());
    for viewer in others {
        tasks.spawn(Arc::clone(viewer).watch(open(&stage).await));
    }
    tokio::time::sleep(SETTLING).await;

    let calm = watched(&stage.server, &viewers, WATCHED).await;
    let together = usage::memory(stage.server.process_id());
    first.is_frozen.store(true, Ordering::Relaxed);
    let frozen = watched(&stage.server, others, FROZEN).await;
    first.is_frozen.store(false, Ordering::Relaxed);
    let held = usage::memory(stage.server.process_id());
    let before = first.bytes.load(Ordering::Relaxed);
    tokio::time::sleep(THAWED).await;
    let goes_on = first.bytes.load(Ordering::Relaxed) > before && tasks.try_join_next().is_none();
    vec![
        row("viewers per core at 8 Mbit/s", format!("{:.0}", calm.rate / RATE / calm.cores)),
        row(
            "  measured with",
            format!("{VIEWERS} viewers, {:.0} Mbit/s in all, {:.2} cores", calm.rate / 1e6, calm.cores),
        ),
        row("  the slowest of them got, of what the fastest got", format!("{:.1} %", calm.slowest * 100.0)),
        row("memory with one viewer", mebibytes(alone)),
        row("memory per further viewer", format!("{:.1} KiB", per_viewer(alone, together))),
        row("memory with one viewer frozen", mebibytes(held)),
        row("longest pause of any viewer, nobody frozen", milliseconds(calm.pause)),
        row("longest pause of the others while one is frozen", milliseconds(frozen.pause)),
        row("the frozen one goes on, and nobody was cut off", format!("{goes_on}")),
    ]
}

/// What was seen of viewers for a while.
struct Seen {
    /// Cores that the server kept busy.
    cores: f64,
    /// Bits per second of all viewers together. Filling is not handed on, so that each gets less than what is on air.
    rate: f64,
    /// The share that the slowest got of what the fastest got.
    slowest: f64,
    /// The longest time between two packets that are no filling.
    pause: Duration,
}

async fn watched(server: &Headwater, viewers: &[Arc<Viewer>], time: Duration) -> Seen {
    let bytes = |viewer: &Arc<Viewer>| viewer.bytes.load(Ordering::Relaxed);
    let before: Vec<u64> = viewers.iter().map(bytes).collect();
    viewers.iter().for_each(|viewer| viewer.pauses.lock().unwrap().forget());
    let (worked, begun) = (usage::processor(server.process_id()), Instant::now());
    tokio::time::sleep(time).await;
    let (worked, seconds) = (usage::processor(server.process_id()) - worked, begun.elapsed().as_secs_f64());
    let got: Vec<u64> = viewers.iter().map(bytes).zip(before).map(|(now, before)| now - before).collect();
    let pause = viewers.iter().map(|viewer| viewer.pauses.lock().unwrap().longest()).max().unwrap();
    Seen {
        cores: worked / seconds,
        rate: got.iter().sum::<u64>() as f64 * 8.0 / seconds,
        slowest: *got.iter().min().unwrap() as f64 / *got.iter().max().unwrap() as f64,
        pause,
    }
}

/// How long nothing but filling comes when the engine at work is killed, and another has the channel.
async fn kills() -> Vec<Row> {
    let mut gaps = Vec::new();
    for _ in 0..KILLS {
        let stage = Stage::start(Film::Heavy, 2);
        let mut stream = open(&stage).await;
        let mut pauses = Pauses::new();
        read(&mut stream, &mut pauses, Duration::from_secs(6)).await;
        pauses.forget();
        stage.engines.iter().find(|engine| engine.readers() > 0).unwrap().kill();
        read(&mut stream, &mut pauses, Duration::from_secs(25)).await;
        gaps.push(pauses.longest());
    }
    gaps.sort_unstable();
    let worst = *gaps.last().unwrap();
    vec![
        row("pause after the engine is killed, median", milliseconds(gaps[KILLS / 2])),
        row("pause after the engine is killed, longest", milliseconds(worst)),
    ]
}

/// Watches for a time.
async fn read(stream: &mut TcpStream, pauses: &mut Pauses, time: Duration) {
    let (begun, mut buffer) = (Instant::now(), vec![0; 64 << 10]);
    while begun.elapsed() < time {
        let length = stream.read(&mut buffer).await.unwrap();
        assert!(length > 0, "the channel has ended");
        pauses.saw(&buffer[..length]);
    }
}

/// What FFmpeg says of joins at random moments, and how long they take.
async fn joins() -> Vec<Row> {
    let begun = Instant::now();
    let stage = Stage::start(Film::H264Mp2, 1);
    let started = begun.elapsed();
    let asked = Instant::now();
    let mut first = open(&stage).await;
    first.read_u8().await.unwrap();
    let cold = asked.elapsed();
    // What the same broadcast does to somebody who begins anywhere.
    let manner = Manner { kind: Kind::Leased, burst: Duration::from_secs(4), ..Manner::default() };
    let bare = Engine::with(manner, std::slice::from_ref(&stage.channel));
    let raw = format!("{}ace/getstream?content_id={}", bare.url(), stage.channel.content_id);
    let (mut ours, mut theirs, mut warm) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..JOINS {
        tokio::time::sleep(Duration::from_millis(number * 379 % 1_000)).await;
        let asked = Instant::now();
        open(&stage).await.read_u8().await.unwrap();
        warm.push(asked.elapsed());
        for (url, complaints) in [(stage.server.url(&stage.path()), &mut ours), (raw.clone(), &mut theirs)] {
            let counted = tokio::task::spawn_blocking(move || complaints_of_ffmpeg(&url)).await;
            complaints.push(counted.unwrap());
        }
    }
    warm.sort_unstable();
    let many = |complaints: &[usize]| {
        format!("{} to {}", complaints.iter().min().unwrap(), complaints.iter().max().unwrap())
    };
    vec![
        row("lines that FFmpeg complains with, per join", many(&ours)),
        row("  the same broadcast, begun at any packet", many(&theirs)),
        row("from the request to the first byte, nobody watches yet", milliseconds(cold)),
        row("  somebody watches already, median", milliseconds(warm[warm.len() / 2])),
        row("from the start of the program until it serves", milliseconds(started)),
    ]
}

fn complaints_of_ffmpeg(url: &str) -> usize {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-i", url, "-t", "2", "-f", "null", "-"]);
    run("ffmpeg", command, Duration::from_secs(60)).stderr.lines().count()
}

fn per_viewer(alone: f64, together: f64) -> f64 {
    (together - alone) / (VIEWERS - 1) as f64 / 1_024.0
}

fn row(what: &str, figure: String) -> Row {
    (what.to_owned(), figure)
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / f64::from(1 << 20))
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}
