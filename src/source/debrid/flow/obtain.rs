//! Getting hold of an item: one that is there, or a new one.

use std::time::Duration;

use super::pace::Pace;
use super::{Came, Flow, Mode};
use crate::source::debrid::miss::Miss;
use crate::source::debrid::service::{Availability, ItemId, ItemState, ServiceError, Submission, Submitted};

/// Items of one torrent that are looked at. More come together only when many files of it were asked for, one
/// by one, at a service that wants a choice.
const MOST_ITEMS: usize = 4;

impl Flow<'_> {
    /// An item of the torrent that is in the account already and can lead to the file, with its state.
    pub(super) async fn known(&mut self) -> Result<Option<ItemState>, Miss> {
        let ours = self.ledger.items(self.account, self.errand.info_hash);
        for item in ours.iter().take(MOST_ITEMS) {
            if let Some(state) = self.look(item).await? {
                return Ok(Some(state));
            }
        }
        // Some may have turned out to be gone, and the user may have added the torrent himself since: what submitting
        // gives then is his.
        if !self.ledger.items(self.account, self.errand.info_hash).is_empty() {
            return Ok(None);
        }
        match self.service.find(self.account, self.errand.info_hash).await? {
            Some(item) => {
                self.note_seen(&item);
                self.look(&item).await
            }
            None => {
                self.work.was_absent = true;
                Ok(None)
            }
        }
    }

    /// Takes the item in hand if it can lead to the file.
    async fn look(&mut self, item: &ItemId) -> Result<Option<ItemState>, Miss> {
        self.hold(item.clone(), Came::Known);
        let state = match self.service.poll(self.account, item).await {
            Ok(state) => state,
            Err(ServiceError::ItemMissing) => {
                self.work.held = None;
                self.ledger.forget(self.account.fingerprint(), item).await;
                return Ok(None);
            }
            // An item that failed says nothing about a new one.
            Err(ServiceError::NoPeers | ServiceError::TorrentInvalid | ServiceError::FileMissing) => {
                self.work.held = None;
                self.discard(item).await;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let leads = match &state {
            ItemState::Ready(files) => self.pick(files).is_ok(),
            // Somebody else is about to choose, and may choose another file.
            ItemState::NeedsSelection(files) => {
                !self.ledger.is_shared(self.account, item) && self.pick(files).is_ok()
            }
            _ => true,
        };
        if !leads {
            self.work.held = None;
        }
        Ok(leads.then_some(state))
    }

    /// Adds the torrent to the account, if the service holds it or may fetch it.
    pub(super) async fn obtain(&mut self) -> Result<(), Miss> {
        self.tell(0.0, "asking for the torrent...");
        let held = self.service.check(self.account, &[self.errand.info_hash]).await?;
        match held.first().unwrap_or(&Availability::Unknown) {
            Availability::Cached => self.work.is_cached = true,
            Availability::NotCached if !self.mode.fetches() => return Err(ServiceError::NotCached.into()),
            Availability::NotCached | Availability::Unknown => {}
        }
        let submission = Submission {
            info_hash: self.errand.info_hash,
            magnet: self.errand.magnet.clone(),
            torrent: self.errand.torrent.clone(),
            only_if_cached: !self.mode.fetches(),
        };
        let Submitted { item, created } = self.submit(&submission).await?;
        let created = created && !self.seen.contains(&item);
        // Written down before anything else can go wrong: what is not in the ledger is never deleted.
        if created {
            self.ledger.created(self.account, &item, self.errand.info_hash).await;
        }
        self.hold(item, if created { Came::Created } else { Came::Joined });
        Ok(())
    }

    /// Waits for a place in the account where that is wanted.
    async fn submit(&mut self, submission: &Submission) -> Result<Submitted, Miss> {
        let queue = matches!(self.mode, Mode::Fetching { queue: true, .. });
        let mut pace = Pace::new(self.times);
        loop {
            match self.submit_once(submission).await {
                Err(ServiceError::TooManyActive) if queue => {
                    self.tell(0.0, "waiting for a free place, too many downloads are active...");
                    self.pause(pace.next()).await?;
                }
                Err(ServiceError::RateLimited(wait)) if queue => {
                    self.tell(0.0, "waiting, it was asked too often...");
                    self.pause(wait.max(Duration::from_millis(100))).await?;
                }
                done => return Ok(done?),
            }
        }
    }

    /// Submits. When the answer was lost, the account is searched before the torrent is submitted once more.
    async fn submit_once(&mut self, submission: &Submission) -> Result<Submitted, ServiceError> {
        match self.service.submit(self.account, submission).await {
            Err(ServiceError::ServiceDown(_)) => {}
            done => return done,
        }
        if let Some(item) = self.service.find(self.account, submission.info_hash).await? {
            // It is ours if it was not there before.
            return Ok(Submitted { item, created: self.work.was_absent });
        }
        self.service.submit(self.account, submission).await
    }
}
