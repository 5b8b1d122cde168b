//! Real things for the tests to meet: the server as a process, swarms, trackers and players.

pub(crate) mod background;
pub(crate) mod cdn;
pub(crate) mod chaos;
pub(crate) mod debrid;
pub(crate) mod dice;
pub(crate) mod engine;
pub(crate) mod http;
pub(crate) mod indexers;
pub(crate) mod media;
pub(crate) mod onlooker;
pub(crate) mod player;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod swarm;
pub(crate) mod tools;

use std::io::Write as _;

/// Says on the terminal, past the capture of test output, that something was not tested here and why.
pub(crate) fn skipped(why: &str) {
    // Nobody can be told when stderr is closed, and the test must go on.
    let _ = writeln!(std::io::stderr(), "\n*** NOT TESTED HERE: {why}\n");
}
