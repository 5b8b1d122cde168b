//! A server of a few lines for tests: it answers each path with what the test gives it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

/// A running server. It stops when it is dropped.
pub(super) struct Fake {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct State {
    replies: HashMap<String, Reply>,
    heads: Vec<String>,
}

/// What a path is answered with.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    is_silent: bool,
}

impl Reply {
    /// 200 with this body.
    pub(super) fn json(body: &str) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec(), is_silent: false }
    }

    /// 200 with these bytes.
    pub(super) fn whole(body: Vec<u8>) -> Self {
        Self { body, ..Self::json("") }
    }

    /// This status without a body.
    pub(super) fn status(status: u16) -> Self {
        Self { status, ..Self::json("") }
    }

    /// The connection stays open, and nothing is ever said.
    pub(super) fn silence() -> Self {
        Self { is_silent: true, ..Self::json("") }
    }

    /// The same with one more header.
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {} X\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.status,
            self.body.len()
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

impl Fake {
    /// Answers these paths, queries included, and all others with 404.
    pub(super) async fn start<'a>(replies: impl IntoIterator<Item = (&'a str, Reply)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let replies = replies.into_iter().map(|(path, reply)| (path.to_owned(), reply)).collect();
        let state = Arc::new(Mutex::new(State { replies, heads: Vec::new() }));
        let (mut task, shared) = (JoinSet::new(), state.clone());
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, shared.clone()));
            }
        });
        Self { address, state, _task: task }
    }

    pub(super) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// Answers `path` differently from now on.
    pub(super) fn put(&self, path: &str, reply: Reply) {
        self.state.lock().unwrap().replies.insert(path.to_owned(), reply);
    }

    /// The heads of all requests so far.
    pub(super) fn heads(&self) -> Vec<String> {
        self.state.lock().unwrap().heads.clone()
    }

    /// The paths of all requests so far.
    pub(super) fn paths(&self) -> Vec<String> {
        self.heads().iter().map(|head| path_of(head).to_owned()).collect()
    }
}

fn path_of(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let reply = {
        let mut state = state.lock().unwrap();
        let reply = state.replies.get(path_of(&head)).cloned();
        state.heads.push(head);
        reply.unwrap_or_else(|| Reply::status(404))
    };
    if reply.is_silent {
        // The client's patience ends it.
        let _ = stream.read_u8().await;
        return;
    }
    // The client may have gone, which is its own business.
    let _ = stream.write_all(&reply.bytes()).await;
    let _ = stream.shutdown().await;
}
