//! From candidates to what is offered: what fits, from which file, in which order, and how much of it. Pure.
//!
//! [`sift()`] decides about every candidate; [`pick`] filters, sorts and limits what it left.

mod device;
mod filter;
mod limit;
mod order;
mod sift;

use std::sync::Arc;

use crate::cache::Presence;
use crate::discovery::{Candidate, Locator};
use crate::domain::{DebridService, FileChoice};
use crate::release::{Fit, Release};
use crate::source::{Request, Terms};

pub use filter::Patterns;
pub use limit::pick;
pub(super) use order::by_promise;
pub use sift::{Contents, Sifted, sift};

/// A candidate that holds the wanted video, and what is known of it.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The candidate.
    pub candidate: Arc<Candidate>,
    /// How it holds the video: `Exact`, or `Pack` for one file of many.
    pub fit: Fit,
    /// The video's file.
    pub file: FileChoice,
    /// That file's own name, where it is known for sure.
    pub file_name: Option<String>,
    /// Bytes of that file, where they are known for sure.
    pub file_size: Option<u64>,
    /// A file list says that the video is there; or there is only one file.
    pub is_checked: bool,
    /// What the names of the release and of the file say together.
    pub release: Release,
    /// How much of it is on this server.
    pub here: Presence,
    /// The debrid services that hold it.
    pub services: Vec<DebridService>,
}

impl Offer {
    /// Whether it plays at once: it is here, at a service, or a file on a web server.
    pub fn is_cached(&self) -> bool {
        self.here == Presence::Complete || !self.services.is_empty() || self.is_place()
    }

    /// Bytes of the video as well as they are known: a pack's own size says nothing about it.
    pub fn size(&self) -> Option<u64> {
        let whole = if self.fit == Fit::Exact { self.candidate.size } else { None };
        self.file_size.or(self.candidate.file_size).or(whole).or(self.release.size)
    }

    /// Extension of the video in lower case, as far as a name says it.
    pub fn container(&self) -> Option<&str> {
        self.release.container.as_deref()
    }

    /// Whether it lies at an address instead of in a torrent.
    pub fn is_place(&self) -> bool {
        matches!(self.candidate.locator, Locator::Place(_))
    }

    /// Whether it is a torrent that web servers have, too.
    pub fn has_web_seeds(&self) -> bool {
        matches!(&self.candidate.locator, Locator::Torrent { web_seeds, .. } if !web_seeds.is_empty())
    }

    /// The request that its play will make.
    pub fn request(&self, terms: &Terms) -> Request {
        let mut request = Request::new(self.candidate.info_hash, self.file);
        request.terms = terms.clone();
        match &self.candidate.locator {
            Locator::Torrent { trackers, torrents, web_seeds, private, .. } => {
                request.trackers.clone_from(trackers);
                request.exact_sources.clone_from(torrents);
                request.web_seeds.clone_from(web_seeds);
                request.private = *private;
            }
            Locator::Place(place) => request.place = Some(place.clone()),
        }
        request
    }

    /// Whether somebody but peers can bring it.
    pub fn comes_without_peers(&self) -> bool {
        self.is_place()
            || self.has_web_seeds()
            || self.here == Presence::Complete
            || !self.services.is_empty()
    }
}

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;
