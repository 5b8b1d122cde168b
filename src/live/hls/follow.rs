//! Reads a recording and goes over to the live channel where it ends.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::body::{SegmentBody, SegmentReader};
use super::shelf::Shelf;
use super::window::{Number, Segment};
use crate::live::chunk::{Chunk, Program, Ticks};
use crate::live::ring::{Cursor, JoinAt, Step};

/// Some bytes of a channel, whole packets in order.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) bytes: Bytes,
    /// Set where something before it is missing, or does not continue into it.
    pub(super) gap: Option<Gap>,
    /// Where they lie on the session's time line, or a little before.
    pub(super) position: Ticks,
}

/// What lies before a part.
#[derive(Debug)]
pub(super) enum Gap {
    /// Contents break here, and the packets say so.
    Break,
    /// The recording itself lacks something there; the first chunk after it, perhaps without its bytes.
    Lost(Box<Chunk>),
    /// This reader was too slow, and goes on with the oldest there is; the first chunk of that, perhaps without its
    /// bytes.
    Missed(Box<Chunk>),
}

/// A reader's place.
#[derive(Debug)]
pub(super) struct Follow {
    shelf: Arc<Shelf>,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Nothing is recorded yet: as far back as the ring goes, at most so far.
    Ring(Duration),
    /// Before the segment of this number; the flag says whether those before it were missed.
    Before(Number, bool),
    /// Within a segment. The gap before it has not been told.
    Within(SegmentReader, Arc<Segment>, Option<Gap>),
    Live(Cursor, Option<Arc<Program>>),
}

impl Follow {
    /// Begins with a segment, or with the next to come.
    pub(super) fn from(shelf: Arc<Shelf>, number: Number) -> Self {
        Self { shelf, place: Place::Before(number, false) }
    }

    /// Begins `delay` before the newest chunk, or with the oldest there is.
    pub(super) fn behind(shelf: Arc<Shelf>, delay: Duration) -> Self {
        let newest = shelf.ring.newest().map_or(0, |chunk| chunk.position);
        let place = {
            let window = shelf.window();
            if window.next() == 0 {
                Place::Ring(delay)
            } else {
                Place::Before(window.at(newest, delay), false)
            }
        };
        Self { shelf, place }
    }

    /// The next bytes; `None` when the channel has ended. Safe to drop and call again.
    pub(super) async fn next(&mut self) -> Option<Part> {
        loop {
            match &mut self.place {
                Place::Ring(delay) => {
                    let at = JoinAt { behind: *delay, bytes: usize::MAX };
                    self.place = Place::Live(self.shelf.ring.join(at).await.ok()?, None);
                }
                Place::Before(number, missed) => self.place = enter(&self.shelf, *number, *missed),
                Place::Within(reader, segment, gap) => match reader.next().await {
                    Ok(Some(bytes)) => {
                        return Some(Part { bytes, gap: gap.take(), position: segment.opening.position });
                    }
                    end => self.place = after(segment, end.as_ref().err()),
                },
                Place::Live(cursor, program) => {
                    let (chunk, skipped) = match cursor.step().await {
                        Step::Next(chunk) => (chunk, false),
                        Step::Skipped(chunk) => (chunk, true),
                        Step::Ended(_) => return None,
                    };
                    let changed = program.as_ref().is_some_and(|program| **program != *chunk.program);
                    *program = Some(Arc::clone(&chunk.program));
                    let gap = if skipped {
                        Some(Gap::Missed(Box::new(Chunk::clone(&chunk))))
                    } else {
                        (chunk.broken || changed).then_some(Gap::Break)
                    };
                    return Some(Part { bytes: chunk.bytes.clone(), gap, position: chunk.position });
                }
            }
        }
    }

    /// Waits until the channel has come to a position, or has ended. Looks whenever a segment is closed.
    pub(super) async fn until(&self, position: Ticks) {
        let mut changes = self.shelf.changes();
        while self.newest() < position && self.shelf.ring.ended().is_none() {
            // The shelf holds the sender.
            let _ = changes.changed().await;
        }
    }

    /// The position of the newest chunk.
    pub(super) fn newest(&self) -> Ticks {
        self.shelf.ring.newest().map_or(0, |chunk| chunk.position)
    }
}

/// The place at the beginning of a segment: in it, or in the ring if it is not closed yet.
fn enter(shelf: &Arc<Shelf>, number: Number, missed: bool) -> Place {
    let window = shelf.window();
    if number < window.first() {
        // The window has moved on; whoever reads so slowly goes on with the oldest there is.
        return Place::Before(window.first(), true);
    }
    let Some(segment) = window.get(number) else {
        let program = window.get(number.wrapping_sub(1)).map(|last| Arc::clone(&last.opening.program));
        return Place::Live(shelf.ring.at(window.head()), program);
    };
    // A break that its packets do not tell of: chunks were lost, or left out until decoding could begin again.
    let untold = segment.after_break && !segment.opening.broken;
    let gap = match (missed, untold) {
        (true, _) => Some(Gap::Missed(Box::new(segment.opening.clone()))),
        (false, true) => Some(Gap::Lost(Box::new(segment.opening.clone()))),
        (false, false) => segment.after_break.then_some(Gap::Break),
    };
    let body = SegmentBody::new(segment.body.clone(), Duration::ZERO);
    let length = body.length();
    Place::Within(body.reader(0..length), Arc::clone(segment), gap)
}

/// The place after a segment, whose file may have turned out to be unreadable.
fn after(segment: &Segment, fault: Option<&io::Error>) -> Place {
    if let Some(error) = fault {
        tracing::warn!(%error, segment = segment.number, "a recorded segment cannot be read");
    }
    Place::Before(segment.number + 1, fault.is_some())
}
