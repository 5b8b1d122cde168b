//! From an id to a list of streams, with everybody who is asked on the way as the real ones are.

mod addons;
mod ahead;
mod anime;
mod autoplay;
mod captions;
mod choosing;
mod each;
mod episodes;
mod faults;
mod library;
mod places;
mod programs;
mod restart;
mod screens;
mod secrets;
mod services;
mod stage;
mod stale;
mod tongues;
mod united;
