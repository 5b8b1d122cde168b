//! Tests of the whole, one folder per route or room: the real server, real swarms, real players.
//! `tests/run` installs what they need.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod addon;
mod admin;
mod cache;
mod config;
mod configure;
mod debrid;
mod demo;
mod discovery;
mod fallback;
mod fetch;
mod fuzz;
mod http_sources;
mod journey;
mod listener;
mod live;
mod measure;
mod pains;
mod play;
mod prepare;
mod shutdown;
mod support;
mod tidy;
mod torrent;
