//! The packets of one PID on their way to viewers.

use super::super::chunk::{Pid, Program};
use super::clock::distance;
use super::counters::Counters;
use super::packet::{PACKET, PIDS, Packet, Raw};
use super::pes::PesHead;

/// Not a lane.
const NO_LANE: u8 = u8::MAX;

/// Counters go round after so many packets. Fillers of a constant rate are nothing but such rounds of equal packets,
/// so that a packet which looks like another may be so many packets away from it, and no fewer.
const ROUND: u32 = 16;

/// By so many bytes at its end a packet is known when it is sent twice. Two packets in a row are hardly ever alike there.
const TAIL: usize = 8;

/// One PID.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) pid: Pid,
    /// The counter the source sent last, and the end of the packet that had it.
    heard: Option<(u8, Option<[u8; TAIL]>)>,
    /// What is added to counters of the source. Set by the first packet after a splice, so that ours run on.
    offset: Option<u8>,
    /// The next packet has to say that something was left out before it.
    pub(super) announce: bool,
    /// Nothing goes out before a PES packet or section begins: its middle is of no use to anybody.
    from_start: bool,
    /// The newest PES packet that was sent, by its 33-bit decoding time.
    time: Option<u64>,
    /// Packets that were sent since that one began.
    sent: u32,
    /// The newest packet that was sent, as the source had it.
    last: Option<Raw>,
    skip: Skip,
}

/// Whether packets come that were sent already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skip {
    /// No.
    Not,
    /// Yes, and the PES packet that was sent last has not begun.
    Before,
    /// Within that PES packet, of which so many packets came again.
    Within(u32),
}

impl Lane {
    fn new(pid: Pid) -> Self {
        Self {
            pid,
            heard: None,
            offset: None,
            announce: false,
            from_start: true,
            time: None,
            sent: 0,
            last: None,
            skip: Skip::Not,
        }
    }

    /// Whether the source lost something just before this packet, by its own counters.
    pub(super) fn hear(&mut self, packet: Packet<'_>) -> bool {
        let (counter, tail) = (packet.counter(), packet.0.last_chunk().copied());
        let Some((heard, last)) = self.heard.replace((counter, tail)) else { return false };
        // A packet may be sent twice.
        let expected = match packet.has_payload() {
            true => counter == (heard + 1) & 0x0F || counter == heard && tail == last,
            false => counter == heard,
        };
        !expected && !packet.is_discontinuity()
    }

    /// Whether it goes out. If so it counts as sent.
    pub(super) fn admit(&mut self, packet: Packet<'_>) -> bool {
        if self.from_start && packet.has_payload() {
            if !packet.starts() {
                return false;
            }
            self.from_start = false;
        }
        if packet.starts() {
            let time = PesHead::read(packet.payload()).and_then(PesHead::order);
            if time.is_some() {
                (self.time, self.sent) = (time, 0);
            }
        }
        self.sent = self.sent.saturating_add(1);
        self.last.get_or_insert([0; PACKET]).copy_from_slice(packet.0);
        true
    }

    /// The PES packet that begins here cannot go out.
    pub(super) fn leave_out(&mut self) {
        (self.from_start, self.announce) = (true, true);
    }

    /// The counter it goes out with.
    pub(super) fn counter(&mut self, packet: Packet<'_>, counters: &Counters) -> u8 {
        let offset = *self.offset.get_or_insert_with(|| {
            let counted = u8::from(packet.has_payload());
            let next = counters.last(self.pid).map_or(packet.counter(), |last| last + counted);
            next.wrapping_sub(packet.counter())
        });
        packet.counter().wrapping_add(offset) & 0x0F
    }

    /// What follows does not continue what was sent before, if there was anything.
    fn restart(&mut self, announce: bool) {
        *self = Self { announce, ..Self::new(self.pid) };
    }

    /// What follows overlaps with what was sent.
    fn overlap(&mut self) {
        (self.heard, self.offset, self.skip) = (None, None, Skip::Before);
    }

    /// Whether a packet after a splice is new. `reached` says that the clock has reached what is new.
    fn is_new(&mut self, packet: Packet<'_>, reached: bool) -> bool {
        if self.skip == Skip::Not {
            return true;
        }
        let begins =
            if packet.starts() { PesHead::read(packet.payload()).and_then(PesHead::order) } else { None };
        match (begins, self.time) {
            (Some(time), Some(sent)) => match distance(sent, time) {
                0 => self.skip = Skip::Within(0),
                1.. => return self.go_on(packet),
                _ => self.skip = Skip::Before,
            },
            // No times to compare: tables and data.
            (_, None) if reached && packet.starts() => return self.go_on(packet),
            _ => {}
        }
        let comparable = match &mut self.skip {
            Skip::Within(again) => {
                *again = again.saturating_add(1);
                // Fewer than a round may be missing; what looks the same a round earlier is another packet.
                self.sent.saturating_sub(*again) < ROUND
            }
            _ => self.time.is_none(),
        };
        if comparable && self.last.as_ref() == Some(packet.0) {
            self.skip = Skip::Not;
        }
        false
    }

    /// The next one is new although the last one that was sent did not come again.
    fn go_on(&mut self, packet: Packet<'_>) -> bool {
        // The end of what was sent last is missing, and counters say so.
        if matches!(self.skip, Skip::Within(_)) {
            let last = self.last.map_or(0, |last| Packet(&last).counter());
            self.announce = (last + 1) & 0x0F != packet.counter();
        }
        self.skip = Skip::Not;
        true
    }
}

/// All PIDs of a program.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    by_pid: Box<[u8; PIDS]>,
    splicing: bool,
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self { lanes: Vec::new(), by_pid: Box::new([NO_LANE; PIDS]), splicing: false }
    }

    /// Follows another program. PIDs that it shares with the last one go on.
    pub(super) fn set(&mut self, program: &Program) {
        let mut known = std::mem::take(&mut self.lanes);
        self.by_pid.fill(NO_LANE);
        for pid in program.pids().take(usize::from(NO_LANE)) {
            let slot = &mut self.by_pid[usize::from(pid)];
            if *slot == NO_LANE {
                *slot = self.lanes.len() as u8;
                let index = known.iter().position(|lane| lane.pid == pid);
                self.lanes.push(index.map_or_else(|| Lane::new(pid), |index| known.swap_remove(index)));
            }
        }
    }

    pub(super) fn get(&mut self, pid: Pid) -> Option<&mut Lane> {
        self.lanes.get_mut(usize::from(self.by_pid[usize::from(pid)]))
    }

    /// What follows does not continue what was sent before. `announce` says that there was anything.
    pub(super) fn restart(&mut self, announce: bool) {
        self.splicing = false;
        self.lanes.iter_mut().for_each(|lane| lane.restart(announce));
    }

    /// What follows overlaps with what was sent: each PID goes on behind the packet that was sent last.
    pub(super) fn overlap(&mut self) {
        self.splicing = true;
        self.lanes.iter_mut().for_each(Lane::overlap);
    }

    /// Whether some PID has not come to the end of what was sent yet.
    pub(super) fn is_splicing(&self) -> bool {
        self.splicing
    }

    /// Whether a packet is new: always, except after [`Self::overlap`].
    pub(super) fn is_new(&mut self, packet: Packet<'_>, clock: Pid) -> bool {
        if !self.splicing {
            return true;
        }
        let reached = self.get(clock).is_none_or(|lane| lane.skip == Skip::Not);
        let new = self.get(packet.pid()).is_some_and(|lane| lane.is_new(packet, reached));
        self.splicing = self.lanes.iter().any(|lane| lane.skip != Skip::Not);
        new
    }

    /// The clock is beyond what was sent, so that nothing that comes now was.
    pub(super) fn end_overlap(&mut self) {
        for lane in self.lanes.iter_mut().filter(|lane| lane.skip != Skip::Not) {
            (lane.skip, lane.from_start, lane.announce) = (Skip::Not, true, true);
        }
        self.splicing = false;
    }
}
