//! What services hold, asked for whole lists: a hint for the viewer, and never waited for long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::provider::Provider;
use super::refusals::Refused;
use super::service::{Availability, MOST_CHECKED};
use crate::domain::{DebridService, InfoHash};

/// What a service holds it keeps for weeks.
const HELD: Duration = Duration::from_secs(15 * 60);

/// Somebody else may let the service fetch a torrent at any moment. Also for what the service does not know.
const NOT_HELD: Duration = Duration::from_secs(3 * 60);

/// Beyond this many torrents those that were asked about long ago are forgotten, and then all.
const MOST: usize = 20_000;

/// What the service of one provider has said.
#[derive(Default)]
pub(super) struct Holdings(Mutex<HashMap<InfoHash, (bool, Instant)>>);

impl Holdings {
    /// Notes that a torrent is held, or not.
    pub(super) fn note(&self, info_hash: InfoHash, is_held: bool) {
        let now = Instant::now();
        let mut known = self.known();
        if known.len() >= MOST {
            known.retain(|_, (_, until)| *until > now);
        }
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(info_hash, (is_held, now + if is_held { HELD } else { NOT_HELD }));
    }

    fn get(&self, info_hash: InfoHash) -> Option<bool> {
        let (is_held, until) = self.known().get(&info_hash).copied()?;
        (until > Instant::now()).then_some(is_held)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<InfoHash, (bool, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which of these services hold each torrent, as far as they say so within the time. Answers that come later are there
/// for the next list.
pub(super) async fn held(
    providers: &[Arc<Provider>],
    torrents: &[InfoHash],
    within: Duration,
) -> HashMap<InfoHash, Vec<DebridService>> {
    let questions = providers.iter().flat_map(|provider| {
        let unknown: Vec<_> =
            torrents.iter().copied().filter(|torrent| provider.said(*torrent).is_none()).collect();
        let ask = |part: &[InfoHash]| {
            let asking = provider.clone().ask_for(part.to_vec());
            provider.owner.tasks.spawn_on(asking, &provider.owner.runtime)
        };
        unknown.chunks(MOST_CHECKED).map(ask).collect::<Vec<_>>()
    });
    let questions: Vec<_> = questions.collect();
    // Who is late is not in this list.
    let _ = tokio::time::timeout(within, futures::future::join_all(questions)).await;
    let holders = |torrent: &InfoHash| {
        let holds = |provider: &&Arc<Provider>| provider.said(*torrent) == Some(true);
        let services: Vec<_> = providers.iter().filter(holds).map(|provider| provider.id).collect();
        (!services.is_empty()).then_some((*torrent, services))
    };
    torrents.iter().filter_map(holders).collect()
}

impl Provider {
    /// Whether the torrent is held, as far as that is known.
    fn said(&self, info_hash: InfoHash) -> Option<bool> {
        match self.refusals.get(info_hash) {
            // What was said when it was played is no older than what was said for a list.
            Some(Refused::NotCached) | None => self.holdings.get(info_hash),
            Some(_) => Some(false),
        }
    }

    async fn ask_for(self: Arc<Self>, torrents: Vec<InfoHash>) {
        let Some(account) = self.accounts.any() else { return };
        let asking = self.service.check(account, &torrents);
        match self.owner.stopping.run_until_cancelled(asking).await {
            Some(Ok(answers)) => {
                // Whoever cannot tell now cannot tell in a minute either.
                for (torrent, answer) in torrents.iter().zip(answers) {
                    self.holdings.note(*torrent, answer == Availability::Cached);
                }
                self.owner.changes.note();
            }
            Some(Err(error)) => {
                tracing::debug!(service = self.id.label(), %error, "it does not say what it holds");
                self.accounts.failed(account, &error);
            }
            None => {}
        }
    }
}
