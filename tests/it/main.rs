//! Black-box tests: the real server, real swarms, real players, one folder per route or room.
//! `tests/run` installs what they need.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod addon;
mod config;
mod listener;
mod play;
mod support;
