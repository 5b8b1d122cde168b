//! Those from whom a server like ours learns what exists, each with the wire format of the real one, and with
//! everything that goes wrong with them in the field.
//!
//! A file of this folder is one of them; it implements [`Site`], and [`Upstream`] gives it a port, a journal and
//! faults. Where a documentation forbids a request, the site answers as the real one does and the journal says so in
//! [`Upstream::assert_well_asked`]. They know nothing of the server they are used against.

pub(crate) mod addon;
pub(crate) mod archive;
mod ask;
pub(crate) mod bitmagnet;
pub(crate) mod cinemeta;
pub(crate) mod jackett;
pub(crate) mod prowlarr;
mod tests;
mod torznab;
mod tracker;
mod trouble;
mod upstream;
pub(crate) mod zilean;

pub(crate) use tracker::{Caps, Handed, Listed, Tracker};
pub(crate) use trouble::Trouble;
pub(crate) use upstream::{Site, Upstream};
