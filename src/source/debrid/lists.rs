//! Which files services hold of torrents whose file tables nobody here knows: asked for lists, and never waited for long.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache as Moka;

use super::provider::Provider;
use super::service::RemoteFile;
use crate::domain::{FileEntry, InfoHash};

/// For how long an answer is taken for true. What is held is kept for weeks; what is not may come at any moment.
const KNOWN: Duration = Duration::from_secs(5 * 60);

/// Bytes of lists in memory for one provider, about.
const MOST_MEMORY: u64 = 2 << 20;

/// Files of one torrent; longer lists are of collections, which hold no episode that is not elsewhere, too.
const MOST_FILES: usize = 2_000;

/// What the service of one provider has listed; `None` for what it does not hold or does not list.
pub(super) struct Lists(Moka<InfoHash, Option<Files>>);

/// The files of a torrent in the order of a service, which is not the torrent's.
pub(super) type Files = Arc<[FileEntry]>;

impl Default for Lists {
    fn default() -> Self {
        Self(Moka::builder().time_to_live(KNOWN).weigher(weigh).max_capacity(MOST_MEMORY).build())
    }
}

/// Asks these services for the files of these torrents, for so long at most. Answers that come later are there for the
/// next list. Returns whether everybody was in time.
pub(super) async fn look_into(providers: &[Arc<Provider>], torrents: &[InfoHash], within: Duration) -> bool {
    let questions = providers.iter().filter_map(|provider| {
        let is_new = |torrent: &InfoHash| !provider.lists.0.contains_key(torrent);
        let unknown: Vec<_> = torrents.iter().copied().filter(is_new).collect();
        let asking = provider.clone().ask_for_files(unknown);
        torrents.iter().any(is_new).then(|| provider.owner.tasks.spawn_on(asking, &provider.owner.runtime))
    });
    let questions: Vec<_> = questions.collect();
    tokio::time::timeout(within, futures::future::join_all(questions)).await.is_ok()
}

/// What was listed of these torrents by the first service that did.
pub(super) fn files(
    providers: &[Arc<Provider>],
    torrents: impl Iterator<Item = InfoHash>,
) -> HashMap<InfoHash, Files> {
    let of = |torrent| providers.iter().find_map(|provider| provider.lists.0.get(&torrent).flatten());
    torrents.filter_map(|torrent| Some((torrent, of(torrent)?))).collect()
}

impl Provider {
    async fn ask_for_files(self: Arc<Self>, torrents: Vec<InfoHash>) {
        let Some(account) = self.accounts.any() else { return };
        let asking = self.service.list(account, &torrents);
        match self.owner.stopping.run_until_cancelled(asking).await {
            Some(Ok(answers)) => {
                for (torrent, answer) in torrents.into_iter().zip(answers) {
                    if answer.is_some() {
                        self.holdings.note(torrent, true);
                    }
                    self.lists.0.insert(torrent, answer.and_then(|files| entries(&files)));
                }
                self.owner.changes.note();
            }
            Some(Err(error)) => {
                tracing::debug!(service = self.id.label(), %error, "it does not list what it holds");
                self.accounts.failed(account, &error);
            }
            None => {}
        }
    }
}

/// The files as entries of a table; none if it is not said how large they are, as lists of streams tell it.
fn entries(files: &[RemoteFile]) -> Option<Files> {
    let entry = |file: &RemoteFile| {
        Some(FileEntry { path: file.path.clone(), length: file.size?, offset: 0, padding: false })
    };
    if files.is_empty() || files.len() > MOST_FILES {
        return None;
    }
    files.iter().map(entry).collect()
}

/// About how many bytes a list takes.
fn weigh(_: &InfoHash, files: &Option<Files>) -> u32 {
    let files: usize = files.iter().flat_map(|files| files.iter()).map(|file| file.path.len() + 64).sum();
    u32::try_from(files + 64).unwrap_or(u32::MAX)
}
