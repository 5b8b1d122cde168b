//! Answers that are still true, so that a title opened again costs next to nothing.
//!
//! Whoever asks again within a second gets the same bytes, unless something has changed by then of what they were made
//! of. Beyond that the search is made again, and where it brings what it brought before, the answer stays.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use moka::sync::Cache as Moka;

use super::{Asked, Offered};
use crate::discovery::{Candidate, Findings};
use crate::domain::InfoHash;
use crate::stremio::{Hops, Rendered};

/// Bytes of all answers in memory.
const MOST_BYTES: u64 = 32 << 20;

/// About what a row takes beside its text.
const ROW: usize = 1 << 10;

/// How long a whole answer is taken for true: the age of a release changes, and services are not asked each time.
const FRESH: Duration = Duration::from_secs(60);

/// How long an answer of which more is under way is: the many requests of one opening.
const FRESH_UNFINISHED: Duration = Duration::from_secs(3);

/// How long nobody looks whether time alone has changed something: searches grow old, and failures are forgiven.
const UNDOUBTED: Duration = Duration::from_secs(1);

/// A pack whose files nobody told in time is not waited for again for so long.
const PATIENCE: Duration = Duration::from_secs(300);

/// Torrents that were looked up of late.
const MOST_LOOKED_UP: u64 = 20_000;

/// The answers.
pub(super) struct Kept {
    answers: Moka<Asker, Arc<Answer>>,
    looked_up: Moka<InfoHash, ()>,
}

/// Whose answer it is: two who are equal here get the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Asker {
    profile: Option<(String, u64)>,
    base: String,
    kind: String,
    id: String,
    hops: Hops,
}

/// How often those had changed of whom answers are made. Counted before anybody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// What searches bring, and what is known of the files in it.
    pub(super) found: u64,
    /// What else a list is made of, by which it may change although the search brings the same.
    pub(super) rest: Rest,
}

/// See [`Counts::rest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rest {
    /// What is on this server.
    pub(super) here: u64,
    /// What services hold and list.
    pub(super) held: u64,
    /// What is being watched of series.
    pub(super) watched: u64,
}

/// An answer, and what it was made of.
pub(super) struct Answer {
    pub(super) rendered: Rendered,
    pub(super) offered: Offered,
    /// The same list is handed out as long as nothing new was found.
    candidates: Arc<[Arc<Candidate>]>,
    rest: Rest,
    until: Instant,
    undoubted: Mutex<Undoubted>,
}

/// Why nobody need search again.
#[derive(Clone, Copy)]
struct Undoubted {
    found: u64,
    until: Instant,
}

impl Asker {
    pub(super) fn new(asked: &Asked<'_>) -> Self {
        Self {
            profile: asked.profile.map(|profile| (profile.id.clone(), profile.stamp)),
            base: asked.base.as_str().to_owned(),
            kind: asked.kind.to_owned(),
            id: asked.id.to_string(),
            hops: asked.hops.clone(),
        }
    }
}

impl Kept {
    pub(super) fn new() -> Self {
        let weigh = |_: &Asker, answer: &Arc<Answer>| {
            let rows = answer.offered.offers.len() + 1;
            u32::try_from(answer.rendered.json.len() + rows * ROW).unwrap_or(u32::MAX)
        };
        Self {
            answers: Moka::builder().max_capacity(MOST_BYTES).weigher(weigh).time_to_live(FRESH).build(),
            looked_up: Moka::builder().max_capacity(MOST_LOOKED_UP).time_to_live(PATIENCE).build(),
        }
    }

    /// The answer that was given or confirmed within the last second, if nothing has changed since.
    pub(super) fn at_hand(&self, asker: &Asker, counts: Counts) -> Option<Rendered> {
        let answer = self.answers.get(asker)?;
        let (now, undoubted) = (Instant::now(), *answer.undoubted());
        let is_true = answer.offered.is_complete
            && answer.rest == counts.rest
            && undoubted.found == counts.found
            && now < undoubted.until.min(answer.until);
        is_true.then(|| answer.rendered.clone())
    }

    /// The answer that was given of late, if a search has brought the same again. `is_seen` says whether a file table
    /// is known.
    pub(super) fn confirmed(
        &self,
        asker: &Asker,
        counts: Counts,
        findings: &Findings,
        is_seen: impl Fn(&Arc<Candidate>) -> bool,
    ) -> Option<Arc<Answer>> {
        let answer = self.answers.get(asker)?;
        let is_true = Arc::ptr_eq(&answer.candidates, &findings.candidates)
            && answer.rest == counts.rest
            && Instant::now() < answer.until
            && !answer.offered.unseen.iter().any(is_seen);
        is_true.then(|| {
            *answer.undoubted() = Undoubted::after(counts);
            answer
        })
    }

    /// Keeps an answer to these findings.
    pub(super) fn keep(
        &self,
        asker: Asker,
        counts: Counts,
        findings: &Findings,
        (rendered, offered): (Rendered, Offered),
    ) -> Arc<Answer> {
        let lifetime = if offered.is_complete { FRESH } else { FRESH_UNFINISHED };
        let answer = Arc::new(Answer {
            rendered,
            offered,
            candidates: Arc::clone(&findings.candidates),
            rest: counts.rest,
            until: Instant::now() + lifetime,
            undoubted: Mutex::new(Undoubted::after(counts)),
        });
        self.answers.insert(asker, Arc::clone(&answer));
        answer
    }

    /// Whether the files of this torrent were not asked for of late.
    pub(super) fn is_new(&self, info_hash: InfoHash) -> bool {
        !self.looked_up.contains_key(&info_hash)
    }

    /// Notes whose files were asked for.
    pub(super) fn note_looked_up(&self, torrents: HashSet<InfoHash>) {
        for info_hash in torrents {
            self.looked_up.insert(info_hash, ());
        }
    }
}

impl Answer {
    fn undoubted(&self) -> MutexGuard<'_, Undoubted> {
        self.undoubted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Undoubted {
    fn after(counts: Counts) -> Self {
        Self { found: counts.found, until: Instant::now() + UNDOUBTED }
    }
}
