//! A file server of one file that does what a test wants, and remembers what it was asked.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

/// What to do with a request.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Answer as RFC 9110 has it.
    Serve,
    /// The same, with these header lines added.
    ServeWith(&'static str),
    /// Send these header lines too and so many bytes of the body, and close.
    Cut(u64, &'static str),
    /// Send so many bytes of the body, then nothing more.
    Stall(u64),
    /// Send so many bytes of the body, and the rest after this time.
    Pause(u64, Duration),
    /// Send so many bytes in a second.
    Slow(u64),
    /// Send so many bytes as fast as it goes, and the others at this pace.
    Fade(u64, u64),
    /// Answer with so many bytes of the range at most.
    Short(u64),
    /// Answer with the whole file.
    Whole,
    /// Send this and close.
    Say(&'static str),
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The range, or the whole file.
    pub(super) range: Range<u64>,
    /// The header section in lower case.
    pub(super) head: String,
}

/// What to do with the n-th request.
type Script = dyn Fn(usize, &Asked) -> Act + Send + Sync;

/// The server. Dropped, it stops.
pub(super) struct Host {
    address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    bytes: Vec<u8>,
    act: Box<Script>,
    asked: Mutex<Vec<Asked>>,
    heard: watch::Sender<usize>,
    served: AtomicU64,
    accepted: AtomicUsize,
    open: watch::Sender<usize>,
}

impl Host {
    /// A server of `bytes` that does with its n-th request (from 0) what `act` says.
    pub(super) async fn new(
        bytes: &[u8],
        act: impl Fn(usize, &Asked) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            bytes: bytes.to_owned(),
            act: Box::new(act),
            asked: Mutex::default(),
            heard: watch::Sender::new(0),
            served: AtomicU64::new(0),
            accepted: AtomicUsize::new(0),
            open: watch::Sender::new(0),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, shared.clone()));
        Self { address, shared, _tasks: tasks }
    }

    /// A server that behaves well.
    pub(super) async fn good(bytes: &[u8]) -> Self {
        Self::new(bytes, |_, _| Act::Serve).await
    }

    pub(super) fn url(&self) -> Url {
        format!("http://{}/a/film.mp4?token=s3cret", self.address).parse().unwrap()
    }

    /// Every request so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The first byte of every range so far.
    pub(super) fn starts(&self) -> Vec<u64> {
        self.asked().iter().map(|asked| asked.range.start).collect()
    }

    /// Waits until there were so many requests.
    pub(super) async fn heard(&self, requests: usize) {
        self.shared.heard.subscribe().wait_for(|heard| *heard >= requests).await.unwrap();
    }

    /// Body bytes written so far.
    pub(super) fn served(&self) -> u64 {
        self.shared.served.load(Ordering::SeqCst)
    }

    /// Connections accepted so far.
    pub(super) fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Waits until no more than so many connections are open.
    pub(super) async fn open_at_most(&self, connections: usize) {
        self.shared.open.subscribe().wait_for(|open| *open <= connections).await.unwrap();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // Little in flight, so that what was written was nearly read.
        socket2::SockRef::from(&stream).set_send_buffer_size(64 << 10).unwrap();
        shared.accepted.fetch_add(1, Ordering::SeqCst);
        let shared = shared.clone();
        connections.spawn(async move {
            shared.open.send_modify(|open| *open += 1);
            // The peer may leave at any time.
            let _ = serve(stream, &shared).await;
            shared.open.send_modify(|open| *open -= 1);
        });
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    while let Some(head) = read_head(&mut stream).await? {
        let asked = Asked { range: range(&head, shared.bytes.len() as u64), head };
        let number = {
            let mut all = shared.asked.lock().unwrap();
            all.push(asked.clone());
            all.len() - 1
        };
        let act = (shared.act)(number, &asked);
        shared.heard.send_replace(number + 1);
        if !answer(&mut stream, shared, &asked, act).await? {
            break;
        }
    }
    Ok(())
}

/// Answers one request. Returns whether the connection stays.
async fn answer(stream: &mut TcpStream, shared: &Shared, asked: &Asked, act: Act) -> std::io::Result<bool> {
    if let Act::Say(text) = act {
        stream.write_all(text.as_bytes()).await?;
        return Ok(false);
    }
    let total = shared.bytes.len();
    let range = match act {
        Act::Whole => 0..total as u64,
        Act::Short(most) => asked.range.start..asked.range.end.min(asked.range.start + most),
        _ => asked.range.clone(),
    };
    let length = range.end - range.start;
    let mut head = format!("content-length: {length}\r\ncontent-type: video/mp4\r\n");
    if let Act::ServeWith(lines) | Act::Cut(_, lines) = act {
        head.push_str(lines);
    }
    let head = match act {
        Act::Whole => format!("HTTP/1.1 200 OK\r\n{head}\r\n"),
        _ => {
            let last = range.end - 1;
            format!(
                "HTTP/1.1 206 Partial Content\r\ncontent-range: bytes {}-{last}/{total}\r\n{head}\r\n",
                range.start
            )
        }
    };
    stream.write_all(head.as_bytes()).await?;
    let body = &shared.bytes[range.start as usize..range.end as usize];
    let (part, pace) = match act {
        Act::Cut(bytes, _) | Act::Stall(bytes) => (&body[..body.len().min(bytes as usize)], None),
        Act::Slow(pace) => (body, Some((0, pace))),
        Act::Fade(before, pace) => (body, Some((before, pace))),
        _ => (body, None),
    };
    let mut sent = 0;
    for chunk in part.chunks(16 << 10) {
        if let Act::Pause(before, time) = act
            && (sent..sent + chunk.len() as u64).contains(&before)
        {
            tokio::time::sleep(time).await;
        }
        sent += chunk.len() as u64;
        // Counted first, so that nobody has bytes that were not counted.
        shared.served.fetch_add(chunk.len() as u64, Ordering::SeqCst);
        stream.write_all(chunk).await?;
        if let Some((before, pace)) = pace
            && sent > before
        {
            tokio::time::sleep(Duration::from_secs_f64(chunk.len() as f64 / pace as f64)).await;
        }
    }
    if let Act::Stall(_) = act {
        // Nothing more until the peer leaves.
        let _ = stream.read(&mut [0; 1]).await;
        return Ok(false);
    }
    Ok(part.len() == body.len())
}

/// The header section in lower case, unless the peer has left.
async fn read_head(stream: &mut TcpStream) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).await? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    Ok(Some(String::from_utf8(head).unwrap().to_ascii_lowercase()))
}

fn range(head: &str, total: u64) -> Range<u64> {
    let Some(line) = head.lines().find_map(|line| line.strip_prefix("range: bytes=")) else {
        return 0..total;
    };
    let (first, last) = line.split_once('-').unwrap();
    first.parse().unwrap()..total.min(last.parse::<u64>().unwrap() + 1)
}
