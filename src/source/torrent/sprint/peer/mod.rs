//! One connection as the protocol sees it, without any network: what may be said, what was said, and what is awaited.

mod hear;
mod pace;
mod possession;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::super::wire::{Block, Greeting, Handshake, Message, MetadataPart, WireError};
pub(super) use pace::Pace;
use possession::Possession;

/// Blocks that were taken back and may still come.
const MOST_CANCELLED: usize = 512;

/// So many times as long as everything that was asked for should take, one request may: some answer out of turn.
const PATIENCE: u32 = 4;

/// Who we are to peers.
#[derive(Debug, Clone)]
pub(in crate::source) struct Identity {
    /// The torrent.
    pub(in crate::source) info_hash: [u8; 20],
    /// Our number.
    pub(in crate::source) peer_id: [u8; 20],
    /// Our name and version.
    pub(in crate::source) client: String,
}

/// How a connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// Everything that does not depend on the other side goes out at once, which saves a round trip.
    AtOnce,
    /// The other side greets first. aria2 hangs up on whoever says more before.
    OneByOne,
}

/// A request under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) block: Block,
    pub(super) at: Instant,
}

/// What a peer said that others have to know.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A block that was asked for, though perhaps taken back since.
    Block(Block, Bytes),
    /// So many bytes that nobody asked for.
    Needless(usize),
    /// This request will not be answered.
    Lost(Block),
    /// Something about the metadata.
    Metadata(MetadataPart),
    /// Other peers.
    Peers(Vec<SocketAddr>),
}

/// One connection.
#[derive(Debug)]
pub(super) struct Peer {
    identity: Identity,
    opening: Opening,
    out: BytesMut,
    greeted: bool,
    fast: bool,
    greeting: Greeting,
    possession: Possession,
    chokes: bool,
    interested: bool,
    allowed: BTreeSet<u32>,
    asked: Vec<Asked>,
    cancelled: Vec<Block>,
    unasked: u32,
    pace: Pace,
}

impl Peer {
    /// A connection that was just made and took `round_trip` for it.
    pub(super) fn new(identity: Identity, opening: Opening, round_trip: Duration) -> Self {
        let mut peer = Self {
            identity,
            opening,
            out: BytesMut::new(),
            greeted: false,
            fast: false,
            greeting: Greeting::default(),
            possession: Possession::default(),
            chokes: true,
            interested: false,
            allowed: BTreeSet::new(),
            asked: Vec::new(),
            cancelled: Vec::new(),
            unasked: 0,
            pace: Pace::new(round_trip),
        };
        let handshake = Handshake {
            info_hash: peer.identity.info_hash,
            peer_id: peer.identity.peer_id,
            extensions: true,
            fast: true,
        };
        peer.out.extend_from_slice(&handshake.to_bytes());
        if opening == Opening::AtOnce {
            peer.introduce(true);
        }
        peer
    }

    /// What is to be sent now.
    pub(super) fn take_output(&mut self) -> Option<Bytes> {
        (!self.out.is_empty()).then(|| self.out.split().freeze())
    }

    /// The other side greets.
    ///
    /// # Errors
    /// It speaks about another torrent, or it is ourselves.
    pub(super) fn greet(&mut self, theirs: &Handshake) -> Result<(), WireError> {
        if theirs.info_hash != self.identity.info_hash {
            return Err(WireError("it speaks about another torrent"));
        }
        if theirs.peer_id == self.identity.peer_id {
            return Err(WireError("it is ourselves"));
        }
        self.greeted = true;
        self.fast = theirs.fast;
        if self.fast {
            // Due first of all messages (BEP 6). With everything said at once it comes after two others, which
            // libtorrent and Transmission do not mind; who minds is dialled anew, one by one.
            self.say(&Message::HaveNone);
        }
        if self.opening == Opening::OneByOne {
            self.introduce(theirs.extensions);
        }
        Ok(())
    }

    fn introduce(&mut self, extensions: bool) {
        if extensions {
            let greeting = Greeting::ours(&self.identity.client);
            self.say(&greeting);
        }
        self.set_interest(true);
    }

    /// Tells how many pieces the torrent has.
    ///
    /// # Errors
    /// What the peer said of its pieces does not fit.
    pub(super) fn count_pieces(&mut self, pieces: u32) -> Result<(), WireError> {
        self.possession.count_pieces(pieces)
    }

    /// Says whether we want pieces, unless it is known already.
    pub(super) fn set_interest(&mut self, interested: bool) {
        if self.interested != interested {
            self.interested = interested;
            self.say(if interested { &Message::Interested } else { &Message::NotInterested });
        }
    }

    /// Whether it was told that we want pieces.
    pub(super) fn is_interesting(&self) -> bool {
        self.interested
    }

    /// Whether the other side has greeted.
    pub(super) fn is_greeted(&self) -> bool {
        self.greeted
    }

    /// Keeps the connection from being taken for dead.
    pub(super) fn keep_alive(&mut self) {
        self.say(&Message::KeepAlive);
    }

    /// Bytes of the metadata, if the peer has it and sends it.
    pub(super) fn metadata_size(&self) -> Option<u32> {
        self.greeting.metadata.and(self.greeting.metadata_size)
    }

    /// Asks for a part of the metadata, which [`Peer::metadata_size`] says the peer has.
    pub(super) fn ask_metadata(&mut self, part: u32) {
        if let Some(number) = self.greeting.metadata {
            self.say(&MetadataPart::Wanted(part).message(number));
        }
    }

    /// Whether a block of this piece may be asked for now, as far as possession, choking and the peer's queue go.
    pub(super) fn may_ask(&self, piece: u32) -> bool {
        let open = !self.chokes || self.allowed.contains(&piece);
        let fits = self.asked.len() < self.greeting.queue as usize;
        self.greeted && self.interested && open && fits && self.possession.has(piece)
    }

    /// Whether the peer has this piece.
    pub(super) fn has(&self, piece: u32) -> bool {
        self.possession.has(piece)
    }

    /// Asks for a block that [`Peer::may_ask`] allows.
    pub(super) fn ask(&mut self, block: Block, now: Instant) {
        debug_assert!(self.may_ask(block.piece), "nothing is asked for that the protocol forbids");
        self.pace.asked(self.asked.is_empty(), now);
        self.asked.push(Asked { block, at: now });
        self.say(&Message::Request(block));
    }

    /// Takes a request back.
    pub(super) fn cancel(&mut self, block: Block) {
        if self.forget(block) {
            self.pace.shortened(self.asked.is_empty());
            self.note_cancelled(block);
            self.say(&Message::Cancel(block));
        }
    }

    fn note_cancelled(&mut self, block: Block) {
        if self.cancelled.len() == MOST_CANCELLED {
            self.cancelled.remove(0);
        }
        self.cancelled.push(block);
    }

    /// How much longer than it should the request for a block has been without an answer, whatever else came
    /// meanwhile; `None` if there is none.
    pub(super) fn delay(&self, block: Block, now: Instant) -> Option<Duration> {
        self.asked.iter().find(|asked| asked.block == block).map(|asked| self.delay_of(asked, now))
    }

    /// The blocks whose [`Peer::delay`] is `limit` or more.
    pub(super) fn overdue(&self, limit: Duration, now: Instant) -> Vec<Block> {
        let age = self.asked.first().map(|oldest| now.saturating_duration_since(oldest.at));
        if age < Some(limit) {
            return Vec::new();
        }
        let late = self.asked.iter().filter(|asked| self.delay_of(asked, now) >= limit);
        late.map(|asked| asked.block).collect()
    }

    fn delay_of(&self, asked: &Asked, now: Instant) -> Duration {
        let age = now.saturating_duration_since(asked.at);
        let usual = PATIENCE * self.pace.remaining(self.asked.len(), Duration::ZERO, now);
        self.pace.silence(now).max(age.saturating_sub(usual))
    }

    /// The requests under way, the oldest first.
    pub(super) fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// Whether it answers requests.
    pub(super) fn chokes(&self) -> bool {
        self.chokes
    }

    /// Whether anything may be asked of it.
    pub(super) fn is_open(&self) -> bool {
        !self.chokes || !self.allowed.is_empty()
    }

    /// How fast it is.
    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Requests that it may be given beside those under way, if so many times as many are asked of everybody.
    pub(super) fn room(&self, stretch: f64, now: Instant) -> usize {
        self.pace.depth(stretch, now).min(self.greeting.queue as usize).saturating_sub(self.asked.len())
    }

    /// Notes whether it was given as many requests as it has room for.
    pub(super) fn filled(&mut self, full: bool, now: Instant) {
        self.pace.filled(full, now);
    }

    fn forget(&mut self, block: Block) -> bool {
        let before = self.asked.len();
        self.asked.retain(|asked| asked.block != block);
        self.asked.len() < before
    }

    fn say(&mut self, message: &Message) {
        message.write(&mut self.out);
    }
}

#[cfg(test)]
mod tests;
