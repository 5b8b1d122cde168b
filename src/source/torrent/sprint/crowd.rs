//! All connections of one torrent and what is to be had from them, without any network.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::super::wire::{Handshake, Message, MetadataPart, WireError};
use super::Geometry;
use super::early::Early;
use super::metadata::Metadata;
use super::peer::{Identity, Opening, Peer, Said};
use super::plan::{FullPiece, PeerKey, Peers, Planner, Target, Traffic};

/// Who has brought nothing for so long, while something was wanted, may make room for somebody else: as long as a
/// choked peer waits for its turn, and half as long again.
const IN_VAIN: Duration = Duration::from_secs(15);

/// Who has had nothing that is wanted for so long is told that we are not interested, so that he serves others. Until
/// then he is kept, because who is interested keeps the place it was given, and players go back.
const WARM: Duration = Duration::from_secs(60);

/// How often it is looked who has something that is wanted.
const MINDED: Duration = Duration::from_secs(1);

/// What has come of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The info dictionary, which matches the info-hash.
    Metadata(Bytes),
    /// A piece to be compared with its hash; [`Crowd::judge`] is awaited.
    Full(FullPiece),
    /// Others who have the torrent.
    Peers(Vec<SocketAddr>),
}

/// All connections of one torrent.
#[derive(Debug)]
pub(super) struct Crowd {
    identity: Identity,
    peers: Peers,
    metadata: Metadata,
    early: Early,
    planner: Option<Planner>,
    /// When each connection was made, or has brought something.
    served: BTreeMap<PeerKey, Instant>,
    /// Since when something is wanted.
    wanting: Option<Instant>,
    /// When each connection was made, or last had something that was wanted.
    wanted: BTreeMap<PeerKey, Instant>,
    /// When that was last looked at; `None` if it is due.
    minded: Option<Instant>,
}

impl Crowd {
    pub(super) fn new(identity: Identity) -> Self {
        let metadata = Metadata::new(identity.info_hash);
        Self {
            identity,
            peers: Peers::new(),
            metadata,
            early: Early::default(),
            planner: None,
            served: BTreeMap::new(),
            wanting: None,
            wanted: BTreeMap::new(),
            minded: None,
        }
    }

    /// A connection was made, which took `round_trip`.
    pub(super) fn connect(&mut self, key: PeerKey, opening: Opening, round_trip: Duration, now: Instant) {
        self.served.insert(key, now);
        self.wanted.insert(key, now);
        self.peers.insert(key, Peer::new(self.identity.clone(), opening, round_trip));
    }

    /// A connection has ended, or is to be ended.
    pub(super) fn leave(&mut self, key: PeerKey) {
        self.served.remove(&key);
        self.wanted.remove(&key);
        if self.peers.remove(&key).is_some() {
            self.metadata.leave(key);
            self.early.leave(key);
            if let Some(planner) = &mut self.planner {
                planner.leave(key);
            }
        }
    }

    /// The other side of a connection greets.
    ///
    /// # Errors
    /// The connection is of no use and has to be ended.
    pub(super) fn greet(&mut self, key: PeerKey, theirs: &Handshake) -> Result<(), WireError> {
        let Some(peer) = self.peers.get_mut(&key) else { return Ok(()) };
        peer.greet(theirs)?;
        match &self.planner {
            Some(planner) => peer.count_pieces(planner.geometry().pieces()),
            None => Ok(()),
        }
    }

    /// Takes one message in.
    ///
    /// # Errors
    /// The connection is of no use and has to be ended.
    pub(super) fn hear(
        &mut self,
        key: PeerKey,
        message: Message,
        now: Instant,
        events: &mut Vec<Event>,
    ) -> Result<(), WireError> {
        let Some(peer) = self.peers.get_mut(&key) else { return Ok(()) };
        let mut said = Vec::new();
        if matches!(message, Message::Have(_) | Message::Bitfield(_) | Message::HaveAll)
            && !peer.is_interesting()
        {
            self.minded = None;
        }
        let result = peer.hear(message, now, &mut said);
        if let Some(planner) = &mut self.planner {
            planner.rouse(key);
        }
        for one in said {
            self.follow(key, one, now, events);
        }
        result
    }

    fn follow(&mut self, key: PeerKey, said: Said, now: Instant, events: &mut Vec<Event>) {
        if matches!(said, Said::Block(..) | Said::Metadata(MetadataPart::Here(..))) {
            self.served.insert(key, now);
        }
        match (said, &mut self.planner) {
            (Said::Block(block, data), Some(planner)) => {
                events.extend(planner.take(key, block, data, &mut self.peers).map(Event::Full));
            }
            (Said::Needless(bytes), Some(planner)) => planner.count_needless(bytes),
            (Said::Lost(block), Some(planner)) => {
                // Who chokes is not unwilling, but has others to serve.
                let refused = self.peers.get(&key).is_some_and(|peer| !peer.chokes());
                planner.lose(key, block, refused);
            }
            (Said::Block(block, data), None) if self.early.take(key, block, &data) => {}
            (Said::Lost(block), None) => self.early.lose(key, block),
            (Said::Peers(peers), _) => events.push(Event::Peers(peers)),
            (Said::Metadata(MetadataPart::Here(part, data)), None) => {
                events.extend(self.metadata.take(key, part, data, now).map(Event::Metadata));
            }
            (Said::Metadata(MetadataPart::Refused(_)), None) => self.metadata.refuse(key),
            // A second copy of what is known, or of what was asked for before anything was.
            (Said::Metadata(_) | Said::Block(..) | Said::Needless(_), _) => {}
        }
    }

    /// The torrent's first blocks are wanted, though its geometry is not known yet.
    pub(super) fn hurry(&mut self) {
        if self.planner.is_none() {
            self.early.begin();
        }
    }

    /// The torrent's geometry is known. Connections on which something was said that does not fit it come back: they
    /// are to be ended. So does a piece that was here before it was known how long it is.
    pub(super) fn learn(&mut self, geometry: Geometry) -> (Vec<PeerKey>, Option<FullPiece>) {
        if self.planner.is_some() {
            return (Vec::new(), None);
        }
        let planner = self.planner.insert(Planner::new(geometry));
        let full = planner.adopt(self.early.finish(), &mut self.peers);
        let misfits =
            |(key, peer): (&PeerKey, &mut Peer)| peer.count_pieces(geometry.pieces()).err().map(|_| *key);
        (self.peers.iter_mut().filter_map(misfits).collect(), full)
    }

    /// These pieces are missing, whether they were here before or not. Without a geometry it is of no effect.
    pub(super) fn renew(&mut self, pieces: &BTreeSet<u32>) {
        if let Some(planner) = &mut self.planner {
            planner.renew(pieces);
        }
    }

    /// What is wanted from now on; what is not is taken back. Without a geometry it is of no effect.
    pub(super) fn aim(&mut self, targets: Vec<Target>) {
        if let Some(planner) = &mut self.planner {
            planner.aim(targets, &mut self.peers);
            self.minded = None;
        }
    }

    /// Whether a full piece matched its hash; `None` if nobody kept it. Connections to those who lied come back: they
    /// are to be ended, and their addresses not to be asked again.
    pub(super) fn judge(&mut self, piece: u32, verdict: Option<bool>) -> Vec<PeerKey> {
        match (&mut self.planner, verdict) {
            (Some(planner), Some(matches)) => {
                planner.judge(piece, matches, &mut self.peers).into_iter().collect()
            }
            (Some(planner), None) => {
                planner.forget(piece);
                Vec::new()
            }
            (None, _) => Vec::new(),
        }
    }

    /// Sends what is to be sent now. To be called after whatever else was, and once in a while: that nothing comes
    /// tells something too.
    pub(super) fn plan(&mut self, now: Instant) {
        let is_wanting = self.planner.as_ref().map_or(!self.metadata.is_done(), Planner::is_busy);
        self.wanting = is_wanting.then(|| self.wanting.unwrap_or(now));
        if self.minded.is_none_or(|minded| now.saturating_duration_since(minded) >= MINDED) {
            self.minded = Some(now);
            self.mind(now);
        }
        match &mut self.planner {
            Some(planner) => planner.plan(&mut self.peers, now),
            None => {
                self.metadata.plan(&mut self.peers, now);
                self.early.plan(&mut self.peers, now);
            }
        }
    }

    /// Tells those who have something that is wanted that we are interested, and those who have had nothing for long
    /// that we are not.
    fn mind(&mut self, now: Instant) {
        let Some(planner) = &self.planner else { return };
        for (key, peer) in &mut self.peers {
            let wanted = self.wanted.entry(*key).or_insert(now);
            if planner.wants_of(peer) {
                *wanted = now;
                peer.set_interest(true);
            } else if peer.is_greeted() && now.saturating_duration_since(*wanted) >= WARM {
                peer.set_interest(false);
            }
        }
    }

    /// Those who have brought nothing for long although something was wanted, the longest first.
    pub(super) fn useless(&self, now: Instant) -> Vec<PeerKey> {
        let Some(wanting) = self.wanting else { return Vec::new() };
        let in_vain = |since: &Instant| now.saturating_duration_since(wanting.max(*since)) >= IN_VAIN;
        let mut useless: Vec<(Instant, PeerKey)> = self
            .served
            .iter()
            .filter(|(_, since)| in_vain(since))
            .map(|(key, since)| (*since, *key))
            .collect();
        useless.sort_unstable();
        useless.into_iter().map(|(_, key)| key).collect()
    }

    /// Whether the metadata is not known yet.
    pub(super) fn is_lost(&self) -> bool {
        self.planner.is_none()
    }

    /// Whether something is wanted that has not come.
    pub(super) fn is_busy(&self) -> bool {
        self.planner.as_ref().is_none_or(Planner::is_busy)
    }

    /// What is to be sent over each connection.
    pub(super) fn outputs(&mut self) -> impl Iterator<Item = (PeerKey, Bytes)> {
        self.peers.iter_mut().filter_map(|(key, peer)| Some((*key, peer.take_output()?)))
    }

    /// Keeps all connections from being taken for dead.
    pub(super) fn keep_alive(&mut self) {
        self.peers.values_mut().for_each(Peer::keep_alive);
    }

    /// Bytes per second that readers are taken to want; `None` as long as nothing is known of the torrent.
    pub(super) fn reading(&self) -> Option<f64> {
        self.planner.as_ref().map(Planner::reading)
    }

    /// What has come, by use.
    pub(super) fn traffic(&self) -> Traffic {
        self.planner.as_ref().map(Planner::traffic).unwrap_or_default()
    }
}
