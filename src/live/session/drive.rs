//! The task of a session: it has an engine deliver, turns the bytes into chunks, and finds another engine when one
//! fails. What to do after a failure is the [`Ladder`]'s decision alone.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::deadlines::Deadlines;
use super::ladder::{Ladder, Rung, Trouble};
use super::loss::{Loss, kind_of};
use super::pace::Pace;
use super::{Ending, Session};
use crate::config::EngineAddress;
use crate::live::chunk::Chunk;
use crate::live::engines::{
    Claim, EngineReport, EngineSession, FailureKind, NoEngine, ReadError, Reading, StartError, Wanted,
};
use crate::live::error::LiveError;
use crate::live::room::Room;
use crate::live::selector::Selector;
use crate::live::ts::Feed;

/// How long another start of the same channel may take from ending ours to its own answer.
const HANDOVER: Duration = Duration::from_secs(3);

/// Time between two looks whether the engine has answered it.
const LOOK: Duration = Duration::from_millis(100);

/// How that is told.
const REPLACED: &str = "another start of the channel took its place";

/// Time between two questions to the engine about its swarm; they are for reports only.
const STAT_EVERY: Duration = Duration::from_secs(5);

/// The state of the task.
#[derive(Debug)]
pub(in crate::live) struct Drive {
    room: Arc<Room>,
    session: Arc<Session>,
    ladder: Ladder,
    feed: Feed,
    pace: Pace,
    chunks: Vec<Chunk>,
    /// When the present engine was asked, until its first bytes come.
    asked: Option<Instant>,
    /// Why the last engine failed.
    why: Option<LiveError>,
}

/// What a start led to.
enum Started {
    /// One whose first bytes may come until then.
    Upstream(Box<EngineSession>, Instant),
    Joined(Arc<Session>),
    Failed(Rung),
}

impl Drive {
    /// The task of a session that has not begun.
    pub(in crate::live) fn new(room: Arc<Room>, session: Arc<Session>) -> Self {
        let settings = room.settings();
        let ladder = Ladder::new(settings.patience.ladder, settings.empty_stream_timeout);
        let feed = Feed::new(settings.copy_chunk_size);
        let pace = Pace::new(settings.patience.lead, settings.patience.ring.bytes);
        Self { room, session, ladder, feed, pace, chunks: Vec::new(), asked: None, why: None }
    }

    /// Delivers until no engine does. Dropping the future stops the engine's session.
    pub(in crate::live) async fn run(mut self) -> Ending {
        let session = Arc::clone(&self.session);
        loop {
            let rung = match self.start().await {
                Started::Upstream(engine, first) => match self.follow(*engine, first).await {
                    Some(rung) => rung,
                    None => return Ending::Stopped,
                },
                Started::Joined(other) => return Ending::Joined(other),
                Started::Failed(rung) => rung,
            };
            let Rung::Again(pause) = rung else { break };
            tokio::select! {
                () = sleep(pause) => {}
                () = session.handover.waiting() => {}
            }
        }
        let unknown = || LiveError::StartFailed("no engine delivers it".into());
        Ending::Failed(self.why.take().unwrap_or_else(unknown))
    }

    /// An engine session: one that was handed over, else a new one.
    async fn start(&mut self) -> Started {
        if let Some(engine) = self.session.handover.take() {
            let address = &engine.info.engine.address;
            self.session.story().tried(address);
            let first = Instant::now() + self.first_patience(address);
            return Started::Upstream(Box::new(engine), first);
        }
        let claim = match self.claim().await {
            Ok(claim) => claim,
            Err(none) => {
                let why = || LiveError::NoEngine(none.to_string().into());
                self.why.get_or_insert_with(why);
                return Started::Failed(self.ladder.none_left(Instant::now()));
            }
        };
        let address = claim.engine().address.clone();
        self.session.story().tried(&address);
        self.room.tallies().of(&address, |tally| tally.starts += 1);
        let (asked, patience) = (Instant::now(), self.first_patience(&address));
        self.asked = Some(asked);
        let (channel, reason) = (self.session.stream_id(), claim.reason().text());
        tracing::info!(%channel, engine = %address, reason, "an engine was chosen for a channel");
        let selector = self.selector();
        match claim.start(&selector, patience).await {
            Ok(engine) => self.started(engine, asked + patience),
            Err(error) => {
                let trouble = match &error {
                    StartError::Refused { .. } => Trouble::Refused,
                    StartError::Withdrawn => Trouble::Withdrawn,
                    _ => Trouble::Unusable,
                };
                // The pool has noted it already.
                Started::Failed(self.failed(&address, &Loss { trouble, kind: None, how: error.to_string() }))
            }
        }
    }

    /// A place on an engine. Where all are taken, a channel that nobody watches makes room for one that somebody wants;
    /// who changes channels asks for the next one a moment before leaving the last.
    async fn claim(&self) -> Result<Claim, NoEngine> {
        let (selector, pool) = (self.session.selector(), self.room.pool());
        // Engines that tell no info-hash are remembered by what they were asked for.
        let channel = self.room.known(selector).or(Some(selector.id()));
        let wanted = Wanted { channel, avoid: self.ladder.avoided() };
        let (mut changes, mut leaving) = (pool.changes(), self.room.leaving());
        let end = Instant::now() + pool.selection_timeout();
        loop {
            changes.mark_unchanged();
            leaving.mark_unchanged();
            let news = async {
                tokio::select! {
                    change = changes.changed() => change,
                    leave = leaving.changed() => leave,
                }
            };
            match pool.claim(&wanted).await {
                Err(NoEngine::Full) if self.room.end_longest_vacant(&self.session).await => {}
                Err(NoEngine::Full) if timeout_at(end, news).await.is_ok() => {}
                claimed => return claimed,
            }
        }
    }

    /// What engines are asked for: what the viewer said, unless it is known to be the info-hash.
    fn selector(&self) -> Selector {
        let selector = *self.session.selector();
        let info_hash = self.session.info().and_then(|info| info.infohash);
        if info_hash == Some(selector.id()) { Selector::InfoHash(selector.id()) } else { selector }
    }

    /// The engine has said what it delivers. If another session has the same channel, it is one too many: its viewers
    /// go there, and so does the engine's session where it has taken the place of the other's.
    fn started(&self, engine: EngineSession, first: Instant) -> Started {
        let twin = engine.info.infohash.and_then(|info_hash| self.room.learned(&self.session, info_hash));
        let Some(twin) = twin.filter(|_| !self.ladder.has_delivered()) else {
            return Started::Upstream(Box::new(engine), first);
        };
        let theirs = twin.info().map(|info| info.engine.address);
        if theirs.as_ref() == Some(&engine.info.engine.address) {
            twin.handover.put(engine);
        } else {
            engine.stop();
        }
        Started::Joined(twin)
    }

    /// Has one engine session deliver until it fails, and decides what comes next; nothing if it was a recording, and is
    /// over.
    async fn follow(&mut self, mut engine: EngineSession, first: Instant) -> Option<Rung> {
        let session = Arc::clone(&self.session);
        let address = engine.info.engine.address.clone();
        session.story().answered(engine.info.clone());
        let withdrawn = engine.withdrawn();
        let loss = tokio::select! {
            loss = self.deliver(&mut engine, first) => loss,
            () = withdrawn => {
                Loss { trouble: Trouble::Withdrawn, kind: None, how: "the engine was taken away".to_owned() }
            }
            () = session.handover.waiting() => {
                session.story().lost(REPLACED);
                return Some(Rung::Again(Duration::ZERO));
            }
        };
        // The rest of what it brought bridges a part of the gap.
        self.feed.flush(SystemTime::now(), &mut self.chunks);
        self.push_chunks();
        if !engine.info.is_live && self.ladder.has_delivered() && loss.kind == Some(FailureKind::Ended) {
            session.story().lost(&loss.how);
            return None;
        }
        if self.is_replaced(&address).await {
            session.story().lost(REPLACED);
            return Some(Rung::Again(Duration::ZERO));
        }
        let rung = self.failed(&address, &loss);
        if self.ladder.avoided().contains(&address) {
            loss.kind.into_iter().for_each(|kind| engine.failed(kind));
        }
        engine.stop();
        Some(rung)
    }

    /// Whether what ended a session was another start of the same channel on that engine, whose session is ours then. That
    /// is known when the engine has answered all that it was asked for.
    async fn is_replaced(&self, engine: &EngineAddress) -> bool {
        let deadline = Instant::now() + HANDOVER;
        while self.room.is_asked(engine, &self.session) && Instant::now() < deadline {
            if timeout(LOOK, self.session.handover.waiting()).await.is_ok() {
                return true;
            }
        }
        false
    }

    /// How long this engine may take to the first bytes. Where no other could take its place, all the time there is.
    fn first_patience(&self, engine: &EngineAddress) -> Duration {
        let settings = self.room.settings();
        let is_one = |report: &EngineReport, address: &EngineAddress| {
            (&report.host, report.port) == (&address.host, address.port)
        };
        let is_other = |report: &EngineReport| {
            // One that has not been asked yet may be well.
            let is_well = report.healthy || report.last_checked.is_none();
            is_well
                && !report.draining
                && report.streams < report.max_streams
                && !is_one(report, engine)
                && !self.ladder.avoided().iter().any(|avoided| is_one(report, avoided))
        };
        let has_other = self.room.pool().list().iter().any(is_other);
        if has_other { settings.patience.first_bytes } else { settings.empty_stream_timeout }
    }

    /// Opens the video of an engine session and reads it until it ends, is cut, or brings nothing.
    async fn deliver(&mut self, engine: &mut EngineSession, first: Instant) -> Loss {
        let mut reading = match timeout_at(first, engine.open()).await {
            Ok(Ok(reading)) => reading,
            // The engine took it, and something else ended the session: perhaps another start.
            Ok(Err(error @ (ReadError::Gone(_) | ReadError::Cut))) => {
                return Loss::of(Trouble::Lost, FailureKind::Cut, &error);
            }
            Ok(Err(error)) => return Loss::of(Trouble::Empty, kind_of(error), &error),
            Err(_) => {
                let how = "it does not answer the request for its bytes";
                return Loss::of(Trouble::Empty, FailureKind::Silent, &how);
            }
        };
        self.feed.begin();
        let session = Arc::clone(&self.session);
        tokio::select! {
            loss = self.read(engine, &mut reading, first) => loss,
            never = watch_swarm(engine, &session) => match never {},
        }
    }

    async fn read(&mut self, engine: &EngineSession, reading: &mut Reading, first: Instant) -> Loss {
        let patience = self.room.settings().patience;
        let mut deadlines = Deadlines::new(patience, first, Instant::now());
        loop {
            let rate = self.feed.facts().bit_rate;
            let pause = self.pace.pause(Instant::now(), self.feed.stream_time(), rate);
            if !pause.is_zero() {
                self.feed.flush(SystemTime::now(), &mut self.chunks);
                self.hand_out(engine, &mut deadlines);
                sleep(pause).await;
                deadlines.resumed(Instant::now());
            }
            match timeout_at(deadlines.next(), reading.next()).await {
                Ok(Ok(Some(bytes))) => {
                    self.session.received(bytes.len());
                    self.feed.push(&bytes, SystemTime::now(), &mut self.chunks);
                    deadlines.received(Instant::now());
                }
                Ok(Ok(None)) => {
                    return Loss::of(Trouble::Lost, FailureKind::Ended, &"it ended the channel");
                }
                Ok(Err(error)) => return Loss::of(Trouble::Lost, kind_of(error), &error),
                Err(_) => {}
            }
            if let Some((kind, how)) = deadlines.missed(Instant::now()) {
                return Loss::of(deadlines.trouble(), kind, &how);
            }
            if self.chunks.is_empty() && deadlines.is_flush_due(Instant::now()) {
                self.feed.flush(SystemTime::now(), &mut self.chunks);
            }
            self.hand_out(engine, &mut deadlines);
        }
    }

    /// Gives viewers what is ready.
    fn hand_out(&mut self, engine: &EngineSession, deadlines: &mut Deadlines) {
        if self.chunks.is_empty() {
            return;
        }
        let now = Instant::now();
        if deadlines.delivered(now) {
            engine.first_byte();
            self.ladder.delivered(now);
            self.why = None;
            self.session.story().delivered();
            if let Some(asked) = self.asked.take() {
                let address = &engine.info.engine.address;
                self.room.tallies().of(address, |tally| tally.first_byte = Some(now - asked));
            }
        }
        self.push_chunks();
    }

    fn push_chunks(&mut self) {
        for chunk in self.chunks.drain(..) {
            self.session.ring.push(chunk);
        }
        self.session.story().facts = self.feed.facts();
    }

    /// An engine failed. Its own word for it is kept for reports.
    fn failed(&mut self, engine: &EngineAddress, loss: &Loss) -> Rung {
        let channel = self.session.stream_id();
        tracing::info!(%channel, %engine, reason = %loss.how, "an engine failed a channel");
        self.session.story().lost(&loss.how);
        self.room.tallies().of(engine, |tally| tally.failures += 1);
        let why: Arc<str> = format!("{engine}: {}", loss.how).into();
        let is_start = !self.ladder.has_delivered();
        self.why = Some(if is_start { LiveError::StartFailed(why) } else { LiveError::Lost(why) });
        self.ladder.failed(engine, loss.trouble, Instant::now())
    }
}

/// Asks the engine about its swarm for ever.
async fn watch_swarm(engine: &EngineSession, session: &Session) -> Infallible {
    loop {
        if let Ok(stat) = engine.stat().await {
            session.story().stat = Some(stat);
        }
        sleep(STAT_EVERY).await;
    }
}
