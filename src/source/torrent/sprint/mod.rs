//! A small client for what the engine is slow at: metadata, and the first pieces that a reader waits for. It takes
//! them apart into blocks, which it asks of many peers at once, sees who is slow, asks others too, and takes back what
//! is not needed any more. Nothing but [`drive`] knows of sockets and tasks; the rest is told the time and what was
//! heard, and says what is to be sent.

mod crowd;
mod drive;
mod early;
mod geometry;
mod metadata;
mod peer;
mod plan;

pub(super) use drive::{Errand, Origin, Reach, Sink, Sprint};
pub(super) use geometry::Geometry;
pub(super) use peer::Identity;
pub(super) use plan::Target;

#[cfg(test)]
mod tests;
