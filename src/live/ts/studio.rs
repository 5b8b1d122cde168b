//! Broadcasts made by hand, packet by packet, for tests.

use std::collections::HashMap;

use super::super::chunk::{NULL_PID, Pid, Ticks};
use super::packet::{PACKET, Packet, Raw, SYNC, set_counter};
use super::pes::written;
use super::psi::PAT_PID;
use super::sections;

pub(super) const PMT: Pid = 0x1000;
pub(super) const VIDEO: Pid = 0x100;
pub(super) const AUDIO: Pid = 0x101;

pub(super) const H264: u8 = 0x1B;
pub(super) const MP2: u8 = 0x03;

/// Time between two pictures.
pub(super) const FRAME: Ticks = 3_600;
/// Pictures in a second.
pub(super) const RATE: u64 = 25;

const SPS: &[u8] = &[0, 0, 0, 1, 9, 0xF0, 0, 0, 0, 1, 0x67, 0x64, 0, 0x1F];
const IDR: &[u8] = &[0, 0, 1, 0x65, 0x88];
const P: &[u8] = &[0, 0, 0, 1, 9, 0xF0, 0, 0, 1, 0x41, 0b1001_1000];

/// Number, PMT and clock of a program, and type and PID of its streams.
pub(super) type Described<'a> = (u16, Pid, Pid, &'a [(u8, Pid)]);

/// What a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picture {
    /// It resets the decoder.
    Key,
    /// It needs others.
    Middle,
}

/// Writes packets with counters of its own.
#[derive(Debug)]
pub(super) struct Studio {
    counters: HashMap<Pid, u8>,
    pub(super) bytes: Vec<u8>,
    /// Fills payloads, so that no two packets are the same.
    noise: u8,
}

impl Studio {
    pub(super) fn new(noise: u8) -> Self {
        Self { counters: HashMap::new(), bytes: Vec::new(), noise }
    }

    /// `seconds` of pictures with a key every second and sounds, from a time on.
    pub(super) fn broadcast(noise: u8, from: Ticks, seconds: u64) -> Vec<u8> {
        let mut studio = Self::new(noise);
        studio.show(from, seconds * RATE, RATE);
        studio.bytes
    }

    /// So many pictures with sounds, a key every so many.
    pub(super) fn show(&mut self, from: Ticks, pictures: u64, keys: u64) {
        for number in 0..pictures {
            let time = from + number * FRAME;
            if number % 5 == 0 {
                self.tables(&[(1, PMT, VIDEO, &[(H264, VIDEO), (MP2, AUDIO)])]);
            }
            let kind = if number % keys == 0 { Picture::Key } else { Picture::Middle };
            self.picture(time, kind, 700);
            self.sound(AUDIO, time, None);
            self.filler();
        }
    }

    /// PAT and PMTs.
    pub(super) fn tables(&mut self, programs: &[Described<'_>]) {
        let mut pat = vec![0, 0xB0, 0, 0, 1, 0xC1, 0, 0];
        for (number, pid, ..) in programs {
            pat.extend_from_slice(&number.to_be_bytes());
            pat.extend_from_slice(&(pid | 0xE000).to_be_bytes());
        }
        self.section(PAT_PID, pat);
        for (number, pid, clock, streams) in programs {
            let mut pmt = vec![2, 0xB0, 0];
            pmt.extend_from_slice(&number.to_be_bytes());
            pmt.extend_from_slice(&[0xC1, 0, 0]);
            pmt.extend_from_slice(&(clock | 0xE000).to_be_bytes());
            pmt.extend_from_slice(&[0xF0, 0]);
            for (kind, stream) in *streams {
                pmt.push(*kind);
                pmt.extend_from_slice(&(stream | 0xE000).to_be_bytes());
                pmt.extend_from_slice(&[0xF0, 0]);
            }
            self.section(*pid, pmt);
        }
    }

    fn section(&mut self, pid: Pid, section: Vec<u8>) {
        for raw in sections::packets(pid, section).as_chunks::<PACKET>().0 {
            self.counted(*raw);
        }
    }

    /// A picture whose first packet carries the clock.
    pub(super) fn picture(&mut self, time: Ticks, kind: Picture, size: usize) {
        let head = if kind == Picture::Key { [SPS, IDR].concat() } else { P.to_vec() };
        self.pes((VIDEO, 0xE0), time, Some(time), &head, size);
    }

    /// A sound.
    pub(super) fn sound(&mut self, pid: Pid, time: Ticks, clock: Option<Ticks>) {
        self.pes((pid, 0xC0), time, clock, &[0xFF, 0xFD], 300);
    }

    fn pes(&mut self, (pid, id): (Pid, u8), time: Ticks, clock: Option<Ticks>, head: &[u8], size: usize) {
        // Presentation is half a second behind the clock, as multiplexers have it.
        let stamp = written(2, (time + 45_000) & 0x1_FFFF_FFFF);
        let mut pes = [&[0, 0, 1, id, 0, 0, 0x80, 0x80, 5][..], &stamp, head].concat();
        while pes.len() < size {
            self.noise = self.noise.wrapping_mul(5).wrapping_add(77);
            // No zeros: they could look like a start code.
            pes.push(self.noise | 1);
        }
        let (mut rest, mut first) = (&pes[..], true);
        while !rest.is_empty() {
            let field = if first { clock_field(clock) } else { Vec::new() };
            let room = PACKET - 4 - if field.is_empty() { 0 } else { field.len() + 1 };
            let (piece, behind) = rest.split_at(room.min(rest.len()));
            self.counted(assembled(pid, first, field, piece));
            (rest, first) = (behind, false);
        }
    }

    /// A picture that is filled up to a constant rate: packets of it are the same whenever their counters are.
    pub(super) fn filled(&mut self, time: Ticks, size: usize) {
        let filler = vec![0xFF; size];
        self.pes((VIDEO, 0xE0), time, Some(time), &[P, &filler].concat(), size);
    }

    /// The beginning of a picture in which no slice begins.
    pub(super) fn torso(&mut self, time: Ticks) {
        self.pes((VIDEO, 0xE0), time, Some(time), &SPS[..6], 150);
    }

    /// A clock sample that stands alone.
    pub(super) fn clock(&mut self, pid: Pid, time: Ticks) {
        let mut raw = assembled(pid, false, clock_field(Some(time)), &[]);
        raw[3] = 0x20 | self.counters.get(&pid).copied().unwrap_or(0);
        self.bytes.extend_from_slice(&raw);
    }

    /// A packet that means nothing.
    fn filler(&mut self) {
        let mut raw = [0xFF; PACKET];
        raw[..4].copy_from_slice(&[SYNC, (NULL_PID >> 8) as u8, NULL_PID as u8, 0x10]);
        self.bytes.extend_from_slice(&raw);
    }

    fn counted(&mut self, mut raw: Raw) {
        let counter = self.counters.entry(Packet(&raw).pid()).or_insert(0x0F);
        *counter = (*counter + 1) & 0x0F;
        let counter = *counter;
        set_counter(&mut raw, counter);
        self.bytes.extend_from_slice(&raw);
    }
}

/// Flags and PCR.
fn clock_field(clock: Option<Ticks>) -> Vec<u8> {
    let Some(clock) = clock.map(|clock| clock & 0x1_FFFF_FFFF) else { return Vec::new() };
    let mut field = vec![0x10];
    field.extend_from_slice(&((clock >> 1) as u32).to_be_bytes());
    field.extend_from_slice(&[(clock << 7) as u8 | 0x7E, 0]);
    field
}

fn assembled(pid: Pid, first: bool, mut field: Vec<u8>, payload: &[u8]) -> Raw {
    let room = PACKET - 4 - payload.len();
    if room > 0 {
        // The length byte itself, flags, and stuffing.
        if field.is_empty() && room > 1 {
            field.push(0);
        }
        field.resize(room - 1, 0xFF);
        field.insert(0, (room - 1) as u8);
    }
    let kind = if room > 0 { 0x30 } else { 0x10 };
    let [high, low] = pid.to_be_bytes();
    let head = [SYNC, high | if first { 0x40 } else { 0 }, low, kind];
    [&head[..], &field, payload].concat().try_into().expect("it was filled up")
}

/// The first fault in the counters of a stream, if there is any: a jump that nothing announces.
pub(super) fn counter_fault(bytes: &[u8]) -> Option<String> {
    let mut last: HashMap<Pid, u8> = HashMap::new();
    for (index, raw) in bytes.as_chunks::<PACKET>().0.iter().enumerate() {
        let packet = Packet(raw);
        let (pid, counter) = (packet.pid(), packet.counter());
        let Some(last) = last.insert(pid, counter) else { continue };
        let expected = (last + u8::from(packet.has_payload())) & 0x0F;
        if counter != expected && !packet.is_discontinuity() {
            return Some(format!("packet {index}, PID {pid:#x}: {counter} after {last}"));
        }
    }
    None
}
