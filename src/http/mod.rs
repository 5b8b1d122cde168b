//! Everything that knows HTTP as a server: routes, handlers, errors, the accept loop.
//!
//! [`router()`] is the table of all routes; [`App`] is what the handlers share. A handler reads the request,
//! calls one room, and turns the result into a response; a failure becomes a status in `error.rs` alone.

pub mod listener;
pub mod tracker;

mod addon;
mod admin;
mod bases;
mod configure;
mod error;
mod library;
mod live;
mod manifests;
mod metrics;
mod pages;
mod play;
mod prepare;
mod router;
mod segments;
mod state;
mod subtitles;
mod viewport;
mod wish;

pub use bases::Bases;
pub use manifests::Manifests;
pub use router::router;
pub use state::App;
