//! The torrent source against real seeds on loopback.

mod back;
mod beside;
mod citizen;
mod clients;
mod graft;
mod opening;
mod peer;
mod real;
mod rig;
mod secrecy;
mod soak;
mod steering;
mod traps;
