//! One flow at a time for each file: whoever asks for the same joins, and a flow belongs to nobody's request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use tokio::sync::watch;

use super::flow::{Found, Step};
use super::matching::Target;
use super::miss::Miss;
use crate::domain::InfoHash;

/// A file of a torrent.
pub(super) type FileKey = (InfoHash, Target);

/// The flows under way at one service.
#[derive(Default)]
pub(super) struct Flights {
    under_way: Mutex<HashMap<FileKey, Flight>>,
}

/// A flow under way.
#[derive(Clone)]
pub(super) struct Flight {
    /// How it ends.
    pub(super) end: Shared<BoxFuture<'static, Result<Found, Miss>>>,
    /// How far it is; a receiver of this tells the flow that somebody waits.
    pub(super) steps: Arc<watch::Sender<Step>>,
    /// Whether the service may fetch the torrent.
    pub(super) fetches: bool,
}

/// Ends a flight however its task ends.
pub(super) struct Landing<'a> {
    flights: &'a Flights,
    key: FileKey,
}

impl Flights {
    /// The flow for this file: the one under way, or else a new one. `start` spawns the task of a new one; it
    /// is given what to report its steps to, and must hold a [`Landing`].
    pub(super) fn join(
        &self,
        key: &FileKey,
        fetches: bool,
        start: impl FnOnce(Arc<watch::Sender<Step>>) -> tokio::task::JoinHandle<Result<Found, Miss>>,
    ) -> (Flight, watch::Receiver<Step>) {
        let mut under_way = self.under_way();
        if let Some(flight) = under_way.get(key) {
            return (flight.clone(), flight.steps.subscribe());
        }
        let (steps, receiver) = watch::channel(Step::default());
        let steps = Arc::new(steps);
        // A task that panicked or was cut off has found nothing.
        let end = start(steps.clone()).map(|done| done.unwrap_or(Err(Miss::Stopping))).boxed().shared();
        let flight = Flight { end, steps, fetches };
        under_way.insert(key.clone(), flight.clone());
        (flight, receiver)
    }

    /// To be held by the task of a flow.
    pub(super) fn landing(&self, key: FileKey) -> Landing<'_> {
        Landing { flights: self, key }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<FileKey, Flight>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.flights.under_way().remove(&self.key);
    }
}
