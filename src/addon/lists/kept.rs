//! Answers that are still true, so that a title opened again costs next to nothing.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::sync::Cache as Moka;

use super::{Asked, Offered};
use crate::discovery::{Candidate, Findings};
use crate::domain::InfoHash;
use crate::stremio::{Body, Response};

/// Rows of all answers in memory; one takes about a kilobyte.
const MOST_ROWS: u64 = 20_000;

/// How long a whole answer is taken for true: what is cached changes, and so does the age of a release.
const FRESH: Duration = Duration::from_secs(60);

/// How long an answer of which more is under way is: the many requests of one opening.
const FRESH_UNFINISHED: Duration = Duration::from_secs(3);

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
    /// The torrent that the series is being watched from.
    watched: Option<InfoHash>,
}

struct Answer {
    /// What it was made of. The same list is handed out as long as nothing new was found.
    candidates: Arc<[Arc<Candidate>]>,
    /// What it was not made of: torrents whose file tables nobody knew.
    unseen: Vec<Arc<Candidate>>,
    response: Arc<Response>,
    until: Instant,
}

impl Asker {
    pub(super) fn new(asked: &Asked<'_>, watched: Option<InfoHash>) -> Self {
        Self {
            profile: asked.profile.map(|profile| (profile.id.clone(), profile.stamp)),
            base: asked.base.as_str().to_owned(),
            kind: asked.kind.to_owned(),
            id: asked.id.to_string(),
            watched,
        }
    }
}

impl Kept {
    pub(super) fn new() -> Self {
        let rows = |_: &Asker, answer: &Arc<Answer>| match &answer.response.body {
            Body::Streams(streams) => 1 + u32::try_from(streams.len()).unwrap_or(u32::MAX - 1),
            _ => 1,
        };
        Self {
            answers: Moka::builder().max_capacity(MOST_ROWS).weigher(rows).time_to_live(FRESH).build(),
            looked_up: Moka::builder().max_capacity(MOST_LOOKED_UP).time_to_live(PATIENCE).build(),
        }
    }

    /// The answer that was given of late, if nothing has been found since. `is_seen` says whether a file table is known.
    pub(super) fn answer(
        &self,
        asker: &Asker,
        findings: &Findings,
        is_seen: impl Fn(&Arc<Candidate>) -> bool,
    ) -> Option<Arc<Response>> {
        let answer = self.answers.get(asker)?;
        let is_true = Arc::ptr_eq(&answer.candidates, &findings.candidates)
            && Instant::now() < answer.until
            && !answer.unseen.iter().any(is_seen);
        is_true.then(|| Arc::clone(&answer.response))
    }

    /// Keeps an answer to these findings.
    pub(super) fn keep(&self, asker: Asker, findings: &Findings, response: &Arc<Response>, offered: Offered) {
        let lifetime = if offered.is_complete { FRESH } else { FRESH_UNFINISHED };
        let answer = Answer {
            candidates: Arc::clone(&findings.candidates),
            unseen: offered.unseen,
            response: Arc::clone(response),
            until: Instant::now() + lifetime,
        };
        self.answers.insert(asker, Arc::new(answer));
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
