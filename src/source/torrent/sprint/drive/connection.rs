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
use crate::source::torrent::wire::{Decoder, Handshake, Message};

/// Most peers that are gone do not answer at all. Across the world it takes a third of a second.
const DIAL_LIMIT: Duration = Duration::from_secs(3);

/// A peer that says nothing for so long is gone: everybody says something every two minutes.
const SILENCE: Duration = Duration::from_secs(150);

/// Who has not greeted by then never will, and takes the place of somebody who would.
const GREETING: Duration = Duration::from_secs(8);

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
    /// It stood, but the other side never said a word beyond its greeting.
    pub(super) without_a_word: bool,
}

/// Dials and stays until one side ends it. Dropping the future ends it too.
pub(super) async fn connect(key: PeerKey, peer: SocketAddr, reports: mpsc::Sender<Report>) -> End {
    let begun = Instant::now();
    let Ok(Ok(stream)) = timeout(DIAL_LIMIT, TcpStream::connect(peer)).await else {
        return End { key, without_a_word: false };
    };
    // Requests are small, and each is worth a packet of its own.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a peer's requests may wait for each other");
    }
    // Deep enough for a burst of requests; who does not read for that long is of no use.
    let (say, words) = mpsc::channel(64);
    let mut spoke = false;
    if reports.send(Report::Connected(key, begun.elapsed(), say)).await.is_ok() {
        let (reading, writing) = stream.into_split();
        tokio::select! {
            _ = listen(key, reading, reports, &mut spoke) => {}
            _ = speak(writing, words) => {}
        }
    }
    End { key, without_a_word: !spoke }
}

async fn speak(mut stream: OwnedWriteHalf, mut words: mpsc::Receiver<Bytes>) -> io::Result<()> {
    while let Some(bytes) = words.recv().await {
        stream.write_all(&bytes).await?;
    }
    Ok(())
}

async fn listen(
    key: PeerKey,
    mut stream: OwnedReadHalf,
    reports: mpsc::Sender<Report>,
    spoke: &mut bool,
) -> io::Result<()> {
    let mut decoder = Decoder::default();
    let greeting = Instant::now() + GREETING;
    loop {
        let limit = if decoder.is_greeted() { Instant::now() + SILENCE } else { greeting };
        if timeout_at(limit, stream.read_buf(decoder.space())).await?? == 0 {
            return Ok(());
        }
        if !decoder.is_greeted() {
            let Some(handshake) = decoder.handshake().map_err(io::Error::other)? else { continue };
            if reports.send(Report::Greeted(key, handshake)).await.is_err() {
                return Ok(());
            }
        }
        let mut heard = Vec::new();
        let end = loop {
            match decoder.message() {
                Ok(Some(message)) => heard.push(message),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        *spoke |= !heard.is_empty();
        if !heard.is_empty() && reports.send(Report::Heard(key, heard)).await.is_err() {
            return Ok(());
        }
        if let Some(error) = end {
            return Err(io::Error::other(error));
        }
    }
}
