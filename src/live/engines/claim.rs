//! A place on an engine, and what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::choice::Reason;
use super::desk::Slot;
use super::error::StartError;
use super::leases::{LeaseId, Names};
use super::session::{EngineSession, Playback, SessionInfo};
use super::start::{IdKind, Started, kinds, start};
use crate::config::EngineSettings;
use crate::live::Selector;

/// While the server stops, a start that is under way may still answer for so long, so that it can be stopped.
const GRACE: Duration = Duration::from_millis(1_500);

/// A place on an engine for one channel. Dropped, it is free again.
#[derive(Debug)]
pub struct Claim {
    pub(super) engine: EngineSettings,
    pub(super) reason: Reason,
    pub(super) slot: Slot,
}

impl Claim {
    /// Whose place it is.
    pub fn engine(&self) -> &EngineSettings {
        &self.engine
    }

    /// Why it was chosen.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Starts the channel, if the engine answers within `patience`. Engines do so within a second when they are well, and
    /// some take ten when they are busy. Dropping the future, or running out of patience, does not leave a session
    /// behind: the answer is waited for in the background, and what it brings is stopped.
    ///
    /// # Errors
    /// See [`StartError`]. The engine's failures are noted already.
    pub async fn start(self, selector: &Selector, patience: Duration) -> Result<EngineSession, StartError> {
        let desk = Arc::clone(&self.slot.desk);
        let member = self.slot.member;
        let (answer, answered) = oneshot::channel();
        let starting = Starting { claim: self, selector: *selector };
        desk.spawn(starting.run(answer));
        match timeout(patience, answered).await {
            Ok(outcome) => outcome.unwrap_or(Err(StartError::Withdrawn)),
            Err(_) => {
                desk.failed(member, &StartError::Hang);
                Err(StartError::Hang)
            }
        }
    }
}

/// A start under way, whether or not anybody waits for it.
struct Starting {
    claim: Claim,
    selector: Selector,
}

impl Starting {
    async fn run(self, mut answer: oneshot::Sender<Result<EngineSession, StartError>>) {
        let desk = Arc::clone(&self.claim.slot.desk);
        let Some(lease) = self.may_begin(&mut answer).await else { return };
        let learned = desk.learned(self.selector.id());
        let ways = kinds(&self.selector, learned);
        let outcome = {
            let is_wanted = || !answer.is_closed();
            let starting =
                start(&desk.client, &self.claim.engine.address, self.selector.id(), &ways, is_wanted);
            tokio::select! {
                outcome = starting => outcome,
                () = desk.stopped_for(GRACE) => Err(StartError::Withdrawn),
            }
        };
        // Nobody may be there to take it; then it is dropped here, and a session ends with that.
        drop(answer.send(match outcome {
            Ok((started, kind)) => match self.into_session(lease, started, kind) {
                // All sessions were ended before there was this one.
                session if desk.is_stopping() => {
                    drop(session);
                    Err(StartError::Withdrawn)
                }
                session => Ok(session),
            },
            Err(error) => {
                desk.end(lease);
                desk.note(self.claim.slot.member, self.selector.id(), &error);
                Err(error)
            }
        }));
    }

    /// Waits for stops on their way that could hit this start; `None` if nobody waits for it any more.
    async fn may_begin(
        &self,
        answer: &mut oneshot::Sender<Result<EngineSession, StartError>>,
    ) -> Option<LeaseId> {
        let desk = &self.claim.slot.desk;
        tokio::select! {
            lease = desk.begin(self.claim.slot.member, self.selector.id()) => Some(lease),
            () = answer.closed() => None,
            () = self.claim.slot.withdrawn.cancelled() => None,
        }
    }

    fn into_session(self, lease: LeaseId, started: Started, kind: IdKind) -> EngineSession {
        let Claim { engine, slot, .. } = self.claim;
        let asked = self.selector.id();
        let blank = |infohash, engine| SessionInfo {
            infohash,
            playback_session_id: String::new(),
            is_live: true,
            bitrate: None,
            engine,
        };
        // What was started by its info-hash has that one, also where the engine does not say.
        let implied = (kind == IdKind::InfoHash).then_some(asked);
        let (info, playback, stat, command) = match started {
            Started::Told(reply) => {
                let info = SessionInfo {
                    playback_session_id: reply.playback_session_id,
                    is_live: reply.is_live,
                    bitrate: reply.bitrate,
                    ..blank(reply.infohash.or(implied), engine)
                };
                (info, Playback::At(reply.playback), reply.stat, reply.command)
            }
            Started::Sent { playback, infohash } => {
                (blank(infohash.or(implied), engine), Playback::At(playback), None, None)
            }
            Started::Playing { first, response } => {
                (blank(implied, engine), Playback::Here(Some((first, response))), None, None)
            }
        };
        let names = Names { asked, infohash: info.infohash };
        slot.desk.opened(slot.member, lease, names, kind, command);
        EngineSession { info, names, playback, stat, lease, delivers: false.into(), slot }
    }
}
