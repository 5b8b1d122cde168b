//! What the cache folder promises across the life of the process.

mod cleanup;
mod drop_in;
mod restart;
