//! The debrid room against a fake of every service.

mod delays;
mod each;
mod guests;
mod rig;
mod rotation;
mod subjects;
