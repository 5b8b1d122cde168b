//! What a play needs beside the hash in its link.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::source::{Place, Request};

/// What is remembered of a release, so that a play link alone is enough. It holds addresses with keys in them, and
/// so is kept sealed only.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Recalled {
    pub(super) trackers: Vec<Url>,
    pub(super) torrents: Vec<Link>,
    pub(super) web_seeds: Vec<Url>,
    pub(super) place: Option<StoredPlace>,
    pub(super) private: bool,
}

/// Where a .torrent file lies.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Link {
    pub(super) url: Url,
    /// An indexer of the operator's named it, on its own host: it may lie in a private network.
    pub(super) trusted: bool,
}

/// A [`Place`] as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredPlace {
    url: Url,
    #[serde(default)]
    headers: Vec<(String, String)>,
    name: String,
    #[serde(default)]
    size: Option<u64>,
}

impl Recalled {
    /// Adds what is remembered to a request, where the request does not say it itself.
    pub fn add_to(&self, request: &mut Request) {
        unite(&mut request.trackers, &self.trackers);
        unite(&mut request.web_seeds, &self.web_seeds);
        let links: Vec<Url> = self.torrents.iter().map(|link| link.url.clone()).collect();
        unite(&mut request.exact_sources, &links);
        request.private |= self.private;
        if request.place.is_none() {
            request.place = self.place.as_ref().map(Place::from);
        }
    }

    /// This with what the operator's indexers said of the same release behind it.
    pub(super) fn before(mut self, shared: &Self) -> Self {
        let place = self.place.take();
        self.unite(shared);
        self.place = place.or(self.place);
        self
    }

    /// Takes in what another time was known of the same release. Returns whether that was more.
    pub(super) fn unite(&mut self, other: &Self) -> bool {
        let before = self.clone();
        unite(&mut self.trackers, &other.trackers);
        unite(&mut self.torrents, &other.torrents);
        unite(&mut self.web_seeds, &other.web_seeds);
        if other.place.is_some() {
            self.place.clone_from(&other.place);
        }
        self.private |= other.private;
        *self != before
    }
}

/// Most of one kind of address: each is a connection to wherever it says.
const MOST: usize = 50;

pub(super) fn unite<T: Clone + PartialEq>(all: &mut Vec<T>, more: &[T]) {
    for one in more {
        if all.len() < MOST && !all.contains(one) {
            all.push(one.clone());
        }
    }
}

impl From<&Place> for StoredPlace {
    fn from(place: &Place) -> Self {
        let Place { url, headers, name, size } = place.clone();
        Self { url, headers, name, size }
    }
}

impl From<&StoredPlace> for Place {
    fn from(place: &StoredPlace) -> Self {
        let StoredPlace { url, headers, name, size } = place.clone();
        Self { url, headers, name, size }
    }
}

impl fmt::Debug for Recalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recalled")
            .field("trackers", &self.trackers.len())
            .field("torrents", &self.torrents.len())
            .field("web_seeds", &self.web_seeds.len())
            .field("place", &self.place.is_some())
            .field("private", &self.private)
            .finish()
    }
}
