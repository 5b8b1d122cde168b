//! Live channels.

mod channels;
mod transport;
