//! Playing over HTTP: the range server over real cache files and sockets, and players and conformance
//! checkers against the real server.

mod against_nginx;
mod client;
mod content;
mod file_server;
mod links;
mod lost_swarm;
mod nginx;
mod old_clients;
mod players;
mod range_server;
mod redbot;
mod requests;
mod sent_files;
mod short_bodies;
mod waiting;
