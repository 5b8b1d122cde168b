//! The access unit that is being looked at, with the packets that wait for the result.

use super::super::chunk::{Codec, Ticks};
use super::entry::{Verdict, judge};
use super::packet::{PACKET, Packet, Raw};
use super::pes::PesHead;
use super::writer::Place;

/// The first slice of a picture lies within so many bytes: parameter sets, and messages with captions and the like.
const MOST_HEAD: usize = 32 << 10;

/// A picture that does not go on must not keep the sounds back: with so many bytes waiting it is looked at no longer.
const MOST_HELD: usize = 2 * MOST_HEAD;

/// The head of one access unit.
#[derive(Debug, Default)]
pub(super) struct Unit {
    /// Where it began; nothing is looked at while there is none.
    began: Option<Place>,
    random_access: bool,
    /// The PES packet as far as it is there.
    bytes: Vec<u8>,
    /// All packets since it began, of all PIDs.
    held: Vec<u8>,
}

impl Unit {
    /// Whether packets wait.
    pub(super) fn is_open(&self) -> bool {
        self.began.is_some()
    }

    /// A PES packet begins with this packet, which is to be [taken](Self::take) next.
    pub(super) fn begin(&mut self, packet: Packet<'_>, place: Place) {
        self.discard();
        (self.began, self.random_access) = (Some(place), packet.is_random_access());
    }

    /// The next packet of the picture.
    pub(super) fn take(&mut self, packet: Packet<'_>) {
        self.bytes.extend_from_slice(packet.payload());
        self.hold(packet);
    }

    /// The next packet of another PID.
    pub(super) fn hold(&mut self, packet: Packet<'_>) {
        self.held.extend_from_slice(packet.0);
    }

    /// What it is, where it began, and its presentation time. `None` if more is needed and may come.
    pub(super) fn judge(&self, codec: Codec, whole: bool) -> Option<(Verdict, Place, Option<Ticks>)> {
        let whole = whole || self.bytes.len() > MOST_HEAD || self.held.len() > MOST_HELD;
        let began = self.began?;
        let Some(head) = PesHead::read(&self.bytes) else {
            return whole.then_some((Verdict::Middle, began, None));
        };
        let verdict = judge(codec, &self.bytes[head.length..], self.random_access, whole);
        (verdict != Verdict::Undecided).then_some((verdict, began, head.pts))
    }

    /// Gives the packets that waited and ends it. They are to be given back by [`Self::reuse`].
    pub(super) fn close(&mut self) -> Vec<u8> {
        self.began = None;
        self.bytes.clear();
        std::mem::take(&mut self.held)
    }

    /// Keeps the memory of the packets for the next time.
    pub(super) fn reuse(&mut self, mut held: Vec<u8>) {
        held.clear();
        self.held = held;
    }

    /// Forgets it.
    pub(super) fn discard(&mut self) {
        self.began = None;
        self.bytes.clear();
        self.held.clear();
    }
}

/// The packets in what waited.
pub(super) fn packets(held: &[u8]) -> &[Raw] {
    held.as_chunks::<PACKET>().0
}
