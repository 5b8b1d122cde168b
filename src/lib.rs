//! Headwater, a Stremio addon server whose every stream is a plain HTTP URL on the same server.
//!
//! Start with [`server::Server`], the composition root. `ARCHITECTURE.md` draws the rooms and the
//! direction in which they may know each other.

pub mod access;
pub mod addon;
pub mod cache;
pub mod changes;
pub mod config;
pub mod db;
pub mod demo;
pub mod discovery;
pub mod domain;
pub mod ffmpeg;
pub mod http;
pub mod links;
pub mod live;
pub mod net;
pub mod play;
pub mod prepare;
pub mod profile;
pub mod release;
pub mod seal;
pub mod server;
pub mod source;
pub mod stremio;
pub mod telemetry;
