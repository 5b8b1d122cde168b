//! The debrid room against a fake of every service.

mod each;
mod rig;
mod subjects;
