//! Tests of the whole, one folder per route or room.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod config;
mod listener;
mod play;
mod tidy;
