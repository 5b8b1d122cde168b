//! The small clients at work, by torrent. One begins with the search for a torrent's metadata and stays, with its
//! connections, for whoever wants the torrent's bytes next.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::StreamExt;
use librqbit::Session;
use librqbit::dht::Id20;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::PeerCounts;
use super::announce::{Announce, Tracker, announce};
use super::session::{CLIENT, new_peer_id};
use super::sprint::{Identity, Origin, Reach, Sprint};
use crate::domain::InfoHash;
use crate::net::Clients;

/// Torrents whose good peers are remembered after the small client has ended.
const MOST_REMEMBERED: usize = 256;

/// Small clients that nobody has an errand for just now but that keep their connections. A list of streams warms a few,
/// and each has up to fifty.
const MOST_IDLE: usize = 8;

/// The small clients at work.
pub(super) struct Scouts {
    /// The earliest first.
    running: Mutex<Vec<(InfoHash, Sprint)>>,
    session: Arc<Session>,
    /// What the session calls itself.
    engine_id: [u8; 20],
    clients: Clients,
    peer_limit: usize,
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
        let running = Mutex::default();
        Self { running, session, engine_id, clients, peer_limit, tasks, stopping, runtime }
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
        idle().take(idle().count().saturating_sub(MOST_IDLE)).for_each(|(_, sprint)| sprint.dismiss());
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

    fn find(&self, info_hash: InfoHash) -> Option<Sprint> {
        let running = self.running();
        running.iter().find(|(known, _)| *known == info_hash).map(|(_, sprint)| sprint.clone())
    }

    fn running(&self) -> MutexGuard<'_, Vec<(InfoHash, Sprint)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, call: &Call, earlier: Option<&Sprint>) -> Sprint {
        let info_hash = *call.info_hash.as_bytes();
        let peer_id = new_peer_id();
        let port = self.session.announce_port().unwrap_or_default();
        let identity = Identity { info_hash, peer_id, client: CLIENT.to_owned() };
        let (connections, guard) = (self.peer_limit, self.clients.guard());
        let reach = Reach { connections, guard, port, peer_id: self.engine_id };
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
            let found = |tracker: &Tracker, peers| {
                let origin = if tracker.is_own { Origin::Operator } else { Origin::Stranger };
                sprint.add_peers(origin, peers);
            };
            stopping.run_until_cancelled(announce(what, trackers, &clients, found)).await
        };
        self.tasks.spawn_on(asking, &self.runtime);
    }

    fn ask_dht(&self, info_hash: [u8; 20], sprint: Sprint) {
        let Some(dht) = self.session.get_dht() else { return };
        let mut peers = dht.get_peers(Id20::new(info_hash), None);
        let stopping = self.stopping.clone();
        let asking = async move {
            while let Some(peer) = peers.next().await {
                if sprint.is_over() {
                    return;
                }
                sprint.add_peers(Origin::Stranger, vec![peer]);
            }
        };
        self.tasks.spawn_on(async move { stopping.run_until_cancelled(asking).await }, &self.runtime);
    }
}
