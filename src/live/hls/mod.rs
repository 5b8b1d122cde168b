//! A live channel as HLS, and its recording: the same window on disk serves players that pause and rewind, and viewers
//! of the transport stream who want to be some time behind.
//!
//! A [`Shelf`] belongs to one session. Its recorder follows the ring, cuts segments where decoding can begin
//! ([`cut`]) and keeps them in a sliding [`window`]; [`playlist`] writes what players read (RFC 8216). Where the sound
//! is one that browsers and phones cannot play, [`sound`] has ffmpeg convert it into a rendition of its own, cut at the
//! same times. All shelves share one quota ([`disk`]): the oldest segment of all goes first.

mod body;
mod cut;
mod delayed;
mod disk;
mod follow;
mod guests;
mod playlist;
mod recorder;
mod shelf;
mod shelves;
mod sound;
mod window;

pub use body::{SegmentBody, SegmentReader};
pub use delayed::{Delayed, DelayedReader};
pub use playlist::{PlaylistAsk, Rendition};
pub use shelf::{NotReady, Shelf};
pub use shelves::{Shelves, ShelvesError, ShelvesSettings};
