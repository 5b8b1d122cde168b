//! How long a list of streams takes: warm, and cold with ten indexers of which two hang.
//!
//! ```text
//! cargo bench --bench stream
//! ```
//!
//! The server is the real program in a release build, as a process of its own; the indexers are those of the tests.
//! Nothing but loopback is used. It takes about a minute after the build.
#![expect(
    dead_code,
    unused_imports,
    reason = "what the tests have around the server is used here too, and not all of it"
)]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use support::indexers::cinemeta::Cinemeta;
use support::indexers::jackett::Jackett;
use support::indexers::{Caps, Listed, Tracker, Trouble, Upstream};
use support::server::{Headwater, Setup};

/// The film that everybody asks for.
const FILM: &str = "tt9000001";
/// Indexers, and how many of them hang in the cold rounds.
const INDEXERS: u32 = 10;
const HANGING: u32 = 2;
/// Releases that each indexer has, half of which others have too.
const RELEASES: u32 = 40;
/// How long an answer waits for indexers.
const DEADLINE: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;
const WARM: usize = 3_000;
const AT_ONCE: usize = 32;

fn main() {
    // `cargo test --benches` passes this; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("the machine has threads left").block_on(measure());
}

/// The indexers, and the catalogue of titles.
struct Around {
    jackett: Upstream<Jackett>,
    titles: Upstream<Cinemeta>,
}

async fn measure() {
    let around = Around::start();
    let mut hanging = Vec::new();
    for _ in 0..ROUNDS {
        around.hang(true);
        hanging.push(cold(&around).await);
    }
    around.hang(false);
    let mut fine = Vec::new();
    for _ in 0..ROUNDS {
        fine.push(cold(&around).await);
    }
    let server = around.server();
    let rows = ask(&reqwest_client(), &server).await;
    let mut one = one_after_another(&server, WARM).await;
    let mut many = side_by_side(&server).await;
    println!("{INDEXERS} indexers with {RELEASES} releases each; a list has {rows} rows");
    let wait = milliseconds(DEADLINE);
    println!("cold, {HANGING} of them hang, deadline {wait} ms: {}", quantiles(&mut hanging));
    println!("cold, all answer:                      {}", quantiles(&mut fine));
    println!("warm, {WARM} one after another:          {}", quantiles(&mut one));
    println!("warm, {WARM} by {AT_ONCE} at once:               {}", quantiles(&mut many));
}

impl Around {
    fn start() -> Self {
        let listed = |site: u32| {
            (0..RELEASES).map(move |number| {
                // Every second one is the same at all of them.
                let number = if number % 2 == 0 { number } else { site * 1_000 + number };
                let quality =
                    ["2160p.WEB-DL.DDP5.1.HDR.H.265", "1080p.BluRay.x264", "720p.WEB.x264", "DVDRip.XviD"]
                        [number as usize % 4];
                let hash = format!("{:08x}", 0xabc0_0000 | number).repeat(5);
                Listed::new(&format!("Harbour.Lights.2019.{quality}-GROUP{number}"), &hash)
                    .imdb(FILM)
                    .seeders(number % 97)
                    .size(700_000_000 + u64::from(number) * 1_000_000)
            })
        };
        let site = |number: u32| {
            Tracker::new(&format!("site{number}"), &format!("Site {number}"), Caps::IDS).with(listed(number))
        };
        let jackett = Upstream::start(Jackett::new("KEY", (0..INDEXERS).map(site)));
        Self { jackett, titles: Upstream::start(Cinemeta::new().movie(FILM, "Harbour Lights", 2019)) }
    }

    fn hang(&self, hang: bool) {
        self.jackett.heal("");
        for number in 0..if hang { HANGING } else { 0 } {
            self.jackett.trouble(&Jackett::below(&format!("site{number}")), Trouble::Hang);
        }
    }

    /// A server that has never asked anybody. Every site is an indexer of its own.
    fn server(&self) -> Headwater {
        let address = |number: u32| {
            self.jackett.url(&format!("/api/v2.0/indexers/site{number}/results/torznab/api?apikey=KEY"))
        };
        let addresses: Vec<String> = (0..INDEXERS).map(address).collect();
        Setup::new()
            .env("HEADWATER_LOG", "warn")
            .env("HEADWATER_TITLES_URL", self.titles.base())
            .env("HEADWATER_TORZNAB_URLS", &addresses.join(","))
            .env("HEADWATER_SEARCH_DEADLINE", &format!("{}ms", DEADLINE.as_millis()))
            .env("HEADWATER_PREWARM", "0")
            .start()
    }
}

/// The first list of a new server.
async fn cold(around: &Around) -> Duration {
    let server = around.server();
    let client = reqwest_client();
    // The connection is made before, as a player's is by the manifest.
    client.get(server.url("/manifest.json")).send().await.unwrap().bytes().await.unwrap();
    let began = Instant::now();
    let rows = ask(&client, &server).await;
    let took = began.elapsed();
    assert!(rows > 0, "{}", server.transcript());
    took
}

async fn one_after_another(server: &Headwater, times: usize) -> Vec<Duration> {
    let client = reqwest_client();
    ask(&client, server).await;
    let mut taken = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        ask_for_bytes(&client, server).await;
        taken.push(began.elapsed());
    }
    taken
}

async fn side_by_side(server: &Headwater) -> Vec<Duration> {
    let askers = (0..AT_ONCE).map(|_| one_after_another(server, WARM / AT_ONCE));
    futures::future::join_all(askers).await.concat()
}

async fn ask(client: &reqwest::Client, server: &Headwater) -> usize {
    let body: serde_json::Value = serde_json::from_slice(&ask_for_bytes(client, server).await).unwrap();
    body["streams"].as_array().unwrap().len()
}

async fn ask_for_bytes(client: &reqwest::Client, server: &Headwater) -> Vec<u8> {
    let url = server.url(&format!("/stream/movie/{FILM}.json"));
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap().to_vec()
}

fn reqwest_client() -> reqwest::Client {
    support::http::client()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn quantiles(taken: &mut [Duration]) -> String {
    taken.sort_unstable();
    let at = |part: f64| milliseconds(taken[((taken.len() - 1) as f64 * part).round() as usize]);
    format!("p50 {:8.2} ms, p99 {:8.2} ms, longest {:8.2} ms", at(0.5), at(0.99), at(1.0))
}
