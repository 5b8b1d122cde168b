//! The range server over real cache files and real sockets.

mod against_nginx;
mod client;
mod content;
mod nginx;
mod range_server;
mod requests;
mod short_bodies;
