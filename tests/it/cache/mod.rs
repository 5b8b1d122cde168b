//! What the cache folder promises across the life of the process.

mod restart;
