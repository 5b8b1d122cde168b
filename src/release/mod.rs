//! Release names: what they say about their files. Pure.
//!
//! [`choose`] finds the file a request means in a torrent's file table. [`Wanted`] tells whether a release holds a
//! video at all, and which of its files that is.

mod choice;
mod episode;
mod fit;
mod name;
mod numbering;
mod picture;
mod video;

pub use choice::{NoSuchFile, choose};
pub use episode::{is_episode_named, is_extra, is_same_episode};
pub use fit::{Fit, Vouched, Wanted};
pub use name::{Audio, Channels, Codec, Hdr, Language, Medium, Release, Resolution};
pub use picture::has_no_picture;
pub use video::{SUBTITLE_EXTENSIONS, VIDEO_EXTENSIONS, is_subtitle, is_video};
