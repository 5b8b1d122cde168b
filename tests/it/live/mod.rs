//! Live channels.

mod channels;
mod hls;
mod ladder;
mod packets;
mod proxy;
mod sharing;
mod status;
mod stream;
