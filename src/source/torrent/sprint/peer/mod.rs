//! One connection as the protocol sees it, without any network: what may be said, what was said, and what is awaited.

mod pace;
mod possession;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::super::wire::{
    Block, Greeting, Handshake, Message, MetadataPart, OUR_METADATA, OUR_PEERS, WireError, read_peers,
};
pub(super) use pace::Pace;
use possession::Possession;

/// Pieces that a peer may allow to be asked for while it chokes. Those who allow any allow five to ten.
const MOST_ALLOWED: usize = 64;

/// Blocks that nobody asked for. A few come late after a choke; more is somebody who pushes.
const MOST_UNASKED: u32 = 64;

/// Blocks that were taken back and may still come.
const MOST_CANCELLED: usize = 512;

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
    /// A block that was asked for.
    Block(Block, Bytes),
    /// So many bytes that nobody awaits any more.
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
            peer.introduce();
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
            self.introduce();
        }
        Ok(())
    }

    fn introduce(&mut self) {
        let greeting = Greeting::ours(&self.identity.client);
        self.say(&greeting);
        self.set_interest(true);
    }

    /// Tells how many pieces the torrent has.
    ///
    /// # Errors
    /// What the peer said of its pieces does not fit.
    pub(super) fn count_pieces(&mut self, pieces: u32) -> Result<(), WireError> {
        self.possession.count_pieces(pieces)
    }

    /// Takes one message in; what others have to know goes to `said`.
    ///
    /// # Errors
    /// The peer breaks the protocol.
    pub(super) fn hear(
        &mut self,
        message: Message,
        now: Instant,
        said: &mut Vec<Said>,
    ) -> Result<(), WireError> {
        match message {
            Message::Choke => self.choked(said),
            Message::Unchoke => self.chokes = false,
            Message::Have(piece) => self.possession.have(piece)?,
            Message::Bitfield(bits) => self.possession.bitfield(&bits)?,
            Message::HaveAll => self.possession.all(),
            Message::HaveNone => {}
            Message::AllowedFast(piece) => {
                if self.allowed.len() < MOST_ALLOWED {
                    self.allowed.insert(piece);
                }
            }
            Message::Piece { piece, begin, data } => {
                let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
                return self.block(Block { piece, begin, length }, data, now, said);
            }
            Message::Reject(block) => self.rejected(block, said),
            Message::Extended(number, body) => self.extended(number, &body, said)?,
            // Nothing is ever sent to it over this connection, and it was never unchoked. Whoever speaks the fast
            // extension is owed an answer all the same.
            Message::Request(block) if self.fast => self.say(&Message::Reject(block)),
            Message::Request(_)
            | Message::Cancel(_)
            | Message::KeepAlive
            | Message::Interested
            | Message::NotInterested
            | Message::Other(_) => {}
        }
        Ok(())
    }

    fn choked(&mut self, said: &mut Vec<Said>) {
        self.chokes = true;
        if !self.fast {
            // All requests are void now; those who speak the fast extension reject each one (BEP 6).
            said.extend(self.asked.drain(..).map(|asked| Said::Lost(asked.block)));
            self.pace.idle();
        }
    }

    fn rejected(&mut self, block: Block, said: &mut Vec<Said>) {
        if self.forget(block) {
            self.pace.shortened(self.asked.is_empty());
            if self.chokes {
                self.allowed.remove(&block.piece);
            }
            said.push(Said::Lost(block));
        } else {
            self.cancelled.retain(|other| *other != block);
        }
    }

    fn block(
        &mut self,
        block: Block,
        data: Bytes,
        now: Instant,
        said: &mut Vec<Said>,
    ) -> Result<(), WireError> {
        let asked = self.asked.iter().position(|asked| asked.block == block);
        if let Some(index) = asked {
            let asked = self.asked.remove(index);
            self.pace.arrived(data.len(), asked.at, self.asked.is_empty(), now);
            said.push(Said::Block(block, data));
            return Ok(());
        }
        said.push(Said::Needless(data.len()));
        match self.cancelled.iter().position(|other| *other == block) {
            Some(index) => {
                self.cancelled.remove(index);
            }
            None => self.unasked += 1,
        }
        if self.unasked > MOST_UNASKED { Err(WireError("it sends what nobody asked for")) } else { Ok(()) }
    }

    fn extended(&mut self, number: u8, body: &Bytes, said: &mut Vec<Said>) -> Result<(), WireError> {
        match number {
            0 => self.greeting = Greeting::read(body)?,
            OUR_METADATA => match (MetadataPart::read(body)?, self.greeting.metadata) {
                (Some(MetadataPart::Wanted(part)), Some(number)) => {
                    self.say(&MetadataPart::Refused(part).message(number));
                }
                (Some(part), _) => said.push(Said::Metadata(part)),
                (None, _) => {}
            },
            OUR_PEERS => said.push(Said::Peers(read_peers(body)?)),
            _ => {}
        }
        Ok(())
    }

    /// Says whether we want pieces, unless it is known already.
    pub(super) fn set_interest(&mut self, interested: bool) {
        if self.interested != interested {
            self.interested = interested;
            self.say(if interested { &Message::Interested } else { &Message::NotInterested });
        }
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
            if self.cancelled.len() == MOST_CANCELLED {
                self.cancelled.remove(0);
            }
            self.cancelled.push(block);
            self.say(&Message::Cancel(block));
        }
    }

    /// The requests under way, the oldest first.
    pub(super) fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// Whether it answers requests.
    pub(super) fn chokes(&self) -> bool {
        self.chokes
    }

    /// How fast it is.
    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Requests that it may be given beside those under way.
    pub(super) fn room(&self, now: Instant) -> usize {
        self.pace.depth(now).min(self.greeting.queue as usize).saturating_sub(self.asked.len())
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
