//! The task of one torrent.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::super::super::PeerCounts;
use super::super::crowd::{Crowd, Event};
use super::super::peer::Identity;
use super::super::plan::{FullPiece, PeerKey, Target};
use super::book::{Book, Origin};
use super::connection::{End, Report};
use super::lines::Line;
use super::{Desk, Reach, Sink};
use crate::source::torrent::wire::Message;

/// Connections, those being dialled included. Enough that a few quick ones are among them when four of five are gone.
const MOST_CONNECTIONS: usize = 50;

/// How often it is looked whether somebody is late.
const LOOK: Duration = Duration::from_millis(20);

/// How long nobody may want anything before all connections are let go. People who have just seen a list of streams
/// decide within a minute.
const IDLE: Duration = Duration::from_secs(60);

/// Connections are taken for dead after two minutes of silence (BEP 3).
const KEEP_ALIVE: Duration = Duration::from_secs(100);

/// A full piece, and what is known of it.
struct Checked {
    full: FullPiece,
    /// The errands whose sinks have seen it.
    offered: BTreeSet<u64>,
    /// What the first sink says that keeps it; all of those get it.
    verdict: Option<bool>,
}

impl Checked {
    fn new(full: FullPiece) -> Self {
        Self { full, offered: BTreeSet::new(), verdict: None }
    }
}

/// The task of one torrent.
pub(super) struct Runner {
    desk: Arc<Desk>,
    pub(super) reach: Reach,
    /// The torrent.
    pub(super) info_hash: [u8; 20],
    pub(super) crowd: Crowd,
    pub(super) book: Book,
    pub(super) connections: JoinSet<End>,
    pub(super) reports: (mpsc::Sender<Report>, mpsc::Receiver<Report>),
    /// Who is behind each connection, and where what is said goes.
    pub(super) lines: HashMap<PeerKey, Line>,
    pub(super) next_key: u64,
    checks: JoinSet<Checked>,
    /// Most connections.
    pub(super) connections_limit: usize,
    /// Bytes that each address has brought.
    brought: HashMap<SocketAddr, u64>,
    /// What had come when it was last counted.
    counted: u64,
    wanted: Instant,
    spoken: Instant,
}

impl Runner {
    pub(super) fn new(identity: Identity, reach: Reach, desk: Arc<Desk>) -> Self {
        Self {
            desk,
            info_hash: identity.info_hash,
            crowd: Crowd::new(identity),
            book: Book::new(reach.guard, reach.port),
            connections: JoinSet::new(),
            reports: mpsc::channel(128),
            lines: HashMap::new(),
            next_key: 0,
            checks: JoinSet::new(),
            connections_limit: reach.connections.min(MOST_CONNECTIONS),
            reach,
            brought: HashMap::new(),
            counted: 0,
            wanted: Instant::now(),
            spoken: Instant::now(),
        }
    }

    /// Runs until nobody has wanted anything for a while, or it is dismissed.
    pub(super) async fn run(mut self) {
        let desk = self.desk.clone();
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pulse = tokio::time::interval(Duration::from_secs(1));
        while self.wanted.elapsed() < IDLE && !desk.dismissed.load(Ordering::Acquire) {
            tokio::select! {
                () = desk.changed.notified() => self.read_desk(),
                Some(report) = self.reports.1.recv() => self.follow_all(report),
                Some(Ok(end)) = self.connections.join_next() => self.lose(end),
                Some(Ok(checked)) = self.checks.join_next() => self.judge(checked),
                _ = look.tick(), if self.crowd.is_busy() => {}
                _ = pulse.tick() => {
                    self.make_room();
                    self.count();
                }
            }
            self.act();
        }
    }

    fn read_desk(&mut self) {
        let (peers, recalled, geometry, renewed, targets) = {
            let mut papers = self.desk.papers();
            let recalled = std::mem::take(&mut papers.recalled);
            let targets = papers.errands.values().flat_map(|(targets, _)| targets.iter().cloned()).collect();
            let renewed = std::mem::take(&mut papers.renewed);
            (std::mem::take(&mut papers.peers), recalled, papers.geometry, renewed, targets)
        };
        for (origin, peers) in peers {
            self.book.add(peers, origin, Instant::now());
        }
        for (peer, manner) in recalled {
            self.book.recall(peer, manner);
        }
        if self.desk.hurried.load(Ordering::Acquire) {
            self.crowd.hurry();
        }
        if let Some(geometry) = geometry {
            let (misfits, full) = self.crowd.learn(geometry);
            misfits.into_iter().for_each(|misfit| self.hang_up(misfit));
            full.into_iter().for_each(|full| self.check(Checked::new(full)));
        }
        self.crowd.renew(&renewed);
        self.crowd.aim(targets);
    }

    /// Takes in what is there, so that many answers lead to one look at what to ask next.
    fn follow_all(&mut self, first: Report) {
        self.follow(first);
        while let Ok(report) = self.reports.1.try_recv() {
            self.follow(report);
        }
    }

    fn follow(&mut self, report: Report) {
        match report {
            Report::Connected(key, round_trip, say) => self.connected(key, round_trip, say),
            Report::Greeted(key, handshake) => self.greet(key, &handshake),
            Report::Heard(key, messages) => {
                let (now, mut events) = (Instant::now(), Vec::new());
                self.credit(key, &messages);
                let heard = messages
                    .into_iter()
                    .try_for_each(|message| self.crowd.hear(key, message, now, &mut events));
                events.into_iter().for_each(|event| self.note(key, event));
                if let Err(error) = heard {
                    self.refuse(key, error.0);
                }
            }
        }
    }

    fn credit(&mut self, key: PeerKey, messages: &[Message]) {
        let bytes =
            |message: &Message| if let Message::Piece { data, .. } = message { data.len() } else { 0 };
        let brought: usize = messages.iter().map(bytes).sum();
        if let Some(line) = self.lines.get_mut(&key).filter(|_| brought > 0) {
            line.served = true;
            *self.brought.entry(line.peer).or_default() += brought as u64;
        }
    }

    fn note(&mut self, from: PeerKey, event: Event) {
        match event {
            Event::Metadata(info) => drop(self.desk.metadata.send_replace(Some(info))),
            Event::Peers(peers) => {
                if let Some(line) = self.lines.get(&from) {
                    self.book.add(peers, Origin::Peer(line.peer), Instant::now());
                }
            }
            Event::Full(full) => {
                self.check(Checked::new(full));
            }
        }
    }

    /// Offers a piece to those errands that have not seen it.
    fn check(&mut self, mut checked: Checked) {
        let fresh: Vec<(u64, Sink)> = self
            .desk
            .papers()
            .errands
            .iter()
            .filter(|(number, _)| !checked.offered.contains(number))
            .map(|(number, (_, sink))| (*number, sink.clone()))
            .collect();
        self.checks.spawn_blocking(move || {
            for (number, sink) in fresh {
                // A fault in a sink must not leave the piece unjudged for ever.
                let said = catch_unwind(AssertUnwindSafe(|| sink(&checked.full))).unwrap_or_default();
                checked.verdict = checked.verdict.or(said);
                checked.offered.insert(number);
            }
            checked
        });
    }

    fn judge(&mut self, checked: Checked) {
        // Two files may share a piece, and somebody may have come to want the other one while this was written.
        if checked.verdict == Some(true) && self.is_news(&checked) {
            return self.check(checked);
        }
        for liar in self.crowd.judge(checked.full.piece, checked.verdict) {
            if let Some(line) = self.lines.get(&liar) {
                tracing::debug!(peer = %line.peer, "a peer sent wrong bytes and is left");
                self.book.ban(line.peer);
            }
            self.hang_up(liar);
        }
    }

    /// Whether an errand wants this piece that has not been offered it.
    fn is_news(&self, checked: &Checked) -> bool {
        let wants =
            |targets: &[Target]| targets.iter().any(|target| target.pieces.contains(&checked.full.piece));
        let papers = self.desk.papers();
        papers
            .errands
            .iter()
            .any(|(number, (targets, _))| !checked.offered.contains(number) && wants(targets))
    }

    fn act(&mut self) {
        let now = Instant::now();
        // Before the metadata is known it is wanted as long as somebody waits for it.
        if if self.crowd.is_lost() { self.desk.metadata.receiver_count() > 0 } else { self.crowd.is_busy() } {
            self.wanted = now;
        }
        self.dial(now);
        if now.duration_since(self.spoken) >= KEEP_ALIVE {
            self.spoken = now;
            self.crowd.keep_alive();
        }
        self.crowd.plan(now);
        let deaf: Vec<PeerKey> = self
            .crowd
            .outputs()
            .filter(|(key, bytes)| {
                let say = self.lines.get(key).and_then(|line| line.say.as_ref());
                say.is_none_or(|say| say.try_send(bytes.clone()).is_err())
            })
            .map(|(key, _)| key)
            .collect();
        deaf.into_iter().for_each(|key| self.hang_up(key));
        self.desk.useful.store(self.crowd.traffic().useful, Ordering::Relaxed);
        // A power of two, so that what is aimed at does not change with every block.
        let reading = self.crowd.reading().map_or(0, |reading| (reading as u64 + 1).next_power_of_two() / 2);
        self.desk.reading.store(reading, Ordering::Relaxed);
    }

    /// Tells how things are, once a second.
    fn count(&mut self) {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let live = self.lines.values().filter(|line| line.say.is_some()).count();
        let useful = self.crowd.traffic().useful;
        let counts = PeerCounts {
            live: number(live),
            dialling: number(self.lines.len() - live),
            seen: number(self.book.len()),
            download_bps: useful.saturating_sub(self.counted),
        };
        self.counted = useful;
        let mut good: Vec<(u64, SocketAddr)> = self
            .brought
            .iter()
            .map(|(peer, bytes)| (*bytes, *peer))
            .filter(|(_, peer)| !self.book.is_banned(*peer))
            .collect();
        good.sort_unstable_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
        *self.desk.good.lock().unwrap_or_else(PoisonError::into_inner) = good
            .into_iter()
            .filter_map(|(_, peer)| Some((peer, self.book.manner(peer)?)))
            .take(MOST_CONNECTIONS)
            .collect();
        *self.desk.counts.lock().unwrap_or_else(PoisonError::into_inner) = counts;
    }
}
