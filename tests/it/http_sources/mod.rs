//! Web seeds, operators' servers, webtor and the lookup of .torrent files, called as a library and served by real
//! and by lying servers.

mod clients;
mod lookup;
mod nginx;
mod place;
mod rig;
mod server;
mod template;
mod torrents;
mod webseed;
mod webtor;
mod webtor_fake;
