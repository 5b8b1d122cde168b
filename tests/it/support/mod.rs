//! Real things for the tests to meet: the server as a process, swarms, trackers and players.

pub(crate) mod http;
pub(crate) mod media;
pub(crate) mod player;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod swarm;
pub(crate) mod tools;
