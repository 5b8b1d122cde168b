//! What a search brought.

use std::sync::Arc;

use super::{Candidate, IndexerError, Query};

/// The answer to one search, whole or as far as it came within the deadline.
#[derive(Debug, Clone)]
pub struct Findings {
    /// What was asked for.
    pub query: Query,
    /// Every release once, in no order. The same list is handed out until an indexer says something new, so that
    /// whatever is made of it can be kept by its address.
    pub candidates: Arc<[Arc<Candidate>]>,
    /// What became of each indexer, in the order of the scope.
    pub notes: Vec<Note>,
    /// Whether every indexer has answered, now or lately, or is left alone because it failed: one that is gone for good
    /// must not make every list unfinished for ever. If not, asking again soon may bring more.
    pub complete: bool,
}

/// What became of one indexer in one search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its name.
    pub indexer: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What an indexer contributed to a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has answered, now or a short time ago, with so many releases.
    Answered(usize),
    /// What it said up to a day ago is shown, so many releases; it is asked again in the background.
    Earlier(usize),
    /// It has not finished; so many releases came in time.
    Late(usize),
    /// It failed; so many releases came before that, or are known from earlier.
    Failed(IndexerError, usize),
    /// It is not asked for a while because it failed with this; so many releases are known from earlier.
    Resting(IndexerError, usize),
}
