//! A torrent's stay in the engine: added with our have-map, taken out again, its peers remembered.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use librqbit::api::TorrentIdOrHash;
use librqbit::dht::Id20;
use librqbit::storage::StorageFactoryExt;
use librqbit::{AddTorrent, AddTorrentOptions, AddTorrentResponse};
use tokio::sync::watch;
use url::Url;

use super::engine::Engine;
use super::shelf::Shelf;
use super::storage::ShelfFactory;
use super::{Inner, session};
use crate::domain::{InfoHash, Metainfo};
use crate::source::SourceError;

/// Adding a torrent that is handed a have-map takes milliseconds; after this long the engine is stuck.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Most peers that are remembered from one stay to the next.
const MOST_ACQUAINTANCES: usize = 200;

/// What the engine needs to add a torrent.
#[derive(Clone)]
pub(super) struct Recipe {
    pub(super) metainfo: Arc<Metainfo>,
    /// The .torrent reduced to its info dictionary.
    pub(super) torrent: Bytes,
    /// The trackers that the .torrent named.
    pub(super) own_trackers: Vec<Url>,
    /// Those that the request brought.
    pub(super) trackers: Vec<Url>,
    pub(super) peers: Vec<SocketAddr>,
}

/// Whether the engine holds the torrent.
#[derive(Clone)]
pub(super) enum Presence {
    /// It never did, has let go of it, or did not take it.
    Absent,
    /// It is being added.
    Coming,
    /// It does.
    There(Engine),
}

impl Presence {
    /// The engine's handle, while the torrent is there.
    pub(super) fn engine(&self) -> Option<&Engine> {
        if let Self::There(engine) = self { Some(engine) } else { None }
    }
}

/// A torrent's stay in the engine. Its methods that take `&Inner` must not overlap; the registry sees to that.
pub(super) struct Stay {
    recipe: Recipe,
    shelf: Arc<Shelf>,
    presence: watch::Sender<Presence>,
    /// Peers of earlier stays, the most generous first.
    acquaintances: Mutex<Vec<SocketAddr>>,
}

impl Stay {
    pub(super) fn new(recipe: Recipe, shelf: Arc<Shelf>) -> Self {
        Self {
            recipe,
            shelf,
            presence: watch::Sender::new(Presence::Absent),
            acquaintances: Mutex::default(),
        }
    }

    pub(super) fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The engine's handle, while the torrent is there.
    pub(super) fn engine(&self) -> Option<Engine> {
        self.presence.borrow().engine().cloned()
    }

    /// Whether the engine holds the torrent, from now on.
    pub(super) fn subscribe(&self) -> watch::Receiver<Presence> {
        self.presence.subscribe()
    }

    /// Whether the torrent has to be added, because it never was, has left or has failed.
    pub(super) fn is_over(&self) -> bool {
        self.shelf.failure().borrow().is_some()
            || self.engine().is_none_or(|engine| engine.torrent().with_state(|state| state.name() == "error"))
    }

    /// Makes the engine fetch these files and no others.
    pub(super) async fn select(&self, inner: &Inner, selection: &HashSet<usize>) -> Result<(), SourceError> {
        let engine =
            self.engine().ok_or_else(|| SourceError::Transient("the torrent is not running".to_owned()))?;
        inner.session.update_only_files(engine.torrent(), selection).await.map_err(|error| refused(&error))
    }

    /// Takes the torrent out, also after an add that was cut short, whose handle nobody has seen.
    pub(super) async fn end(&self, inner: &Inner) -> Result<(), SourceError> {
        self.leave(inner, Presence::Absent).await
    }

    async fn leave(&self, inner: &Inner, presence: Presence) -> Result<(), SourceError> {
        if let Some(engine) = self.presence.send_replace(presence).engine() {
            self.remember_peers(engine);
        }
        let id = TorrentIdOrHash::Hash(Id20::new(*self.info_hash().as_bytes()));
        match inner.session.get(id) {
            Some(_) => inner.session.delete(id, false).await.map_err(|error| refused(&error)),
            None => Ok(()),
        }
    }

    /// Adds the torrent, anew if need be, with what is verified on disk as its have-map. It is held back until
    /// the first cursor stands.
    pub(super) async fn begin(&self, inner: &Inner, selection: &HashSet<usize>) -> Result<(), SourceError> {
        let added = self.add(inner, selection).await;
        let presence = added.as_ref().map_or(Presence::Absent, |engine| Presence::There(engine.clone()));
        self.presence.send_replace(presence);
        added.map(drop)
    }

    async fn add(&self, inner: &Inner, selection: &HashSet<usize>) -> Result<Engine, SourceError> {
        self.leave(inner, Presence::Coming).await?;
        let (shelf, data_dir, info_hash) =
            (self.shelf.clone(), inner.settings.data_dir.clone(), self.info_hash());
        blocking(move || session::hand_over(&data_dir, info_hash, &shelf.hand_over()))
            .await?
            .map_err(|error| SourceError::Transient(format!("the data folder cannot be written: {error}")))?;
        let torrent = AddTorrent::from_bytes(self.recipe.torrent.clone());
        let adding = async {
            let added = inner.session.add_torrent(torrent, Some(self.options(inner, selection))).await?;
            let AddTorrentResponse::Added(_, engine) = added else {
                anyhow::bail!("the engine still holds an earlier copy of the torrent");
            };
            engine.wait_until_initialized().await?;
            Ok(Engine::held(engine))
        };
        match tokio::time::timeout(START_LIMIT, adding).await {
            Ok(added) => added.map_err(|error| refused(&error)),
            Err(_) => Err(SourceError::Transient("the torrent engine did not start in time".to_owned())),
        }
    }

    fn info_hash(&self) -> InfoHash {
        self.recipe.metainfo.info_hash
    }

    fn options(&self, inner: &Inner, selection: &HashSet<usize>) -> AddTorrentOptions {
        let mut files: Vec<usize> = selection.iter().copied().collect();
        files.sort_unstable();
        AddTorrentOptions {
            paused: true,
            only_files: Some(files),
            overwrite: true,
            // Nothing is written there. Left to the torrent's name, an odd one would be refused.
            sub_folder: Some(self.info_hash().to_string()),
            initial_peers: Some(self.peers(inner.scouts.good_peers(self.info_hash()))),
            // The JSON store picks the next number from what it has already written, so that two adds at
            // the same time get the same one, and the second is answered with the first one's torrent.
            preferred_id: Some(inner.next_id()),
            storage_factory: Some(ShelfFactory(self.shelf.clone()).boxed()),
            trackers: Some(
                inner.trackers_for(&self.recipe).iter().map(|tracker| tracker.url.to_string()).collect(),
            ),
            ..Default::default()
        }
    }

    /// Whom to dial before any tracker has answered; `good` are those of the small client.
    fn peers(&self, good: Vec<SocketAddr>) -> Vec<SocketAddr> {
        let mut peers = self.acquaintances.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for peer in good.into_iter().chain(self.recipe.peers.iter().copied()) {
            if !peers.contains(&peer) {
                peers.push(peer);
            }
        }
        peers
    }

    /// The engine forgets its peers with the torrent, and would wait for a tracker to name them again.
    fn remember_peers(&self, engine: &Engine) {
        // Without a filter it names those that are connected.
        let Some(connected) =
            engine.torrent().live().map(|live| live.per_peer_stats_snapshot(Default::default()))
        else {
            return;
        };
        let mut found: Vec<(u64, SocketAddr)> = connected
            .peers
            .iter()
            // Who came to us did so from a port on which nobody listens.
            .filter(|(_, peer)| peer.counters.connections > 0)
            .filter_map(|(address, peer)| Some((peer.counters.fetched_bytes, address.parse().ok()?)))
            .collect();
        found.sort_unstable_by_key(|(fetched, _)| std::cmp::Reverse(*fetched));
        let mut peers: Vec<SocketAddr> = found.into_iter().map(|(_, address)| address).collect();
        let mut known = self.acquaintances.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier: Vec<SocketAddr> = known.iter().filter(|peer| !peers.contains(peer)).copied().collect();
        peers.extend(earlier);
        peers.truncate(MOST_ACQUAINTANCES);
        *known = peers;
    }
}

fn refused(error: &anyhow::Error) -> SourceError {
    SourceError::Transient(format!("the torrent engine refuses: {error:#}"))
}

/// Runs disk work where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SourceError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| SourceError::Transient("the work was cut short by a fault".to_owned()))
}
