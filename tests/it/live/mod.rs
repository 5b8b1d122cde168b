//! Live channels.

mod channels;
mod crowd;
mod engines;
mod hls;
mod hls_players;
mod ladder;
mod packets;
mod players;
mod proxy;
mod recording;
mod series;
mod settings;
mod sharing;
mod status;
mod stream;
mod transport;
mod zapping;
