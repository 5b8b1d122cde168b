//! One program on its way to viewers: what is sent, what is left out, and where decoding can begin.

use std::time::{Duration, SystemTime};

use super::super::chunk::{Chunk, Codec, Entry, EntryKind, NULL_PID, Pid, Program, Ticks};
use super::clock::{Clock, SECOND, Sample, distance, ticks};
use super::entries::Entries;
use super::facts::{Facts, Rate};
use super::lane::Lanes;
use super::opening::Opened;
use super::packet::{PACKET, Packet, Raw};
use super::pes::PesHead;
use super::psi::Pmt;
use super::shift::shifted;
use super::splice::History;
use super::unit::{Unit, packets};
use super::writer::{Place, Writer};

/// New bytes so far behind what was sent are new whatever they look like.
const OVERLAP_ENDS: i64 = SECOND as i64;

/// An engine that lags behind hands out what was sent already. Where it does so in no time, or is a little behind,
/// nobody need notice; waiting for it any longer is worse than seeing something twice.
const PATIENCE_TO_OVERLAP: Duration = Duration::from_secs(10);

/// So long a new clock is waited for before its program goes out without one.
const PATIENCE_FOR_CLOCK: Duration = Duration::from_secs(3);

/// Packets that wait for a clock sample after a gap: the tenth of a second that may lie between two of them, of the
/// richest broadcast.
const MOST_DOUBTED: usize = 256 << 10;

/// What decides where decoding can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lead {
    pid: Pid,
    codec: Codec,
}

/// The program that is being sent.
#[derive(Debug)]
pub(super) struct Stream {
    writer: Writer,
    lanes: Lanes,
    clock: Clock,
    history: History,
    unit: Unit,
    rate: Rate,
    lead: Option<Lead>,
    /// Nothing goes out before the next entry.
    waiting: bool,
    /// What comes next does not continue what was sent, the last of which was here.
    broken: Option<Place>,
    /// Where on the line of chunks the last of what was sent is presented.
    presented: Ticks,
    /// The same with what was sent since the last clock sample, which may be of another clock.
    presented_perhaps: Ticks,
    /// When bytes began that overlap with what was sent.
    overlaps_since: SystemTime,
    /// The packet with the first sample of another clock has to say that it is one.
    announce_clock: bool,
    /// Packets from behind a gap in the counters of the source, until a clock sample tells whether something was lost
    /// there, or something else begins.
    doubted: Vec<u8>,
    entries: Entries,
    arrived: SystemTime,
}

impl Stream {
    pub(super) fn new(chunk_size: usize) -> Self {
        Self {
            writer: Writer::new(chunk_size),
            lanes: Lanes::new(),
            clock: Clock::default(),
            history: History::default(),
            unit: Unit::default(),
            rate: Rate::default(),
            lead: None,
            waiting: true,
            broken: None,
            presented: 0,
            presented_perhaps: 0,
            overlaps_since: SystemTime::UNIX_EPOCH,
            announce_clock: false,
            doubted: Vec::new(),
            entries: Entries::default(),
            arrived: SystemTime::UNIX_EPOCH,
        }
    }

    /// What was sent, for a comparison with what comes.
    pub(super) fn history(&self) -> &History {
        &self.history
    }

    pub(super) fn ready(&mut self) -> &mut Vec<Chunk> {
        self.writer.ready()
    }

    /// Hands out what is gathered.
    pub(super) fn flush(&mut self) {
        self.writer.close();
    }

    /// Where the newest packet lies on the line of chunks. `None` before there was a clock.
    pub(super) fn time(&self) -> Option<Ticks> {
        self.clock.newest().map(|_| self.clock.position())
    }

    /// The session ended; what waited for more of it is worth nothing.
    pub(super) fn interrupt(&mut self) {
        self.unit.discard();
        self.doubted.clear();
    }

    /// Goes on with another engine session.
    pub(super) fn open(&mut self, opened: &Opened, facts: &mut Facts, now: SystemTime) {
        let same_program = opened.pmt.program == *self.writer.program();
        if opened.overlaps && same_program {
            self.describe(&opened.pmt);
            self.lanes.overlap();
            self.clock.splice();
            self.overlaps_since = now;
            facts.seamless_splices += 1;
        } else {
            facts.broken_splices += u64::from(self.has_sent());
            self.break_off(now);
            self.describe(&opened.pmt);
            if let Some(clock) = opened.clock {
                // So that packets before the first sample have times as well.
                self.clock.hear(clock);
            }
        }
        for raw in packets(&opened.held) {
            self.accept(raw, facts, now);
        }
    }

    /// The program consists of something else from here on.
    pub(super) fn change(&mut self, pmt: &Pmt, facts: &mut Facts, now: SystemTime) {
        let same_clock = pmt.program.pcr == self.writer.program().pcr;
        if same_clock && lead(&pmt.program) == self.lead {
            self.describe(pmt);
            if !self.waiting {
                self.writer.renew_tables(self.place());
            }
        } else {
            facts.breaks += u64::from(!self.waiting);
            if same_clock {
                self.discontinue();
            } else {
                self.break_off(now);
            }
            self.describe(pmt);
        }
    }

    fn describe(&mut self, pmt: &Pmt) {
        self.lead = lead(&pmt.program);
        self.lanes.set(&pmt.program);
        self.writer.set_program(pmt);
    }

    /// Nothing that comes continues what was sent, on a clock of its own.
    fn break_off(&mut self, now: SystemTime) {
        self.discontinue();
        if self.time().is_some() {
            self.clock.break_off(self.elapsed(now));
        }
        self.entries.restart(self.clock.position());
    }

    /// Nothing that comes continues what was sent, but the clock may go on.
    fn discontinue(&mut self) {
        if !self.waiting {
            self.broken = Some(self.place());
        }
        self.presented = self.presented_perhaps;
        self.unit.discard();
        self.doubted.clear();
        self.lanes.restart(self.has_sent());
        self.history.clear();
        self.rate.restart();
        (self.waiting, self.announce_clock) = (true, self.has_sent());
        self.entries.restart(self.clock.position());
    }

    /// Whether viewers got anything so far.
    fn has_sent(&self) -> bool {
        !self.waiting || self.broken.is_some()
    }

    /// Time since the last packet.
    fn elapsed(&self, now: SystemTime) -> Duration {
        now.duration_since(self.arrived).unwrap_or_default()
    }

    fn place(&self) -> Place {
        Place { position: self.clock.position(), arrived: self.arrived }
    }

    /// Takes the next packet of the source that is no table.
    pub(super) fn accept(&mut self, raw: &Raw, facts: &mut Facts, now: SystemTime) {
        let packet = Packet(raw);
        if self.lanes.get(packet.pid()).is_none() {
            return;
        }
        let clock = self.writer.program().pcr;
        let sample = if packet.pid() == clock { packet.pcr() } else { None };
        if let Some(raw) = sample.filter(|_| self.lanes.is_splicing()) {
            self.bound_overlap(raw, facts, now);
        }
        if !self.lanes.is_new(packet, clock) {
            return;
        }
        if self.arrived != SystemTime::UNIX_EPOCH {
            self.clock.drift(self.elapsed(now));
        }
        if let Some(raw) = sample {
            self.tick(raw, facts, now);
        }
        self.arrived = now;
        if self.awaits_clock() {
            return;
        }
        let lost = self.lanes.get(packet.pid()).is_some_and(|lane| lane.hear(packet));
        facts.continuity_errors += u64::from(lost);
        if sample.is_some() || self.doubted.len() >= MOST_DOUBTED {
            self.believe(facts);
        } else if !self.doubted.is_empty() || lost && self.may_jump() {
            return self.doubted.extend_from_slice(raw);
        }
        self.take(packet, facts);
    }

    /// Whether a clock has told so far that what comes follows what was sent.
    fn may_jump(&self) -> bool {
        !self.waiting && self.clock.newest().is_some()
    }

    /// What waited behind a gap belongs to what was sent.
    fn believe(&mut self, facts: &mut Facts) {
        let mut doubted = std::mem::take(&mut self.doubted);
        for raw in packets(&doubted) {
            self.take(Packet(raw), facts);
        }
        doubted.clear();
        self.doubted = doubted;
    }

    fn take(&mut self, packet: Packet<'_>, facts: &mut Facts) {
        match self.lead {
            Some(lead) if lead.pid == packet.pid() => self.take_lead(lead.codec, packet, facts),
            _ => self.take_other(packet, facts),
        }
    }

    /// Ends an overlap whose clock is behind its end, or one that takes too long, by a clock sample.
    fn bound_overlap(&mut self, raw: Ticks, facts: &mut Facts, now: SystemTime) {
        if self.clock.newest().is_some_and(|newest| distance(newest, raw) > OVERLAP_ENDS) {
            self.lanes.end_overlap();
        } else if now.duration_since(self.overlaps_since).is_ok_and(|waited| waited >= PATIENCE_TO_OVERLAP) {
            (facts.seamless_splices, facts.broken_splices) =
                (facts.seamless_splices - 1, facts.broken_splices + 1);
            self.break_off(now);
        }
    }

    /// Whether a program with a new clock has not told it yet. What went out before it would be on no line.
    fn awaits_clock(&self) -> bool {
        let is_new = |last: Place| {
            self.arrived.duration_since(last.arrived).is_ok_and(|waited| waited < PATIENCE_FOR_CLOCK)
        };
        let has_clock = self.writer.program().pcr != NULL_PID;
        has_clock && self.waiting && self.clock.newest().is_none() && self.broken.is_some_and(is_new)
    }

    fn tick(&mut self, raw: Ticks, facts: &mut Facts, now: SystemTime) {
        if self.clock.hear(raw) == Sample::Runs {
            self.presented = self.presented_perhaps;
        } else {
            // What came since the last sample may have had the times of this clock already.
            self.presented_perhaps = self.presented;
            facts.breaks += u64::from(!self.waiting);
            self.break_off(now);
            self.clock.hear(raw);
        }
        self.rate.tick(self.clock.position(), &mut facts.bit_rate);
    }

    /// A packet of the picture, or of the sound where there is none.
    fn take_lead(&mut self, codec: Codec, packet: Packet<'_>, facts: &mut Facts) {
        if !codec.is_video() {
            let due = self.waiting || self.entries.is_sound_due(self.clock.position());
            if packet.starts() && due {
                self.enter(EntryKind::Clean, None, self.place(), packet, facts);
            }
            return self.send(packet);
        }
        if packet.starts() {
            self.settle(codec, true, facts);
            self.unit.begin(packet, self.place());
        }
        if !self.unit.is_open() {
            return self.send(packet);
        }
        self.unit.take(packet);
        self.settle(codec, false, facts);
    }

    fn take_other(&mut self, packet: Packet<'_>, facts: &mut Facts) {
        if let Some(lead) = self.lead.filter(|_| self.unit.is_open()) {
            self.unit.hold(packet);
            return self.settle(lead.codec, false, facts);
        }
        // A picture is announced and does not come.
        let in_vain = packet.starts() && self.entries.is_picture_missing(self.clock.position());
        if in_vain && self.is_audio(packet.pid()) {
            self.enter(EntryKind::Blind, None, self.place(), packet, facts);
        }
        self.send(packet);
    }

    fn is_audio(&self, pid: Pid) -> bool {
        self.writer.program().audio().any(|track| track.pid == pid)
    }

    /// Stops looking at an access unit if enough of it is known, and lets go of what waited for that.
    fn settle(&mut self, codec: Codec, whole: bool, facts: &mut Facts) {
        let Some((verdict, place, pts)) = self.unit.judge(codec, whole) else { return };
        let held = self.unit.close();
        let raws = packets(&held);
        if let (Some(kind), Some(first)) = (self.entries.kind(verdict, self.clock.position()), raws.first()) {
            self.enter(kind, pts, place, Packet(first), facts);
        }
        for raw in raws {
            self.send(Packet(raw));
        }
        self.unit.reuse(held);
    }

    fn enter(
        &mut self,
        kind: EntryKind,
        pts: Option<Ticks>,
        mut place: Place,
        first: Packet<'_>,
        facts: &mut Facts,
    ) {
        let broken = self.broken.take();
        if let Some(last) = broken.filter(|_| self.clock.is_adrift()) {
            place.position = self.resume(last, place);
        }
        let stamp = || PesHead::read(first.payload()).and_then(|head| head.pts);
        let pts = match pts.or_else(stamp) {
            Some(raw) => self.clock.unroll(raw),
            None => self.clock.newest().unwrap_or_default(),
        };
        let pts = pts.saturating_add_signed(self.clock.shift());
        self.writer.enter(Entry { pts, kind }, broken.is_some(), place);
        self.waiting = false;
        self.entries.made(kind, place.position);
        facts.entries += 1;
        facts.blind_entries += u64::from(kind == EntryKind::Blind);
    }

    /// The line goes on over a break, from the `last` packet that was sent to an entry: by as much as people waited,
    /// and behind everything they have. Returns where the entry lies then.
    fn resume(&mut self, last: Place, entry: Place) -> Ticks {
        let waited = entry.arrived.duration_since(last.arrived).unwrap_or_default();
        let position = self.presented.max(last.position + ticks(waited).max(1));
        let read = self.clock.position().saturating_sub(entry.position);
        self.clock.resume(position + read);
        self.rate.restart();
        position
    }

    /// Hands a packet on, unless an entry is waited for.
    fn send(&mut self, packet: Packet<'_>) {
        let place = self.place();
        let Some(lane) = self.lanes.get(packet.pid()).filter(|_| !self.waiting) else { return };
        let moved = match self.clock.shift() {
            0 => Some(*packet.0),
            shift => shifted(packet, shift),
        };
        let Some(moved) = moved else { return lane.leave_out() };
        if !lane.admit(packet) {
            return;
        }
        let counter = lane.counter(packet, self.writer.counters());
        let mut announce = std::mem::take(&mut lane.announce);
        let sample = if packet.pid() == self.writer.program().pcr { packet.pcr() } else { None };
        if let Some(raw) = sample {
            announce |= std::mem::take(&mut self.announce_clock);
            self.history.note(self.clock.unroll(raw), packet);
            self.writer.repeat_tables(place);
        }
        if let Some(pts) =
            PesHead::read(packet.payload()).filter(|_| packet.starts()).and_then(|head| head.pts)
        {
            self.presented_perhaps = self.presented_perhaps.max(self.clock.presented(pts));
        }
        self.writer.packet(Packet(&moved), counter, announce, place);
        self.rate.count(PACKET);
    }
}

fn lead(program: &Program) -> Option<Lead> {
    let track = program.video().or_else(|| program.audio().next()).or(program.tracks.first())?;
    Some(Lead { pid: track.pid, codec: track.codec })
}
