//! The PAT and PMT that viewers get: one program, counters and versions of our own that run on.

use super::super::chunk::Program;
use super::counters::Counters;
use super::packet::{PACKET, set_counter};
use super::psi::{PAT_PID, Pmt};
use super::sections;

/// Versions are counted in 5 bits.
const VERSIONS: u8 = 32;

/// The tables in force, ready to be written.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pat: Table,
    pmt: Table,
    program: Program,
}

#[derive(Debug, Default)]
struct Table {
    /// The section, its version zero.
    section: Vec<u8>,
    version: u8,
    packets: Vec<u8>,
}

impl Tables {
    /// Describes another program from now on.
    pub(super) fn set(&mut self, pmt: &Pmt) {
        let mut pat = vec![0, 0xB0, 0];
        pat.extend_from_slice(&pmt.transport.to_be_bytes());
        pat.extend_from_slice(&[0xC1, 0, 0]);
        pat.extend_from_slice(&pmt.number.to_be_bytes());
        pat.extend_from_slice(&(pmt.program.pmt | 0xE000).to_be_bytes());
        self.pat.set(PAT_PID, &pat);
        if self.program.pmt != pmt.program.pmt {
            self.pmt.section.clear();
        }
        self.pmt.set(pmt.program.pmt, &pmt.section);
        self.program = pmt.program.clone();
    }

    /// Appends PAT and PMT.
    pub(super) fn write(&mut self, counters: &mut Counters, into: &mut Vec<u8>) {
        for (pid, table) in [(PAT_PID, &self.pat), (self.program.pmt, &self.pmt)] {
            for packet in table.packets.as_chunks::<PACKET>().0 {
                let start = into.len();
                into.extend_from_slice(packet);
                set_counter(&mut into[start..], counters.count(pid));
            }
        }
    }

    /// How many bytes [`Self::write`] appends.
    pub(super) fn len(&self) -> usize {
        self.pat.packets.len() + self.pmt.packets.len()
    }
}

impl Table {
    fn set(&mut self, pid: u16, section: &[u8]) {
        if self.section == section {
            return;
        }
        // The first one has version 0.
        if !self.packets.is_empty() {
            self.version = (self.version + 1) % VERSIONS;
        }
        section.clone_into(&mut self.section);
        let mut versioned = section.to_vec();
        versioned[5] |= self.version << 1;
        self.packets = sections::packets(pid, versioned);
    }
}
