//! The segments of a channel that are there, and which of them playlists show. Pure.

mod parted;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::body::Body;
use super::cut::{self, LONGEST_TARGET, Piece, SECOND};
use crate::live::chunk::{Chunk, Ticks};
use parted::Parts;

/// A segment by its place since the recording began, from 0.
pub(super) type Number = u64;

/// Time that playlists show even where no recording is wanted: players stay three target durations behind, and may
/// stall for a while.
const LEAST: Duration = Duration::from_secs(60);

/// Most bytes of segments that are in memory because the disk takes none: three segments of a good channel.
const MOST_IN_MEMORY: u64 = 16 << 20;

/// Segments that stay however large they are: a player that has just read of three of them gets all three, also when
/// the next one comes.
const LEAST_SEGMENTS: usize = 4;

/// Players start when they have so many segments; fewer make them stall at once.
const ENOUGH: usize = 3;

/// One segment.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: Number,
    /// Presentation time of its first picture.
    pub(super) start: Ticks,
    /// Time to the next one.
    pub(super) duration: Ticks,
    /// How many breaks lie before it, its own included. Segments of one number continue each other.
    pub(super) stretch: u64,
    /// Whether a break lies right before it.
    pub(super) after_break: bool,
    /// When its first picture was received, on a clock that runs with the channel.
    pub(super) date: SystemTime,
    /// Its first chunk, without the bytes.
    pub(super) opening: Chunk,
    pub(super) body: Body,
}

/// All segments of a channel.
#[derive(Debug)]
pub(super) struct Window {
    /// What playlists show.
    span: Duration,
    segments: VecDeque<Arc<Segment>>,
    /// Parts of segments, for players that need the sound converted.
    parted: BTreeMap<Number, Parts>,
    next: Number,
    stretch: u64,
    /// The index in the ring after the newest segment.
    head: u64,
    target: Option<u32>,
    longest_gap: Ticks,
    longest: Ticks,
    /// Position and date of the very first segment, which all dates count from.
    origin: Option<(Ticks, SystemTime)>,
}

impl Window {
    /// An empty window that shows `span`, or what players need if that is more.
    pub(super) fn new(span: Duration) -> Self {
        Self {
            span: span.max(LEAST),
            segments: VecDeque::new(),
            parted: BTreeMap::new(),
            next: 0,
            stretch: 0,
            head: 0,
            target: None,
            longest_gap: 0,
            longest: 0,
            origin: None,
        }
    }

    /// Adds what the cutter made. Gives back what has become too old, so that files are deleted where that may take time.
    pub(super) fn add(&mut self, piece: Piece, body: Body) -> Vec<Arc<Segment>> {
        self.head = piece.indexes.end;
        self.longest_gap = self.longest_gap.max(piece.longest_gap);
        let after_break = piece.after_break && self.next > 0;
        self.longest = self.longest.max(piece.duration);
        self.stretch += u64::from(after_break);
        let date = self.date(&piece, after_break);
        self.segments.push_back(Arc::new(Segment {
            number: self.next,
            start: piece.start,
            duration: piece.duration,
            stretch: self.stretch,
            after_break,
            date,
            opening: piece.opening,
            body,
        }));
        self.next += 1;
        self.expire()
    }

    /// Within a stretch dates follow from durations, as players compute them; after a break they are set anew from the
    /// session's time line, so that a pause of the source takes its time.
    fn date(&mut self, piece: &Piece, after_break: bool) -> SystemTime {
        let (position, date) = *self.origin.get_or_insert((piece.opening.position, piece.opening.arrived));
        let by_position = date + cut::time(piece.opening.position.saturating_sub(position));
        match self.segments.back() {
            Some(last) => {
                let end = last.date + cut::time(last.duration);
                if after_break { end.max(by_position) } else { end }
            }
            None => by_position,
        }
    }

    /// What no playlist can name any more. Segments stay for another window after they left the playlist (RFC 8216,
    /// section 6.2.2), because players may still ask for what an older playlist named.
    fn expire(&mut self) -> Vec<Arc<Segment>> {
        let (mut spent, mut in_memory) = (Duration::ZERO, 0);
        let kept = self.segments.iter().rev().take_while(|segment| {
            let in_time = spent <= self.span * 2;
            spent += cut::time(segment.duration);
            in_memory += self.in_memory(segment);
            in_time && in_memory <= MOST_IN_MEMORY
        });
        let kept = kept.count().max(LEAST_SEGMENTS);
        self.remove(self.segments.len().saturating_sub(kept))
    }

    /// Bytes of a segment, parts included, that no disk has.
    fn in_memory(&self, segment: &Segment) -> u64 {
        let parted = self.parted.get(&segment.number);
        let parts = parted.into_iter().flat_map(Parts::bodies);
        let bodies = std::iter::once(&segment.body).chain(parts);
        bodies.filter(|body| body.is_in_memory()).map(Body::length).sum()
    }

    /// Removes the oldest `count` segments.
    fn remove(&mut self, count: usize) -> Vec<Arc<Segment>> {
        let removed: Vec<_> = self.segments.drain(..count).collect();
        let first = self.segments.front().map_or(self.next, |segment| segment.number);
        self.parted = self.parted.split_off(&first);
        removed
    }

    /// Gives up the oldest segment, unless players at the live edge need it.
    pub(super) fn give_up_oldest(&mut self) -> Option<Arc<Segment>> {
        let needed = self.behind(LEAST);
        let oldest = self.segments.front()?.number;
        if oldest >= needed { None } else { self.remove(1).pop() }
    }

    /// When the oldest segment that may be given up was received.
    pub(super) fn oldest(&self) -> Option<SystemTime> {
        let oldest = self.segments.front()?;
        (oldest.number < self.behind(LEAST)).then_some(oldest.date)
    }

    /// The segments that playlists show.
    pub(super) fn listed(&self) -> impl Iterator<Item = &Arc<Segment>> {
        let first = self.behind(self.span);
        self.segments.iter().skip_while(move |segment| segment.number < first)
    }

    /// The segment that is `delay` before the end of the newest one, or the oldest one there is.
    pub(super) fn behind(&self, delay: Duration) -> Number {
        let mut left = delay;
        for segment in self.segments.iter().rev() {
            let duration = cut::time(segment.duration);
            if left <= duration {
                return segment.number;
            }
            left -= duration;
        }
        self.first()
    }

    /// The segment that was on `delay` before a position after all of them; the next to come if none is so new.
    pub(super) fn at(&self, position: Ticks, delay: Duration) -> Number {
        let end = self.segments.back().map_or(0, |segment| segment.opening.position + segment.duration);
        let since = cut::time(position.saturating_sub(end));
        if delay <= since { self.next } else { self.behind(delay - since) }
    }

    /// Where players begin that know no better: three target durations before the end (RFC 8216, section 6.3.3).
    pub(super) fn start_of_players(&self) -> Number {
        self.behind(Duration::from_secs(u64::from(3 * self.target())))
    }

    /// The oldest segment that is there, or the next one to come.
    pub(super) fn first(&self) -> Number {
        self.segments.front().map_or(self.next, |segment| segment.number)
    }

    /// The number of the next segment to come.
    pub(super) fn next(&self) -> Number {
        self.next
    }

    /// A segment, if it is there.
    pub(super) fn get(&self, number: Number) -> Option<&Arc<Segment>> {
        self.segments.get(usize::try_from(number.checked_sub(self.first())?).ok()?)
    }

    /// The index in the ring of the first chunk that is in no segment yet.
    pub(super) fn head(&self) -> u64 {
        self.head
    }

    /// How many segments a playlist needs before it is of use.
    pub(super) fn enough(&self) -> usize {
        // The first ones are on their way; later there are as many as the disk or memory have room for.
        if self.next < ENOUGH as u64 { ENOUGH } else { self.listed().count().clamp(1, ENOUGH) }
    }

    /// The segment that comes next is so long already.
    pub(super) fn grows(&mut self, length: Ticks) {
        self.longest = self.longest.max(length);
    }

    /// The target duration in seconds; the longest possible until it is settled.
    pub(super) fn target(&self) -> u32 {
        self.target.unwrap_or(LONGEST_TARGET)
    }

    /// Settles the target duration, which no playlist may change afterwards.
    pub(super) fn settle_target(&mut self) -> u32 {
        let (longest, gap) = (self.longest, self.longest_gap);
        *self.target.get_or_insert_with(|| cut::choose_target(longest, gap))
    }

    /// How many bits a second the segments have that playlists show: the most of one, and on average.
    pub(super) fn bit_rates(&self) -> (u64, u64) {
        let rate = |bytes: u64, ticks: Ticks| bytes.saturating_mul(8 * SECOND) / ticks.max(1);
        let (mut peak, mut bytes, mut ticks) = (0, 0, 0);
        for segment in self.listed() {
            peak = peak.max(rate(segment.body.length(), segment.duration));
            bytes += segment.body.length();
            ticks += segment.duration;
        }
        (peak, rate(bytes, ticks))
    }

    /// Lets go of everything.
    pub(super) fn clear(&mut self) -> Vec<Arc<Segment>> {
        self.remove(self.segments.len())
    }
}

#[cfg(test)]
pub(super) mod tests;
