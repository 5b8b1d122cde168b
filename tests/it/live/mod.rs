//! Live channels.

mod channels;
mod engines;
