//! Moves the times in a packet, so that those of one stretch of a stream follow those of the last.
//!
//! What repeats times elsewhere (`OPCR`, splice points of SCTE 35) stays as it is: players do not read it.

use super::super::chunk::Ticks;
use super::packet::{Packet, Raw, set_pcr};
use super::pes::{move_stamp, stamps};

/// Time stamps have 33 bits.
const TIME: Ticks = (1 << 33) - 1;

/// The packet with its clock sample and the time stamps of the PES packet that begins in it `by` so many ticks later,
/// or earlier. `None` if a stamp is cut off by the end of the packet, so that it cannot be moved.
pub(super) fn shifted(packet: Packet<'_>, by: i64) -> Option<Raw> {
    let moved = |time: Ticks| time.wrapping_add_signed(by) & TIME;
    let mut raw = *packet.0;
    if let Some(clock) = packet.pcr() {
        set_pcr(&mut raw, moved(clock));
    }
    if packet.starts() {
        let payload = raw.len() - packet.payload().len();
        for stamp in stamps(packet.payload())? {
            move_stamp(raw[payload + stamp..].first_chunk_mut()?, moved);
        }
    }
    Some(raw)
}

#[cfg(test)]
mod tests {
    use super::super::packet::PACKET;
    use super::super::pes::written;
    use super::super::studio::{Picture, Studio, VIDEO};
    use super::*;

    /// The first packet of a picture: with a clock sample and both stamps.
    fn picture(at: Ticks) -> Raw {
        let mut studio = Studio::new(1);
        studio.picture(at, Picture::Key, 700);
        let packet = studio.bytes.as_chunks::<PACKET>().0[0];
        assert!(Packet(&packet).pid() == VIDEO && Packet(&packet).pcr().is_some());
        packet
    }

    #[test]
    fn clock_and_stamps_move_together_and_nothing_else_does() {
        let (from, to) = (picture(900_000), picture(1_234_567));
        assert_eq!(shifted(Packet(&from), 334_567), Some(to));
        assert_eq!(shifted(Packet(&to), -334_567), Some(from));
        assert_eq!(shifted(Packet(&from), 0), Some(from));
    }

    #[test]
    fn times_wrap_at_their_33_bits() {
        assert_eq!(shifted(Packet(&picture(TIME - 999)), 2_000), Some(picture(1_000)));
        assert_eq!(shifted(Packet(&picture(1_000)), -2_000), Some(picture(TIME - 999)));
    }

    #[test]
    fn the_middle_of_a_picture_and_what_is_no_pes_packet_stay_as_they_are() {
        let mut studio = Studio::new(1);
        studio.picture(900_000, Picture::Key, 700);
        let middle = studio.bytes.as_chunks::<PACKET>().0[1];
        assert_eq!(shifted(Packet(&middle), 5_000), Some(middle));
        let mut section = middle;
        section[1] |= 0x40;
        assert_eq!(shifted(Packet(&section), 5_000), Some(section));
    }

    #[test]
    fn a_stamp_that_the_packet_does_not_hold_cannot_be_moved() {
        let mut raw = [0xFF; PACKET];
        let head = [&[0, 0, 1, 0xE0, 0, 0, 0x80, 0xC0, 10][..], &written(3, 5), &written(1, 4)].concat();
        for room in 4..=head.len() {
            let start = PACKET - room;
            raw[..6].copy_from_slice(&[0x47, 0x41, 0x00, 0x30, (start - 5) as u8, 0]);
            raw[start..].copy_from_slice(&head[..room]);
            assert_eq!(shifted(Packet(&raw), 9).is_some(), room == head.len(), "room for {room}");
        }
    }
}
