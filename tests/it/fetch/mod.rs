//! The fetcher against file servers that behave well, badly, and not at all.

mod fairness;
mod faults;
mod film;
mod host;
mod identity;
mod place;
mod steering;
