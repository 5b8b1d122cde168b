//! A client that shows exactly what came over the wire and reuses its connection.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest wait for any single read: far more than a loaded machine needs.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// One keep-alive connection.
pub(super) struct Client {
    place: Place,
    stream: BufReader<Box<dyn Stream>>,
}

/// Where a server listens.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Socket(PathBuf),
    Address(SocketAddr),
}

/// A connected socket of any kind.
trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Self::Socket(path.to_owned())
    }
}

impl From<SocketAddr> for Place {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address)
    }
}

impl Place {
    fn connect(&self) -> std::io::Result<Box<dyn Stream>> {
        match self {
            Self::Socket(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(READ_TIMEOUT))?;
                Ok(Box::new(stream))
            }
            Self::Address(address) => {
                let stream = TcpStream::connect(address)?;
                stream.set_read_timeout(Some(READ_TIMEOUT))?;
                Ok(Box::new(stream))
            }
        }
    }
}

/// An answer with its whole body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    /// What arrived of the body; shorter than announced if the connection was cut.
    pub(super) body: Vec<u8>,
}

impl Client {
    pub(super) fn connect(place: impl Into<Place>) -> std::io::Result<Self> {
        let place = place.into();
        let stream = BufReader::new(place.connect()?);
        Ok(Self { place, stream })
    }

    /// Sends a request and reads the answer to its end.
    pub(super) fn send(&mut self, method: &str, headers: &[(&str, String)]) -> Answer {
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("{method} /film.mkv HTTP/1.1\r\nHost: test\r\n{lines}\r\n");
        self.write(&request);
        let answer = self.answer(method);
        if answer.header("connection") == Some("close") {
            self.reconnect();
        }
        answer
    }

    /// Sends text as it is.
    pub(super) fn write(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Reads to the end of a head.
    pub(super) fn take_head(&mut self) {
        for _ in 0..100 {
            if self.line().is_empty() {
                return;
            }
        }
        panic!("a head without an end");
    }

    /// Takes some bytes of whatever comes.
    pub(super) fn take(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Reads the answer to a request by `method` to its end.
    pub(super) fn answer(&mut self, method: &str) -> Answer {
        let status = self.line();
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut answer =
            Answer { status: status.expect("a status line"), headers: Vec::new(), body: Vec::new() };
        for _ in 0..100 {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            answer.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        assert_eq!(answer.header("transfer-encoding"), None, "lengths are always known here");
        if method != "HEAD" && answer.status != 304 {
            let announced = answer.content_length().expect("every body announces its length");
            Read::by_ref(&mut self.stream).take(announced).read_to_end(&mut answer.body).unwrap();
        }
        answer
    }

    /// Goes on with a new connection.
    pub(super) fn reconnect(&mut self) {
        *self = Self::connect(self.place.clone()).unwrap();
    }

    /// Whether the server has closed the connection: nothing follows, now or later.
    pub(super) fn is_closed(&mut self) -> bool {
        match self.stream.read(&mut [0]) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Answer {
    /// The value of a header that occurs at most once.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(header, _)| header == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is given twice");
        value
    }

    pub(super) fn content_length(&self) -> Option<u64> {
        self.header("content-length").map(|length| length.parse().unwrap())
    }

    /// The parts of a 206 with the place of each: start, and the bytes.
    pub(super) fn parts(&self) -> Vec<(usize, Vec<u8>)> {
        let media_type = self.header("content-type").unwrap();
        let Some((_, boundary)) = media_type.split_once("multipart/byteranges; boundary=") else {
            return vec![(place(self.header("content-range").unwrap(), self.body.len()), self.body.clone())];
        };
        assert_eq!(self.header("content-range"), None, "each part has its own");
        let mut parts = Vec::new();
        let mut rest = self.body.as_slice();
        let delimiter = format!("--{boundary}");
        for _ in 0..100 {
            let start = find(rest, delimiter.as_bytes()).expect("a delimiter") + delimiter.len();
            rest = &rest[start..];
            if rest == b"--\r\n" {
                return parts;
            }
            let head_end = find(rest, b"\r\n\r\n").expect("part headers") + 4;
            let head = String::from_utf8(rest[..head_end].to_vec()).unwrap();
            rest = &rest[head_end..];
            // The next delimiter is looked for as a whole, since the bytes are arbitrary.
            let end = find(rest, format!("\r\n{delimiter}").as_bytes()).expect("an end of the part");
            let range = head
                .lines()
                .find_map(|line| line.split_once(": ").filter(|(name, _)| *name == "Content-Range"));
            parts.push((place(range.expect("a range of the part").1, end), rest[..end].to_vec()));
            rest = &rest[end..];
        }
        panic!("too many parts");
    }
}

/// The start that a `Content-Range` names, after comparing its length.
fn place(content_range: &str, length: usize) -> usize {
    let numbers: Vec<usize> = content_range
        .trim_start_matches("bytes ")
        .split(['-', '/'])
        .map(|number| number.parse().unwrap())
        .collect();
    assert_eq!(numbers[1] + 1 - numbers[0], length, "{content_range}");
    numbers[0]
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
