//! The pains that users of debrid services have written about elsewhere, each as a test of the real server: the
//! number in a test's name is that of its row in the list of pains.

mod addresses;
mod archives;
mod availability;
mod cdn;
mod clicks;
mod clutter;
mod episodes;
mod forward;
mod gateway;
mod leaks;
mod limits;
mod links;
mod lists;
mod refusals;
mod scene;
mod secrets;
mod services;
mod town;
mod vanishing;
