//! How long a list of streams takes: cold with ten indexers of which two hang, and warm; how many warm ones one core
//! gives in a second; and how long the program takes to start.
//!
//! ```text
//! cargo bench --bench stream             # all of it, in about a minute and a half after the build
//! cargo bench --bench stream -- warm     # one part: cold, warm or start
//! ```
//!
//! The server is the real program in a release build, as a process of its own; the indexers are those of the tests.
//! Nothing but loopback is used. The warm part needs two cores and taskset.
#![expect(
    dead_code,
    unused_imports,
    reason = "what the tests have around the server is used here too, and not all of it"
)]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

#[path = "../../tests/it/support/mod.rs"]
mod support;
#[path = "../usage/mod.rs"]
mod usage;

mod around;
#[path = "../warm/cores.rs"]
mod cores;
mod rate;
mod starting;
mod times;

use std::time::{Duration, Instant};

use around::{Around, ask};
use cores::Cores;
use support::server::Headwater;
use times::{milliseconds, quantiles};

/// Cold lists of either kind.
const ROUNDS: usize = 5;
/// Connections on which the warm part asks at once.
const AT_ONCE: [usize; 3] = [1, 8, 32];

fn main() {
    // `cargo test --benches` passes this; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("the machine has threads left");
    let around = Around::start();
    if is_wanted("start") {
        let used = runtime.block_on(used(&around));
        let setup = used.setup().clone();
        drop(used);
        starting::measure(|| around.setup(), &setup);
    }
    if is_wanted("cold") {
        runtime.block_on(cold(&around));
    }
    if is_wanted("warm") {
        warm(&around, &runtime);
    }
}

/// A server that has made a list.
async fn used(around: &Around) -> Headwater {
    let server = around.setup().start();
    assert!(ask(&support::http::client(), &server).await > 0, "{}", server.transcript());
    server
}

async fn cold(around: &Around) {
    let (mut hanging, mut fine) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        around.hang(true);
        hanging.push(first_list(around).await);
        around.hang(false);
        fine.push(first_list(around).await);
    }
    let (indexers, each, hang) = (around::INDEXERS, around::RELEASES, around::HANGING);
    println!("{indexers} indexers with {each} releases each");
    let wait = milliseconds(around::DEADLINE);
    println!("cold, {hang} of them hang, deadline {wait} ms: {}", quantiles(&mut hanging));
    println!("cold, all answer:                      {}", quantiles(&mut fine));
}

/// The first list of a new server.
async fn first_list(around: &Around) -> Duration {
    let server = around.setup().start();
    let client = support::http::client();
    // The connection is made before, as a player's is by the manifest.
    client.get(server.url("/manifest.json")).send().await.unwrap().bytes().await.unwrap();
    let began = Instant::now();
    let rows = ask(&client, &server).await;
    let took = began.elapsed();
    assert!(rows > 0, "{}", server.transcript());
    took
}

fn warm(around: &Around, runtime: &tokio::runtime::Runtime) {
    let cores = Cores::divide();
    cores.enter_servers();
    let setup = around.setup().env("TOKIO_WORKER_THREADS", &cores.workers().to_string());
    let server = setup.start();
    cores.enter_client();
    let rows = runtime.block_on(ask(&support::http::client(), &server));
    for (what, path) in [(format!("a warm list of {rows} rows"), around::list()), manifest()] {
        println!("{what}, {} worker of the server:", cores.workers());
        for connections in AT_ONCE {
            rate::measure(&server, &path, connections);
        }
    }
}

fn manifest() -> (String, String) {
    ("the manifest".to_owned(), "/manifest.json".to_owned())
}
