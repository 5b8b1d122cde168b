//! The accept loop over real sockets: limits, shutdown, and what one bad client may do to others.

mod limits;
mod shutdown;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use futures::channel::mpsc;
use headwater::http::listener::{self, Limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request that keeps the connection.
const HELLO: &str = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

/// A running accept loop.
struct Loop {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Loop {
    fn start(router: Router, limits: Limits, grace: Duration) -> Self {
        let socket = listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(listener::serve_within(socket, router, limits, stop.clone(), grace));
        Self { address, stop, tasks }
    }

    /// The usual limits, and a grace that no test waits out.
    fn usual(router: Router) -> Self {
        Self::start(router, Limits::default(), PATIENCE)
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// Waits until the loop has returned.
    async fn ended(mut self) {
        within(self.tasks.join_next()).await.unwrap().unwrap();
    }
}

/// The client's side of one connection.
struct Client(TcpStream);

impl Client {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads until `end` has arrived; returns all that was read.
    async fn read_to(&mut self, end: &str) -> String {
        let mut text = String::new();
        let mut buffer = [0; 4096];
        while !text.contains(end) {
            let count = within(self.0.read(&mut buffer)).await.unwrap();
            assert_ne!(count, 0, "closed before {end:?}, after {text:?}");
            text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
        text
    }

    /// Reads until the server closes; a reset counts as that.
    async fn read_to_close(&mut self) -> String {
        let mut bytes = Vec::new();
        within(self.0.read_to_end(&mut bytes)).await.ok();
        String::from_utf8(bytes).unwrap()
    }
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("nothing happened for too long")
}

/// `/hello` greets the peer, `/panic` panics.
fn greeting() -> Router {
    Router::new()
        .route("/hello", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| format!("hello {peer}")))
        .route("/panic", get(async || -> &'static str { panic!("on purpose") }))
}

/// A route whose one answer has a body of ten bytes that the returned channel delivers.
fn dripping() -> (Router, mpsc::UnboundedSender<Result<Bytes, std::io::Error>>) {
    let (sender, receiver) = mpsc::unbounded();
    let body = std::sync::Mutex::new(Some(Body::from_stream(receiver)));
    let body = std::sync::Arc::new(body);
    let handler = async move || {
        let body = body.lock().unwrap().take().unwrap();
        Response::builder().header("content-length", 10).body(body).unwrap()
    };
    (Router::new().route("/film", get(handler)).merge(greeting()), sender)
}
