//! One run of ffmpeg: a stretch of the channel in, its sound out, cut as the segments are.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStdin;
use tokio::time::Instant;

use super::frames::Frames;
use super::parts;
use crate::ffmpeg::{Ffmpeg, Running};
use crate::live::chunk::Ticks;
use crate::live::hls::follow::Follow;
use crate::live::hls::shelf::Shelf;
use crate::live::hls::window::Number;

/// Silence of ffmpeg after which what there is makes a segment: where the channel is mute, nothing else will come.
const MUTE_AFTER: Duration = Duration::from_secs(5);

/// Stereo, because that plays everywhere. Time stamps stay as they are in the channel (`copyts`, and the muxer's own
/// delay off); gaps in the sound are filled, so that it keeps to the picture. One frame of sound goes into each PES
/// packet, so that it can be cut between any two.
const ARGUMENTS: &[&str] = &[
    "-protocol_whitelist",
    "pipe",
    "-probesize",
    "1000000",
    "-analyzeduration",
    "1000000",
    "-copyts",
    "-f",
    "mpegts",
    "-i",
    "pipe:0",
    "-map",
    "0:a:0",
    "-c:a",
    "aac",
    "-b:a",
    "160k",
    "-ac",
    "2",
    "-ar",
    "48000",
    "-af",
    "aresample=async=1",
    "-avoid_negative_ts",
    "disabled",
    "-f",
    "mpegts",
    "-mpegts_copyts",
    "1",
    "-muxdelay",
    "0",
    "-muxpreload",
    "0",
    "-pes_payload_size",
    "0",
    "-mpegts_start_pid",
    "256",
    "-mpegts_pmt_start_pid",
    "4096",
    "-flush_packets",
    "1",
    "pipe:1",
];

/// Why a run ended before its stretch did.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("ffmpeg cannot be started or read: {0}")]
    Io(#[from] io::Error),
    #[error("ffmpeg ended: {0}")]
    Ended(String),
    #[error("no sound came out of ffmpeg")]
    Mute,
}

/// Runs one ffmpeg after the other.
#[derive(Debug)]
pub(super) struct Conversion<'a> {
    ffmpeg: &'a Ffmpeg,
    frames: Frames,
}

impl<'a> Conversion<'a> {
    pub(super) fn new(ffmpeg: &'a Ffmpeg) -> Self {
        Self { ffmpeg, frames: Frames::default() }
    }

    /// Converts from a closed segment to the end of its stretch.
    ///
    /// # Errors
    /// ffmpeg gave up, or nothing came out of it.
    pub(super) async fn run(&mut self, shelf: &Arc<Shelf>, from: Number) -> Result<(), Fault> {
        let (mut stretch, mut fed) = (Stretch::begin(shelf, from), false);
        self.frames.begin(stretch.start);
        let mut running = self.ffmpeg.start(ARGUMENTS)?;
        let input = running.input().ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
        let mut output = running.output().ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
        let feeding = feed(shelf, from, input);
        tokio::pin!(feeding);
        let mut changes = shelf.changes();
        let mut read = BytesMut::new();
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                () = &mut feeding, if !fed => fed = true,
                count = output.read_buf(&mut read) => match count? {
                    0 if fed => return self.finish(shelf, &mut stretch).await,
                    0 => return Err(ended(running).await),
                    _ => {
                        heard = Instant::now();
                        self.frames.push(&mut read);
                    }
                },
                _ = changes.changed() => {}
            }
            if stretch.is_over(shelf) {
                return Ok(());
            }
            while let Some((number, end)) = stretch.closed(shelf) {
                if !self.frames.has_reached(end) && heard.elapsed() < MUTE_AFTER {
                    break;
                }
                let bytes = self.frames.take_before(end).ok_or(Fault::Mute)?;
                stretch.keep(shelf, number, bytes).await;
            }
        }
    }

    /// All that there is has come: the last segment of the stretch gets the rest.
    async fn finish(&mut self, shelf: &Arc<Shelf>, stretch: &mut Stretch) -> Result<(), Fault> {
        let mut changes = shelf.changes();
        while shelf.window().next() <= stretch.number && !shelf.is_complete() {
            // What ended the stretch closes its last segment, which may still be on its way to the disk.
            let _ = changes.changed().await;
        }
        while let Some((number, end)) = stretch.closed(shelf) {
            let bytes = self.frames.take_before(end).ok_or(Fault::Mute)?;
            stretch.keep(shelf, number, bytes).await;
        }
        Ok(())
    }
}

/// Segments that continue each other, and how far their sound has come.
struct Stretch {
    stretch: Option<u64>,
    /// The presentation time of its first picture.
    start: Ticks,
    number: Number,
}

impl Stretch {
    fn begin(shelf: &Shelf, from: Number) -> Self {
        let window = shelf.window();
        let first = window.get(from);
        Self {
            stretch: first.map(|segment| segment.stretch),
            start: first.map_or(0, |segment| segment.start),
            number: from,
        }
    }

    /// The next segment that has no sound, and where it ends, if it is closed.
    fn closed(&self, shelf: &Shelf) -> Option<(Number, Ticks)> {
        let window = shelf.window();
        let segment = window.get(self.number).filter(|segment| Some(segment.stretch) == self.stretch)?;
        Some((self.number, segment.start + segment.duration))
    }

    /// Whether no segment of it will need sound any more: the next one has left the window, or does not continue it. The
    /// recorder may have seen a break where whoever feeds ffmpeg saw none.
    fn is_over(&self, shelf: &Shelf) -> bool {
        let window = shelf.window();
        let segment = window.get(self.number);
        self.number < window.first() || segment.is_some_and(|segment| Some(segment.stretch) != self.stretch)
    }

    async fn keep(&mut self, shelf: &Arc<Shelf>, number: Number, bytes: Bytes) {
        parts::keep(shelf, number, bytes).await;
        self.number = number + 1;
    }
}

/// Writes a stretch of the channel into ffmpeg. If that has gone, its output tells.
async fn feed(shelf: &Arc<Shelf>, from: Number, mut input: ChildStdin) {
    let mut follow = Follow::from(Arc::clone(shelf), from);
    let mut begun = false;
    while let Some(part) = follow.next().await {
        if begun && part.gap.is_some() {
            return;
        }
        begun = true;
        if input.write_all(&part.bytes).await.is_err() {
            // Whoever reads the output learns more.
            return std::future::pending().await;
        }
    }
}

async fn ended(running: Running) -> Fault {
    match running.finish().await {
        Ok((status, said)) => Fault::Ended(format!("{status}: {said}")),
        Err(error) => Fault::Io(error),
    }
}
