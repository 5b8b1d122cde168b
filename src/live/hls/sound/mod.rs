//! Sound for players that cannot decode what was broadcast: MPEG layer 2, Dolby and AAC in LATM become AAC in ADTS.
//!
//! One ffmpeg per channel, started when somebody asks for HLS and ended when nobody does any more. It reads the channel
//! from a few segments back, or from where the last one ended, and what it makes is cut at the presentation times of the
//! segments, so that each has its sound under the same number. Where the channel breaks, and where ffmpeg fails, another one goes on with the first
//! segment that has no sound yet.

mod conversion;
mod frames;
mod parts;

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::playlist::Rendition;
use super::shelf::Shelf;
use super::window::{Number, Window};
use crate::ffmpeg::Ffmpeg;
use crate::live::chunk::{Codec, Program};
use conversion::{Conversion, Fault};

/// After so many failures in a row without any sound the channel's own sound has to do.
const MOST_FAILURES: u32 = 3;

/// For so long; then it is tried again, because programmes change.
const REST: Duration = Duration::from_secs(5 * 60);

/// Pause after the first failure; it doubles.
const PAUSE: Duration = Duration::from_secs(1);

/// A new master playlist waits no longer than this for sound. ffmpeg needs a second or two.
const SOUND_PATIENCE: Duration = Duration::from_secs(8);

/// The converted sound of one channel.
#[derive(Debug)]
pub(super) struct Sound {
    ffmpeg: Option<Ffmpeg>,
    /// When somebody last did.
    pub(super) asked: watch::Sender<Option<Instant>>,
    resting_until: Mutex<Option<Instant>>,
}

impl Sound {
    /// Nothing is converted without ffmpeg.
    pub(super) fn new(ffmpeg: Option<Ffmpeg>) -> Self {
        Self { ffmpeg, asked: watch::Sender::new(None), resting_until: Mutex::new(None) }
    }

    /// Whether players need the sound of a programme converted, and it can be.
    pub(super) async fn is_needed(&self, program: &Program) -> bool {
        let first = program.audio().next().map(|track| track.codec);
        let foreign = matches!(first, Some(Codec::AacLatm | Codec::MpegAudio | Codec::Ac3 | Codec::Eac3));
        foreign && self.is_possible().await
    }

    /// Asks for sound and waits until some is there. `false` if there will be none, or not in time.
    pub(super) async fn until_there(&self, shelf: &Shelf, deadline: Instant) -> bool {
        self.until(shelf, deadline, |window| !window.shown(Rendition::Sound).is_empty()).await
    }

    /// The same for a new player: sound that ended when the last one left has to come near the live edge again.
    pub(super) async fn until_near(&self, shelf: &Shelf, deadline: Instant) -> bool {
        self.until(shelf, deadline, Window::is_sound_near).await
            || self.until_there(shelf, Instant::now()).await
    }

    async fn until(&self, shelf: &Shelf, deadline: Instant, wanted: impl Fn(&Window) -> bool) -> bool {
        let deadline = deadline.min(Instant::now() + SOUND_PATIENCE);
        let mut changes = shelf.changes();
        self.asked.send_replace(Some(Instant::now()));
        while self.is_possible().await {
            if wanted(&shelf.window()) {
                return true;
            }
            if shelf.ring.ended().is_some() || timeout_at(deadline, changes.changed()).await.is_err() {
                return false;
            }
        }
        false
    }

    /// Converts whenever somebody asks, until the future is dropped.
    pub(super) async fn convert(&self, shelf: &Arc<Shelf>) {
        let Some(ffmpeg) = &self.ffmpeg else { return pending().await };
        let mut asked = self.asked.subscribe();
        let mut conversion = Conversion::new(ffmpeg);
        // The sender is ours.
        while asked
            .wait_for(|asked| asked.is_some_and(|at| at.elapsed() < shelf.poll_timeout()))
            .await
            .is_ok()
        {
            tokio::select! {
                () = self.work(shelf, &mut conversion) => {}
                () = self.until_unwanted(shelf) => {}
            }
        }
    }

    /// Converts stretch after stretch, and has nothing to do once the channel has ended.
    async fn work(&self, shelf: &Arc<Shelf>, conversion: &mut Conversion<'_>) {
        let mut failures = 0;
        while !shelf.is_all_there(Rendition::Sound) {
            let rest = *self.resting();
            if let Some(until) = rest {
                sleep_until(until).await;
            }
            let from = next_number(shelf).await;
            let Err(fault) = conversion.run(shelf, from).await else {
                failures = 0;
                continue;
            };
            let got_on = shelf.window().body(from, Rendition::Sound).is_some();
            failures = if got_on { 1 } else { failures + 1 };
            tell(&fault, failures);
            if failures >= MOST_FAILURES {
                *self.resting() = Some(Instant::now() + REST);
                shelf.has_changed();
                failures = 0;
            } else {
                sleep(PAUSE * failures).await;
            }
        }
        pending().await
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

    async fn is_possible(&self) -> bool {
        let Some(ffmpeg) = &self.ffmpeg else { return false };
        self.resting().is_none_or(|until| until <= Instant::now()) && ffmpeg.is_usable().await
    }

    fn resting(&self) -> MutexGuard<'_, Option<Instant>> {
        self.resting_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first segment that is to have sound and has none yet, once it is there.
async fn next_number(shelf: &Shelf) -> Number {
    let mut changes = shelf.changes();
    loop {
        if let Some(number) = shelf.window().next_whole() {
            return number;
        }
        // The shelf holds the sender.
        let _ = changes.changed().await;
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
