//! The addon as Stremio's own programs see it.

pub(crate) mod official_clients;
mod subtitles;
