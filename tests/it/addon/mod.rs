//! The addon as Stremio's own programs see it.

mod official_clients;
