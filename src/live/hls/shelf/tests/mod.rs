//! A shelf over a ring that the tests fill.

mod sound;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::super::shelves::{Shelves, ShelvesSettings};
use super::*;
use crate::domain::InfoHash;
use crate::live::chunk::{Chunk, Entry, EntryKind};
use crate::live::ring::RingLimits;

/// Tests wait so long for what takes a moment.
const PATIENCE: Duration = Duration::from_secs(20);

struct Stage {
    ring: Arc<Ring>,
    shelf: Arc<Shelf>,
    stop: CancellationToken,
    folder: TempDir,
    recording: Option<JoinHandle<()>>,
}

impl Stage {
    fn new(window: u64, ffmpeg: Option<Ffmpeg>) -> Self {
        let folder = TempDir::new().unwrap();
        let settings = ShelvesSettings {
            folder: folder.path().to_owned(),
            window: Duration::from_secs(window),
            most_bytes: 1 << 30,
            ffmpeg,
        };
        // Tests push faster than a disk may write.
        let ring = Ring::new(RingLimits { span: Duration::from_secs(3600), bytes: 1 << 30 });
        let shelf = Shelves::open(settings).unwrap().shelf(InfoHash::new([7; 20]), &ring);
        let stop = CancellationToken::new();
        Self { ring, shelf, stop, folder, recording: None }
    }

    fn record(mut self) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the stage owns the task, and waits for it")]
        let recording = tokio::spawn(Arc::clone(&self.shelf).record(self.stop.clone()));
        self.recording = Some(recording);
        self
    }

    /// A second per chunk, an entry every two; the bytes are the number of the second.
    fn push(&self, seconds: std::ops::Range<u64>) {
        seconds.for_each(|second| self.ring.push(second_of(second)));
    }

    async fn segments(&self, count: u64) {
        let mut changes = self.shelf.changes();
        while self.shelf.window().next() < count {
            tokio::time::timeout(PATIENCE, changes.changed()).await.unwrap().unwrap();
        }
    }

    async fn playlist(&self, rendition: Rendition) -> m3u8_rs::MediaPlaylist {
        let text =
            self.shelf.playlist(PlaylistAsk { rendition, query: "", patience: PATIENCE }).await.unwrap();
        m3u8_rs::parse_media_playlist_res(text.as_bytes()).unwrap()
    }

    fn files(&self) -> usize {
        let channel = self.folder.path().join(InfoHash::new([7; 20]).to_string());
        std::fs::read_dir(channel).map_or(0, Iterator::count)
    }

    async fn end(self) -> TempDir {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.recording.unwrap()).await.unwrap().unwrap();
        self.folder
    }
}

fn second_of(second: u64) -> Chunk {
    let position = second * 90_000;
    Chunk {
        bytes: Bytes::from(vec![u8::try_from(second % 256).unwrap(); 188]),
        entry: second.is_multiple_of(2).then_some(Entry { pts: position, kind: EntryKind::Clean }),
        position,
        arrived: SystemTime::UNIX_EPOCH,
        broken: false,
        counters: Arc::from([]),
        program: Arc::default(),
    }
}

async fn bytes(shelf: &Arc<Shelf>, name: &str) -> Vec<u8> {
    let body = shelf.segment(name).await.unwrap();
    let length = body.length();
    read(body.reader(0..length)).await
}

async fn read(mut reader: super::super::body::SegmentReader) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(bytes) = reader.next().await.unwrap() {
        all.extend_from_slice(&bytes);
    }
    all
}

#[tokio::test]
async fn segments_together_are_the_channel() {
    let stage = Stage::new(600, None).record();
    stage.push(0..61);
    stage.segments(10).await;
    let playlist = stage.playlist(Rendition::Whole).await;
    let mut second = 0;
    for segment in &playlist.segments {
        let bytes = bytes(&stage.shelf, &segment.uri).await;
        for packet in bytes.chunks(188) {
            assert_eq!(u64::from(packet[0]), second);
            second += 1;
        }
    }
    let total: f32 = playlist.segments.iter().map(|segment| segment.duration).sum();
    assert_eq!((second, f64::from(total)), (second, second as f64));
    assert_eq!(playlist.target_duration, 6);
    let body = stage.shelf.segment(&playlist.segments[1].uri).await.unwrap();
    assert_eq!(read(body.reader(100..200)).await, [vec![2; 88], vec![3; 12]].concat());
    let other = stage.shelf.segment("1-1.ts").await;
    assert_eq!(other.unwrap_err(), NotReady::NoSegment, "of another start of the server");
}

#[tokio::test]
async fn the_recording_goes_when_the_session_ends() {
    let stage = Stage::new(600, None).record();
    stage.push(0..61);
    stage.segments(10).await;
    assert!(stage.files() >= 10);
    let folder = stage.end().await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn without_a_window_nothing_is_written_before_somebody_asks() {
    let stage = Stage::new(0, None).record();
    stage.push(0..30);
    tokio::task::yield_now().await;
    assert_eq!((stage.files(), stage.shelf.window().next()), (0, 0));
    let playlist = stage.playlist(Rendition::Whole).await;
    assert!(playlist.segments.len() >= 3, "what the ring still has is there at once");
    stage.push(30..400);
    stage.segments(80).await;
    assert!(stage.playlist(Rendition::Whole).await.segments.len() <= 16, "a minute");
    assert!(stage.files() <= 32);
}

#[tokio::test]
async fn the_first_playlist_waits_for_segments_and_says_why_it_gives_up() {
    let stage = Stage::new(60, None).record();
    let ask = |patience| PlaylistAsk { rendition: Rendition::Whole, query: "", patience };
    let early = stage.shelf.playlist(ask(Duration::from_millis(10))).await;
    assert_eq!(early.unwrap_err(), NotReady::TooSoon);
    stage.push(0..1);
    let mut waiting = Box::pin(stage.shelf.playlist(ask(PATIENCE)));
    assert!(futures::poll!(&mut waiting).is_pending());
    stage.push(1..8);
    assert!(waiting.await.unwrap().contains("#EXTINF"));
    let stage = Stage::new(60, None).record();
    stage.ring.end(Ended::Failed("no engine has it".into()));
    let ended = stage.shelf.playlist(ask(PATIENCE)).await;
    assert_eq!(ended.unwrap_err(), NotReady::Ended("no engine has it".into()));
}

#[tokio::test]
async fn a_delayed_reader_stays_behind_and_goes_over_to_the_ring() {
    let stage = Stage::new(600, None).record();
    stage.push(0..100);
    stage.segments(26).await;
    // Within the lead nothing holds it back.
    let mut reader = stage.shelf.read_from(Duration::from_secs(15));
    let mut seen = Vec::new();
    while seen.last() != Some(&99) {
        let bytes = tokio::time::timeout(PATIENCE, reader.next()).await.unwrap().unwrap();
        seen.extend(bytes.chunks(188).map(|packet| packet[0]));
    }
    assert!((80..=86).contains(&seen[0]), "{seen:?}");
    assert_eq!(seen, Vec::from_iter(seen[0]..100), "nothing twice and nothing missing");
    stage.push(100..101);
    assert_eq!(reader.next().await.unwrap()[0], 100);

    let mut far = stage.shelf.read_from(Duration::from_secs(60));
    let mut last = 0;
    while let Ok(bytes) = tokio::time::timeout(Duration::from_millis(200), far.next()).await {
        last = *bytes.unwrap().chunks(188).last().and_then(<[u8]>::first).unwrap();
    }
    assert!((48..=58).contains(&last), "{last}: the lead, and not more");
    assert!(far.behind() >= Duration::from_secs(40));
    stage.push(101..160);
    let next = tokio::time::timeout(PATIENCE, far.next()).await.unwrap().unwrap();
    assert_eq!(next[0], last + 1);
}

/// Reads on until a second has come, and gives back all the seconds that came.
async fn up_to(reader: &mut DelayedReader, second: u8) -> Vec<u8> {
    let mut seen = Vec::new();
    while seen.last().is_none_or(|last| *last < second) {
        let bytes = tokio::time::timeout(PATIENCE, reader.next()).await.unwrap().unwrap();
        seen.extend(bytes.chunks(188).map(|packet| packet[0]));
    }
    seen
}

/// Whether nothing comes for a while.
async fn is_held_back(reader: &mut DelayedReader) -> bool {
    tokio::time::timeout(Duration::from_millis(200), reader.next()).await.is_err()
}

#[tokio::test]
async fn a_delay_beyond_what_is_there_begins_with_the_oldest_at_once() {
    let fresh = Stage::new(600, None).record();
    fresh.push(0..2);
    let mut reader = fresh.shelf.read_from(Duration::from_secs(3600));
    assert_eq!(up_to(&mut reader, 1).await, [0, 1]);
    fresh.push(2..40);
    assert_eq!(up_to(&mut reader, 39).await, Vec::from_iter(2..40), "and goes on without a hole");

    let stage = Stage::new(600, None).record();
    stage.push(0..100);
    stage.segments(26).await;
    let mut reader = stage.shelf.read_from(Duration::from_secs(3600));
    let seen = up_to(&mut reader, 17).await;
    let last = seen.len() as u8;
    assert_eq!(seen, Vec::from_iter(0..last));
    assert!(last <= 24 && is_held_back(&mut reader).await, "{last}: the lead, and not more");
    stage.push(100..140);
    let seen = up_to(&mut reader, 55).await;
    assert_eq!(seen, Vec::from_iter(last..last + seen.len() as u8));
    assert!(is_held_back(&mut reader).await, "it stays as far behind as it began");
}

#[tokio::test]
async fn a_delayed_reader_that_was_left_behind_goes_on_with_the_oldest_at_once() {
    let stage = Stage::new(60, None).record();
    stage.push(0..60);
    stage.segments(14).await;
    let mut reader = stage.shelf.read_from(Duration::from_secs(60));
    assert_eq!(reader.next().await.unwrap()[0], 0);
    stage.push(60..240);
    stage.segments(60).await;
    // The window holds two minutes, and what was asked for is one.
    let seen = up_to(&mut reader, 150).await;
    assert!(!seen.contains(&90), "{seen:?}");
    stage.push(240..250);
    up_to(&mut reader, 186).await;
}

#[tokio::test]
async fn a_recorder_that_nobody_asked_for_ends_with_the_channel() {
    let stage = Stage::new(0, None).record();
    stage.push(0..30);
    stage.ring.end(Ended::Failed("no engine has it".into()));
    tokio::time::timeout(PATIENCE, stage.recording.unwrap()).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_end_of_a_channel_is_in_its_playlist() {
    let stage = Stage::new(600, None).record();
    stage.push(0..11);
    stage.segments(3).await;
    let before = stage.playlist(Rendition::Whole).await;
    assert!(!before.end_list);
    let mut changes = stage.shelf.changes();
    stage.ring.end(Ended::Failed("no engine has it".into()));
    while !stage.shelf.is_complete() {
        tokio::time::timeout(PATIENCE, changes.changed()).await.unwrap().unwrap();
    }
    // Nobody polls, so it goes at once.
    tokio::time::timeout(PATIENCE, stage.recording.unwrap()).await.unwrap().unwrap();
    assert_eq!(stage.shelf.window().next(), 4, "what was open has been kept");
    let ask = PlaylistAsk { rendition: Rendition::Whole, query: "", patience: PATIENCE };
    let why = stage.shelf.playlist(ask).await.unwrap_err();
    assert_eq!(why, NotReady::Ended("no engine has it".into()));
}

#[tokio::test]
async fn whoever_waits_for_a_playlist_learns_that_the_session_was_stopped() {
    let stage = Stage::new(60, None).record();
    stage.push(0..1);
    let ask = PlaylistAsk { rendition: Rendition::Whole, query: "", patience: 10 * PATIENCE };
    let shelf = Arc::clone(&stage.shelf);
    let mut waiting = Box::pin(shelf.playlist(ask));
    assert!(futures::poll!(&mut waiting).is_pending());
    stage.end().await;
    let why = tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap_err();
    assert_eq!(why, NotReady::Ended("nobody watched it".into()));
}
