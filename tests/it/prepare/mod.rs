//! Preparing a stream: the documented API, real swarms behind it, and everything that can be wrong with a request.

mod api;
mod bad_input;
mod examples;
mod folders;
mod swarm;
