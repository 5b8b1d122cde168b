//! A server of a few lines: it hands each request to a test and writes what that gives it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::Url;

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) params: Vec<(String, String)>,
    pub(super) head: String,
    pub(super) body: String,
}

impl Asked {
    /// A parameter of the query.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All parameters that make up the question: without the key and what every question has.
    pub(super) fn question(&self) -> String {
        let own = |name: &str| !matches!(name, "apikey" | "extended" | "cat" | "limit");
        let params = self.params.iter().filter(|(name, _)| own(name));
        params.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }
}

/// What is answered.
pub(super) enum Reply {
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes and nothing more, while the connection stays open.
    Stalled(Vec<u8>),
}

pub(super) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    _task: JoinSet<()>,
}

impl Server {
    pub(super) async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, seen) = (Arc::new(answer), asked.clone());
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, seen) = (answer.clone(), seen.clone());
                connections.spawn(async move {
                    // The client may have gone, which is its own business.
                    let _ = serve(stream, &*answer, &seen).await;
                });
            }
        });
        Self { address, asked, _task: task }
    }

    pub(super) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    /// Every request so far.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The questions that were asked below a path with a given `t`, in alphabetical order.
    pub(super) fn questions(&self, functions: &[&str]) -> Vec<String> {
        let is_one = |asked: &Asked| asked.get("t").is_some_and(|function| functions.contains(&function));
        let mut questions: Vec<String> =
            self.asked().iter().filter(|asked| is_one(asked)).map(Asked::question).collect();
        questions.sort();
        questions
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: &(dyn Fn(&Asked) -> Reply + Send + Sync),
    seen: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.to_ascii_lowercase();
    let length = length.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await?;
    let target = head.split(' ').nth(1).unwrap();
    let url = Url::parse("http://server").unwrap().join(target).unwrap();
    let asked = Asked {
        path: url.path().to_owned(),
        params: url.query_pairs().into_owned().collect(),
        head: head.clone(),
        body: String::from_utf8(body).unwrap(),
    };
    let reply = answer(&asked);
    seen.lock().unwrap().push(asked);
    match reply {
        Reply::Bytes(bytes) => stream.write_all(&bytes).await?,
        Reply::Stalled(bytes) => {
            stream.write_all(&bytes).await?;
            // Until the client leaves.
            drop(stream.read_u8().await);
        }
    }
    stream.shutdown().await
}

/// A response with these header lines, each ending in a line break.
pub(super) fn response(status: u16, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(
        format!(
            "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        )
        .into_bytes(),
    )
}

/// An XML document with status 200.
pub(super) fn xml(body: &str) -> Reply {
    response(200, "Content-Type: application/xml; charset=utf-8\r\n", body)
}

/// A JSON document with status 200.
pub(super) fn json(body: &serde_json::Value) -> Reply {
    response(200, "Content-Type: application/json\r\n", &body.to_string())
}
