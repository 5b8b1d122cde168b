//! One connection: bytes come in as messages, and what is to be said goes out.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::super::plan::PeerKey;
use super::book::Outcome;
use super::cloak::agree;
use crate::source::torrent::wire::mse::Cipher;
use crate::source::torrent::wire::{Decoder, Handshake, Message};

/// Most peers that are gone do not answer at all. Across the world it takes a third of a second.
const DIAL_LIMIT: Duration = Duration::from_secs(3);

/// A peer that says nothing for so long is gone: everybody says something every two minutes.
const SILENCE: Duration = Duration::from_secs(150);

/// Who has not greeted by then never will, and takes the place of somebody who would.
pub(super) const GREETING: Duration = Duration::from_secs(8);

/// Whom to dial, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) key: PeerKey,
    pub(super) peer: SocketAddr,
    /// The torrent, if the connection is to be encrypted.
    pub(super) veil: Option<[u8; 20]>,
    /// Where this server listens itself, on any of its addresses.
    pub(super) own_port: u16,
    /// How long the other side may take until it has greeted.
    pub(super) patience: Duration,
}

/// What a connection has to tell.
#[derive(Debug)]
pub(super) enum Report {
    /// It stands; what is to be said goes there.
    Connected(PeerKey, Duration, mpsc::Sender<Bytes>),
    /// The other side greets.
    Greeted(PeerKey, Handshake),
    /// The other side has said this.
    Heard(PeerKey, Vec<Message>),
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) key: PeerKey,
    pub(super) outcome: Outcome,
}

/// Dials and stays until one side ends it. Dropping the future ends it too.
pub(super) async fn connect(call: Call, reports: mpsc::Sender<Report>) -> End {
    let begun = Instant::now();
    let outcome = match timeout(DIAL_LIMIT, TcpStream::connect(call.peer)).await {
        Ok(Ok(stream)) if is_ourselves(&stream, call) => Outcome::Ourselves,
        Ok(Ok(stream)) => talk(call, stream, begun.elapsed(), reports).await,
        _ => Outcome::Failed,
    };
    End { key: call.key, outcome }
}

/// Whoever is at our own address and our own port.
fn is_ourselves(stream: &TcpStream, call: Call) -> bool {
    let here = stream.local_addr().map(|local| local.ip().to_canonical());
    call.peer.port() == call.own_port && here.is_ok_and(|here| here == call.peer.ip().to_canonical())
}

async fn talk(
    call: Call,
    mut stream: TcpStream,
    round_trip: Duration,
    reports: mpsc::Sender<Report>,
) -> Outcome {
    // Requests are small, and each is worth a packet of its own.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a peer's requests may wait for each other");
    }
    let greeting = Instant::now() + call.patience;
    // Deep enough for a burst of requests; who does not read for that long is of no use.
    let (say, mut words) = mpsc::channel(64);
    if reports.send(Report::Connected(call.key, round_trip, say)).await.is_err() {
        return Outcome::Failed;
    }
    let mut decoder = Decoder::default();
    let mut veil = None;
    if let Some(info_hash) = &call.veil {
        let Some(first) = words.recv().await else { return Outcome::Failed };
        let agreeing = agree(&mut stream, info_hash, &first, decoder.space());
        let Ok(Ok(agreed)) = timeout_at(greeting, agreeing).await else { return Outcome::Shut };
        veil = agreed;
    }
    let (ours, theirs) = veil.map(|veil| (veil.ours, veil.theirs)).unzip();
    let (reading, writing) = stream.into_split();
    let mut listener =
        Listener { key: call.key, stream: reading, decoder, cipher: theirs, heard: Heard::Nothing };
    let end = tokio::select! {
        end = listener.listen(greeting, reports) => end,
        end = speak(writing, ours, words) => end,
    };
    let is_late = end.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut);
    match listener.heard {
        Heard::Words => Outcome::Failed,
        Heard::Nothing if call.veil.is_none() && !is_late => Outcome::Shut,
        Heard::Nothing | Heard::Bytes => Outcome::Offended,
    }
}

async fn speak(
    mut stream: OwnedWriteHalf,
    mut cipher: Option<Cipher>,
    mut words: mpsc::Receiver<Bytes>,
) -> io::Result<()> {
    let mut veiled = Vec::new();
    while let Some(bytes) = words.recv().await {
        let Some(cipher) = &mut cipher else {
            stream.write_all(&bytes).await?;
            continue;
        };
        veiled.clear();
        veiled.extend_from_slice(&bytes);
        cipher.apply(&mut veiled);
        stream.write_all(&veiled).await?;
    }
    Ok(())
}

/// How much the other side has said.
enum Heard {
    Nothing,
    /// Something, perhaps a greeting.
    Bytes,
    /// Messages.
    Words,
}

struct Listener {
    key: PeerKey,
    stream: OwnedReadHalf,
    decoder: Decoder,
    cipher: Option<Cipher>,
    heard: Heard,
}

impl Listener {
    /// Reports what is heard, until that ends.
    async fn listen(&mut self, greeting: Instant, reports: mpsc::Sender<Report>) -> io::Result<()> {
        loop {
            if !self.report(&reports).await? {
                return Ok(());
            }
            let limit = if self.decoder.is_greeted() { Instant::now() + SILENCE } else { greeting };
            if timeout_at(limit, self.read()).await?? == 0 {
                return Ok(());
            }
        }
    }

    async fn read(&mut self) -> io::Result<usize> {
        let space = self.decoder.space();
        let before = space.len();
        let read = self.stream.read_buf(space).await?;
        if let Some(cipher) = &mut self.cipher {
            cipher.apply(&mut space[before..]);
        }
        Ok(read)
    }

    /// Reports what is complete. Whether anybody listens.
    async fn report(&mut self, reports: &mpsc::Sender<Report>) -> io::Result<bool> {
        if !self.decoder.space().is_empty() && matches!(self.heard, Heard::Nothing) {
            self.heard = Heard::Bytes;
        }
        if !self.decoder.is_greeted() {
            let Some(handshake) = self.decoder.handshake().map_err(io::Error::other)? else {
                return Ok(true);
            };
            if reports.send(Report::Greeted(self.key, handshake)).await.is_err() {
                return Ok(false);
            }
        }
        let mut heard = Vec::new();
        let end = loop {
            match self.decoder.message() {
                Ok(Some(message)) => heard.push(message),
                Ok(None) => break Ok(true),
                Err(error) => break Err(io::Error::other(error)),
            }
        };
        if !heard.is_empty() {
            self.heard = Heard::Words;
            if reports.send(Report::Heard(self.key, heard)).await.is_err() {
                return Ok(false);
            }
        }
        end
    }
}
