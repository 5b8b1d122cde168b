//! Single writes on real connections, and what must never be written.

use std::future::poll_fn;

use bytes::Buf as _;
use futures::FutureExt as _;
use futures::future::pending;
use http::HeaderMap;
use http_body::Body as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::*;
use crate::cache::{Cache, CacheLimits};
use crate::play::{Chunk, Frames, Representation, Viewing, serve};

const HASH: &str = "1f0e2d3c4b5a69788796a5b4c3d2e1f001234567";
/// More than one chunk.
const LENGTH: usize = 3_000_000;

/// A file in a cache folder, and a connection.
struct Stage {
    folder: tempfile::TempDir,
    bytes: Vec<u8>,
    outlet: Outlet,
    sender: Sender,
    peer: TcpStream,
}

impl Stage {
    async fn new() -> Self {
        let bytes: Vec<u8> = (0..LENGTH).map(|at| (at * at / 509) as u8).collect();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(format!("{HASH}.mkv")), &bytes).unwrap();
        let (stream, peer) = pair().await;
        let outlet = Outlet::default();
        let sender = Sender::new(stream, outlet.clone());
        Self { folder, bytes, outlet, sender, peer }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join(format!("{HASH}.mkv"))
    }

    /// The frames of the whole file.
    fn frames(&self, outlet: &Outlet) -> Frames<Chunk> {
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(self.folder.path(), limits).unwrap();
        let file = cache.drop_in(HASH.parse().unwrap()).unwrap();
        let representation = Representation::of(&file);
        let viewing = Viewing { file, guard: Arc::new(()), exhausted: pending().boxed() };
        let response = serve(&HeaderMap::new(), &representation, viewing);
        response.into_body().into_chunks(outlet.clone()).unwrap()
    }

    async fn chunk(&self) -> Chunk {
        next(&mut self.frames(&self.outlet)).await.unwrap()
    }

    /// What the peer gets when nothing more is sent.
    async fn received(self) -> Vec<u8> {
        let Self { sender, mut peer, .. } = self;
        drop(sender);
        let mut all = Vec::new();
        // A reset is an end here too.
        let _ = peer.read_to_end(&mut all).await;
        all
    }
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap());
    let (accepted, peer) = tokio::join!(listener.accept(), peer);
    (accepted.unwrap().0, peer.unwrap())
}

async fn next(frames: &mut Frames<Chunk>) -> Option<Chunk> {
    let frame = poll_fn(|cx| Pin::new(&mut *frames).poll_frame(cx)).await?;
    Some(frame.unwrap().into_data().unwrap())
}

/// One write of a head and a chunk, as an HTTP library makes it.
async fn write(sender: &mut Sender, head: &[u8], chunk: &Chunk) -> io::Result<usize> {
    poll_fn(|cx| {
        let mut slices = [IoSlice::new(head), IoSlice::new(&[])];
        chunk.chunks_vectored(&mut slices[1..]);
        let slices = if head.is_empty() { &slices[1..] } else { &slices[..] };
        Pin::new(&mut *sender).poll_write_vectored(cx, slices)
    })
    .await
}

/// Sends a head and all frames while the peer reads.
async fn send_all(stage: &mut Stage, head: &[u8]) -> Vec<u8> {
    let mut frames = stage.frames(&stage.outlet);
    let mut all = vec![0; head.len() + LENGTH];
    let sending = async {
        let mut head = head;
        while let Some(mut chunk) = next(&mut frames).await {
            while chunk.has_remaining() {
                let sent = write(&mut stage.sender, head, &chunk).await.unwrap();
                let of_head = sent.min(head.len());
                head = &head[of_head..];
                chunk.advance(sent - of_head);
            }
        }
    };
    let (read, ()) = tokio::join!(stage.peer.read_exact(&mut all), sending);
    assert_eq!(read.unwrap(), head.len() + LENGTH);
    all
}

#[tokio::test]
async fn a_head_and_a_file_arrive_as_they_are() {
    let mut stage = Stage::new().await;
    let all = send_all(&mut stage, b"head").await;
    assert!(all == [b"head", stage.bytes.as_slice()].concat());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_is_not_copied_whether_it_is_in_memory_or_not() {
    let mut stage = Stage::new().await;
    let file = Arc::new(File::open(stage.path()).unwrap());
    file.sync_all().unwrap();
    let run = Extent { file: Arc::clone(&file), position: 0, length: LENGTH as u64 };
    if residence(&run) == Residence::Unknown {
        return; // This folder has no disk behind it, or does not tell.
    }
    for _ in 0..2 {
        let all = send_all(&mut stage, b"").await;
        assert!(all == stage.bytes);
        assert!(matches!(stage.sender.way, Way::Files(Some(_))), "{:?}", stage.sender);
        stage.sender.way = Way::Files(None);
        // Nothing happens where the folder is memory; the second turn is as the first then.
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    }
}

#[tokio::test]
async fn what_was_in_memory_is_believed_for_a_moment_only() {
    let file = Arc::new(tempfile::tempfile().unwrap());
    let run = |position, length| Extent { file: Arc::clone(&file), position, length };
    let later = Instant::now() + Duration::from_secs(3600);
    let mut seen = Seen { until: later, ..Seen::now(&file, 1000, 500) };
    assert_eq!(seen.left(&run(1000, 9000)), Some(500));
    assert_eq!(seen.left(&run(1400, 50)), Some(50));
    assert_eq!((seen.left(&run(1500, 50)), seen.left(&run(999, 50))), (None, None));
    let other = Arc::new(tempfile::tempfile().unwrap());
    assert_eq!(seen.left(&Extent { file: other, position: 1000, length: 1 }), None);
    seen.until = Instant::now();
    assert_eq!(seen.left(&run(1000, 9000)), None);
}

#[tokio::test]
async fn where_files_cannot_be_sent_they_are_read() {
    let mut stage = Stage::new().await;
    stage.sender.way = Way::Copies(None);
    let all = send_all(&mut stage, b"head").await;
    assert!(all == [b"head", stage.bytes.as_slice()].concat());
}

#[tokio::test]
async fn a_run_without_an_announcement_is_not_sent() {
    let mut stage = Stage::new().await;
    let chunk = stage.chunk().await;
    let mut slices = [IoSlice::new(&[])];
    assert_eq!(chunk.chunks_vectored(&mut slices), 1);
    assert!(stage.outlet.collect().is_some(), "somebody else asks");
    let sender = &mut stage.sender;
    let vectored = poll_fn(|cx| Pin::new(&mut *sender).poll_write_vectored(cx, &slices)).await;
    assert_eq!(vectored.unwrap_err().to_string(), mismatch().to_string());
    let plain = poll_fn(|cx| Pin::new(&mut *sender).poll_write(cx, &slices[0])).await;
    assert_eq!(plain.unwrap_err().to_string(), mismatch().to_string());
    assert!(stage.received().await.is_empty());
}

#[tokio::test]
async fn a_run_that_was_announced_elsewhere_is_not_sent() {
    let mut stage = Stage::new().await;
    let elsewhere = Outlet::default();
    let chunk = next(&mut stage.frames(&elsewhere)).await.unwrap();
    assert!(write(&mut stage.sender, b"head", &chunk).await.is_err());
    assert!(stage.received().await.is_empty(), "not even the head");
}

#[tokio::test]
async fn an_announcement_without_its_run_stops_what_is_written_instead() {
    let mut stage = Stage::new().await;
    let chunk = stage.chunk().await;
    chunk.chunks_vectored(&mut [IoSlice::new(&[])]);
    let (sender, other) = (&mut stage.sender, [IoSlice::new(b"something else")]);
    assert!(poll_fn(|cx| Pin::new(&mut *sender).poll_write_vectored(cx, &other)).await.is_err());
    assert!(stage.received().await.is_empty());
}

#[tokio::test]
async fn a_file_that_was_cut_is_an_error_and_not_an_end() {
    for way in [Way::Files(None), Way::Copies(None)] {
        let mut stage = Stage::new().await;
        stage.sender.way = way;
        let chunk = stage.chunk().await;
        File::create(stage.path()).unwrap();
        let error = write(&mut stage.sender, b"", &chunk).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}

#[tokio::test]
async fn a_peer_that_reads_nothing_keeps_the_sender_waiting() {
    let mut stage = Stage::new().await;
    let mut frames = stage.frames(&stage.outlet);
    SockRef::from(&stage.peer).set_recv_buffer_size(4096).unwrap();
    SockRef::from(&stage.sender.stream).set_send_buffer_size(4096).unwrap();
    let mut chunk = next(&mut frames).await.unwrap();
    // The first may have to wait for the disk.
    let mut sent = write(&mut stage.sender, b"", &chunk).await.unwrap();
    chunk.advance(sent);
    // Bounded by the length of the chunk, of which each write takes something or waits.
    while let Some(written) = write(&mut stage.sender, b"", &chunk).now_or_never() {
        let written = written.unwrap();
        assert!(written > 0);
        chunk.advance(written);
        sent += written;
    }
    assert!(sent > 0 && chunk.has_remaining(), "{sent}");
    let mut some = vec![0; sent];
    stage.peer.read_exact(&mut some).await.unwrap();
    assert!(some == stage.bytes[..sent]);
    // Wakes up when there is room.
    assert!(write(&mut stage.sender, b"", &chunk).await.unwrap() > 0);
}
