//! The sources at work for one job: who is asked, who writes, who rests, who has ended.
//!
//! The first source is asked alone. The next one joins as soon as one gives up, or when a byte that somebody
//! needs is missing and nothing arrives for the hedge time. Whoever writes, writes the same file. A source
//! that another overtakes rests while the readers are well served, and goes on when they are not.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use super::attempt::Attempts;
use super::chain::{Chain, Policy};
use super::pace::{Need, Pace};
use crate::cache::CacheError;
use crate::source::{Duty, Kind, Known, Opened, Report, Request, Source, SourceError, Wanted, Writer, graft};

/// Longest pause between two tries of one source.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A service is asked to fetch what nobody holds only after the others had this long.
const BEFORE_FETCHING: Duration = Duration::from_secs(15);

/// How often the hedge time a reader may wait while bytes arrive, but not his.
const PATIENCE: u32 = 4;

/// How the attempt of a source ends that has nothing left to do.
const COMPLETE: &str = "the file is complete";

/// How many times faster the fastest source must be before another rests.
const OVERTAKEN: f64 = 2.0;

/// How long a full cache may take to let go of what nobody watches. Sources leave within a second or two, and
/// have-maps are saved every two.
const MAKING_ROOM: Duration = Duration::from_secs(6);

/// The sources of one job.
pub(super) struct Crew {
    request: Request,
    report: Report,
    attempts: Arc<Attempts>,
    policy: Policy,
    hedge: Duration,
    members: Vec<Member>,
    /// The members in the order in which they are asked next.
    order: Vec<usize>,
    known: Option<Known>,
    opening: FuturesUnordered<BoxFuture<'static, Answer>>,
    ending: FuturesUnordered<BoxFuture<'static, (usize, u32, SourceError)>>,
    began: Instant,
    /// When the last source was started.
    joined: Instant,
    /// Until when a full cache is waited for.
    room_until: Option<Instant>,
}

struct Answer {
    at: usize,
    /// Whether the source knew the file of the others when it was asked.
    knew: bool,
    result: Result<Opened, SourceError>,
}

struct Member {
    source: Arc<dyn Source>,
    state: State,
    /// Counts the writers it has had, so that the end of an earlier one is not taken for that of the latest.
    turn: u32,
    retries: u32,
    pause: Duration,
    /// When it must have opened the content, its retries included.
    deadline: Option<Instant>,
    /// Whether the file table was known when it was asked last.
    knew_metainfo: bool,
}

enum State {
    /// Not asked yet, or not before this time.
    Waiting(Instant),
    Opening,
    Writing {
        writer: Writer,
        pace: Pace,
        before: u64,
    },
    Ended(SourceError),
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
    pub(super) fn new(chain: &Chain, request: Request, report: Report, attempts: Arc<Attempts>) -> Self {
        let now = Instant::now();
        let member = |source: &Arc<dyn Source>| Member {
            source: Arc::clone(source),
            state: State::Waiting(now),
            turn: 0,
            retries: chain.settings.retries,
            pause: Duration::from_secs(1),
            deadline: None,
            knew_metainfo: false,
        };
        Self {
            request,
            report,
            attempts,
            policy: chain.policy,
            hedge: chain.settings.hedge_after,
            members: chain.sources().iter().map(member).collect(),
            order: (0..chain.sources().len()).collect(),
            known: None,
            opening: FuturesUnordered::new(),
            ending: FuturesUnordered::new(),
            began: now,
            joined: now,
            room_until: None,
        }
    }

    /// Waits for the next thing that a source does.
    pub(super) async fn next(&mut self) -> Event {
        tokio::select! {
            Some(answer) = self.opening.next() => self.answered(answer),
            Some((at, turn, error)) = self.ending.next() => {
                if self.members[at].turn == turn {
                    self.end(at, error)
                } else {
                    Event::Nothing
                }
            }
            else => std::future::pending().await,
        }
    }

    /// Whether every source has ended.
    pub(super) fn is_over(&self) -> bool {
        self.members.iter().all(|member| matches!(member.state, State::Ended(_)))
    }

    /// Why it is over: what says most about the torrent, else that everybody was tried.
    pub(super) fn reason(&self) -> Option<SourceError> {
        self.members.iter().find_map(|member| match &member.state {
            State::Ended(error @ SourceError::Broken(_)) => Some(error.clone()),
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
        self.measure(now, need);
        if let Some(at) = self.overdue(now, need) {
            let limit = self.members[at].source.budget().as_secs();
            return self
                .end(at, SourceError::NotHere(format!("connected, but nothing arrived within {limit} s")));
        }
        self.assign(need);
        while let Some(at) = self.due(now, need) {
            self.ask(at, now);
        }
        Event::Nothing
    }

    fn measure(&mut self, now: Instant, need: Need) {
        for member in &mut self.members {
            if let State::Writing { writer, pace, before } = &mut member.state {
                pace.note(now, writer.received.load(Ordering::Relaxed).saturating_sub(*before));
                let resting = *writer.duty.borrow() == Duty::Rest;
                if need == Need::None || resting {
                    pace.excuse(now);
                }
                let how = if resting { "resting" } else { "delivering" };
                self.attempts.update(member.source.name(), pace.received(), how);
            }
        }
    }

    /// A source that works, is needed, and has delivered nothing for as long as it may.
    fn overdue(&self, now: Instant, need: Need) -> Option<usize> {
        let is_overdue = |member: &Member| match &member.state {
            State::Writing { pace, .. } => now - pace.progressed() >= member.source.budget(),
            _ => false,
        };
        // Somebody else may be serving the readers.
        let starving = matches!(need, Need::Waiting(time) if time >= self.hedge);
        starving.then(|| self.members.iter().position(is_overdue)).flatten()
    }

    /// Lets the slower sources rest while the readers are well served, and nobody while they are not.
    fn assign(&self, need: Need) {
        let writing = self.members.iter().filter_map(|member| match &member.state {
            State::Writing { writer, pace, .. } => Some((writer, pace)),
            _ => None,
        });
        let fastest = writing.clone().map(|(_, pace)| pace.rate()).fold(0.0, f64::max);
        for (writer, pace) in writing {
            let duty = match need {
                Need::Waiting(time) if time >= self.hedge / 4 => Duty::Work,
                Need::None if pace.rate() * OVERTAKEN < fastest => Duty::Rest,
                _ => continue,
            };
            writer.duty.send_if_modified(|now| std::mem::replace(now, duty) != duty);
        }
    }

    /// The source that is to be started now.
    fn due(&self, now: Instant, need: Need) -> Option<usize> {
        if self.is_complete() {
            return None;
        }
        let waits = |member: &Member| matches!(member.state, State::Waiting(until) if until <= now);
        let at = self.order.iter().copied().find(|at| waits(&self.members[*at]))?;
        let busy =
            self.members.iter().any(|member| matches!(member.state, State::Opening | State::Writing { .. }));
        // What lies on disk is looked at before anybody is bothered.
        let looking = self
            .members
            .iter()
            .any(|member| member.source.kind() == Kind::Cache && matches!(member.state, State::Opening));
        if looking {
            return None;
        }
        if !busy {
            // Others may be pausing before another try; only the last resort waits for them.
            return (!self.is_last_resort(at) || self.may_fetch(now)).then_some(at);
        }
        if self.is_last_resort(at) && !self.may_fetch(now) {
            return None;
        }
        let racing = self.policy == Policy::Race && !self.is_last_resort(at);
        (racing && need != Need::None || self.is_stuck(now, need)).then_some(at)
    }

    /// Whether every byte is there, so that nobody has to be asked for anything any more.
    fn is_complete(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.file.is_complete())
    }

    fn is_last_resort(&self, at: usize) -> bool {
        self.members[at].source.kind() == Kind::Fetching
    }

    fn may_fetch(&self, now: Instant) -> bool {
        let others_ended = self
            .members
            .iter()
            .all(|member| member.source.kind() == Kind::Fetching || matches!(member.state, State::Ended(_)));
        others_ended || now - self.began >= BEFORE_FETCHING
    }

    /// Whether bytes are needed and those who are at it make no progress.
    fn is_stuck(&self, now: Instant, need: Need) -> bool {
        if need == Need::None || now - self.joined < self.hedge {
            return false;
        }
        let progressed = self.members.iter().filter_map(|member| match &member.state {
            State::Writing { pace, .. } => Some(pace.progressed()),
            _ => None,
        });
        let still = now - progressed.max().unwrap_or(self.joined).max(self.joined) >= self.hedge;
        still || matches!(need, Need::Waiting(time) if time >= self.hedge * PATIENCE)
    }

    fn ask(&mut self, at: usize, now: Instant) {
        let known = self.known.clone();
        let wanted = Wanted { request: self.request.clone(), known };
        let (source, report) = (Arc::clone(&self.members[at].source), self.report.clone());
        let member = &mut self.members[at];
        member.state = State::Opening;
        member.knew_metainfo = wanted.known.as_ref().is_some_and(|known| known.metainfo.is_some());
        let deadline = *member.deadline.get_or_insert(now + source.budget());
        if source.kind() != Kind::Cache {
            self.joined = now;
        }
        self.attempts.begin(source.name());
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
            Answer { at, knew, result }
        }));
    }

    fn answered(&mut self, answer: Answer) -> Event {
        let Answer { at, knew, result } = answer;
        match result {
            Ok(opened) => self.opened(at, knew, opened),
            Err(error) => self.end(at, error),
        }
    }

    fn opened(&mut self, at: usize, knew: bool, opened: Opened) -> Event {
        let name = self.members[at].source.name();
        let found = Known { file: opened.file.clone(), metainfo: opened.metainfo.clone() };
        let opened = match &self.known {
            Some(known) if known.file.key() != opened.file.key() => {
                let onto = known.file.clone();
                if !knew {
                    // It started before the others' file was known, and may have the very same one.
                    self.attempts.end(name, 0, "asked again for the file that others have found");
                    self.members[at].state = State::Waiting(Instant::now());
                    return Event::Nothing;
                }
                let metainfo = opened.metainfo.clone();
                Opened { file: onto.clone(), metainfo, writer: Some(graft(opened, onto)) }
            }
            _ => opened,
        };
        let Some(writer) = opened.writer else {
            self.attempts.end(name, 0, COMPLETE);
            self.members[at].state = State::Ended(SourceError::NotHere(COMPLETE.to_owned()));
            return self.found(found, name);
        };
        self.attempts.update(name, 0, "opened");
        tracing::info!(info_hash = %self.request.info_hash, source = name, "a source has opened the content");
        let member = &mut self.members[at];
        member.turn += 1;
        let turn = member.turn;
        let mut failed = writer.failed.clone();
        self.ending.push(Box::pin(async move {
            let gone = || SourceError::Transient("the source stopped without saying why".to_owned());
            let error = match failed.wait_for(Option::is_some).await {
                Ok(error) => error.clone().unwrap_or_else(gone),
                Err(_) => gone(),
            };
            (at, turn, error)
        }));
        let before = writer.received.load(Ordering::Relaxed);
        member.state = State::Writing { writer, pace: Pace::new(Instant::now()), before };
        self.found(found, name)
    }

    fn found(&mut self, found: Known, name: &'static str) -> Event {
        if found.metainfo.is_some() {
            self.reconsider();
        }
        match &mut self.known {
            Some(known) => {
                known.metainfo = known.metainfo.take().or(found.metainfo);
                Event::Nothing
            }
            None => {
                self.known = Some(found.clone());
                Event::Found(found, name)
            }
        }
    }

    /// The file table is known: who could not find the content without it may try again.
    fn reconsider(&mut self) {
        for member in &mut self.members {
            let without = !std::mem::replace(&mut member.knew_metainfo, true);
            if without && matches!(member.state, State::Ended(SourceError::NotHere(_))) {
                member.state = State::Waiting(Instant::now());
                member.deadline = None;
            }
        }
    }

    /// One source has ended, for now or for good.
    fn end(&mut self, at: usize, error: SourceError) -> Event {
        let now = Instant::now();
        let is_complete = self.is_complete();
        let member = &mut self.members[at];
        let name = member.source.name();
        let (wrote, bytes) = match &member.state {
            State::Writing { writer, before, .. } => {
                (true, writer.received.load(Ordering::Relaxed).saturating_sub(*before))
            }
            _ => (false, 0),
        };
        if is_complete && !matches!(error, SourceError::Cache(_)) {
            self.attempts.end(name, bytes, COMPLETE);
            member.state = State::Ended(SourceError::NotHere(COMPLETE.to_owned()));
            return Event::Nothing;
        }
        self.attempts.end(name, bytes, &error.to_string());
        tracing::info!(info_hash = %self.request.info_hash, source = name, bytes, %error, "a source has ended");
        // Its successor need not wait.
        self.joined = now.checked_sub(self.hedge).unwrap_or(now);
        if let SourceError::Cache(CacheError::Full(_)) = error {
            let until = *self.room_until.get_or_insert(now + MAKING_ROOM);
            if now < until {
                member.state = State::Waiting(now + Duration::from_secs(1));
                member.deadline = None;
                return Event::Full;
            }
        }
        match error {
            SourceError::NoSuchFile(_) | SourceError::Cache(_) => {
                member.state = State::Ended(error.clone());
                return Event::Over(error);
            }
            // A source that has worked may be asked again: a swarm comes back, a link is renewed.
            SourceError::NotHere(_) | SourceError::Transient(_) if bytes > 0 => {
                member.state = State::Waiting(now);
                member.deadline = None;
                // Behind the others, which may be fresh, but before the last resort.
                self.order.retain(|other| *other != at);
                let place = self.order.iter().position(|other| self.is_last_resort(*other));
                self.order.insert(place.unwrap_or(self.order.len()), at);
            }
            SourceError::Transient(_) if !wrote && member.retries > 0 && member.may_pause(now) => {
                member.retries -= 1;
                member.state = State::Waiting(now + member.pause);
                member.pause = (member.pause * 2).min(LONGEST_PAUSE);
            }
            error => member.state = State::Ended(error),
        }
        self.everybody_works();
        Event::Nothing
    }

    fn everybody_works(&self) {
        for member in &self.members {
            if let State::Writing { writer, .. } = &member.state {
                writer.duty.send_if_modified(|now| std::mem::replace(now, Duty::Work) != Duty::Work);
            }
        }
    }

    /// The file is complete: whoever is still looking for it may stop.
    pub(super) fn dismiss(&mut self) {
        self.opening.clear();
        for member in &mut self.members {
            if matches!(member.state, State::Opening) {
                self.attempts.end(member.source.name(), 0, "not needed any more");
                member.state = State::Waiting(Instant::now());
            }
        }
    }
}

impl Member {
    fn may_pause(&self, now: Instant) -> bool {
        self.deadline.is_none_or(|deadline| now + self.pause < deadline)
    }
}
