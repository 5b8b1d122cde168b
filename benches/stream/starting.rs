//! How long it takes from the start of the program to its first answer.

use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use crate::rate::Client;
use crate::support::server::{Headwater, Setup};
use crate::times::quantiles;

/// Starts in either kind of folder.
const ROUNDS: usize = 21;
/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time between two attempts to connect; it is what the measurement may be wrong by.
const KNOCK_EVERY: Duration = Duration::from_micros(200);

/// Prints how long it takes in new folders, and in the one of `used`, whose server is stopped.
pub(crate) fn measure(new: impl Fn() -> Setup, used: &Setup) {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        first.push(start(new()));
        again.push(start(used.clone()));
    }
    println!("start to the first manifest, new folder:  {}", quantiles(&mut first));
    println!("start to the first manifest, used folder: {}", quantiles(&mut again));
}

fn start(setup: Setup) -> Duration {
    // The port is free now; the server takes it a moment later.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address: SocketAddr = free.expect("loopback has free ports");
    let begun = Instant::now();
    let knocking = thread::spawn(move || {
        let mut client = loop {
            if let Some(client) = Client::connect(&address.to_string(), "/manifest.json") {
                break client;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not listen");
            thread::sleep(KNOCK_EVERY);
        };
        client.turn();
        begun.elapsed()
    });
    let server: Headwater = setup.env("HEADWATER_LISTEN", &address.to_string()).start();
    let took = knocking.join().expect("it answers");
    drop(server);
    took
}
