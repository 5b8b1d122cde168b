//! What sources answer: files they have opened, and why they cannot deliver.

use std::time::Duration;

use tokio::time::Instant;

use super::super::pace::Pace;
use super::member::State;
use super::{Answer, Crew, Event};
use crate::cache::{CacheError, CacheFile};
use crate::source::{Kind, Known, Opened, SourceError, graft};

/// A source that works is not asked again sooner than this after it was asked last.
const REVIVAL: Duration = Duration::from_secs(1);

/// How long a full cache may take to let go of what nobody watches. Sources leave within a second or two, and
/// have-maps are saved every two.
const MAKING_ROOM: Duration = Duration::from_secs(6);

impl Crew {
    pub(super) fn answered(&mut self, answer: Answer) -> Event {
        let Answer { at, turn, knew, result } = answer;
        if self.members[at].turn != turn {
            // Nobody waits for it any more.
            return Event::Nothing;
        }
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
                    self.shared.attempts.end(at, 0, "asked again for the file that others have found");
                    self.members[at].state = State::Waiting(Instant::now());
                    return Event::Nothing;
                }
                let metainfo = opened.metainfo.clone();
                Opened { file: onto.clone(), metainfo, writer: Some(graft(opened, onto)) }
            }
            _ => opened,
        };
        let Some(writer) = opened.writer else {
            let outcome = on_disk(&opened.file);
            self.shared.attempts.end(at, 0, &outcome);
            self.members[at].state = State::Ended(SourceError::NotHere(outcome));
            self.described |= self.known.is_none();
            return self.found(found, name);
        };
        self.room_until = None;
        self.shared.attempts.update(at, 0, "opened");
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
        member.state = State::Writing { writer, pace: Pace::new(Instant::now()) };
        let is_first = std::mem::take(&mut self.described);
        match (self.found(found, name), &self.known) {
            // Whose bytes these are is said once more, by who delivers them.
            (Event::Nothing, Some(known)) if is_first => Event::Found(known.clone(), name),
            (event, _) => event,
        }
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
            let without =
                member.source.kind() != Kind::Cache && !std::mem::replace(&mut member.knew_metainfo, true);
            if without && matches!(member.state, State::Ended(SourceError::NotHere(_))) {
                member.state = State::Waiting(Instant::now());
                member.deadline = None;
            }
        }
    }

    /// One source has ended, for now or for good.
    pub(super) fn end(&mut self, at: usize, error: SourceError) -> Event {
        if self.is_complete() && !matches!(error, SourceError::Cache(_)) {
            return self.finish(at);
        }
        let now = Instant::now();
        let member = &mut self.members[at];
        let name = member.source.name();
        let (wrote, bytes) = (matches!(member.state, State::Writing { .. }), member.received());
        self.shared.attempts.end(at, bytes, &error.to_string());
        let millis = u64::try_from(member.asked.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(info_hash = %self.request.info_hash, source = name, millis, bytes, %error, "a source has ended");
        let there = self.known.as_ref().map_or(0, |known| known.file.verified_bytes());
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
            // Beside a file that others are writing it is the trouble of this source alone: its own file may have
            // no room, or its table tell another file. A failure of the common file is seen in the file itself.
            SourceError::NoSuchFile(_) | SourceError::Cache(_) if self.known.is_none() => {
                member.state = State::Ended(error.clone());
                return Event::Over(error);
            }
            // A source that has worked may be asked again: a swarm comes back, a link is renewed.
            SourceError::NotHere(_) | SourceError::Transient(_)
                if bytes > 0 && member.deserves_another(there) =>
            {
                member.state = State::Waiting(now.max(member.asked + REVIVAL));
                member.deadline = None;
                // Behind the others, which may be fresh, but before the last resort.
                self.order.retain(|other| *other != at);
                let place = self.order.iter().position(|other| self.is_last_resort(*other));
                self.order.insert(place.unwrap_or(self.order.len()), at);
            }
            SourceError::Transient(_) if !wrote && member.pauses(now) => {}
            error => member.state = State::Ended(error),
        }
        self.everybody_works();
        Event::Nothing
    }

    /// One source has nothing left to do.
    pub(super) fn finish(&mut self, at: usize) -> Event {
        let member = &mut self.members[at];
        let done = "the file is complete";
        self.shared.attempts.end(at, member.received(), done);
        member.state = State::Ended(SourceError::NotHere(done.to_owned()));
        Event::Nothing
    }
}

/// What lies on disk of a file that nobody has to write, or whose writers come later.
fn on_disk(file: &CacheFile) -> String {
    if file.is_complete() {
        return "the file is complete".to_owned();
    }
    format!("{} % of it is in the cache", file.verified_bytes() * 100 / file.length().max(1))
}
