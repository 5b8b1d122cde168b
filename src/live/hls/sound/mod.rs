//! Sound for players that cannot decode what was broadcast: MPEG layer 2, Dolby and AAC in LATM become AAC in ADTS.
//!
//! Playlists list every segment that is recorded, and its sound is converted when somebody asks for it: an ffmpeg reads
//! the channel from a little before there, and what it makes is cut at the presentation times of the segments, so that
//! each has its sound under the same number. It goes on while there is something to do and anybody polls, so that who
//! plays on finds the next segment made; who goes elsewhere starts another one. Where the channel breaks, and where
//! ffmpeg fails, the next question starts anew.

mod conversion;
mod counters;
mod frames;
mod parts;
mod runs;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::body::Body;
use super::playlist::Rendition;
use super::shelf::Shelf;
use super::window::Number;
use crate::ffmpeg::Ffmpeg;
use crate::live::chunk::{Codec, Program};
use conversion::Fault;
pub(super) use parts::pictures;
use runs::Runs;

/// After so many failures in a row without any sound the channel's own sound has to do.
const MOST_FAILURES: u32 = 3;

/// For so long; then it is tried again, because programmes change.
const REST: Duration = Duration::from_secs(5 * 60);

/// Pause after the first failure; it doubles.
const PAUSE: Duration = Duration::from_secs(1);

/// Nobody waits longer than this for the sound of a segment. ffmpeg needs a second or two, and players wait ten.
const SOUND_PATIENCE: Duration = Duration::from_secs(8);

/// Most runs of ffmpeg for one channel at the same time: for who follows it, and for who looks back here and there.
const MOST_RUNS: usize = 3;

/// The converted sound of one channel.
#[derive(Debug)]
pub(super) struct Sound {
    ffmpeg: Option<Ffmpeg>,
    /// When somebody last did.
    pub(super) asked: watch::Sender<Option<Instant>>,
    /// The segments whose sound somebody waits for, and how many do.
    wanted: watch::Sender<BTreeMap<Number, usize>>,
    resting_until: Mutex<Option<Instant>>,
}

impl Sound {
    /// Nothing is converted without ffmpeg.
    pub(super) fn new(ffmpeg: Option<Ffmpeg>) -> Self {
        Self {
            ffmpeg,
            asked: watch::Sender::new(None),
            wanted: watch::Sender::default(),
            resting_until: Mutex::new(None),
        }
    }

    /// Whether players need the sound of a programme converted, and it can be.
    pub(super) async fn is_needed(&self, program: &Program) -> bool {
        let first = program.audio().next().map(|track| track.codec);
        let foreign = matches!(first, Some(Codec::AacLatm | Codec::MpegAudio | Codec::Ac3 | Codec::Eac3));
        foreign && self.is_possible().await
    }

    /// Somebody polls, which keeps a conversion alive.
    pub(super) fn ask(&self) {
        self.asked.send_replace(Some(Instant::now()));
    }

    /// The sound of a segment, as soon as it is there; `None` if there will be none, or not in time.
    pub(super) async fn of(&self, shelf: &Shelf, number: Number, deadline: Option<Instant>) -> Option<Body> {
        let patience = Instant::now() + SOUND_PATIENCE;
        let deadline = deadline.map_or(patience, |deadline| deadline.min(patience));
        let mut changes = shelf.changes();
        let _wish = Wish::begin(self, number);
        self.ask();
        loop {
            {
                let window = shelf.window();
                window.get(number)?;
                if let Some(sound) = window.body(number, Rendition::Sound) {
                    return Some(sound.clone());
                }
            }
            if !self.is_possible().await || timeout_at(deadline, changes.changed()).await.is_err() {
                return None;
            }
        }
    }

    /// Converts whenever somebody asks, until the future is dropped.
    pub(super) async fn convert(&self, shelf: &Arc<Shelf>) {
        let Some(ffmpeg) = &self.ffmpeg else { return pending().await };
        let mut asked = self.asked.subscribe();
        // The sender is ours.
        while asked
            .wait_for(|asked| asked.is_some_and(|at| at.elapsed() < shelf.poll_timeout()))
            .await
            .is_ok()
        {
            tokio::select! {
                never = self.work(shelf, ffmpeg) => match never {},
                () = self.until_unwanted(shelf) => {}
            }
        }
    }

    /// Has an ffmpeg run for every segment that somebody waits for and no other run comes to.
    async fn work(&self, shelf: &Arc<Shelf>, ffmpeg: &Ffmpeg) -> Infallible {
        let (mut wanted, runs) = (self.wanted.subscribe(), Runs::default());
        let mut running = FuturesUnordered::new();
        let (mut failures, mut pause) = (0, Instant::now());
        loop {
            while running.len() < MOST_RUNS && pause <= Instant::now() {
                let Some(number) = self.next(shelf, &runs) else { break };
                let run = runs.begin(number);
                running.push(async move { (number, conversion::convert(ffmpeg, shelf, &run, number).await) });
            }
            tokio::select! {
                // The sender is ours.
                _ = wanted.changed() => {}
                () = sleep_until(pause), if pause > Instant::now() => {}
                Some((from, ended)) = running.next() => {
                    let Err(fault) = ended else {
                        failures = 0;
                        continue;
                    };
                    let got_on = shelf.window().body(from, Rendition::Sound).is_some();
                    failures = if got_on { 1 } else { failures + 1 };
                    tell(&fault, failures);
                    pause = Instant::now() + PAUSE * failures;
                    if failures >= MOST_FAILURES {
                        pause = Instant::now() + REST;
                        *self.resting() = Some(pause);
                        shelf.has_changed();
                        failures = 0;
                    }
                }
            }
        }
    }

    /// The first segment that somebody waits for, and that nobody is about to make.
    fn next(&self, shelf: &Shelf, runs: &Runs) -> Option<Number> {
        let (wanted, window) = (self.wanted.borrow(), shelf.window());
        let is_open = |number: &&Number| {
            window.get(**number).is_some()
                && window.body(**number, Rendition::Sound).is_none()
                && !runs.reaches(**number)
        };
        wanted.keys().find(is_open).copied()
    }

    async fn until_unwanted(&self, shelf: &Shelf) {
        let mut asked = self.asked.subscribe();
        loop {
            let last = *asked.borrow_and_update();
            let until = last.map_or_else(Instant::now, |at| at + shelf.poll_timeout());
            if until <= Instant::now() {
                return;
            }
            // Whether somebody has asked or the time is over, the next look tells.
            let _ = timeout_at(until, asked.changed()).await;
        }
    }

    /// Whether sound can be converted at present.
    pub(super) async fn is_possible(&self) -> bool {
        let Some(ffmpeg) = &self.ffmpeg else { return false };
        self.resting().is_none_or(|until| until <= Instant::now()) && ffmpeg.is_usable().await
    }

    fn resting(&self) -> MutexGuard<'_, Option<Instant>> {
        self.resting_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody waits for the sound of a segment.
#[derive(Debug)]
struct Wish<'a> {
    sound: &'a Sound,
    number: Number,
}

impl<'a> Wish<'a> {
    fn begin(sound: &'a Sound, number: Number) -> Self {
        sound.wanted.send_modify(|wanted| *wanted.entry(number).or_default() += 1);
        Self { sound, number }
    }
}

impl Drop for Wish<'_> {
    fn drop(&mut self) {
        self.sound.wanted.send_modify(|wanted| {
            if let Entry::Occupied(mut waiting) = wanted.entry(self.number) {
                *waiting.get_mut() -= 1;
                if *waiting.get() == 0 {
                    waiting.remove();
                }
            }
        });
    }
}

/// The first failure is worth a line; what follows it is the same.
fn tell(fault: &Fault, failures: u32) {
    if failures == 1 {
        tracing::warn!(%fault, "the sound of a live channel is not being converted");
    } else {
        tracing::debug!(%fault, failures, "the sound of a live channel is not being converted");
    }
}
