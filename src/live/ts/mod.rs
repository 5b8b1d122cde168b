//! MPEG-TS: bytes of engines in, a stream that players can join anywhere out. Pure: no tasks, no I/O, no clock of its
//! own.
//!
//! [`Feed`] is the front door. Bytes become packets (`sync`); tables say what belongs together (`psi`); the beginning
//! of an engine session waits until it is known whether it continues the last one (`opening`, `splice`); `stream`
//! follows the clock, leaves out what was sent already (`lane`), lets times run on over a break (`shift`), finds where decoding can begin (`unit`, `entry` and
//! a file per codec), and `writer` makes chunks with tables and counters of our own.

mod clock;
mod counters;
mod crc;
mod entries;
mod entry;
mod facts;
mod feed;
mod filter;
mod h264;
mod hevc;
mod keepalive;
mod lane;
mod mpeg2;
mod nal;
mod opening;
mod packet;
mod pes;
mod psi;
mod sections;
mod shift;
mod splice;
mod stream;
#[cfg(test)]
mod studio;
mod sync;
mod tables;
mod unfinished;
mod unit;
mod writer;

pub use facts::Facts;
pub use feed::Feed;
pub use filter::without_audio;
pub use keepalive::{null_packets, skip_notice};
pub use packet::PACKET;
pub use unfinished::drop_last_picture;
