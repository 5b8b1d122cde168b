//! The same segment without its sounds.

use super::super::chunk::Pid;
use super::packet::{PACKET, Packet, Raw, SYNC, set_counter};
use super::psi::{PAT_PID, Pmt, read_pat};
use super::sections::{self, Sections};

/// Leaves out the sounds of a segment that opens with its tables, and describes it so. Used where sounds are offered
/// as a rendition of their own. Counters of what stays run on from one segment to the next as they did.
pub fn without_audio(segment: &[u8]) -> Vec<u8> {
    let packets = segment.as_chunks::<PACKET>().0;
    let Some((pmt, tables)) = read_tables(packets) else { return segment.to_vec() };
    let mut out = Vec::with_capacity(segment.len());
    let (mut begun, mut written) = (0, 0);
    for raw in packets {
        let packet = Packet(raw);
        let pid = packet.pid();
        if pid == pmt && packet.starts() {
            (begun, written) = (begun + 1, 0);
        }
        match tables[..begun].iter().rev().find_map(Option::as_ref) {
            Some(table) if pid == pmt => {
                out.extend_from_slice(&table.packet(written, packet));
                written += usize::from(packet.has_payload());
            }
            Some(table) if table.audio.contains(&pid) => {
                if pid == table.clock {
                    out.extend(without_payload(packet).into_iter().flatten());
                }
            }
            _ => out.extend_from_slice(raw),
        }
    }
    out
}

/// A PMT as it is to be.
#[derive(Debug)]
struct Table {
    packets: Vec<u8>,
    audio: Vec<Pid>,
    clock: Pid,
}

/// The PID of the PMT, and what becomes of each of its occurrences. `None` stands for one that cannot be read.
fn read_tables(packets: &[Raw]) -> Option<(Pid, Vec<Option<Table>>)> {
    let (mut pat, mut pmt) = (Sections::default(), Sections::default());
    let (mut listed, mut tables) = (None, Vec::new());
    for packet in packets.iter().map(Packet) {
        if packet.pid() == PAT_PID {
            pat.push(packet, |section| {
                let program = read_pat(section).and_then(|(_, programs)| programs.first().copied());
                listed = program.map(|(_, pid)| pid).or(listed);
            });
        } else if Some(packet.pid()) == listed {
            if packet.starts() {
                tables.push(None);
            }
            let mut read = None;
            pmt.push(packet, |section| read = Table::read(packet.pid(), section));
            if let (Some(table), Some(last)) = (read, tables.last_mut()) {
                *last = Some(table);
            }
        }
    }
    Some((listed?, tables))
}

impl Table {
    fn read(pid: Pid, section: &[u8]) -> Option<Self> {
        let pmt = Pmt::read(0, pid, section)?;
        let mut silent = pmt.without(|track| track.codec.is_audio());
        // The version with which viewers know it.
        silent.section[5] = section[5];
        Some(Self {
            packets: sections::packets(pid, silent.section),
            audio: pmt.program.audio().map(|track| track.pid).collect(),
            clock: pmt.program.pcr,
        })
    }

    /// What takes the place of a packet of the table, so that counters stay as they are.
    fn packet(&self, number: usize, original: Packet<'_>) -> Raw {
        if !original.has_payload() {
            return *original.0;
        }
        let written = self.packets.as_chunks::<PACKET>().0.get(number);
        let mut raw = written.copied().unwrap_or_else(|| filler(original));
        set_counter(&mut raw, original.counter());
        raw
    }
}

/// The table became shorter: what is left of its place is stuffing.
fn filler(original: Packet<'_>) -> Raw {
    let mut raw = [0xFF; PACKET];
    let [high, low] = original.pid().to_be_bytes();
    raw[..4].copy_from_slice(&[SYNC, high, low, 0x10]);
    raw
}

/// The clock sample of a packet whose payload is left out, if it has one. Without payloads the counter stands still.
fn without_payload(packet: Packet<'_>) -> Option<Raw> {
    packet.pcr()?;
    let mut raw = *packet.0;
    let end = 5 + usize::from(raw[4]);
    raw[1] &= 0xBF;
    raw[3] = 0x20;
    raw[4] = 183;
    raw.get_mut(end..)?.fill(0xFF);
    Some(raw)
}
