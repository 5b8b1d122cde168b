//! Live channels: AceStream broadcasts, one engine session per channel whoever asks.
//!
//! Bytes flow one way. [`engines`] chooses an engine and opens the broadcast; [`ts`] turns what arrives into a clean
//! transport stream, cut into [`Chunk`]s so that every place where decoding can begin opens one; the [`Ring`] holds
//! the last of them; each viewer has a [`Cursor`] of its own. [`hls`] reads the same ring and keeps a window on disk.
//! [`Live`] is the front door: it knows which [`Session`] a viewer's words mean, and starts and ends them.

pub mod channels;
pub mod engines;
pub mod hls;
pub mod ts;

mod chunk;
mod door;
mod error;
mod registry;
mod ring;
mod room;
mod selector;
mod session;
mod settings;
mod stamp;
mod status;
mod tally;

pub use chunk::{Chunk, Codec, Counter, Entry, EntryKind, Pid, Program, Ticks, Track};
pub use door::Live;
pub use error::LiveError;
pub use ring::{Cursor, Ended, JoinAt, Ring, RingLimits, Step};
pub use selector::{InvalidSelector, Selector};
pub use session::{
    AttemptReport, Hold, LadderLimits, Means, Session, SessionReport, ViewerFacts, ViewerReport, Watching,
};
pub use settings::{LiveSettings, Patience};
pub use stamp::Stamp;
pub use status::ProxyStatus;
pub use tally::EngineTally;
