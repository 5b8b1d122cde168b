//! From bytes of any alignment to packets.

use super::packet::{PACKET, Raw, SYNC};

/// So many packets in a row have to begin with the sync byte before it is believed that they are packets: one byte in
/// 256 looks like one by chance, and payloads repeat patterns.
const CONFIRMED_BY: usize = 5;

/// Bytes that have to be there to confirm a place.
const WINDOW: usize = (CONFIRMED_BY - 1) * PACKET + 1;

/// Finds where packets begin, and finds it again after damage.
#[derive(Debug, Default)]
pub(super) struct Aligner {
    locked: bool,
    /// Bytes that are not a whole packet yet, or among which no packet was found yet: never more than [`WINDOW`]
    /// after a call.
    rest: Vec<u8>,
    /// How often the alignment was lost.
    pub(super) lost: u64,
    /// Bytes that belonged to no packet.
    pub(super) skipped: u64,
}

impl Aligner {
    /// Other bytes follow: what is left of the last ones is dropped.
    pub(super) fn restart(&mut self) {
        self.skipped += self.rest.len() as u64;
        self.rest.clear();
        self.locked = false;
    }

    /// Whether the bytes are packets.
    pub(super) fn is_locked(&self) -> bool {
        self.locked
    }

    /// Gives every packet among the bytes to `each`. How the bytes are cut into calls makes no difference.
    pub(super) fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(&Raw)) {
        while !bytes.is_empty() {
            if self.locked && self.rest.is_empty() {
                bytes = self.run(bytes, &mut each);
            }
            // A little at a time: as soon as alignment is known, packets are read where they lie.
            let wanted = if self.locked { PACKET } else { WINDOW + PACKET };
            let take = wanted.saturating_sub(self.rest.len()).min(bytes.len());
            self.rest.extend_from_slice(&bytes[..take]);
            bytes = &bytes[take..];
            self.settle(&mut each);
        }
    }

    /// Hands out whole packets without copying them; the rest is returned.
    fn run<'b>(&mut self, bytes: &'b [u8], each: &mut impl FnMut(&Raw)) -> &'b [u8] {
        let (packets, _) = bytes.as_chunks::<PACKET>();
        for (index, packet) in packets.iter().enumerate() {
            if packet[0] != SYNC {
                self.lose();
                return &bytes[index * PACKET..];
            }
            each(packet);
        }
        &bytes[packets.len() * PACKET..]
    }

    /// Takes packets from what was left over, and searches in it while there is no alignment.
    fn settle(&mut self, each: &mut impl FnMut(&Raw)) {
        let mut at = 0;
        loop {
            if !self.locked && !self.search(&mut at) {
                break;
            }
            let Some(packet) = self.rest[at..].first_chunk::<PACKET>() else { break };
            if packet[0] == SYNC {
                each(packet);
                at += PACKET;
            } else {
                self.lose();
            }
        }
        self.rest.drain(..at);
    }

    /// Moves to the first place that is confirmed. `false` if more bytes are needed; then no byte before `at` can be one.
    fn search(&mut self, at: &mut usize) -> bool {
        loop {
            let Some(skip) = memchr::memchr(SYNC, &self.rest[*at..]) else {
                self.skipped += (self.rest.len() - *at) as u64;
                *at = self.rest.len();
                return false;
            };
            self.skipped += skip as u64;
            *at += skip;
            let mut syncs = self.rest[*at..].iter().step_by(PACKET).take(CONFIRMED_BY);
            if syncs.any(|byte| *byte != SYNC) {
                self.skipped += 1;
                *at += 1;
            } else if self.rest.len() - *at < WINDOW {
                return false;
            } else {
                self.locked = true;
                return true;
            }
        }
    }

    fn lose(&mut self) {
        self.locked = false;
        self.lost += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(number: u8) -> Raw {
        let mut raw = [number; PACKET];
        raw[0] = SYNC;
        raw
    }

    fn read(aligner: &mut Aligner, bytes: &[u8], piece: usize) -> Vec<u8> {
        let mut numbers = Vec::new();
        for piece in bytes.chunks(piece) {
            aligner.push(piece, |raw| numbers.push(raw[1]));
        }
        numbers
    }

    #[test]
    fn packets_are_found_behind_a_torn_one_however_the_bytes_are_cut() {
        let mut bytes = vec![SYNC, 0, SYNC, 9, 9];
        bytes.extend((1..9).flat_map(packet));
        for piece in [1, 7, 187, 188, 189, 10_000] {
            assert_eq!(read(&mut Aligner::default(), &bytes, piece), [1, 2, 3, 4, 5, 6, 7, 8], "{piece}");
        }
    }

    #[test]
    fn a_hole_costs_the_packet_it_is_in_and_is_counted() {
        let mut bytes: Vec<u8> = (1..20).flat_map(packet).collect();
        bytes.drain(8 * PACKET + 50..8 * PACKET + 60);
        for piece in [1, 188, 10_000] {
            let mut aligner = Aligner::default();
            let numbers = read(&mut aligner, &bytes, piece);
            // The torn packet still begins as one should; the next is found where it really begins.
            assert_eq!(numbers, (1..20).filter(|number| *number != 10).collect::<Vec<_>>(), "{piece}");
            assert_eq!(aligner.lost, 1);
        }
    }

    #[test]
    fn packets_of_another_size_are_never_taken_for_ours() {
        for size in [192, 204] {
            let bytes: Vec<u8> = (0..100)
                .flat_map(|_| [&[0; 4][..], &packet(1)[..], &[0; 12][..]].concat()[..size].to_vec())
                .collect();
            let mut aligner = Aligner::default();
            assert_eq!(read(&mut aligner, &bytes, 1000), [] as [u8; 0]);
            assert!(!aligner.is_locked() && aligner.skipped > 90 * 188);
        }
    }

    #[test]
    fn a_restart_drops_what_was_begun() {
        let bytes: Vec<u8> = (1..20).flat_map(packet).collect();
        let mut aligner = Aligner::default();
        read(&mut aligner, &bytes[..6 * PACKET + 100], 10_000);
        aligner.restart();
        assert_eq!(read(&mut aligner, &bytes[8 * PACKET - 20..], 10_000), (9..20).collect::<Vec<_>>());
    }
}
