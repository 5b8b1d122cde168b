//! Bodies over real cache files that fill while they are read.

use std::future::poll_fn;
use std::ops::Range;

use futures::future::{FutureExt, pending, ready};
use http::HeaderMap;
use http_body::Body;
use tempfile::TempDir;

use super::*;
use crate::cache::{Cache, CacheLimits, Layout};
use crate::domain::{ContentKey, FileEntry, FileIndex, InfoHash, Metainfo};
use crate::play::{Outlet, Representation, is_stand_in, serve, transmit};

const PIECE: usize = 64 * 1024;
/// The content starts in the middle of the torrent's first piece.
const LEAD: usize = 1000;
const LENGTH: usize = 700_000;

/// A torrent of two files, of which the second one is the content.
struct Content {
    file: CacheFile,
    torrent: Vec<u8>,
    _folder: TempDir,
}

impl Content {
    fn new() -> Self {
        let torrent: Vec<u8> = (0..LEAD + LENGTH).map(|at| (at * at / 251) as u8).collect();
        let entry = |path: &str, length: usize, offset: usize| FileEntry {
            path: path.to_owned(),
            length: length as u64,
            offset: offset as u64,
            padding: false,
        };
        let metainfo = Metainfo {
            info_hash: InfoHash::new([5; 20]),
            name: "torrent".to_owned(),
            piece_length: PIECE as u32,
            pieces: vec![[0; 20]; torrent.len().div_ceil(PIECE)].into(),
            files: vec![entry("a.txt", LEAD, 0), entry("b.mkv", LENGTH, LEAD)],
            private: false,
        };
        let folder = tempfile::tempdir().unwrap();
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(folder.path(), limits).unwrap();
        let key = ContentKey { info_hash: metainfo.info_hash, file: FileIndex(1) };
        let file = cache.content(key, &Layout::of(&metainfo, key.file).unwrap(), "b.mkv").unwrap();
        Self { file, torrent, _folder: folder }
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.torrent[LEAD + range.start..LEAD + range.end]
    }

    fn complete(&self, pieces: Range<usize>) {
        for piece in pieces {
            let end = ((piece + 1) * PIECE).min(self.torrent.len());
            self.file.write_torrent((piece * PIECE) as u64, &self.torrent[piece * PIECE..end]).unwrap();
            self.file.complete_piece(piece as u32);
        }
    }

    fn complete_all(&self) {
        self.complete(0..self.torrent.len().div_ceil(PIECE));
    }

    fn viewing(&self) -> Viewing {
        Viewing { file: self.file.clone(), guard: Arc::new(()), exhausted: pending().boxed() }
    }

    fn body(&self, range: Range<u64>) -> MediaBody {
        MediaBody::walk(self.viewing(), vec![Segment::Run(range)])
    }

    /// A body that loses patience soon.
    fn hasty(&self, range: Range<u64>, max_silence: Duration) -> MediaBody {
        let length = range.end - range.start;
        MediaBody::paced(Walk::new(self.viewing(), vec![Segment::Run(range)], max_silence), length)
    }
}

async fn frame(body: &mut MediaBody) -> Option<Result<Bytes, BodyError>> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
    frame.map(|frame| frame.map(|frame| frame.into_data().unwrap()))
}

/// Everything up to the end or the first error.
async fn read(body: &mut MediaBody) -> (Vec<u8>, Option<BodyError>) {
    let mut bytes = Vec::new();
    while let Some(frame) = frame(body).await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame),
            Err(error) => return (bytes, Some(error)),
        }
    }
    (bytes, None)
}

#[tokio::test]
async fn present_bytes_go_out_in_frames_and_the_rest_stays_exact() {
    let content = Content::new();
    content.complete_all();
    let mut body = content.body(123..600_000);
    let mut sent = Vec::new();
    while let Some(bytes) = frame(&mut body).await {
        let bytes = bytes.unwrap();
        assert!(!bytes.is_empty() && bytes.len() as u64 <= transmit::FRAME);
        sent.extend_from_slice(&bytes);
        assert_eq!(body.size_hint().exact(), Some(600_000 - 123 - sent.len() as u64));
    }
    assert!(body.is_end_stream());
    assert_eq!(sent, content.bytes(123..600_000));
}

#[tokio::test]
async fn missing_bytes_are_awaited_by_event() {
    let content = Content::new();
    content.complete(0..2);
    let mut body = content.body(0..LENGTH as u64);
    let mut sent = Vec::new();
    while sent.len() < 2 * PIECE - LEAD {
        sent.extend_from_slice(&frame(&mut body).await.unwrap().unwrap());
    }
    assert_eq!(sent.len(), 2 * PIECE - LEAD, "nothing unverified goes out");
    let filling = async {
        // Out of order, as swarms deliver.
        for piece in (2..content.torrent.len().div_ceil(PIECE)).rev() {
            content.complete(piece..piece + 1);
            tokio::task::yield_now().await;
        }
    };
    let ((rest, error), ()) = tokio::join!(read(&mut body), filling);
    assert!(error.is_none(), "{error:?}");
    assert_eq!([sent, rest].concat(), content.bytes(0..LENGTH));
}

#[tokio::test]
async fn silence_is_an_error_and_not_an_end() {
    let content = Content::new();
    content.complete(0..1);
    let mut body = content.hasty(0..LENGTH as u64, Duration::from_millis(30));
    let (sent, error) = read(&mut body).await;
    assert_eq!(sent, content.bytes(0..PIECE - LEAD));
    assert!(matches!(error, Some(BodyError::Silent(at)) if at == sent.len() as u64), "{error:?}");
    assert!(!body.is_end_stream(), "a cut body must not look complete");
    assert!(frame(&mut body).await.is_none());
}

#[tokio::test]
async fn a_reader_that_pauses_is_not_cut() {
    let content = Content::new();
    content.complete_all();
    let patience = Duration::from_millis(20);
    let mut body = content.hasty(0..LENGTH as u64, patience);
    let first = frame(&mut body).await.unwrap().unwrap();
    tokio::time::sleep(patience * 3).await;
    let (rest, error) = read(&mut body).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(first.len() + rest.len(), LENGTH);
}

#[tokio::test]
async fn present_bytes_go_out_before_exhaustion_is_told() {
    let content = Content::new();
    content.complete(0..3);
    let exhausted = ready("no peers, no services".to_owned()).boxed();
    let viewing = Viewing { exhausted, ..content.viewing() };
    let mut body = MediaBody::walk(viewing, vec![Segment::Run(0..LENGTH as u64)]);
    let (sent, error) = read(&mut body).await;
    assert_eq!(sent, content.bytes(0..3 * PIECE - LEAD));
    assert!(matches!(&error, Some(BodyError::Exhausted(why)) if why.contains("no peers")), "{error:?}");
}

#[tokio::test]
async fn exhaustion_ends_a_body_that_waits() {
    let content = Content::new();
    let (tell, told) = tokio::sync::oneshot::channel::<String>();
    let exhausted = told.map(|reason| reason.unwrap_or_default()).boxed();
    let mut body = MediaBody::walk(Viewing { exhausted, ..content.viewing() }, vec![Segment::Run(5..9)]);
    let telling = async {
        tokio::task::yield_now().await;
        tell.send("gone".to_owned()).unwrap();
    };
    let ((sent, error), ()) = tokio::join!(read(&mut body), telling);
    assert!(sent.is_empty());
    assert!(matches!(error, Some(BodyError::Exhausted(_))), "{error:?}");
}

#[tokio::test]
async fn the_viewing_ends_with_the_last_byte_or_with_the_body() {
    let content = Content::new();
    content.complete_all();
    let guard: Arc<dyn Any + Send + Sync> = Arc::new(());
    let watched = || Viewing { guard: Arc::clone(&guard), ..content.viewing() };
    let mut read_out = MediaBody::walk(watched(), vec![Segment::Run(0..10)]);
    let abandoned = MediaBody::walk(watched(), vec![Segment::Run(300_000..400_000)]);
    assert_eq!(Arc::strong_count(&guard), 3);
    assert_eq!(*content.file.demand().borrow(), [0, 300_000]);
    assert_eq!(read(&mut read_out).await.0, content.bytes(0..10));
    assert_eq!(Arc::strong_count(&guard), 2, "the body itself is still there");
    drop(abandoned);
    assert_eq!(Arc::strong_count(&guard), 1);
    assert!(content.file.demand().borrow().is_empty());
}

#[tokio::test]
async fn a_multipart_body_is_as_long_as_announced() {
    let content = Content::new();
    content.complete_all();
    let mut headers = HeaderMap::new();
    headers.insert("range", "bytes=600000-699999,0-9,-5".parse().unwrap());
    let representation = Representation::of(&content.file);
    assert_eq!(representation.etag.to_str().unwrap(), format!("\"{}\"", content.file.key()));
    // The last range touches the first one and is merged into it.
    let mut response = serve(&headers, &representation, content.viewing());
    assert_eq!(response.status(), 206);
    let announced: u64 = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert_eq!(response.body().size_hint().exact(), Some(announced));
    let (sent, error) = read(response.body_mut()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(sent.len() as u64, announced);
    let media_type = response.headers()["content-type"].to_str().unwrap();
    let boundary = media_type.split_once("boundary=").unwrap().1;
    let part = |range: Range<usize>| {
        let (first, last) = (range.start, range.end - 1);
        let head = format!(
            "--{boundary}\r\nContent-Type: video/x-matroska\r\nContent-Range: bytes {first}-{last}/{LENGTH}\r\n\r\n"
        );
        [head.as_bytes(), content.bytes(range)].concat()
    };
    let wanted = [
        &part(600_000..LENGTH),
        b"\r\n".as_slice(),
        &part(0..10),
        format!("\r\n--{boundary}--\r\n").as_bytes(),
    ]
    .concat();
    assert!(sent == wanted, "the parts are not where they should be");
}

#[tokio::test]
async fn answers_without_content_do_not_touch_the_cache_file() {
    let content = Content::new();
    let representation = Representation::of(&content.file);
    for (name, value, status) in
        [("if-none-match", "*", 304), ("if-match", "\"x\"", 412), ("range", "bytes=700000-", 416)]
    {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        let mut response = serve(&headers, &representation, content.viewing());
        assert_eq!(response.status(), status);
        assert!(content.file.demand().borrow().is_empty());
        let announced = response
            .headers()
            .get("content-length")
            .map_or(0, |length| length.to_str().unwrap().parse().unwrap());
        let (text, error) = read(response.body_mut()).await;
        assert!(error.is_none() && text.len() as u64 == announced, "{status}");
    }
}

#[tokio::test]
async fn a_connection_that_sends_files_is_told_runs_instead_of_bytes() {
    let content = Content::new();
    content.complete_all();
    let segments =
        vec![Segment::Text(Bytes::from_static(b"head")), Segment::Run(5..9), Segment::Run(1_000..600_000)];
    let outlet = Outlet::default();
    let mut frames = MediaBody::walk(content.viewing(), segments).into_chunks(outlet.clone()).unwrap();
    let (mut bytes, mut runs) = (Vec::new(), Vec::new());
    while let Some(frame) = poll_fn(|context| Pin::new(&mut frames).poll_frame(context)).await {
        let mut chunk = frame.unwrap().into_data().unwrap();
        let mut slices = [io::IoSlice::new(&[])];
        assert_eq!(chunk.chunks_vectored(&mut slices), 1);
        match outlet.collect() {
            Some(run) => {
                assert!(is_stand_in(&slices[0]) && slices[0].len() as u64 == run.length);
                runs.push((run.position - LEAD as u64, run.length));
            }
            None => bytes.extend_from_slice(&chunk.copy_to_bytes(chunk.remaining())),
        }
    }
    // What is short goes with its head.
    assert_eq!(bytes, [b"head", content.bytes(5..9)].concat());
    assert_eq!(runs, [(1_000, 599_000)]);
    assert!(frames.is_end_stream());
}

#[tokio::test]
async fn whoever_watches_is_there_until_the_last_run_is_sent_and_not_only_announced() {
    let content = Content::new();
    content.complete_all();
    let guard: Arc<dyn Any + Send + Sync> = Arc::new(());
    let watching = Arc::downgrade(&guard);
    let viewing = Viewing { guard, ..content.viewing() };
    let body = MediaBody::walk(viewing, vec![Segment::Run(0..LENGTH as u64)]);
    let mut frames = body.into_chunks(Outlet::default()).unwrap();
    let frame = poll_fn(|cx| Pin::new(&mut frames).poll_frame(cx)).await.unwrap().unwrap();
    let mut last = frame.into_data().unwrap();
    assert!(frames.is_end_stream());
    drop(frames);
    last.advance(LENGTH - 1);
    assert!(watching.upgrade().is_some());
    drop(last);
    assert!(watching.upgrade().is_none());
}

#[tokio::test]
async fn a_body_that_was_read_from_is_handed_to_no_connection() {
    let content = Content::new();
    content.complete_all();
    let mut body = content.body(0..600_000);
    let first = frame(&mut body).await.unwrap().unwrap();
    let mut body = body.into_chunks(Outlet::default()).unwrap_err();
    let (rest, error) = read(&mut body).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!([&first[..], &rest].concat(), content.bytes(0..600_000));
    assert!(MediaBody::empty().into_chunks(Outlet::default()).is_err());
}
