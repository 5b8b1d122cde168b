//! The torrent source against real seeds on loopback.

mod opening;
mod rig;
mod steering;
mod traps;
