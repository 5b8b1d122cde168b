//! From the bytes of one engine session after the other to chunks.

use std::time::SystemTime;

use super::super::chunk::{Chunk, NULL_PID, Ticks};
use super::facts::Facts;
use super::opening::Opening;
use super::packet::{Packet, Raw};
use super::psi::Psi;
use super::stream::Stream;
use super::sync::Aligner;

/// Turns what engines deliver into a clean stream. One of them lasts as long as the broadcast is watched, over all
/// the engine sessions it takes.
#[derive(Debug)]
pub struct Feed {
    aligner: Aligner,
    reading: Reading,
}

#[derive(Debug)]
struct Reading {
    psi: Psi,
    /// While it is not known yet what an engine session delivers.
    opening: Option<Opening>,
    stream: Stream,
    facts: Facts,
}

impl Feed {
    /// A feed that makes chunks of at most so many bytes. Only one that opens with tables may be larger, if this is
    /// less than they need.
    pub fn new(chunk_size: usize) -> Self {
        Self {
            aligner: Aligner::default(),
            reading: Reading {
                psi: Psi::default(),
                opening: Some(Opening::default()),
                stream: Stream::new(chunk_size),
                facts: Facts::default(),
            },
        }
    }

    /// The bytes of another engine session follow. If they are the same broadcast and begin before the end of what
    /// was read, the stream goes on without a trace; otherwise with a chunk that is [`Chunk::broken`].
    pub fn begin(&mut self) {
        self.aligner.restart();
        self.reading.psi = Psi::default();
        self.reading.opening = Some(Opening::default());
        self.reading.stream.interrupt();
    }

    /// Reads bytes as they come, cut anywhere, and appends the chunks that they complete.
    pub fn push(&mut self, bytes: &[u8], now: SystemTime, out: &mut Vec<Chunk>) {
        let reading = &mut self.reading;
        self.aligner.push(bytes, |raw| reading.take(raw, now));
        out.append(self.reading.stream.ready());
    }

    /// Appends what is gathered as a chunk, because nothing comes for a while. Nothing is decided by that: what
    /// waits until more is known about it goes on waiting.
    pub fn flush(&mut self, now: SystemTime, out: &mut Vec<Chunk>) {
        self.reading.open(now);
        self.reading.stream.flush();
        out.append(self.reading.stream.ready());
    }

    /// How much of the broadcast was read, on the line of [`Chunk::position`]. `None` before its first clock sample.
    pub fn stream_time(&self) -> Option<Ticks> {
        self.reading.stream.time()
    }

    /// What happened so far.
    pub fn facts(&self) -> Facts {
        Facts {
            locked: self.aligner.is_locked(),
            garbage: self.aligner.skipped,
            lost_syncs: self.aligner.lost,
            ..self.reading.facts
        }
    }
}

impl Reading {
    fn take(&mut self, raw: &Raw, now: SystemTime) {
        let packet = Packet(raw);
        let pid = packet.pid();
        if packet.is_damaged() {
            self.facts.damaged += 1;
        } else if self.psi.is_table(pid) {
            self.describe(packet, now);
        } else if pid == NULL_PID {
            // Filler keeps a constant rate on the air and costs bandwidth here.
        } else if packet.is_scrambled() {
            self.facts.scrambled += 1;
        } else if let Some(opening) = &mut self.opening {
            opening.hold(raw, now);
            self.open(now);
        } else {
            self.stream.accept(raw, &mut self.facts, now);
        }
    }

    fn describe(&mut self, packet: Packet<'_>, now: SystemTime) {
        let Some(pmt) = self.psi.push(packet) else { return };
        match &mut self.opening {
            Some(opening) => {
                opening.describe(pmt);
                self.open(now);
            }
            None => self.stream.change(pmt, &mut self.facts, now),
        }
    }

    /// Lets the packets of a new session go on if it is known what they are.
    fn open(&mut self, now: SystemTime) {
        let Some(opening) = &mut self.opening else { return };
        if opening.lacks_program(now)
            && let Some(pmt) = self.psi.settle()
        {
            opening.describe(pmt);
        }
        if let Some(opened) = opening.resolve(self.stream.history(), now) {
            self.opening = None;
            self.stream.open(&opened, &mut self.facts, now);
        }
    }
}

#[cfg(test)]
mod programs;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod splices;
#[cfg(test)]
mod tests;
