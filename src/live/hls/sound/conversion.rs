//! One run of ffmpeg: a part of the channel in, its sound out, cut as the segments are.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStdin;
use tokio::time::Instant;

use super::frames::Frames;
use super::parts;
use super::runs::Run;
use crate::ffmpeg::{Ffmpeg, Running};
use crate::live::chunk::Ticks;
use crate::live::hls::cut;
use crate::live::hls::follow::Follow;
use crate::live::hls::playlist::Rendition;
use crate::live::hls::shelf::Shelf;
use crate::live::hls::window::Number;

/// Silence of ffmpeg after which what there is makes a segment: where the channel is mute, nothing else will come.
const MUTE_AFTER: Duration = Duration::from_secs(5);

/// A run ends when it is so far behind the newest segment and has made so much: who plays a recording asks for more when
/// it comes to that, and who has only looked does not.
const MOST_AHEAD: Duration = Duration::from_secs(5 * 60);

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

/// Converts from a closed segment on: until there is sound already or another run makes it, to the end of the stretch,
/// or as far as anybody may want soon. At the newest segment it goes on as the channel does.
///
/// # Errors
/// ffmpeg gave up, or nothing came out of it.
pub(super) async fn convert(
    ffmpeg: &Ffmpeg,
    shelf: &Arc<Shelf>,
    run: &Run<'_>,
    from: Number,
) -> Result<(), Fault> {
    let Some(mut stretch) = Stretch::begin(shelf, from) else { return Ok(()) };
    let (mut frames, mut fed) = (Frames::from(stretch.start), false);
    let mut running = ffmpeg.start(ARGUMENTS)?;
    let input = running.input().ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
    let mut output = running.output().ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
    let feeding = feed(shelf, stretch.lead, input);
    tokio::pin!(feeding);
    let mut changes = shelf.changes();
    let mut read = BytesMut::new();
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            () = &mut feeding, if !fed => fed = true,
            count = output.read_buf(&mut read) => match count? {
                0 if fed => return finish(shelf, &mut stretch, &mut frames).await,
                0 => return Err(ended(running).await),
                _ => {
                    heard = Instant::now();
                    frames.push(&mut read);
                }
            },
            _ = changes.changed() => {}
        }
        while let Some((number, end)) = stretch.closed(shelf) {
            if !run.comes_to(number) || stretch.is_enough(shelf) {
                return Ok(());
            }
            if !frames.has_reached(end) && heard.elapsed() < MUTE_AFTER {
                break;
            }
            stretch.keep(shelf, &mut frames, end).await?;
        }
        if stretch.is_over(shelf) {
            return Ok(());
        }
    }
}

/// All that there is has come: the last segment of the stretch gets the rest.
async fn finish(shelf: &Arc<Shelf>, stretch: &mut Stretch, frames: &mut Frames) -> Result<(), Fault> {
    let mut changes = shelf.changes();
    while shelf.window().next() <= stretch.number && !shelf.is_complete() {
        // What ended the stretch closes its last segment, which may still be on its way to the disk.
        let _ = changes.changed().await;
    }
    while let Some((_, end)) = stretch.closed(shelf) {
        stretch.keep(shelf, frames, end).await?;
    }
    Ok(())
}

/// Segments that continue each other, and how far their sound has come.
#[derive(Debug)]
struct Stretch {
    stretch: u64,
    /// Where to begin to read: a little before its sound, so that decoder and encoder have found their feet.
    lead: Number,
    /// The presentation time of its first picture.
    start: Ticks,
    /// How much has been made, and what is next.
    made: Ticks,
    number: Number,
}

impl Stretch {
    /// From a segment on, if that is there.
    fn begin(shelf: &Shelf, from: Number) -> Option<Self> {
        let window = shelf.window();
        let first = window.get(from)?;
        let before = window.get(from.wrapping_sub(1)).filter(|before| before.stretch == first.stretch);
        let lead = before.map_or(from, |before| before.number);
        Some(Self { stretch: first.stretch, lead, start: first.start, made: 0, number: from })
    }

    /// The next segment, and where it ends, if it is closed.
    fn closed(&self, shelf: &Shelf) -> Option<(Number, Ticks)> {
        let window = shelf.window();
        let segment = window.get(self.number).filter(|segment| segment.stretch == self.stretch)?;
        Some((self.number, segment.start + segment.duration))
    }

    /// Whether the next segment has its sound, or nobody may want it soon.
    fn is_enough(&self, shelf: &Shelf) -> bool {
        let window = shelf.window();
        let is_far = || cut::time(self.made) >= MOST_AHEAD && window.behind(MOST_AHEAD) > self.number;
        window.body(self.number, Rendition::Sound).is_some() || is_far()
    }

    /// Whether no segment of it will need sound any more: the next one has left the window, or does not continue it. The
    /// recorder may have seen a break where whoever feeds ffmpeg saw none.
    fn is_over(&self, shelf: &Shelf) -> bool {
        let window = shelf.window();
        let segment = window.get(self.number);
        self.number < window.first() || segment.is_some_and(|segment| segment.stretch != self.stretch)
    }

    /// Keeps the sound of the next segment, which ends at a time.
    async fn keep(&mut self, shelf: &Arc<Shelf>, frames: &mut Frames, end: Ticks) -> Result<(), Fault> {
        let sound = frames.take_before(self.number, end).ok_or(Fault::Mute)?;
        parts::keep_sound(shelf, self.number, sound).await;
        self.number += 1;
        self.made = end - self.start;
        Ok(())
    }
}

/// Writes a part of the channel into ffmpeg. If that has gone, its output tells.
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::domain::InfoHash;
    use crate::live::hls::body::Body;
    use crate::live::hls::shelves::{Shelves, ShelvesSettings};
    use crate::live::hls::window::tests::piece;
    use crate::live::ring::{Ring, RingLimits};

    fn shelf(folder: &tempfile::TempDir) -> Arc<Shelf> {
        let settings = ShelvesSettings {
            folder: folder.path().to_owned(),
            window: Duration::from_secs(3600),
            most_bytes: 1 << 20,
            ffmpeg: None,
        };
        let ring = Ring::new(RingLimits { span: Duration::from_secs(60), bytes: 1 << 20 });
        Shelves::open(settings).unwrap().shelf(InfoHash::new([7; 20]), &ring)
    }

    #[test]
    fn a_stretch_is_over_when_its_next_segment_does_not_continue_it_or_has_gone() {
        let folder = tempfile::TempDir::new().unwrap();
        let shelf = shelf(&folder);
        let add = |at, after_break| drop(shelf.window().add(piece(at, 5, after_break), Body::memory(vec![])));
        add(0, false);
        let mut stretch = Stretch::begin(&shelf, 0).unwrap();
        assert!(stretch.closed(&shelf).is_some() && !stretch.is_over(&shelf));
        stretch.number = 1;
        assert!(!stretch.is_over(&shelf), "its next segment may come");
        add(5, true);
        assert!(stretch.closed(&shelf).is_none() && stretch.is_over(&shelf));
        let other = Stretch::begin(&shelf, 1).unwrap();
        assert_eq!(other.lead, 1, "what is before it does not continue in it");
        assert!(!other.is_over(&shelf));
        drop(shelf.window().clear());
        assert!(other.is_over(&shelf));
    }

    #[test]
    fn a_run_begins_a_little_early_and_does_not_go_on_for_ever() {
        let folder = tempfile::TempDir::new().unwrap();
        let shelf = shelf(&folder);
        for at in 0..200 {
            drop(shelf.window().add(piece(5 * at, 5, false), Body::memory(vec![])));
        }
        let first = shelf.window().first();
        let mut stretch = Stretch::begin(&shelf, first + 50).unwrap();
        assert_eq!((stretch.lead, stretch.is_enough(&shelf)), (first + 49, false));
        assert_eq!(Stretch::begin(&shelf, first).unwrap().lead, first, "there is nothing before it");
        assert!(Stretch::begin(&shelf, 200).is_none());
        stretch.made = 300 * 90_000;
        assert!(stretch.is_enough(&shelf));
        stretch.number = 190;
        assert!(!stretch.is_enough(&shelf), "at the newest segments it goes on");
        let sound = Body::memory(vec![Bytes::from_static(&[7; 188])]);
        assert!(shelf.window().add_part(190, Rendition::Sound, sound).is_none());
        assert!(stretch.is_enough(&shelf), "what is there is not made again");
    }
}
