//! The small clients at work, by torrent. One begins with the search for a torrent's metadata and stays, with its
//! connections, for whoever wants the torrent's bytes next.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use librqbit::Session;
use librqbit::dht::Id20;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::PeerCounts;
use super::announce::{Announce, Tracker, announce};
use super::session::{CLIENT, SMALL_CLIENT, new_peer_id};
use super::sprint::{Identity, Origin, Reach, Sprint};
use crate::domain::InfoHash;
use crate::net::Clients;

/// Torrents whose good peers are remembered after the small client has ended.
const MOST_REMEMBERED: usize = 256;

/// Small clients that nobody has an errand for just now but that keep their connections. A list of streams warms a few,
/// and each has up to fifty.
const MOST_IDLE: usize = 8;

/// Connections of all small clients together. A process may often have a thousand files and sockets open, and viewers
/// and the engine need theirs.
const MOST_CONNECTIONS: usize = 300;

/// With fewer places than this left, those that nobody has an errand for make room: as many as one client takes.
const ROOM: usize = 50;

/// Trackers are asked again after this time, as most of them want it.
const LATER: Duration = Duration::from_secs(15 * 60);

/// If none has named anybody they are asked again after twice this time, and after twice as long each time.
const SOON: Duration = Duration::from_secs(8);

/// The small clients at work.
pub(super) struct Scouts {
    /// The earliest first.
    running: Mutex<Vec<(InfoHash, Sprint)>>,
    session: Arc<Session>,
    /// What the session calls itself.
    engine_id: [u8; 20],
    clients: Clients,
    peer_limit: usize,
    /// For the connections of all together.
    places: Arc<Semaphore>,
    tasks: TaskTracker,
    stopping: CancellationToken,
    runtime: tokio::runtime::Handle,
}

/// What has to be known to send one out.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) info_hash: InfoHash,
    pub(super) trackers: Vec<Tracker>,
    pub(super) peers: Vec<SocketAddr>,
}

impl Scouts {
    pub(super) fn new(
        session: Arc<Session>,
        engine_id: [u8; 20],
        clients: Clients,
        peer_limit: usize,
        tasks: TaskTracker,
        stopping: CancellationToken,
    ) -> Self {
        let runtime = tokio::runtime::Handle::current();
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let running = Mutex::default();
        Self { running, session, engine_id, clients, peer_limit, places, tasks, stopping, runtime }
    }

    /// The small client of a torrent: the one at work, or a new one.
    pub(super) fn send(&self, call: &Call) -> Sprint {
        let mut running = self.running();
        let earlier = running.iter().position(|(info_hash, _)| *info_hash == call.info_hash);
        let earlier = earlier.map(|index| running.remove(index).1);
        let sprint = match earlier {
            Some(sprint) if !sprint.is_over() => sprint,
            earlier => self.begin(call, earlier.as_ref()),
        };
        let idle = || running.iter().filter(|(_, sprint)| !sprint.is_over() && sprint.is_idle());
        let most_idle = if self.places.available_permits() < ROOM { 0 } else { MOST_IDLE };
        idle().take(idle().count().saturating_sub(most_idle)).for_each(|(_, sprint)| sprint.dismiss());
        if running.len() >= MOST_REMEMBERED {
            running.retain(|(_, sprint)| !sprint.is_over());
        }
        running.push((call.info_hash, sprint.clone()));
        sprint
    }

    /// Those who have sent the small client of a torrent something, the most generous first.
    pub(super) fn good_peers(&self, info_hash: InfoHash) -> Vec<SocketAddr> {
        self.find(info_hash).map(|sprint| sprint.good_peers()).unwrap_or_default()
    }

    /// Whom the small client of a torrent knows and what they bring, if it is at work.
    pub(super) fn counts(&self, info_hash: InfoHash) -> Option<PeerCounts> {
        self.find(info_hash).filter(|sprint| !sprint.is_over()).map(|sprint| sprint.counts())
    }

    /// Somebody is about to play a torrent whose metadata is being looked for.
    pub(super) fn hurry(&self, info_hash: InfoHash) {
        if let Some(sprint) = self.find(info_hash) {
            sprint.hurry();
        }
    }

    /// Ends the small client of a torrent.
    pub(super) fn dismiss(&self, info_hash: InfoHash) {
        if let Some(sprint) = self.find(info_hash) {
            sprint.dismiss();
        }
    }

    fn find(&self, info_hash: InfoHash) -> Option<Sprint> {
        let running = self.running();
        running.iter().find(|(known, _)| *known == info_hash).map(|(_, sprint)| sprint.clone())
    }

    fn running(&self) -> MutexGuard<'_, Vec<(InfoHash, Sprint)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, call: &Call, earlier: Option<&Sprint>) -> Sprint {
        let info_hash = *call.info_hash.as_bytes();
        let peer_id = new_peer_id(SMALL_CLIENT);
        let port = self.session.announce_port().unwrap_or_default();
        let identity = Identity { info_hash, peer_id, client: CLIENT.to_owned() };
        let reach = Reach {
            connections: self.peer_limit,
            places: self.places.clone(),
            guard: self.clients.guard(),
            port,
            peer_id: self.engine_id,
        };
        let (sprint, task) = Sprint::new(identity, reach);
        // Who was of use before is dialled first.
        earlier.into_iter().for_each(|earlier| sprint.succeed(earlier));
        sprint.add_peers(Origin::Stranger, call.peers.clone());
        let stopping = self.stopping.clone();
        self.tasks.spawn_on(async move { stopping.run_until_cancelled(task).await }, &self.runtime);
        self.ask_trackers(Announce { info_hash, peer_id, port }, call.trackers.clone(), sprint.clone());
        self.ask_dht(info_hash, sprint.clone());
        sprint
    }

    fn ask_trackers(&self, what: Announce, trackers: Vec<Tracker>, sprint: Sprint) {
        let (clients, stopping) = (self.clients.clone(), self.stopping.clone());
        let asking = async move {
            let (ended, mut pause) = (sprint.ended(), SOON);
            let announcing = async {
                loop {
                    let has_found = AtomicBool::new(false);
                    let found = |tracker: &Tracker, peers| {
                        has_found.store(true, Ordering::Relaxed);
                        let origin = if tracker.is_own { Origin::Operator } else { Origin::Stranger };
                        sprint.add_peers(origin, peers);
                    };
                    announce(what, trackers.clone(), &clients, found).await;
                    pause = if has_found.into_inner() { LATER } else { LATER.min(2 * pause) };
                    tokio::time::sleep(pause).await;
                }
            };
            ended.run_until_cancelled(announcing).await
        };
        self.tasks.spawn_on(async move { stopping.run_until_cancelled(asking).await }, &self.runtime);
    }

    fn ask_dht(&self, info_hash: [u8; 20], sprint: Sprint) {
        let Some(dht) = self.session.get_dht() else { return };
        let mut peers = dht.get_peers(Id20::new(info_hash), None);
        let stopping = self.stopping.clone();
        let asking = async move {
            let ended = sprint.ended();
            // The search goes on for as long as its answers are listened to.
            let listening = async {
                while let Some(peer) = peers.next().await {
                    sprint.add_peers(Origin::Stranger, vec![peer]);
                }
            };
            ended.run_until_cancelled(listening).await
        };
        self.tasks.spawn_on(async move { stopping.run_until_cancelled(asking).await }, &self.runtime);
    }
}
