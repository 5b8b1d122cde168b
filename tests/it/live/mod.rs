//! Live channels.

mod channels;
mod players;
