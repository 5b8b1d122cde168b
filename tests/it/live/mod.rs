//! Live channels.

mod channels;
mod engines;
mod hls;
mod ladder;
mod packets;
mod players;
mod proxy;
mod sharing;
mod status;
mod stream;
mod transport;
