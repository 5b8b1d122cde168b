//! Plays whose source dies: the body goes on from another one at the exact byte.

mod matrix;
mod soak;
mod stage;
mod switch;
mod viewer;
