//! The integration tests: one target, one link step. Folders mirror the rooms and routes.

mod play;
