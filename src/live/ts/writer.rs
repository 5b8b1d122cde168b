//! Gathers what viewers get into chunks.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

use super::super::chunk::{Chunk, Counter, Entry, Pid, Program, Ticks};
use super::counters::Counters;
use super::packet::{PACKET, Packet, discontinuity, set_counter, set_discontinuity};
use super::psi::{PAT_PID, Pmt};
use super::tables::Tables;

/// Tables are written this often, in time of the stream, and before every entry. Receivers expect them at least twice
/// a second; players that probe look at the first tenths of a second. It is looked at when a clock sample passes, so
/// that the distance is less than a quarter of a second.
const TABLES_EVERY: Ticks = 13_500;

/// Where and when a packet came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// On the line of chunks.
    pub(super) position: Ticks,
    /// From the engine.
    pub(super) arrived: SystemTime,
}

/// Writes chunks.
#[derive(Debug)]
pub(super) struct Writer {
    /// Most bytes of a chunk, unless the tables of an entry alone are more.
    limit: usize,
    counters: Counters,
    tables: Tables,
    program: Arc<Program>,
    /// When tables were written last.
    tables_at: Ticks,
    gathered: Vec<u8>,
    /// What the chunk that is being gathered begins with.
    head: Option<Head>,
    ready: Vec<Chunk>,
}

#[derive(Debug)]
struct Head {
    place: Place,
    entry: Option<Entry>,
    broken: bool,
    counters: Arc<[Counter]>,
}

impl Writer {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(PACKET),
            counters: Counters::new(),
            tables: Tables::default(),
            program: Arc::default(),
            tables_at: 0,
            gathered: Vec::new(),
            head: None,
            ready: Vec::new(),
        }
    }

    /// What viewers get.
    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    /// Describes another program from the next chunk on.
    pub(super) fn set_program(&mut self, pmt: &Pmt) {
        self.close();
        self.tables.set(pmt);
        self.program = Arc::new(pmt.program.clone());
    }

    /// Begins a chunk with tables and an entry.
    pub(super) fn enter(&mut self, entry: Entry, broken: bool, place: Place) {
        self.close();
        self.open(place, Some(entry), broken);
        self.write_tables(place.position);
    }

    /// Writes the tables again if it is time.
    pub(super) fn repeat_tables(&mut self, place: Place) {
        if place.position >= self.tables_at + TABLES_EVERY {
            self.make_room(self.tables.len(), place);
            self.write_tables(place.position);
        }
    }

    /// Writes the tables now.
    pub(super) fn renew_tables(&mut self, place: Place) {
        self.make_room(self.tables.len(), place);
        self.write_tables(place.position);
    }

    /// Writes a packet with a counter of ours. `announce` says in it, or before it, that something was left out.
    pub(super) fn packet(&mut self, packet: Packet<'_>, counter: u8, announce: bool, place: Place) {
        let pid = packet.pid();
        let notice = self.counters.last(pid).filter(|_| announce && !packet.has_flags());
        self.make_room(if notice.is_some() { 2 * PACKET } else { PACKET }, place);
        if let Some(last) = notice {
            self.gathered.extend_from_slice(&discontinuity(pid, last));
        }
        let start = self.gathered.len();
        self.gathered.extend_from_slice(packet.0);
        let written = &mut self.gathered[start..];
        set_counter(written, counter);
        if announce && packet.has_flags() {
            set_discontinuity(written);
        }
        self.counters.set(pid, counter);
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Ends the chunk that is being gathered.
    pub(super) fn close(&mut self) {
        if let Some(head) = self.head.take() {
            self.ready.push(Chunk {
                bytes: Bytes::copy_from_slice(&self.gathered),
                entry: head.entry,
                position: head.place.position,
                arrived: head.place.arrived,
                broken: head.broken,
                counters: head.counters,
                program: Arc::clone(&self.program),
            });
            self.gathered.clear();
        }
    }

    /// The chunks that are whole.
    pub(super) fn ready(&mut self) -> &mut Vec<Chunk> {
        &mut self.ready
    }

    fn open(&mut self, place: Place, entry: Option<Entry>, broken: bool) {
        let pids: [Pid; 2] = [PAT_PID, self.program.pmt];
        let counters = self.counters.snapshot(pids.into_iter().chain(self.program.pids()));
        self.head = Some(Head { place, entry, broken, counters });
    }

    fn make_room(&mut self, bytes: usize, place: Place) {
        if self.gathered.len() + bytes > self.limit {
            self.close();
        }
        if self.head.is_none() {
            self.open(place, None, false);
        }
    }

    fn write_tables(&mut self, now: Ticks) {
        self.tables.write(&mut self.counters, &mut self.gathered);
        self.tables_at = now;
    }
}
