//! Live channels: AceStream broadcasts, one engine session per channel whoever asks.
//!
//! Bytes flow one way. [`engines`] chooses an engine and opens the broadcast; [`ts`] turns what arrives into a clean
//! transport stream, cut into [`Chunk`]s so that every place where decoding can begin opens one; the [`Ring`] holds
//! the last of them; each viewer has a [`Cursor`] of its own. `hls` reads the same ring and keeps a window on disk.

pub mod channels;

mod chunk;
mod ring;
mod selector;
pub mod ts;

pub use chunk::{Chunk, Codec, Counter, Entry, EntryKind, Pid, Program, Ticks, Track};
pub use ring::{Cursor, Ended, JoinAt, Ring, RingLimits, Step};
pub use selector::{InvalidSelector, Selector};
