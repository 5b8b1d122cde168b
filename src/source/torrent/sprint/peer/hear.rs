//! What is made of what a peer says.

use bytes::Bytes;
use tokio::time::Instant;

use super::{Peer, Said};
use crate::source::torrent::wire::{
    Block, Greeting, Message, MetadataPart, OUR_METADATA, OUR_PEERS, WireError, read_peers,
};

/// Pieces that a peer may allow to be asked for while it chokes. Those who allow any allow five to ten.
const MOST_ALLOWED: usize = 64;

/// Blocks that nobody asked for. A few come late after a choke; more is somebody who pushes.
const MOST_UNASKED: u32 = 64;

impl Peer {
    /// Takes one message in; what others have to know goes to `said`.
    ///
    /// # Errors
    /// The peer breaks the protocol.
    pub(in crate::source::torrent::sprint) fn hear(
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
            Message::HaveNone
            | Message::Request(_)
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
            // All requests are void now; those who speak the fast extension reject each one (BEP 6). What was on its
            // way comes all the same.
            for asked in std::mem::take(&mut self.asked) {
                self.note_cancelled(asked.block);
                said.push(Said::Lost(asked.block));
            }
            self.pace.idle();
        }
    }

    fn rejected(&mut self, block: Block, said: &mut Vec<Said>) {
        let taken_back = self.cancelled.iter().position(|other| *other == block);
        if let Some(index) = taken_back.filter(|_| self.fast) {
            // Each request is answered once (BEP 6): one that was taken back before one for the same block that was
            // sent since.
            self.cancelled.remove(index);
        } else if self.forget(block) {
            self.pace.shortened(self.asked.is_empty());
            if self.chokes {
                self.allowed.remove(&block.piece);
            }
            said.push(Said::Lost(block));
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
        if let Some(index) = self.cancelled.iter().position(|other| *other == block) {
            // It was on its way. Perhaps it is of use all the same.
            self.cancelled.remove(index);
            said.push(Said::Block(block, data));
            return Ok(());
        }
        self.unasked += 1;
        said.push(Said::Needless(data.len()));
        if self.unasked > MOST_UNASKED { Err(WireError("it sends what nobody asked for")) } else { Ok(()) }
    }

    fn extended(&mut self, number: u8, body: &Bytes, said: &mut Vec<Said>) -> Result<(), WireError> {
        match number {
            0 => {
                // A greeting may be repeated with something new (BEP 10), but the metadata does not change.
                let size = self.greeting.metadata_size;
                self.greeting = Greeting::read(body)?;
                self.greeting.metadata_size = size.or(self.greeting.metadata_size);
            }
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
}
