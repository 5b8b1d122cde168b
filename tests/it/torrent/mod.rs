//! The torrent source against real seeds on loopback.

mod beside;
mod clients;
mod graft;
mod opening;
mod peer;
mod rig;
mod secrecy;
mod steering;
mod traps;
