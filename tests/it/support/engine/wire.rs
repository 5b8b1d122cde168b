//! As much of HTTP/1.1 as an engine needs, by hand, because some of what engines send no library would.

use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No client of an engine has a longer head.
const MOST_HEAD: usize = 16 * 1024;

/// The head of a request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) path: String,
    query: Vec<(String, String)>,
    /// The header `Host`.
    pub(super) host: String,
}

impl Request {
    /// Reads one; `None` if the client leaves or talks of something else.
    pub(super) async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() > MOST_HEAD {
                return None;
            }
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).ok()?;
        let mut lines = head.lines();
        let target = lines.next()?.strip_prefix("GET ")?.split(' ').next()?;
        let host = lines
            .filter_map(|line| line.split_once(':'))
            .find_map(|(name, value)| name.eq_ignore_ascii_case("host").then(|| value.trim().to_owned()))?;
        let url = url::Url::parse(&format!("http://engine{target}")).ok()?;
        let query = url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect();
        Some(Self { path: url.path().to_owned(), query, host })
    }

    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A whole response of the few kinds that engines give.
#[derive(Debug)]
pub(super) struct Response {
    status: u16,
    kind: &'static str,
    location: Option<String>,
    body: Vec<u8>,
}

impl Response {
    pub(super) fn json(value: &serde_json::Value) -> Self {
        let body = value.to_string().into_bytes();
        Self { status: 200, kind: "application/json", location: None, body }
    }

    pub(super) fn text(status: u16, body: &str) -> Self {
        Self { status, kind: "text/html", location: None, body: body.as_bytes().to_vec() }
    }

    pub(super) fn body(kind: &'static str, body: Vec<u8>) -> Self {
        Self { status: 200, kind, location: None, body }
    }

    pub(super) fn redirect(location: String) -> Self {
        Self { status: 302, kind: "text/html", location: Some(location), body: Vec::new() }
    }

    /// Sends it and closes.
    pub(super) async fn send(self, stream: &mut TcpStream) -> std::io::Result<()> {
        let location = self.location.map(|url| format!("Location: {url}\r\n")).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {} Said\r\nContent-Type: {}\r\n{location}Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.status,
            self.kind,
            self.body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&self.body).await?;
        stream.shutdown().await
    }
}

/// The head of a video that has no end.
pub(super) const VIDEO_HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nTransfer-Encoding: chunked\r\n\
    Connection: close\r\n\r\n";

/// One chunk of a body; an empty one ends it.
pub(super) fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// Returns when the client has closed its side.
pub(super) async fn gone(stream: &mut TcpStream) {
    let mut waste = [0; 256];
    while stream.read(&mut waste).await.is_ok_and(|length| length > 0) {}
}

/// Makes the end of a connection a reset.
pub(super) fn reset(stream: &TcpStream) {
    // It may have gone already.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
