//! The small client's part in one file: what is near a reader. It claims pieces there, so that the engine and other
//! sources fetch something else, and the engine is held back while it delivers.

use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::PeerCounts;
use super::progress::Progress;
use super::scout::{Call, Scouts};
use super::shelf::Shelf;
use super::sprint::{Errand, Geometry, Sink, Sprint, Target};
use crate::cache::{CacheFile, Claim, Claimant, Put};
use crate::domain::Metainfo;
use crate::source::aim::Aim;
use crate::source::waits::Waits;

/// How far ahead of a reader pieces are fetched: some ten seconds of the largest films.
const WINDOW: u64 = 32 << 20;

/// What is claimed at once is what comes in a second, but no less than so many bytes, and a quarter of it while others
/// are at work on the file: the rest of the window is left to them, who may be faster.
const LEAST_CLAIMED: u64 = 4 << 20;

/// Several readers share the window, but none gets less than this.
const LEAST_WINDOW: u64 = 4 << 20;

/// A reader with so many bytes before him lacks nothing: some seconds of the largest films.
const COMFORT: u64 = 8 << 20;

/// Once readers have lacked nothing for so long, the engine may fetch the rest, and serve others what is there.
const REST: Duration = Duration::from_secs(5);

/// Readers who lack something for so long get the engine as well: it may know others, and what is fetched that steadily
/// is to be served to others too.
const MOST_LACKING: Duration = Duration::from_secs(20);

/// The end of the file is looked at a little after its start, and by most players once only. Where a swarm needs longer
/// than this for the piece behind the first, the end comes before it.
const TAIL_DUE: Duration = Duration::from_millis(200);

/// Bytes per second by which the urgency of two places is compared, until the small client knows better.
const READING: u64 = 16_000_000;

/// The small client at work for one file.
pub(super) struct Lead {
    file: CacheFile,
    aim: Aim,
    geometry: Geometry,
    scouts: Arc<Scouts>,
    call: Call,
    sink: Sink,
    errand: Option<(Sprint, Errand)>,
    claimant: Claimant,
    claims: Vec<Claim>,
    progress: Progress,
    /// When a reader last lacked something.
    lacked: Instant,
    /// Since when one lacks something, short breaks included.
    lacking: Option<Instant>,
    aimed: Vec<Target>,
}

impl Lead {
    pub(super) fn new(
        scouts: Arc<Scouts>,
        call: Call,
        metainfo: &Metainfo,
        aim: Aim,
        file: CacheFile,
        shelf: Arc<Shelf>,
    ) -> Self {
        let now = Instant::now();
        Self {
            sink: sink(file.clone(), shelf),
            claimant: file.claimant(),
            file,
            aim,
            geometry: Geometry::of(metainfo),
            scouts,
            call,
            errand: None,
            claims: Vec::new(),
            progress: Progress::new(now),
            lacked: now,
            lacking: None,
            aimed: Vec::new(),
        }
    }

    /// Has fetched what readers at `playheads` need next. Whether the engine is to be held back. To be called whenever
    /// readers or pieces move, and once a second.
    pub(super) fn steer(&mut self, playheads: &[u64], waits: &Waits) -> bool {
        let now = Instant::now();
        self.look_at_progress(now);
        let is_moving = self.progress.is_made(now);
        let places = self.places(playheads);
        self.claim(&places, is_moving);
        let mut targets = self.contested(playheads, waits, now);
        targets.extend(self.targets(&places));
        if targets.is_empty() || self.aimed.is_empty() {
            // Who was asked for nothing is not late.
            self.progress.excuse(now);
        }
        if targets != self.aimed || self.errand.as_ref().is_some_and(|(sprint, _)| sprint.is_over()) {
            self.tell(targets);
        }
        is_moving && !self.needs_help(playheads, waits, now)
    }

    /// Whether the engine is of use: readers lack nothing, so that it is in nobody's way, or they lack something for
    /// too long.
    fn needs_help(&mut self, playheads: &[u64], waits: &Waits, now: Instant) -> bool {
        if self.is_lacking(playheads) {
            self.lacked = now;
            self.lacking.get_or_insert(now);
        }
        if now.duration_since(self.lacked) >= REST {
            self.lacking = None;
            return true;
        }
        let is_late = |at: &u64| waits.is_long(self.file.missing_from(*at), now);
        self.lacking.is_some_and(|since| now.duration_since(since) >= MOST_LACKING)
            || playheads.iter().any(is_late)
    }

    /// Whether somebody lacks what he will want within seconds.
    fn is_lacking(&self, playheads: &[u64]) -> bool {
        let [head, tail] = self.aim.ends();
        let ahead = |at: &u64| *at..self.file.length().min(at.saturating_add(COMFORT));
        let is_missing = |range: Range<u64>| !range.is_empty() && self.file.missing_in(range).is_some();
        playheads.iter().any(|at| is_missing(ahead(at)))
            || is_missing(tail)
            || playheads.is_empty() && is_missing(head)
    }

    fn look_at_progress(&mut self, now: Instant) {
        let useful = self.errand.as_ref().map_or(0, |(sprint, _)| sprint.useful());
        if self.progress.note(useful, now) {
            self.claims.iter().for_each(Claim::refresh);
        }
    }

    /// What is wanted of the content, and when.
    fn places(&self, playheads: &[u64]) -> Vec<(Range<u64>, Duration)> {
        let length = self.file.length();
        let [head, tail] = self.aim.ends();
        let window = (WINDOW / playheads.len().max(1) as u64).max(LEAST_WINDOW);
        let mut places: Vec<(Range<u64>, Duration)> = playheads
            .iter()
            .map(|at| {
                let end = length.min(at.saturating_add(window));
                (self.file.missing_from(*at)..end, Duration::ZERO)
            })
            .collect();
        // Readers at the same place wait for the same piece.
        places.dedup();
        if playheads.is_empty() {
            places.push((head, Duration::ZERO));
        }
        places.push((tail, TAIL_DUE));
        places.retain(|(range, _)| !range.is_empty() && self.file.missing_in(range.clone()).is_some());
        places
    }

    /// Claims what is wanted and free, and lets go of what is not wanted any more.
    fn claim(&mut self, places: &[(Range<u64>, Duration)], more: bool) {
        let Some(layout) = self.file.layout() else { return };
        let span = |range: &Range<u64>| layout.piece_at(range.start)..layout.piece_at(range.end - 1) + 1;
        let wanted: Vec<Range<usize>> = places.iter().map(|(range, _)| span(range)).collect();
        self.claims.retain(|claim| {
            let pieces = claim.pieces();
            let is_missing =
                pieces.clone().any(|piece| self.file.missing_in(layout.content_range(piece)).is_some());
            is_missing && wanted.iter().any(|wanted| wanted.start < pieces.end && pieces.start < wanted.end)
        });
        let share = if self.claimant.is_alone() { 1 } else { 4 };
        let most = (self.counts().download_bps.max(LEAST_CLAIMED) / share).max(2 * layout.piece_length);
        for (range, _) in places.iter().filter(|_| more) {
            let mut room = most.saturating_sub(self.claimed(range));
            let mut at = self.file.unclaimed_from(range.start);
            while at < range.end && room > 0 {
                let Some(claim) = self.claimant.claim(at, room.min(range.end - at)) else { break };
                let end = layout.content_range(claim.pieces().end - 1).end;
                room = room.saturating_sub(end - at);
                at = self.file.unclaimed_from(end);
                self.claims.push(claim);
            }
        }
    }

    /// Bytes in `range` that are claimed and missing.
    fn claimed(&self, range: &Range<u64>) -> u64 {
        let Some(layout) = self.file.layout() else { return 0 };
        let pieces =
            self.claims.iter().flat_map(|claim| claim.pieces()).map(|piece| layout.content_range(piece));
        let inside = pieces.filter(|own| own.start < range.end && range.start < own.end);
        inside.filter(|own| self.file.missing_in(own.clone()).is_some()).map(|own| own.end - own.start).sum()
    }

    /// The pieces of others that readers have waited for too long.
    fn contested(&self, playheads: &[u64], waits: &Waits, now: Instant) -> Vec<Target> {
        let Some(layout) = self.file.layout() else { return Vec::new() };
        let awaited = playheads.iter().map(|at| self.file.missing_from(*at));
        let long = awaited.filter(|at| *at < self.file.length() && waits.is_long(*at, now));
        let pieces = long.map(|at| layout.first_piece + layout.piece_at(at) as u32);
        pieces.map(|piece| Target { pieces: piece..piece + 1, due: Duration::ZERO }).collect()
    }

    /// Whom the small client knows, and what they bring.
    pub(super) fn counts(&self) -> PeerCounts {
        self.errand.as_ref().map(|(sprint, _)| sprint.counts()).unwrap_or_default()
    }

    /// What is claimed, by how soon it is wanted.
    fn targets(&self, places: &[(Range<u64>, Duration)]) -> Vec<Target> {
        let Some(layout) = self.file.layout() else { return Vec::new() };
        let mut targets = Vec::new();
        let known = self.errand.as_ref().and_then(|(sprint, _)| sprint.reading());
        let reading = known.map_or(READING, NonZeroU64::get);
        for (range, due) in places {
            let wanted = layout.piece_at(range.start)..layout.piece_at(range.end - 1) + 1;
            for claim in &self.claims {
                let pieces = claim.pieces();
                let is_missing = |piece: &usize| self.file.missing_in(layout.content_range(*piece)).is_some();
                let pieces = pieces.start.max(wanted.start)..pieces.end.min(wanted.end);
                for run in runs(pieces.filter(is_missing)) {
                    let distance = (run.start - wanted.start) as u64 * layout.piece_length;
                    let due = *due + Duration::from_micros(distance * 1_000_000 / reading);
                    let number = |piece: usize| layout.first_piece + piece as u32;
                    targets.push(Target { pieces: number(run.start)..number(run.end), due });
                }
            }
        }
        targets.sort_by_key(|target| (target.due, target.pieces.start));
        targets
    }

    fn tell(&mut self, targets: Vec<Target>) {
        if self.errand.as_ref().is_some_and(|(sprint, _)| sprint.is_over()) {
            self.errand = None;
        }
        if self.errand.is_none() && !targets.is_empty() {
            let sprint = self.scouts.send(&self.call);
            let errand = sprint.errand(self.geometry, self.sink.clone());
            self.progress.begin(sprint.useful());
            self.errand = Some((sprint, errand));
        }
        if let Some((_, errand)) = &self.errand {
            errand.aim(targets.clone());
        }
        self.aimed = targets;
    }
}

/// Ascending numbers as runs without gaps.
fn runs(numbers: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for number in numbers {
        match runs.last_mut().filter(|run| run.end == number) {
            Some(run) => run.end += 1,
            None => runs.push(number..number + 1),
        }
    }
    runs
}

/// Compares a piece with its hash and keeps it, unless it is none of this file's or the disk refuses it.
fn sink(file: CacheFile, shelf: Arc<Shelf>) -> Sink {
    Arc::new(move |full| {
        let layout = file.layout()?;
        let piece = full.piece.checked_sub(layout.first_piece)? as usize;
        if piece >= layout.pieces() {
            return None;
        }
        match file.put_piece(piece, &full.data) {
            Ok(Put::Wrong) => Some(false),
            Ok(Put::New | Put::Known) => {
                shelf.note(file.key().file, full.data.len() as u64);
                Some(true)
            }
            Err(error) => {
                shelf.fail(error);
                None
            }
        }
    })
}
