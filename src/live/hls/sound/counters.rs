//! Continuity counters that are right whichever run of ffmpeg made the segment before. Pure.
//!
//! Counters go from 0 to 15, so the sound of every segment begins with 0 and has a multiple of sixteen packets: where it
//! has not, some are cut in two.

use super::frames::PACKET;

type Raw = [u8; PACKET];

/// Values of a counter (ISO/IEC 13818-1, 2.4.3.3).
const ROUND: usize = 16;

/// The packets of a segment's sound, numbered from 0 to 15 over and over.
pub(super) fn numbered(mut packets: Vec<Raw>) -> Vec<Raw> {
    fill_up(&mut packets);
    let mut counter = 0_u8;
    for packet in packets.iter_mut().filter(|packet| has_payload(packet)) {
        set(packet, counter);
        counter = counter.wrapping_add(1);
    }
    packets
}

/// Sets the counter of a packet; only the low four bits count.
pub(super) fn set(packet: &mut Raw, counter: u8) {
    packet[3] = packet[3] & 0xf0 | counter & 0x0f;
}

/// Cuts packets in two until their number is a multiple of sixteen, or none can be cut any more: that needs sound of a
/// frame or two, which only a segment has that ends with a break.
fn fill_up(packets: &mut Vec<Raw>) {
    let count = packets.iter().filter(|packet| has_payload(packet)).count();
    let mut missing = count.next_multiple_of(ROUND) - count;
    while missing > 0 {
        let before = missing;
        let cut = std::mem::take(packets).into_iter().flat_map(|packet| {
            let pair = if missing > 0 { halves(&packet) } else { None };
            missing -= usize::from(pair.is_some());
            let (first, second) = pair.map_or((packet, None), |(first, second)| (first, Some(second)));
            std::iter::once(first).chain(second)
        });
        *packets = cut.collect();
        if missing == before {
            return;
        }
    }
}

/// A packet as two, if there is enough in it. The head of a PES packet stays whole.
fn halves(packet: &Raw) -> Option<(Raw, Raw)> {
    let payload = if has_payload(packet) { packet.get(4 + field(packet).len()..)? } else { return None };
    let opens = packet[1] & 0x40 != 0;
    let head = if opens { 9 + usize::from(*payload.get(8)?) } else { 0 };
    let rest = payload.len().checked_sub(head).filter(|rest| *rest > 1)?;
    let (one, other) = payload.split_at(head + rest / 2);
    let (first, mut second) = (stuffed(packet, field(packet), one), stuffed(packet, &[], other));
    second[1] &= !0x40;
    Some((first, second))
}

/// The packet with another payload, which is shorter, behind stuffing.
fn stuffed(packet: &Raw, field: &[u8], payload: &[u8]) -> Raw {
    let mut raw = [0xff; PACKET];
    raw[..4].copy_from_slice(&packet[..4]);
    raw[3] |= 0x20;
    let start = PACKET - payload.len();
    raw[start..].copy_from_slice(payload);
    // A field of one byte has no flags.
    if start > 5 {
        raw[5] = 0;
        raw[4..4 + field.len()].copy_from_slice(field);
    }
    // A packet has 188 bytes.
    raw[4] = u8::try_from(start - 5).unwrap_or_default();
    raw
}

/// The adaptation field of a packet, the byte for its length included.
fn field(packet: &Raw) -> &[u8] {
    let length = if packet[3] & 0x20 == 0 { 0 } else { 1 + usize::from(packet[4]) };
    packet.get(4..4 + length).unwrap_or_default()
}

fn has_payload(packet: &Raw) -> bool {
    packet[3] & 0x10 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet of PID 256 with so many bytes of payload.
    fn packet(opens: bool, length: usize) -> Raw {
        let mut payload = Vec::from_iter((0..length).map(|place| u8::try_from(place % 251).unwrap()));
        if opens {
            payload[..9].copy_from_slice(&[0, 0, 1, 0xc0, 0, 0, 0x80, 0x80, 5]);
        }
        let plain: Raw = [[0x47, if opens { 0x41 } else { 1 }, 0, 0x17].as_slice(), &[0xff; 184]]
            .concat()
            .try_into()
            .unwrap();
        match length {
            184 => [&plain[..4], &payload].concat().try_into().unwrap(),
            _ => stuffed(&plain, &[], &payload),
        }
    }

    fn payloads(packets: &[Raw]) -> Vec<u8> {
        packets.iter().flat_map(|packet| packet[4 + field(packet).len()..].to_vec()).collect()
    }

    #[test]
    fn counters_begin_and_end_where_those_of_other_segments_do() {
        for count in 1..40 {
            let packets = Vec::from_iter((0..count).map(|place| packet(place % 3 == 0, 184 - place)));
            let numbered = numbered(packets.clone());
            assert_eq!(numbered.len() % 16, 0);
            let counters = Vec::from_iter(numbered.iter().map(|packet| usize::from(packet[3] & 0x0f)));
            assert_eq!(counters, Vec::from_iter((0..numbered.len()).map(|place| place % 16)));
            assert_eq!(payloads(&numbered), payloads(&packets));
            let opens = |packets: &[Raw]| packets.iter().filter(|packet| packet[1] & 0x40 != 0).count();
            assert_eq!(opens(&numbered), opens(&packets));
            assert!(numbered.len() < count + 16);
        }
        assert!(numbered(Vec::new()).is_empty());
    }

    #[test]
    fn the_head_of_a_frame_and_its_clock_stay_in_its_first_packet() {
        let mut clocked = packet(true, 170);
        clocked[5] = 0x10;
        clocked[6..12].copy_from_slice(&[1, 2, 3, 4, 0x7e, 6]);
        let (first, second) = halves(&clocked).unwrap();
        assert_eq!(first[5..12], clocked[5..12]);
        assert_eq!((first[1], second[1], second[5]), (0x41, 1, 0));
        assert_eq!(payloads(&[first, second]), payloads(&[clocked]));
        assert!(field(&first).len() < 184 - 14);
        assert!(halves(&packet(true, 15)).is_none() && halves(&packet(false, 1)).is_none());
    }
}
