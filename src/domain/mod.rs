//! The words of the design as pure values: no I/O, no clock, no other room.

mod content;
mod content_id;
mod date;
mod debrid;
mod info_hash;
mod metainfo;
mod title;

pub use content::{ContentKey, FileChoice, FileIndex, InvalidFileChoice};
pub use content_id::{ContentId, ImdbId, InvalidImdbId};
pub use date::{Date, InvalidDate};
pub use debrid::{DebridService, UnknownDebridService};
pub use info_hash::{InfoHash, InvalidInfoHash};
pub use metainfo::{FileEntry, InvalidMetainfo, Metainfo};
pub use title::{Title, TitleEpisode, TitleKind};
