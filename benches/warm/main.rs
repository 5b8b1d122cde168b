//! How fast a file that is there already leaves this server, side by side with nginx.
//!
//! ```text
//! cargo bench --bench warm
//! ```
//!
//! Both servers have the same file, the same cores and a worker for each of them, and take turns; the client has the
//! other cores and throws away what it gets inside the system, so that it is not what is measured. Nothing but loopback
//! is used. It takes about two minutes after the build, needs nginx and taskset, and writes `target/warm.json`.
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

mod cores;
mod crowd;
mod load;
mod rivals;
mod table;

use std::time::Duration;

use cores::Cores;
use load::Work;
use rivals::{Film, Rival};
use table::{Figures, Table};

/// Turns of each server. Medians of fewer say little on a machine that others use.
const ROUNDS: usize = 7;
/// How long each kind of work is done in a turn.
const TURN: Duration = Duration::from_millis(1_500);

/// The work whose figures are compared, and what it is called.
const WORKS: [(&str, Work); 3] = [
    ("64 x 1 MiB", Work::Ranges { connections: 64, length: 1 << 20 }),
    ("one stream", Work::Whole),
    ("32 x 16 KiB", Work::Ranges { connections: 32, length: 16 << 10 }),
];

fn main() {
    // `cargo test --benches` passes this; there is nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let cores = Cores::divide();
    let film = Film::write();
    cores.enter_servers();
    let rivals = [Rival::headwater(&film, cores.workers()), Rival::nginx(&film, cores.workers())];
    cores.enter_client();
    // One thread: it has one core, and nothing to wait for but sockets.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("the machine has threads left").block_on(measure(&rivals));
}

async fn measure(rivals: &[Rival; 2]) {
    let mut table = Table::default();
    // What is measured before the first request is what a server costs that nobody uses.
    table.idle(rivals.each_ref().map(|rival| rival.usage().memory));
    for rival in rivals {
        load::run(rival, WORKS[0].1, TURN).await;
    }
    for round in 0..ROUNDS {
        for (name, work) in WORKS {
            let mut figures = [None, None];
            // Who begins changes, so that nobody always follows the same work.
            for place in [round % 2, 1 - round % 2] {
                figures[place] = Some(turn(&rivals[place], work).await);
            }
            table.add(name, figures.map(|figures| figures.expect("both had their turn")));
        }
    }
    for (place, rival) in rivals.iter().enumerate() {
        table.crowd(place, crowd::watch(rival).await);
    }
    table.print();
    table.write();
}

async fn turn(rival: &Rival, work: Work) -> Figures {
    let (server, client) = (rival.usage(), rivals::own_processor());
    let load = load::run(rival, work, TURN).await;
    let (server, client) = (rival.usage().processor - server.processor, rivals::own_processor() - client);
    Figures::of(&load, server, client)
}
