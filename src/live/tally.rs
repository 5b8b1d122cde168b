//! What was asked of each engine, and what came of it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::config::EngineAddress;

/// Engines that are remembered after they were removed. Operators have dozens.
const MOST_ENGINES: usize = 1_000;

/// Counts of one engine since the server started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EngineTally {
    /// Channels it was asked for.
    pub starts: u64,
    /// Times it failed one, at the start or later.
    pub failures: u64,
    /// What it last took from the question to the first bytes.
    pub first_byte: Option<Duration>,
}

/// Counts of all engines.
#[derive(Debug, Default)]
pub(super) struct Tallies(Mutex<HashMap<EngineAddress, EngineTally>>);

impl Tallies {
    /// Changes the counts of an engine.
    pub(super) fn of(&self, engine: &EngineAddress, change: impl FnOnce(&mut EngineTally)) {
        let mut tallies = self.lock();
        if tallies.len() >= MOST_ENGINES && !tallies.contains_key(engine) {
            tallies.clear();
        }
        change(tallies.entry(engine.clone()).or_default());
    }

    /// The counts of an engine.
    pub(super) fn get(&self, engine: &EngineAddress) -> EngineTally {
        self.lock().get(engine).copied().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<EngineAddress, EngineTally>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
