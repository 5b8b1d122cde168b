//! One content at several places: the next one is asked when one refuses.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderMap;
use url::Url;

use super::Shared;
use super::neighbours;
use super::place::{Place, Subject};
use crate::source::SourceError;
use crate::source::fetch::{Link, Origin, Refusal};

/// The places of one content, in the order of asking.
pub(super) struct Mirrors {
    subject: Subject,
    places: Vec<Place>,
    state: Mutex<State>,
    shared: Shared,
}

#[derive(Default)]
struct State {
    /// The place that is being asked.
    current: usize,
    /// Why the one before was left.
    last: Option<Refusal>,
}

impl Mirrors {
    /// The content at `places`; those that are banned, or not allowed to be asked, are passed over, and those that
    /// were silent lately are asked last.
    pub(super) fn new(subject: Subject, mut places: Vec<Place>, shared: Shared) -> Arc<Self> {
        let is_silent =
            |place: &Place| place.url(&subject, None).is_some_and(|url| shared.silences.holds(&url));
        places.sort_by_cached_key(is_silent);
        Arc::new(Self { subject, places, state: Mutex::default(), shared })
    }

    /// The address and client of the current place, or of the first one after it that can be asked.
    fn next(&self, refused: Option<&Refusal>) -> Result<Link, SourceError> {
        let mut state = self.state();
        if let Some(refusal) = refused {
            state.last = Some(refusal.clone());
            self.note_silence(state.current, refusal);
            state.current += 1;
        }
        while let Some(place) = self.places.get(state.current) {
            if let Some(link) = self.link_to(place) {
                return Ok(link);
            }
            state.current += 1;
        }
        Err(state.last.as_ref().map_or_else(nowhere, exhausted))
    }

    fn note_silence(&self, place: usize, refusal: &Refusal) {
        let url = self.places.get(place).and_then(|place| place.url(&self.subject, None));
        if let (Refusal::Silent(_), Some(url)) = (refusal, url) {
            self.shared.silences.note(&url);
        }
    }

    fn link_to(&self, place: &Place) -> Option<Link> {
        let url = place.url(&self.subject, None)?;
        if self.shared.bans.holds(self.subject.info_hash, &url) {
            return None;
        }
        let client = self.client(place, &url)?;
        let connections = self.shared.hosts.connections(&url);
        Some(Link { client, url, headers: HeaderMap::new(), connections })
    }

    /// The client for an address; `None` if it lies where foreign addresses may not lead.
    fn client(&self, place: &Place, url: &Url) -> Option<reqwest::Client> {
        match place {
            Place::Template(_) => Some(self.shared.clients.own().clone()),
            Place::WebSeed(_) => {
                let judged = self.shared.clients.foreign(url);
                judged
                    .inspect_err(
                        |why| tracing::debug!(host = url.host_str(), %why, "a web seed is not asked"),
                    )
                    .ok()
                    .cloned()
            }
        }
    }

    async fn read_neighbours(&self, range: Range<u64>) -> Option<Vec<u8>> {
        let listing = self.subject.listing.as_ref()?;
        let place = self.places.get(self.state().current)?;
        let reach = |index| {
            let url = place.url(&self.subject, Some(index))?;
            Some((self.client(place, &url)?, url))
        };
        neighbours::read(&listing.metainfo, range, reach).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Origin for Mirrors {
    fn link<'a>(&'a self, refused: Option<&'a Refusal>) -> BoxFuture<'a, Result<Link, SourceError>> {
        futures::future::ready(self.next(refused)).boxed()
    }

    fn others(&self) -> usize {
        self.places.len().saturating_sub(self.state().current + 1)
    }

    fn surroundings(&self, range: Range<u64>) -> BoxFuture<'_, Option<Vec<u8>>> {
        self.read_neighbours(range).boxed()
    }

    fn blame(&self, sender: &Link) {
        self.shared.bans.ban(self.subject.info_hash, &sender.url);
    }
}

fn nowhere() -> SourceError {
    SourceError::NotHere("none of its addresses can be asked".to_owned())
}

/// The last refusal decides whether a later try may work.
fn exhausted(last: &Refusal) -> SourceError {
    match last {
        Refusal::Silent(_) | Refusal::Status { status: 408 | 429 | 500.., .. } => {
            SourceError::Transient(last.to_string())
        }
        _ => SourceError::NotHere(last.to_string()),
    }
}
