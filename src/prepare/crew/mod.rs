//! The sources at work for one job: who is asked, who writes, who rests, who has ended.
//!
//! The first source is asked alone. The next one joins as soon as one gives up, or when a byte that somebody
//! needs is missing and nothing arrives for the hedge time. Whoever writes, writes the same file. A source
//! that another overtakes rests while the readers are well served, and goes on when they are not.

mod answers;
mod judge;
mod member;
mod muster;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use self::member::{Member, State};
use super::chain::Chain;
use super::job::Shared;
use super::pace::Need;
use crate::source::{Duty, Kind, Known, Opened, Request, SourceError, Wanted};

/// The sources of one job.
pub(super) struct Crew {
    chain: Chain,
    request: Request,
    shared: Arc<Shared>,
    hedge: Duration,
    members: Vec<Member>,
    /// The members in the order in which they are asked next.
    order: Vec<usize>,
    known: Option<Known>,
    /// The file is known, and nobody writes it yet.
    described: bool,
    opening: FuturesUnordered<BoxFuture<'static, Answer>>,
    ending: FuturesUnordered<BoxFuture<'static, (usize, u32, SourceError)>>,
    /// When the last source was started.
    joined: Instant,
    /// When anybody made progress last.
    progressed: Instant,
    /// Whether somebody may be playing already, who must not be kept waiting a second time.
    pub(super) playing: bool,
    /// Until when a full cache is waited for.
    room_until: Option<Instant>,
}

struct Answer {
    at: usize,
    /// The turn in which it was asked.
    turn: u32,
    /// Whether the source knew the file of the others when it was asked.
    knew: bool,
    result: Result<Opened, SourceError>,
}

/// What an event means for the job.
pub(super) enum Event {
    /// Go on.
    Nothing,
    /// The file is known now.
    Found(Known, &'static str),
    /// The cache is full; let go of what nobody watches.
    Full,
    /// No source can deliver.
    Over(SourceError),
}

impl Crew {
    /// A crew for whoever has asked first; others are mustered as they come.
    pub(super) fn new(chain: Chain, request: Request, shared: Arc<Shared>) -> Self {
        let now = Instant::now();
        let mut crew = Self {
            hedge: chain.settings.hedge_after,
            chain,
            request,
            shared,
            members: Vec::new(),
            order: Vec::new(),
            known: None,
            described: false,
            opening: FuturesUnordered::new(),
            ending: FuturesUnordered::new(),
            joined: now,
            progressed: now,
            playing: false,
            room_until: None,
        };
        crew.muster(now);
        crew
    }

    /// Waits for the next thing that a source does.
    pub(super) async fn next(&mut self) -> Event {
        tokio::select! {
            Some(answer) = self.opening.next() => self.answered(answer),
            Some((at, turn, error)) = self.ending.next() => {
                if self.members[at].turn == turn { self.end(at, error) } else { Event::Nothing }
            }
            else => std::future::pending().await,
        }
    }

    /// Whether every source has ended.
    pub(super) fn is_over(&self) -> bool {
        self.members.iter().all(Member::is_out)
    }

    /// Why it is over: what says most about the torrent, else that everybody was tried.
    pub(super) fn reason(&self) -> Option<SourceError> {
        self.members.iter().find_map(|member| match &member.state {
            State::Ended(
                error @ (SourceError::Broken(_) | SourceError::NoSuchFile(_) | SourceError::Cache(_)),
            ) => Some(error.clone()),
            _ => None,
        })
    }

    /// The source that delivers most at the moment.
    pub(super) fn leader(&self) -> Option<&'static str> {
        let rates = self.members.iter().filter_map(|member| match &member.state {
            State::Writing { pace, .. } if pace.rate() > 0.0 => Some((pace.rate(), member.source.name())),
            _ => None,
        });
        rates.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
    }

    /// The name that people read for the source called `name`.
    pub(super) fn label(&self, name: &str) -> &'static str {
        let found = self.members.iter().find(|member| member.source.name() == name);
        found.map_or("", |member| member.source.label())
    }

    /// Looks at everybody's pace, starts who is due, and says who shall rest or work.
    pub(super) fn look(&mut self, need: Need) -> Event {
        let now = Instant::now();
        self.muster(now);
        self.measure(now, need);
        if let Some(at) = self.overdue(now, need) {
            let limit = self.members[at].source.budget().as_secs();
            return self
                .end(at, SourceError::NotHere(format!("connected, but nothing arrived within {limit} s")));
        }
        self.assign(now, need);
        while let Some(at) = self.due(now, need) {
            self.ask(at, now);
        }
        Event::Nothing
    }

    fn ask(&mut self, at: usize, now: Instant) {
        let known = self.known.clone();
        let wanted = Wanted { request: self.request.clone(), known };
        let (source, report) = (Arc::clone(&self.members[at].source), self.shared.report.clone());
        let member = &mut self.members[at];
        member.state = State::Opening;
        member.asked = now;
        member.found = self.known.as_ref().map_or(0, |known| known.file.verified_bytes());
        member.knew_metainfo = wanted.known.as_ref().is_some_and(|known| known.metainfo.is_some());
        let deadline = *member.deadline.get_or_insert(now + source.budget());
        if source.kind() != Kind::Cache {
            self.joined = now;
        }
        let turn = member.turn;
        self.shared.attempts.begin(at, source.name());
        tracing::debug!(info_hash = %self.request.info_hash, source = source.name(), "asking a source");
        self.opening.push(Box::pin(async move {
            let knew = wanted.known.is_some();
            let result = match tokio::time::timeout_at(deadline, source.open(&wanted, &report)).await {
                Ok(result) => result,
                Err(_) => {
                    let limit = source.budget().as_secs();
                    Err(SourceError::NotHere(format!("nothing was found within {limit} s")))
                }
            };
            Answer { at, turn, knew, result }
        }));
    }

    /// The file is complete: whoever is still looking for it may stop, and nobody's pace is looked at again.
    pub(super) fn dismiss(&mut self) {
        self.measure(Instant::now(), Need::None);
        self.opening.clear();
        for (at, member) in self.members.iter_mut().enumerate() {
            if matches!(member.state, State::Opening) {
                self.shared.attempts.end(at, 0, "not needed any more");
                member.state = State::Waiting(Instant::now());
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.file.is_complete())
    }

    fn everybody_works(&self) {
        for member in &self.members {
            if let State::Writing { writer, .. } = &member.state {
                writer.duty.send_if_modified(|now| std::mem::replace(now, Duty::Work) != Duty::Work);
            }
        }
    }
}
