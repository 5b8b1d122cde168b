//! What ffmpeg makes, frame by frame: its transport stream is taken apart and put together again as segments. Pure.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

use crate::live::chunk::{Pid, Ticks};

const PACKET: usize = 188;
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
    waiting: VecDeque<(Ticks, Vec<u8>)>,
    /// What is before this time belongs to a segment that has its sound, or is not shown.
    start: Ticks,
    counters: Counters,
}

/// Continuity counters, which run on from one ffmpeg to the next.
#[derive(Debug, Default)]
struct Counters {
    tables: u8,
    sound: u8,
}

impl Frames {
    /// Another ffmpeg begins, whose sound is wanted from a time on; what the one before has left is let go of.
    pub(super) fn begin(&mut self, start: Ticks) {
        self.start = start;
        (self.pat, self.pmt) = (None, None);
        self.waiting.clear();
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
                    self.waiting.push_back((time, packet.to_vec()));
                }
            }
            SOUND => {
                if let Some((_, frame)) = self.waiting.back_mut() {
                    frame.extend_from_slice(&packet);
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

    /// A segment of all frames up to `end`: it begins with the tables. `None` if ffmpeg has made nothing at all yet.
    pub(super) fn take_before(&mut self, end: Ticks) -> Option<Bytes> {
        let (mut pat, mut pmt) = (self.pat?, self.pmt?);
        for table in [&mut pat, &mut pmt] {
            count(table, self.counters.tables);
        }
        self.counters.tables = self.counters.tables.wrapping_add(1);
        let mut segment = [pat, pmt].concat();
        while self.pop_before(self.start).is_some() {}
        while let Some(mut frame) = self.pop_before(end) {
            for packet in frame.chunks_exact_mut(PACKET) {
                // Only packets with a payload count (2.4.3.3).
                if packet[3] & 0x10 != 0 {
                    self.counters.sound = self.counters.sound.wrapping_add(1);
                }
                count(packet, self.counters.sound);
            }
            segment.extend_from_slice(&frame);
        }
        self.start = end;
        Some(segment.into())
    }

    /// Takes the next frame if it is before a time.
    fn pop_before(&mut self, time: Ticks) -> Option<Vec<u8>> {
        let (stamp, _) = self.waiting.front()?;
        if is_before(*stamp, time) { self.waiting.pop_front().map(|(_, frame)| frame) } else { None }
    }
}

fn count(packet: &mut [u8], counter: u8) {
    packet[3] = packet[3] & 0xf0 | counter & 0x0f;
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

    #[test]
    fn frames_go_into_the_segment_of_their_time() {
        let mut frames = frames(&[90, 100, 110, 120]);
        assert!(frames.has_reached(120) && !frames.has_reached(121));
        let first = frames.take_before(110).unwrap();
        assert_eq!(first.len(), (2 + 4) * PACKET);
        assert_eq!(counters(&first, SOUND), [1, 2, 3, 4]);
        let second = frames.take_before(500).unwrap();
        assert_eq!((counters(&second, PAT), counters(&second, SOUND)), (vec![1], vec![5, 6, 7, 8]));
        assert_eq!(frames.take_before(900).unwrap().len(), 2 * PACKET, "silence is a segment too");
    }

    #[test]
    fn what_another_segment_has_already_is_left_out() {
        let mut frames = frames(&[90, 100, 110]);
        frames.start = 100;
        assert_eq!(frames.take_before(200).unwrap().len(), (2 + 4) * PACKET);
    }

    #[test]
    fn time_stamps_that_wrap_stay_in_order() {
        let mut frames = frames(&[WRAP - 20, WRAP - 10, WRAP + 5, WRAP + 10]);
        frames.start = WRAP - 30;
        assert!(frames.has_reached(WRAP + 10) && !frames.has_reached(WRAP + 11));
        assert_eq!(frames.take_before(WRAP + 1).unwrap().len(), (2 + 4) * PACKET);
        assert_eq!(frames.take_before(WRAP + 6).unwrap().len(), (2 + 2) * PACKET);
    }

    #[test]
    fn without_tables_there_is_no_segment() {
        assert!(Frames::default().take_before(1).is_none());
        let mut begun = frames(&[1]);
        begun.begin(1);
        assert!(begun.take_before(5).is_none());
    }
}
