//! The first source of the chain: what is already on disk.
