//! The pains that users of debrid services have written about elsewhere, each as a test of the real server: the
//! number in a test's name is that of its row in the list of pains.

mod addresses;
mod availability;
mod clicks;
mod clutter;
mod forward;
mod links;
mod scene;
mod services;
