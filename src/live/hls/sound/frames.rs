//! What ffmpeg makes, frame by frame: its transport stream is taken apart and put together again as segments. Pure.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

use super::counters;
use crate::live::chunk::{Pid, Ticks};
use crate::live::hls::window::Number;

/// Bytes of a packet (ISO/IEC 13818-1).
pub(super) const PACKET: usize = 188;
const PAT: Pid = 0;
/// As the arguments for ffmpeg have it.
const PMT: Pid = 4096;
const SOUND: Pid = 256;
/// Time stamps have 33 bits (ISO/IEC 13818-1, 2.4.3.7).
const WRAP: Ticks = 1 << 33;

/// Sound as it comes out of ffmpeg.
#[derive(Debug, Default)]
pub(super) struct Frames {
    pat: Option<[u8; PACKET]>,
    pmt: Option<[u8; PACKET]>,
    /// Frames that are in no segment yet: time stamp of 33 bits and packets.
    waiting: VecDeque<(Ticks, Vec<[u8; PACKET]>)>,
    /// What is before this time belongs to a segment that has its sound, or is not shown.
    start: Ticks,
}

impl Frames {
    /// Nothing yet, of which all before a time is not wanted.
    pub(super) fn from(start: Ticks) -> Self {
        Self { start, ..Self::default() }
    }

    /// Takes whole packets out of what was read.
    pub(super) fn push(&mut self, read: &mut BytesMut) {
        while let Some(packet) = read.first_chunk::<PACKET>() {
            let packet = *packet;
            read.advance(PACKET);
            self.packet(packet);
        }
    }

    fn packet(&mut self, packet: [u8; PACKET]) {
        let pid = Pid::from(packet[1] & 0x1f) << 8 | Pid::from(packet[2]);
        let begins = packet[1] & 0x40 != 0;
        match pid {
            PAT => self.pat = Some(packet),
            PMT => self.pmt = Some(packet),
            SOUND if begins => {
                // A frame without a time cannot be placed; ffmpeg gives every one a time.
                if let Some(time) = time_stamp(&packet) {
                    self.waiting.push_back((time, vec![packet]));
                }
            }
            SOUND => {
                if let Some((_, frame)) = self.waiting.back_mut() {
                    frame.push(packet);
                }
            }
            // The name of the service.
            _ => {}
        }
    }

    /// Whether a frame has begun that is not before `end`, so that all before it are whole.
    pub(super) fn has_reached(&self, end: Ticks) -> bool {
        self.waiting.back().is_some_and(|(time, _)| !is_before(*time, end))
    }

    /// The sound of the segment of a number, which is all frames up to `end`: it begins with the tables. `None` if ffmpeg
    /// has made nothing at all yet.
    pub(super) fn take_before(&mut self, number: Number, end: Ticks) -> Option<Bytes> {
        let mut tables = [self.pat?, self.pmt?];
        // Every segment has them once.
        tables.iter_mut().for_each(|table| counters::set(table, number.to_le_bytes()[0]));
        while self.pop_before(self.start).is_some() {}
        let mut packets = Vec::new();
        while let Some(frame) = self.pop_before(end) {
            packets.extend(frame);
        }
        self.start = end;
        Some([tables.as_flattened(), counters::numbered(packets).as_flattened()].concat().into())
    }

    /// Takes the next frame if it is before a time.
    fn pop_before(&mut self, time: Ticks) -> Option<Vec<[u8; PACKET]>> {
        let (stamp, _) = self.waiting.front()?;
        if is_before(*stamp, time) { self.waiting.pop_front().map(|(_, frame)| frame) } else { None }
    }
}

/// Whether a time stamp is before a time, the shorter way round.
fn is_before(stamp: Ticks, time: Ticks) -> bool {
    time.wrapping_sub(stamp) % WRAP < WRAP / 2 && stamp != time % WRAP
}

/// The presentation time of the PES packet that begins in a packet.
fn time_stamp(packet: &[u8; PACKET]) -> Option<Ticks> {
    let adaptation = if packet[3] & 0x20 == 0 { 0 } else { 1 + usize::from(packet[4]) };
    let pes = packet.get(4 + adaptation..)?;
    let header = pes.first_chunk::<14>()?;
    let has_time = header.starts_with(&[0, 0, 1]) && header[7] & 0x80 != 0;
    let [.., a, b, c, d, e] = header.map(Ticks::from);
    has_time.then_some((a >> 1 & 0x07) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet with the beginning of a frame of sound at a time, or with more of it.
    fn packet(pid: Pid, time: Option<Ticks>) -> [u8; PACKET] {
        let mut packet = [0xff; PACKET];
        let [high, low] = pid.to_be_bytes();
        packet[..4].copy_from_slice(&[0x47, high | if time.is_some() { 0x40 } else { 0 }, low, 0x10]);
        if let Some(time) = time {
            let bits =
                |shift: u32, count: u32| u8::try_from(((time % WRAP) >> shift) & ((1 << count) - 1)).unwrap();
            packet[4..13].copy_from_slice(&[0, 0, 1, 0xc0, 0, 0, 0x80, 0x80, 5]);
            packet[13..18].copy_from_slice(&[
                0x21 | bits(30, 3) << 1,
                bits(22, 8),
                bits(15, 7) << 1 | 1,
                bits(7, 8),
                bits(0, 7) << 1 | 1,
            ]);
        }
        packet
    }

    fn frames(times: &[Ticks]) -> Frames {
        let mut frames = Frames::default();
        let mut read = BytesMut::from(&[packet(PAT, None), packet(PMT, None)].concat()[..]);
        for time in times {
            read.extend_from_slice(&packet(SOUND, Some(*time)));
            read.extend_from_slice(&packet(SOUND, None));
        }
        let mut odd = BytesMut::new();
        for byte in read {
            odd.extend_from_slice(&[byte]);
            frames.push(&mut odd);
        }
        frames
    }

    fn counters(segment: &[u8], pid: Pid) -> Vec<u8> {
        let is = |packet: &&[u8]| Pid::from(packet[1] & 0x1f) << 8 | Pid::from(packet[2]) == pid;
        segment.chunks(PACKET).filter(is).map(|packet| packet[3] & 0x0f).collect()
    }

    /// The times of the frames in a segment.
    fn times(segment: &[u8]) -> Vec<Ticks> {
        let opens = |packet: &&[u8; PACKET]| packet[1] == 0x41;
        segment.as_chunks().0.iter().filter(opens).filter_map(time_stamp).collect()
    }

    #[test]
    fn frames_go_into_the_segment_of_their_time() {
        let mut frames = frames(&[90, 100, 110, 120]);
        assert!(frames.has_reached(120) && !frames.has_reached(121));
        let first = frames.take_before(17, 110).unwrap();
        assert_eq!((times(&first), counters(&first, PAT)), (vec![90, 100], vec![1]));
        assert_eq!(counters(&first, SOUND), Vec::from_iter(0..16));
        let second = frames.take_before(18, 500).unwrap();
        assert_eq!((times(&second), counters(&second, PMT)), (vec![110, 120], vec![2]));
        assert_eq!(counters(&second, SOUND), Vec::from_iter(0..16));
        assert_eq!(frames.take_before(19, 900).unwrap().len(), 2 * PACKET, "silence is a segment too");
    }

    #[test]
    fn what_another_segment_has_already_is_left_out() {
        let mut frames = frames(&[90, 100, 110]);
        frames.start = 100;
        assert_eq!(times(&frames.take_before(0, 200).unwrap()), [100, 110]);
    }

    #[test]
    fn time_stamps_that_wrap_stay_in_order() {
        let mut frames = frames(&[WRAP - 20, WRAP - 10, WRAP + 5, WRAP + 10]);
        frames.start = WRAP - 30;
        assert!(frames.has_reached(WRAP + 10) && !frames.has_reached(WRAP + 11));
        assert_eq!(times(&frames.take_before(0, WRAP + 1).unwrap()), [WRAP - 20, WRAP - 10]);
        assert_eq!(times(&frames.take_before(1, WRAP + 6).unwrap()), [5]);
    }

    #[test]
    fn without_tables_there_is_no_segment() {
        assert!(Frames::from(1).take_before(0, 5).is_none());
    }
}
