//! The client with sockets under it: one task per torrent, which ends by itself when nobody has wanted anything for a
//! while. What it is to do lies on a desk that others write on without waiting.

mod book;
mod cloak;
mod connection;
mod lines;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::super::PeerCounts;
use super::Geometry;
use super::peer::Identity;
use super::plan::{FullPiece, Target};
use crate::net::Guard;
use book::Manner;
pub(in crate::source) use book::Origin;

/// How far a client goes.
#[derive(Debug, Clone)]
pub(in crate::source) struct Reach {
    /// Most connections.
    pub(in crate::source) connections: usize,
    /// Most connections of all clients together: a permit for each.
    pub(in crate::source) places: Arc<Semaphore>,
    /// Where those may lie that others have named.
    pub(in crate::source) guard: Guard,
    /// Where this server listens itself.
    pub(in crate::source) port: u16,
    /// What it calls itself to those who dial it there.
    pub(in crate::source) peer_id: [u8; 20],
}

/// Takes a piece that is complete: whether it matches its hash, or `None` if the sink does not keep it. Called where it
/// may block.
pub(in crate::source) type Sink = Arc<dyn Fn(&FullPiece) -> Option<bool> + Send + Sync>;

/// A small client at work on one torrent. Cheap to clone; it ends by itself.
#[derive(Clone)]
pub(in crate::source) struct Sprint {
    desk: Arc<Desk>,
}

/// What is wanted of one file. Dropping it takes the wish back.
pub(in crate::source) struct Errand {
    desk: Arc<Desk>,
    number: u64,
}

struct Desk {
    papers: Mutex<Papers>,
    changed: Notify,
    metadata: watch::Sender<Option<Bytes>>,
    /// Bytes of blocks that were of use.
    useful: AtomicU64,
    /// Bytes per second that readers are taken to want.
    reading: AtomicU64,
    counts: Mutex<PeerCounts>,
    /// Those who have sent blocks, the most generous first, and how they are dialled.
    good: Mutex<Vec<(SocketAddr, Manner)>>,
    /// Whether it is to end.
    dismissed: AtomicBool,
    /// Whether the torrent's first blocks are wanted before its metadata is known.
    hurried: AtomicBool,
    ended: CancellationToken,
}

#[derive(Default)]
struct Papers {
    next: u64,
    geometry: Option<Geometry>,
    errands: BTreeMap<u64, (Vec<Target>, Sink)>,
    /// Pieces that an errand has come to want.
    renewed: BTreeSet<u32>,
    peers: Vec<(Origin, Vec<SocketAddr>)>,
    /// How some of them were dialled when they were of use.
    recalled: Vec<(SocketAddr, Manner)>,
}

impl Sprint {
    /// A client, and the task that has to be run for it.
    pub(in crate::source) fn new(
        identity: Identity,
        reach: Reach,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let desk = Arc::new(Desk {
            papers: Mutex::default(),
            changed: Notify::new(),
            metadata: watch::Sender::new(None),
            useful: AtomicU64::new(0),
            reading: AtomicU64::new(0),
            counts: Mutex::default(),
            good: Mutex::default(),
            dismissed: AtomicBool::new(false),
            hurried: AtomicBool::new(false),
            ended: CancellationToken::new(),
        });
        let ending = Ending(desk.clone());
        let running = run::Runner::new(identity, reach, desk.clone());
        let task = async move {
            let _ending = ending;
            running.run().await;
        };
        (Self { desk }, task)
    }

    /// Peers that may have the torrent, and who has named them.
    pub(in crate::source) fn add_peers(&self, origin: Origin, peers: Vec<SocketAddr>) {
        self.desk.write(|papers| papers.peers.push((origin, peers)));
    }

    /// Those who were of use to a client that was at work on this torrent before; they may lie anywhere.
    pub(in crate::source) fn succeed(&self, earlier: &Self) {
        let known = earlier.desk.good();
        self.desk.write(|papers| {
            papers.peers.push((Origin::Operator, known.iter().map(|(peer, _)| *peer).collect()));
            papers.recalled.extend(known);
        });
    }

    /// Whether nobody has an errand for it or waits for the metadata.
    pub(in crate::source) fn is_idle(&self) -> bool {
        self.desk.metadata.receiver_count() == 0 && self.desk.papers().errands.is_empty()
    }

    /// Somebody is about to play the torrent from its start, so that its first blocks may come before its metadata.
    pub(in crate::source) fn hurry(&self) {
        self.desk.hurried.store(true, Ordering::Release);
        self.desk.changed.notify_one();
    }

    /// Ends it soon.
    pub(in crate::source) fn dismiss(&self) {
        self.desk.dismissed.store(true, Ordering::Release);
        self.desk.changed.notify_one();
    }

    /// Whether its task is over, so that nothing more is to be had.
    pub(in crate::source) fn is_over(&self) -> bool {
        self.desk.ended.is_cancelled()
    }

    /// The torrent's geometry is known, so that its metadata need not be asked for.
    pub(in crate::source) fn learn(&self, geometry: Geometry) {
        self.desk.write(|papers| papers.geometry = Some(geometry));
    }

    /// Cancelled once its task is over.
    pub(in crate::source) fn ended(&self) -> CancellationToken {
        self.desk.ended.clone()
    }

    /// The info dictionary, once somebody has sent it and it matches the info-hash; `None` if the task ended before.
    pub(in crate::source) async fn metadata(&self) -> Option<Bytes> {
        let mut metadata = self.desk.metadata.subscribe();
        loop {
            let known = metadata.borrow_and_update().clone();
            if known.is_some() || self.is_over() {
                return known;
            }
            metadata.changed().await.ok()?;
        }
    }

    /// A wish for pieces of a torrent with this geometry, which go to `sink`.
    pub(in crate::source) fn errand(&self, geometry: Geometry, sink: Sink) -> Errand {
        let number = self.desk.write(|papers| {
            papers.geometry = Some(geometry);
            papers.next += 1;
            papers.errands.insert(papers.next, (Vec::new(), sink));
            papers.next
        });
        Errand { desk: self.desk.clone(), number }
    }

    /// Bytes that have come and were of use.
    pub(in crate::source) fn useful(&self) -> u64 {
        self.desk.useful.load(Ordering::Relaxed)
    }

    /// Those who have sent blocks, the most generous first.
    pub(in crate::source) fn good_peers(&self) -> Vec<SocketAddr> {
        self.desk.good().into_iter().map(|(peer, _)| peer).collect()
    }

    /// Bytes per second by which the urgency of two places is compared; `None` as long as nothing is known.
    pub(in crate::source) fn reading(&self) -> Option<NonZeroU64> {
        NonZeroU64::new(self.desk.reading.load(Ordering::Relaxed))
    }

    /// Its peers, as of late.
    pub(in crate::source) fn counts(&self) -> PeerCounts {
        *self.desk.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Errand {
    /// What is wanted from now on instead of what was, and is missing.
    pub(in crate::source) fn aim(&self, targets: Vec<Target>) {
        self.desk.write(|papers| {
            if let Some((known, _)) = papers.errands.get_mut(&self.number) {
                // What was wanted before may have come since, without the wish's knowing. What was not is missing,
                // even if it was here once.
                papers.renewed.extend(pieces(&targets).difference(&pieces(known)));
                *known = targets;
            }
        });
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        self.desk.write(|papers| papers.errands.remove(&self.number));
    }
}

impl Desk {
    fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn good(&self) -> Vec<(SocketAddr, Manner)> {
        self.good.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write<T>(&self, write: impl FnOnce(&mut Papers) -> T) -> T {
        let result = write(&mut self.papers());
        self.changed.notify_one();
        result
    }
}

fn pieces(targets: &[Target]) -> BTreeSet<u32> {
    targets.iter().flat_map(|target| target.pieces.clone()).collect()
}

/// Tells everybody that the task is over, however it ended.
struct Ending(Arc<Desk>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.ended.cancel();
        // Who waits for it is told; otherwise nobody will ask for it here again.
        let is_awaited = self.0.metadata.receiver_count() > 0;
        self.0.metadata.send_modify(|metadata| *metadata = metadata.take().filter(|_| is_awaited));
    }
}

#[cfg(test)]
mod tests;
