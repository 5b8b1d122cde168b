//! What a viewer's bytes are like: whole packets, counters that run on, pictures that follow each other.

use std::collections::HashMap;

/// Bytes of a packet.
const PACKET: usize = 188;
/// The PID of packets that say nothing.
const NULL: u16 = 0x1FFF;
/// The PIDs of tables in what ffmpeg makes: PAT, SDT and PMT.
const TABLES: [u16; 3] = [0x00, 0x11, 0x1000];

/// What was seen in a run of packets from its first byte on.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// All packets.
    pub(crate) packets: usize,
    /// Those that say nothing.
    pub(crate) nulls: usize,
    /// Counters that do not follow, and were not announced; as sentences.
    pub(crate) errors: Vec<String>,
    /// Packets that announce that counters or clocks do not follow.
    pub(crate) announced: usize,
    /// Presentation times of pictures in the order of packets, in ticks of 90 kHz.
    pub(crate) pictures: Vec<u64>,
    /// The same of MPEG sounds, AAC among them.
    pub(crate) sounds: Vec<u64>,
    last: HashMap<u16, u8>,
}

impl Look {
    /// Looks at bytes that must be whole packets.
    ///
    /// # Panics
    /// If they are not.
    pub(crate) fn at(bytes: &[u8]) -> Self {
        let mut look = Self::default();
        assert_eq!(bytes.len() % PACKET, 0, "the last packet is not whole");
        for packet in bytes.chunks(PACKET) {
            look.packet(packet);
        }
        look
    }

    /// Asserts that nothing is missing that was not announced, and that something can be seen.
    ///
    /// # Panics
    /// If it is not so.
    pub(crate) fn assert_clean(&self) {
        assert!(self.errors.is_empty(), "{:#?}", self.errors);
        assert!(!self.pictures.is_empty(), "no picture among {} packets", self.packets);
    }

    /// The pictures that were shown twice, and the holes between them, given that one lasts `ticks`.
    pub(crate) fn repeats_and_holes(&self, ticks: u64) -> (usize, usize) {
        let mut times = self.pictures.clone();
        times.sort_unstable();
        let repeats = times.windows(2).filter(|pair| pair[0] == pair[1]).count();
        let holes = times.windows(2).filter(|pair| pair[1] - pair[0] > ticks).count();
        (repeats, holes)
    }

    fn packet(&mut self, packet: &[u8]) {
        assert_eq!(packet[0], 0x47, "packet {} has no sync byte", self.packets);
        self.packets += 1;
        let pid = u16::from(packet[1] & 0x1F) << 8 | u16::from(packet[2]);
        if pid == NULL {
            self.nulls += 1;
            return;
        }
        let (has_adaptation, has_payload) = (packet[3] & 0x20 != 0, packet[3] & 0x10 != 0);
        let is_announced = has_adaptation && packet[4] > 0 && packet[5] & 0x80 != 0;
        self.announced += usize::from(is_announced);
        let counter = packet[3] & 0x0F;
        if let Some(last) = self.last.insert(pid, counter) {
            let due = if has_payload { (last + 1) % 16 } else { last };
            if counter != due && !is_announced {
                let number = self.packets;
                self.errors.push(format!("packet {number}, PID {pid}: {counter} after {last}"));
            }
        }
        let begins = packet[1] & 0x40 != 0;
        let payload = 4 + if has_adaptation { 1 + usize::from(packet[4]) } else { 0 };
        if begins && has_payload {
            match presented(&packet[payload.min(PACKET)..]) {
                Some((0xE0..=0xEF, time)) => self.pictures.push(time),
                Some((0xC0..=0xDF, time)) => self.sounds.push(time),
                _ => {}
            }
        }
    }
}

/// The packets of pictures, sounds and whatever else stands beside them, without their counters: everything that the
/// server hands on as it comes. Its tables are its own (PAT, and the PMT that ffmpeg always puts at 0x1000).
pub(crate) fn contents(bytes: &[u8]) -> Vec<[u8; PACKET]> {
    let is_content = |packet: &&[u8; PACKET]| {
        let pid = u16::from(packet[1] & 0x1F) << 8 | u16::from(packet[2]);
        !TABLES.contains(&pid) && pid != NULL
    };
    let uncounted = |packet: &[u8; PACKET]| {
        let mut packet = *packet;
        packet[3] &= 0xF0;
        packet
    };
    bytes.as_chunks::<PACKET>().0.iter().filter(is_content).map(uncounted).collect()
}

/// Asserts that some packets are exactly a part of others, as [`contents`] has both: each of them once, and in order.
///
/// # Panics
/// If they are not.
pub(crate) fn assert_part_of(got: &[[u8; PACKET]], aired: &[[u8; PACKET]], what: &str) {
    let begin = aired.iter().position(|packet| got.first() == Some(packet));
    let begin = begin.unwrap_or_else(|| panic!("{what}: the first of {} packets was not on air", got.len()));
    let common = got.iter().zip(&aired[begin..]).take_while(|(one, other)| one == other).count();
    let (here, there) = (got.get(common), aired.get(begin + common));
    assert_eq!(common, got.len(), "{what}: {:02x?} instead of {:02x?}", here.map(head), there.map(head));
}

/// What tells a packet in a message.
fn head(packet: &[u8; PACKET]) -> &[u8] {
    &packet[..24]
}

/// The id of the PES packet that begins there, and its presentation time (ISO/IEC 13818-1, 2.4.3.6).
fn presented(pes: &[u8]) -> Option<(u8, u64)> {
    let has_time =
        pes.len() > 13 && pes[..3] == [0, 0, 1] && matches!(pes[3], 0xC0..=0xEF) && pes[7] & 0x80 != 0;
    let part = |index: usize| u64::from(pes[index]);
    has_time.then(|| {
        let time =
            (part(9) >> 1 & 7) << 30 | part(10) << 22 | (part(11) >> 1) << 15 | part(12) << 7 | part(13) >> 1;
        (pes[3], time)
    })
}
