//! Sections, as tables are sent in (ISO/IEC 13818-1, 2.4.4): from packets, and into packets.

use super::super::chunk::Pid;
use super::crc::crc;
use super::packet::{PACKET, Packet, SYNC};

/// The head of a section up to its length.
const HEAD: usize = 3;

/// The checksum behind it.
pub(super) const CHECKSUM: usize = 4;

/// Puts the sections of one PID together.
#[derive(Debug, Default)]
pub(super) struct Sections {
    /// Not yet a whole section; at most one section and one packet long.
    gathered: Vec<u8>,
    /// Whether the beginning of what is gathered was seen.
    begun: bool,
}

impl Sections {
    /// Takes the next packet and gives every whole section whose checksum is right, without that checksum.
    pub(super) fn push(&mut self, packet: Packet<'_>, mut each: impl FnMut(&[u8])) {
        let mut payload = packet.payload();
        if packet.starts() {
            let Some((pointer, rest)) = payload.split_first() else { return };
            let Some((end, start)) = rest.split_at_checked(usize::from(*pointer)) else { return };
            self.append(end, &mut each);
            self.gathered.clear();
            self.begun = true;
            payload = start;
        }
        self.append(payload, &mut each);
    }

    fn append(&mut self, bytes: &[u8], each: &mut impl FnMut(&[u8])) {
        if !self.begun {
            return;
        }
        self.gathered.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(head) = self.gathered[at..].first_chunk::<HEAD>() {
            // Filler up to the end of the packet; the next section begins in a packet that says so.
            if head[0] == 0xFF {
                self.begun = false;
                break;
            }
            let length = HEAD + usize::from(u16::from_be_bytes([head[1] & 0x0F, head[2]]));
            let Some(section) = self.gathered.get(at..at + length) else { break };
            if length >= HEAD + CHECKSUM && crc(section) == 0 {
                each(&section[..length - CHECKSUM]);
            }
            at += length;
        }
        self.gathered.drain(..at);
    }
}

/// Cuts a section (without checksum; its length field is set here) into packets whose counters are zero.
pub(super) fn packets(pid: Pid, mut section: Vec<u8>) -> Vec<u8> {
    let length = u16::try_from(section.len() - HEAD + CHECKSUM).unwrap_or(u16::MAX);
    section[1] = section[1] & 0xF0 | (length >> 8) as u8 & 0x0F;
    section[2] = length as u8;
    section.extend_from_slice(&crc(&section).to_be_bytes());
    // The pointer field: the section begins at once.
    section.insert(0, 0);
    let [high, low] = pid.to_be_bytes();
    let mut packets = Vec::with_capacity(section.len().div_ceil(PACKET - 4) * PACKET);
    for (index, piece) in section.chunks(PACKET - 4).enumerate() {
        let start = if index == 0 { 0x40 } else { 0 };
        packets.extend_from_slice(&[SYNC, start | high, low, 0x10]);
        packets.extend_from_slice(piece);
        packets.resize((index + 1) * PACKET, 0xFF);
    }
    packets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(length: usize) -> Vec<u8> {
        let mut section: Vec<u8> = (0..length).map(|index| index as u8).collect();
        section[..3].copy_from_slice(&[2, 0xB0, 0]);
        section
    }

    fn read(sections: &mut Sections, packets: &[u8]) -> Vec<usize> {
        let mut lengths = Vec::new();
        for raw in packets.as_chunks::<PACKET>().0 {
            sections.push(Packet(raw), |section| lengths.push(section.len()));
        }
        lengths
    }

    #[test]
    fn a_section_of_any_length_survives_the_way_through_packets() {
        for length in [8, 100, 179, 180, 181, 400, 1_000] {
            let mut got = Vec::new();
            let mut sections = Sections::default();
            for raw in packets(0x100, section(length)).as_chunks::<PACKET>().0 {
                sections.push(Packet(raw), |section| got.push(section.to_vec()));
            }
            assert_eq!(got.len(), 1, "{length}");
            assert_eq!(got[0][3..], section(length)[3..]);
        }
    }

    #[test]
    fn damage_and_a_missing_beginning_cost_only_the_section_they_hit() {
        let whole = packets(0x100, section(400));
        let mut damaged = whole.clone();
        damaged[PACKET + 50] ^= 1;
        let mut sections = Sections::default();
        assert_eq!(read(&mut sections, &whole[PACKET..]), [] as [usize; 0]);
        assert_eq!(read(&mut sections, &damaged), [] as [usize; 0]);
        assert_eq!(read(&mut sections, &whole[..PACKET]), [] as [usize; 0]);
        assert_eq!(read(&mut sections, &whole), [400]);
    }
}
