//! A file of a webtor as an origin: its addresses expire, and are asked for anew.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::HeaderMap;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::Url;

use super::Api;
use crate::domain::InfoHash;
use crate::source::SourceError;
use crate::source::fetch::{Link, Origin, Refusal};
use crate::source::http::Shared;

const MINUTE: Duration = Duration::from_secs(60);

/// Fresh addresses per minute. More means that addresses are not the problem.
const MOST_PER_MINUTE: usize = 3;

/// One file that webtor has exported.
pub(super) struct Exported {
    api: Api,
    info_hash: InfoHash,
    item: String,
    shared: Shared,
    state: Mutex<State>,
    /// One caller at a time asks for a fresh address.
    turn: Semaphore,
}

#[derive(Default)]
struct State {
    url: Option<Url>,
    /// When addresses were asked for within the last minute, oldest first.
    asked: VecDeque<Instant>,
}

impl Exported {
    pub(super) fn new(api: Api, info_hash: InfoHash, item: String, shared: Shared) -> Self {
        Self { api, info_hash, item, shared, state: Mutex::default(), turn: Semaphore::new(1) }
    }

    async fn give(&self, refused: Option<&Refusal>) -> Result<Link, SourceError> {
        if let Some(refusal @ (Refusal::WrongLength { .. } | Refusal::OtherFile)) = refused {
            return Err(SourceError::NotHere(refusal.to_string()));
        }
        // The semaphore is never closed.
        let _turn = self.turn.acquire().await;
        let url = match self.settled(refused)? {
            Some(url) => url,
            None => {
                let url = self.api.export(self.info_hash, &self.item).await?;
                self.state().url = Some(url.clone());
                url
            }
        };
        if self.shared.bans.holds(self.info_hash, &url) {
            return Err(SourceError::NotHere("webtor has sent wrong bytes of this torrent".to_owned()));
        }
        let connections = self.shared.hosts.connections(&url);
        Ok(Link { client: self.shared.clients.own().clone(), url, headers: HeaderMap::new(), connections })
    }

    /// The address there is, or `None` if a fresh one is to be asked for now.
    fn settled(&self, refused: Option<&Refusal>) -> Result<Option<Url>, SourceError> {
        let mut state = self.state();
        while state.asked.front().is_some_and(|asked| asked.elapsed() > MINUTE) {
            state.asked.pop_front();
        }
        if let (Some(url), None) = (&state.url, refused) {
            return Ok(Some(url.clone()));
        }
        if state.asked.len() == MOST_PER_MINUTE {
            let reason = refused.map_or_else(|| "webtor gives no address".to_owned(), Refusal::to_string);
            return Err(SourceError::Transient(reason));
        }
        state.asked.push_back(Instant::now());
        Ok(None)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Origin for Exported {
    fn link<'a>(&'a self, refused: Option<&'a Refusal>) -> BoxFuture<'a, Result<Link, SourceError>> {
        self.give(refused).boxed()
    }

    /// Webtor's addresses are one for each file, and asking for those of its neighbours costs more than a piece is
    /// worth.
    fn surroundings(&self, _range: Range<u64>) -> BoxFuture<'_, Option<Vec<u8>>> {
        futures::future::ready(None).boxed()
    }

    fn blame(&self, sender: &Link) {
        self.shared.bans.ban(self.info_hash, &sender.url);
    }
}
