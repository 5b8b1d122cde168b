//! The torrent source against real seeds on loopback.

mod clients;
mod opening;
mod peer;
mod rig;
mod steering;
mod traps;
