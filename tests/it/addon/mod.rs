//! The addon as Stremio's own programs see it.

mod installs;
pub(crate) mod official_clients;
mod subtitles;
