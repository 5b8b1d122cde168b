//! Waiting until an item's files can be had, and the link to the wanted one.

use std::time::Duration;

use tokio::time::Instant;

use super::pace::Pace;
use super::{Came, Flow, Found};
use crate::source::debrid::miss::Miss;
use crate::source::debrid::service::{ItemState, RemoteFile, Scope, ServiceError};

/// What a service holds is ready by the third look. An item that still waits or is fetched then was not held.
const LOOKS: u32 = 3;

/// So many looks in a row may fail while a service fetches for minutes.
const MOST_FAULTS: u32 = 5;

/// What was seen at an item so far.
struct Watched {
    since: Instant,
    /// Since when it stands at nothing, with nobody to fetch from.
    barren: Option<Instant>,
    /// Looks at which it was waiting or being fetched.
    pending: u32,
    faults: u32,
    percent: f64,
}

impl Flow<'_> {
    /// Follows the item in hand until its files can be had. `state` is what was seen of it last.
    pub(super) async fn until_ready(&mut self, mut state: Option<ItemState>) -> Result<Found, Miss> {
        let mut pace = Pace::new(self.times);
        let mut watched =
            Watched { since: Instant::now(), barren: None, pending: 0, faults: 0, percent: 0.0 };
        loop {
            let seen = match state.take() {
                Some(state) => Some(state),
                None => self.poll(&mut watched).await?,
            };
            match seen {
                Some(ItemState::Ready(files)) => return self.resolve(&files).await,
                Some(ItemState::NeedsSelection(files)) if !self.work.selected => {
                    let file = self.pick(&files)?;
                    let chosen = std::slice::from_ref(&file);
                    self.service.select(self.account, self.item()?, chosen).await?;
                    self.work.selected = true;
                    // What is held is ready from here on.
                    continue;
                }
                Some(state) => self.judge(&state, &mut watched)?,
                None => {}
            }
            self.pause(pace.next()).await?;
        }
    }

    /// Looks at the item. A fault of the service is no answer, and ends nothing that takes minutes anyway.
    async fn poll(&self, watched: &mut Watched) -> Result<Option<ItemState>, Miss> {
        let error = match self.service.poll(self.account, self.item()?).await {
            Ok(state) => {
                watched.faults = 0;
                return Ok(Some(state));
            }
            Err(error) => error,
        };
        let is_passing = error.scope() == Scope::Passing
            && !matches!(error, ServiceError::ItemMissing | ServiceError::FileMissing);
        watched.faults += 1;
        if !self.mode.fetches() || !is_passing || watched.faults > MOST_FAULTS {
            return Err(error.into());
        }
        if let ServiceError::RateLimited(wait) = error {
            self.pause(wait).await?;
        }
        Ok(None)
    }

    /// Whether waiting for the item makes sense.
    fn judge(&self, state: &ItemState, watched: &mut Watched) -> Result<(), Miss> {
        let (message, is_pending, is_barren) = match state {
            ItemState::Downloading { percent, seeders } => {
                watched.percent = percent.clamp(0.0, 100.0);
                let is_barren = *percent <= 0.0 && seeders.is_none_or(|seeders| seeders == 0);
                (format!("{:.0} % fetched...", watched.percent), true, is_barren)
            }
            ItemState::Queued => ("waiting for its turn...".to_owned(), true, false),
            ItemState::Processing => ("moving the files...".to_owned(), true, false),
            ItemState::Resolving => ("looking for the torrent's files...".to_owned(), false, true),
            // The choice has been made and takes a moment.
            ItemState::NeedsSelection(_) | ItemState::Ready(_) => {
                ("choosing the file...".to_owned(), false, false)
            }
        };
        self.tell(watched.percent / 100.0, message);
        watched.pending += u32::from(is_pending);
        if self.mode.fetches() {
            return watched.barren(is_barren, self.times.barren);
        }
        let late = watched.pending >= LOOKS || watched.since.elapsed() >= self.times.unknown;
        match self.work.held.as_ref().map(|held| held.came) {
            // It said that it holds the torrent, so it has until time is up.
            _ if self.work.is_cached || !late => Ok(()),
            Some(Came::Created) => Err(ServiceError::NotCached.into()),
            _ => Err(Miss::Underway(watched.percent)),
        }
    }

    /// The link to the wanted file of an item that is ready.
    async fn resolve(&self, files: &[RemoteFile]) -> Result<Found, Miss> {
        let file = self.pick(files)?;
        self.tell(1.0, "asking for the link...");
        let item = self.item()?.clone();
        let link = self.service.resolve(self.account, &item, &file).await?;
        Ok(Found { account: self.account.clone(), item, file, link })
    }
}

impl Watched {
    fn barren(&mut self, is_barren: bool, limit: Duration) -> Result<(), Miss> {
        if !is_barren {
            self.barren = None;
            return Ok(());
        }
        let since = *self.barren.get_or_insert_with(Instant::now);
        if since.elapsed() >= limit { Err(ServiceError::NoPeers.into()) } else { Ok(()) }
    }
}
