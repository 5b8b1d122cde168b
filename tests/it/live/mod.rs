//! Live channels.

mod channels;
mod ladder;
mod packets;
mod proxy;
mod sharing;
mod status;
mod stream;
