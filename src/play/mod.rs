//! The range server over cache files: what a media request is answered with, and the body that
//! follows the download.
//!
//! [`Outcome`] decides from headers and metadata alone; [`serve`] turns the decision into a response
//! whose [`MediaBody`] walks the cache file and waits for what is missing. While a content is not
//! even known yet, [`Waiting`] and [`Tolerance`] say how long this player may be kept.

mod body;
mod disposition;
mod media_type;
mod multipart;
mod outcome;
mod outlet;
mod patience;
mod player;
mod precondition;
mod range;
mod respond;
mod transmit;
mod walk;
mod whole;

pub use body::{BodyError, Frames, MAX_SILENCE, MediaBody, Viewing};
pub use media_type::media_type;
pub use multipart::{Multipart, Part};
pub use outcome::{LAST_MODIFIED, Outcome, Representation};
pub use outlet::{Chunk, Outlet, is_stand_in};
pub use patience::{Decision, Waiting};
pub use player::{Player, Tolerance};
pub use range::{Selection, select};
pub use respond::{preflight, redirect_to_self, serve, serve_head};
pub use transmit::{Residence, fetch, load, residence};
pub use whole::whole;
