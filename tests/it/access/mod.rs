//! Installs with profiles of their own, against the real server.

mod plays;
mod stage;
