//! One channel's segments, and what players are told of them.

mod life;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::body::{Body, SegmentBody};
use super::cut;
use super::delayed::DelayedReader;
use super::disk::Disk;
use super::follow::Follow;
use super::guests::Guests;
use super::playlist::{self, Listing, Master, PlaylistAsk, Rendition};
use super::sound::{self, Sound};
use super::window::{Number, Window};
use crate::ffmpeg::Ffmpeg;
use crate::live::chunk::Program;
use crate::live::ring::{Ended, Ring};
use crate::live::session::Hold;

/// Epochs count seconds from here (2020-01-01), so that sequence numbers stay small enough for players that keep them
/// in 32 bits.
const EPOCH: Duration = Duration::from_secs(1_577_836_800);

/// Why there is no playlist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// Not enough of the channel has come so far; a later try may find more.
    #[error("the channel has not delivered enough for HLS yet")]
    TooSoon,
    /// The channel has ended, and why.
    #[error("the channel has ended: {0}")]
    Ended(Arc<str>),
    /// There is no segment of that name, or not any more.
    #[error("this segment is not in the recording any more")]
    NoSegment,
    /// Converted sound is not to be had; the channel's own is.
    #[error("the sound of this channel is not converted")]
    NoSound,
}

/// One channel's segments.
#[derive(Debug)]
pub struct Shelf {
    pub(super) ring: Arc<Ring>,
    pub(super) disk: Arc<Disk>,
    pub(super) sound: Sound,
    guests: Guests<Hold>,
    folder: PathBuf,
    epoch: u64,
    /// Nothing is to be recorded before somebody asks.
    lazy: bool,
    window: Arc<Mutex<Window>>,
    /// Tells that the window has changed.
    changed: watch::Sender<()>,
    asked: watch::Sender<bool>,
    /// No segment will come any more.
    complete: AtomicBool,
    /// Files of parts that were written.
    parts_made: AtomicU64,
}

impl Shelf {
    pub(super) fn new(
        disk: Arc<Disk>,
        folder: PathBuf,
        ring: Arc<Ring>,
        span: Duration,
        ffmpeg: Option<Ffmpeg>,
    ) -> Arc<Self> {
        let window = Arc::new(Mutex::new(Window::new(span)));
        disk.share(&window);
        Arc::new(Self {
            ring,
            disk,
            sound: Sound::new(ffmpeg),
            guests: Guests::new(),
            folder,
            epoch: epoch(),
            lazy: span.is_zero(),
            window,
            changed: watch::Sender::new(()),
            asked: watch::Sender::new(false),
            complete: AtomicBool::new(false),
            parts_made: AtomicU64::new(0),
        })
    }

    /// The master playlist. `base` stands in front of the names of its playlists, `query` behind them; both end up in
    /// quoted strings and must be plain.
    ///
    /// # Errors
    /// See [`NotReady`].
    pub async fn master(&self, base: &str, query: &str, patience: Duration) -> Result<String, NotReady> {
        let deadline = Instant::now() + patience;
        self.until_ready(deadline).await?;
        let program = self.ring.newest().map(|chunk| Arc::clone(&chunk.program));
        let sound = match &program {
            Some(program) => self.sound_for(program, deadline).await,
            None => playlist::Sound::Broadcast,
        };
        let bit_rates = self.window().bit_rates();
        Ok(Master { base, query, bit_rates, sound }.write())
    }

    /// A media playlist.
    ///
    /// # Errors
    /// See [`NotReady`].
    pub async fn playlist(&self, ask: PlaylistAsk<'_>) -> Result<String, NotReady> {
        let deadline = Instant::now() + ask.patience;
        if ask.rendition == Rendition::Sound {
            self.sound.ask();
            if !self.sound.is_possible().await {
                return Err(NotReady::NoSound);
            }
        }
        self.until_ready(deadline).await?;
        let ended = self.is_complete();
        let (target, segments) = {
            let mut window = self.window();
            (window.settle_target(), Vec::from_iter(window.listed().cloned()))
        };
        let PlaylistAsk { rendition, query, .. } = ask;
        Ok(Listing { epoch: self.epoch, target, rendition, query, segments: &segments, ended }.write())
    }

    /// The bytes of a segment by its name in a playlist. Converted sound is waited for while it is being made.
    ///
    /// # Errors
    /// See [`NotReady`].
    pub async fn segment(self: &Arc<Self>, name: &str) -> Result<SegmentBody, NotReady> {
        let (number, rendition) = playlist::parse_segment(self.epoch, name).ok_or(NotReady::NoSegment)?;
        let newest = self.ring.newest().map_or(0, |chunk| chunk.position);
        let position = self.window().get(number).ok_or(NotReady::NoSegment)?.opening.position;
        let body = match rendition {
            Rendition::Whole => self.window().body(number, rendition).cloned(),
            Rendition::Pictures => sound::pictures(self, number).await,
            Rendition::Sound => Some(self.sound_of(number).await?),
        };
        let behind = cut::time(newest.saturating_sub(position));
        body.map(|body| SegmentBody::new(body, behind)).ok_or(NotReady::NoSegment)
    }

    async fn sound_of(&self, number: Number) -> Result<Body, NotReady> {
        let left = || self.window().get(number).is_none();
        match self.sound.of(self, number, None).await {
            Some(sound) => Ok(sound),
            None if left() => Err(NotReady::NoSegment),
            None if !self.sound.is_possible().await => Err(NotReady::NoSound),
            None => Err(NotReady::TooSoon),
        }
    }

    /// Reads the channel as one transport stream from `delay` ago, or from the oldest there is.
    pub fn read_from(self: &Arc<Self>, delay: Duration) -> DelayedReader {
        self.asked.send_replace(true);
        DelayedReader::new(Follow::behind(Arc::clone(self), delay), delay)
    }

    /// A viewer polls a playlist. Who is new enters by `enter`, and counts as a viewer of the session as long as it
    /// polls.
    pub fn poll(&self, name: u64, enter: impl FnOnce() -> Option<Hold>) -> Option<Arc<Hold>> {
        let hold = self.guests.poll(name, Instant::now(), enter)?;
        hold.touch();
        Some(hold)
    }

    /// A viewer who polls.
    pub fn guest(&self, name: u64) -> Option<Arc<Hold>> {
        self.guests.find(name)
    }

    /// How long viewers count after their last poll: three target durations, in which every player polls.
    pub fn poll_timeout(&self) -> Duration {
        Duration::from_secs(u64::from(3 * self.window().target()))
    }

    /// How far back viewers can go now.
    pub fn recorded(&self) -> Duration {
        self.window().listed().map(|segment| cut::time(segment.duration)).sum()
    }

    pub(super) fn window(&self) -> MutexGuard<'_, Window> {
        // Every change is whole before the lock is let go.
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn window_handle(&self) -> Arc<Mutex<Window>> {
        Arc::clone(&self.window)
    }

    /// Told when segments come, or their sound.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(super) fn has_changed(&self) {
        self.changed.send_replace(());
    }

    /// Whether no segment will come any more.
    pub(super) fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// The file of the segment with this number.
    pub(super) fn file(&self, number: Number) -> PathBuf {
        self.folder.join(playlist::segment_name(self.epoch, number, Rendition::Whole))
    }

    /// A file for a part of that segment, another one each time: two may be made at once, and only one is kept.
    pub(super) fn part_file(&self, number: Number, rendition: Rendition) -> PathBuf {
        let attempt = self.parts_made.fetch_add(1, Ordering::Relaxed);
        let name = playlist::segment_name(self.epoch, number, rendition);
        self.folder.join(format!("{name}.{attempt}"))
    }

    /// Waits until there is enough to start a player; at the deadline one segment is enough.
    async fn until_ready(&self, deadline: Instant) -> Result<(), NotReady> {
        self.asked.send_replace(true);
        let mut changes = self.changes();
        loop {
            let complete = self.is_complete();
            let (there, enough) = {
                let window = self.window();
                (window.listed().count(), window.enough())
            };
            if there >= enough {
                return Ok(());
            }
            let in_time = !complete && timeout_at(deadline, changes.changed()).await.is_ok();
            match self.ring.ended() {
                _ if in_time => {}
                _ if there > 0 => return Ok(()),
                Some(Ended::Failed(why)) => return Err(NotReady::Ended(why)),
                Some(Ended::Stopped) => return Err(NotReady::Ended("nobody watched it".into())),
                None if complete => return Err(NotReady::Ended("nobody watched it".into())),
                None => return Err(NotReady::TooSoon),
            }
        }
    }

    /// The sound that new players get.
    async fn sound_for<'a>(&self, program: &'a Program, deadline: Instant) -> playlist::Sound<'a> {
        let first = self.window().start_of_players();
        if !self.sound.is_needed(program).await || self.sound.of(self, first, Some(deadline)).await.is_none()
        {
            playlist::Sound::Broadcast
        } else if program.video().is_none() {
            playlist::Sound::Alone
        } else {
            playlist::Sound::Beside(program.audio().next().and_then(|track| track.language.as_deref()))
        }
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A number that no earlier start of the server or channel had.
fn epoch() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = now.saturating_sub(EPOCH).as_secs();
    // Two starts within one second differ too.
    let last = LAST.fetch_max(seconds, Ordering::Relaxed);
    if last >= seconds { LAST.fetch_add(1, Ordering::Relaxed) + 1 } else { seconds }
}

#[cfg(test)]
mod tests;
