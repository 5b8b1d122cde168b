//! One packet of a transport stream, read in place (ISO/IEC 13818-1, 2.4.3).

use super::super::chunk::{Pid, Ticks};

/// Bytes of a packet. Other sizes (192 with a time stamp in front, 204 with error correction) never come from an
/// engine and are not read.
pub const PACKET: usize = 188;

/// What every packet begins with.
pub(super) const SYNC: u8 = 0x47;

/// One more than the highest PID.
pub(super) const PIDS: usize = 0x2000;

/// Most bytes of an adaptation field behind the byte that says its length.
const LONGEST_FIELD: usize = PACKET - 5;

/// The bits of an adaptation field's flags that matter here.
const DISCONTINUITY: u8 = 0x80;
const RANDOM_ACCESS: u8 = 0x40;
const HAS_PCR: u8 = 0x10;

/// The bytes of one packet.
pub(super) type Raw = [u8; PACKET];

/// A view of one packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a>(pub(super) &'a Raw);

impl<'a> Packet<'a> {
    pub(super) fn pid(self) -> Pid {
        u16::from(self.0[1] & 0x1F) << 8 | u16::from(self.0[2])
    }

    /// Whether a receiver marked it as broken, or its head cannot be right: it says neither payload nor adaptation
    /// field, or that the field is longer than the packet.
    pub(super) fn is_damaged(self) -> bool {
        let field_is_too_long = self.0[3] & 0x20 != 0 && usize::from(self.0[4]) > LONGEST_FIELD;
        self.0[1] & 0x80 != 0 || self.0[3] & 0x30 == 0 || field_is_too_long
    }

    /// Whether its payload is scrambled.
    pub(super) fn is_scrambled(self) -> bool {
        self.0[3] & 0xC0 != 0
    }

    /// Whether a PES packet or a section begins in it (`payload_unit_start_indicator`).
    pub(super) fn starts(self) -> bool {
        self.0[1] & 0x40 != 0
    }

    pub(super) fn has_payload(self) -> bool {
        self.0[3] & 0x10 != 0
    }

    /// The continuity counter, 4 bits.
    pub(super) fn counter(self) -> u8 {
        self.0[3] & 0x0F
    }

    /// The flags of the adaptation field, if there is one that has any.
    fn flags(self) -> Option<u8> {
        (self.0[3] & 0x20 != 0 && self.0[4] > 0).then_some(self.0[5])
    }

    /// Whether its flags can be changed in place.
    pub(super) fn has_flags(self) -> bool {
        self.flags().is_some()
    }

    /// `discontinuity_indicator`.
    pub(super) fn is_discontinuity(self) -> bool {
        self.flags().is_some_and(|flags| flags & DISCONTINUITY != 0)
    }

    /// `random_access_indicator`.
    pub(super) fn is_random_access(self) -> bool {
        self.flags().is_some_and(|flags| flags & RANDOM_ACCESS != 0)
    }

    /// The 33-bit base of the program clock reference, in ticks. Its 27 MHz extension is finer than anything here
    /// needs.
    pub(super) fn pcr(self) -> Option<Ticks> {
        if self.flags()? & HAS_PCR == 0 || self.0[4] < 7 {
            return None;
        }
        let high = u32::from_be_bytes([self.0[6], self.0[7], self.0[8], self.0[9]]);
        Some(u64::from(high) << 1 | u64::from(self.0[10] >> 7))
    }

    /// The payload; empty if there is none, or if the adaptation field claims more than the packet holds.
    pub(super) fn payload(self) -> &'a [u8] {
        if !self.has_payload() {
            return &[];
        }
        let start = if self.0[3] & 0x20 == 0 { 4 } else { 5 + usize::from(self.0[4]) };
        self.0.get(start..).unwrap_or_default()
    }
}

/// Writes another continuity counter into a packet.
pub(super) fn set_counter(packet: &mut [u8], counter: u8) {
    packet[3] = packet[3] & 0xF0 | counter & 0x0F;
}

/// Replaces the 33-bit base of the clock sample of a packet [that has one](Packet::pcr).
pub(super) fn set_pcr(packet: &mut Raw, time: Ticks) {
    let high = (time >> 1) as u32;
    packet[6..10].copy_from_slice(&high.to_be_bytes());
    packet[10] = packet[10] & 0x7F | (time as u8) << 7;
}

/// Says in a packet that [has flags](Packet::has_flags) that something was left out before it.
pub(super) fn set_discontinuity(packet: &mut [u8]) {
    packet[5] |= DISCONTINUITY;
}

/// A packet without payload that says that something of this PID was left out. Its counter is that of the packet
/// before, because only payloads are counted.
pub(super) fn discontinuity(pid: Pid, last: u8) -> Raw {
    let mut packet = [0xFF; PACKET];
    let [high, low] = pid.to_be_bytes();
    packet[..6].copy_from_slice(&[SYNC, high, low, 0x20 | last & 0x0F, 183, DISCONTINUITY]);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discontinuity_packet_reads_as_one() {
        let raw = discontinuity(0x1ABC, 7);
        let packet = Packet(&raw);
        assert_eq!((packet.pid(), packet.counter()), (0x1ABC, 7));
        assert!(packet.is_discontinuity() && packet.has_flags() && !packet.has_payload());
        assert!(!packet.is_damaged() && !packet.is_scrambled() && !packet.is_random_access());
        assert_eq!((packet.pcr(), packet.payload()), (None, &[][..]));
    }

    #[test]
    fn the_clock_is_read_to_its_last_bit() {
        let mut raw = discontinuity(1, 0);
        raw[5] = HAS_PCR;
        raw[6..12].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0]);
        assert_eq!(Packet(&raw).pcr(), Some((1 << 33) - 1));
        raw[4] = 6;
        assert_eq!(Packet(&raw).pcr(), None, "the field is too short to hold one");
    }

    #[test]
    fn a_field_longer_than_the_packet_leaves_no_payload() {
        let mut raw = [0; PACKET];
        raw[3] = 0x30;
        raw[4] = 182;
        assert_eq!((Packet(&raw).payload().len(), Packet(&raw).is_damaged()), (1, false));
        raw[4] = 255;
        assert_eq!((Packet(&raw).payload().len(), Packet(&raw).is_damaged()), (0, true));
    }
}
