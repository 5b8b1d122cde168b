//! The body of a media response: it walks the cache file and waits for what has not arrived yet.

use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt};
use http_body::{Frame, SizeHint};

use super::transmit;
use crate::cache::{CacheError, CacheFile, Extent, Playhead};

/// Longest wait for one missing byte. Cloudflare cuts a connection that is silent for 100 s; cutting
/// it first, and before the 85 s this server promises, lets the player ask again at once.
pub const MAX_SILENCE: Duration = Duration::from_secs(80);

/// Bytes. Whoever took as many in one go was watching there; probes and reads of an index take less.
const WATCHED: u64 = 4 << 20;

/// How long a body that must fail keeps still before it does. hyper throws away what it has queued
/// when a body fails; this lets the bytes that were there reach a player that is reading.
const LINGER: Duration = Duration::from_millis(250);

/// One viewer's hold on a content.
pub struct Viewing {
    /// Where the bytes are and will be.
    pub file: CacheFile,
    /// Kept until the body ends or is dropped, so that the job knows of its viewers.
    pub guard: Arc<dyn Any + Send + Sync>,
    /// Resolves with the reason when no source is left that could deliver missing bytes. Present
    /// bytes are still sent then; the first missing one ends the body.
    pub exhausted: BoxFuture<'static, String>,
}

/// Why a body ended early. The connection is then aborted, never finished as if it were complete.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// Nothing arrived within [`MAX_SILENCE`]; the player may ask again.
    #[error("byte {0} did not arrive within {seconds} s", seconds = MAX_SILENCE.as_secs())]
    Silent(u64),
    /// Every source gave up; asking again starts a new preparation.
    #[error("every source is exhausted: {0}")]
    Exhausted(String),
    /// The cache could not take the missing bytes; the operator must act.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Bytes that are present could not be read.
    #[error("the cache file cannot be read: {0}")]
    Read(#[from] io::Error),
}

/// The body of any answer of the range server. Its length is always known.
pub struct MediaBody {
    frames: Option<BoxStream<'static, Result<Bytes, BodyError>>>,
    remaining: u64,
}

/// A part of a body.
#[derive(Debug)]
pub(super) enum Segment {
    /// Text between the runs of a multipart body.
    Text(Bytes),
    /// Bytes of the content, half-open.
    Run(Range<u64>),
}

impl MediaBody {
    /// A body without bytes.
    pub fn empty() -> Self {
        Self { frames: None, remaining: 0 }
    }

    /// A short text.
    pub(super) fn text(text: &'static str) -> Self {
        let frame = stream::once(async move { Ok(Bytes::from_static(text.as_bytes())) });
        Self { frames: Some(frame.boxed()), remaining: text.len() as u64 }
    }

    /// The segments one after the other. The playhead stands at the first run from now on.
    pub(super) fn walk(viewing: Viewing, segments: Vec<Segment>) -> Self {
        let remaining = segments.iter().map(Segment::length).sum();
        if remaining == 0 {
            return Self::empty();
        }
        Self::paced(Walk::new(viewing, segments, MAX_SILENCE), remaining)
    }

    fn paced(walk: Walk, remaining: u64) -> Self {
        let frames = stream::try_unfold(walk, |mut walk: Walk| async move {
            match walk.next().await {
                Ok(frame) => Ok(frame.map(|frame| (frame, walk))),
                Err(error) => {
                    tokio::time::sleep(LINGER).await;
                    Err(error)
                }
            }
        });
        Self { frames: Some(frames.boxed()), remaining }
    }

    fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let Some(frames) = &mut self.frames else { return Poll::Ready(None) };
        let polled = match ready!(frames.poll_next_unpin(context)) {
            Some(Ok(bytes)) => {
                self.remaining = self.remaining.saturating_sub(bytes.len() as u64);
                Ok(bytes)
            }
            Some(Err(error)) => Err(error),
            // A clean end before the last byte would let a player take a torn file for a whole one.
            None => Err(BodyError::Read(io::ErrorKind::UnexpectedEof.into())),
        };
        if let Err(error) = &polled {
            tracing::warn!(%error, remaining = self.remaining, "a media response was cut");
        }
        if self.remaining == 0 || polled.is_err() {
            // The viewing ends with the last byte, however long the connection is kept.
            self.frames = None;
        }
        Poll::Ready(Some(polled))
    }
}

impl http_body::Body for MediaBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.get_mut().poll_bytes(context).map(|polled| polled.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

impl std::fmt::Debug for MediaBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaBody").field("remaining", &self.remaining).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Viewing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Viewing").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Segment {
    fn length(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Run(range) => range.end - range.start,
        }
    }
}

/// The state of a body between two frames.
struct Walk {
    viewing: Viewing,
    segments: VecDeque<Segment>,
    /// The rest of the run of present bytes at the reader; empty if it is not known.
    present: Option<Extent>,
    playhead: Playhead,
    max_silence: Duration,
    /// Bytes of the present run that were taken.
    taken: u64,
}

impl Drop for Walk {
    fn drop(&mut self) {
        if let (true, Some(Segment::Run(rest))) = (self.taken >= WATCHED, self.segments.front()) {
            self.viewing.file.leave_off(rest.start);
        }
    }
}

impl Walk {
    fn new(viewing: Viewing, segments: Vec<Segment>, max_silence: Duration) -> Self {
        let start = segments.iter().find_map(|segment| match segment {
            Segment::Run(range) => Some(range.start),
            Segment::Text(_) => None,
        });
        let playhead = viewing.file.playhead(start.unwrap_or(0));
        Self { viewing, segments: segments.into(), present: None, playhead, max_silence, taken: 0 }
    }

    /// The next frame, or `None` behind the last segment.
    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            match self.segments.front() {
                None => return Ok(None),
                Some(Segment::Run(range)) if !range.is_empty() => {
                    let range = range.clone();
                    return self.next_of(range).await.map(Some);
                }
                Some(_) => {}
            }
            if let Some(Segment::Text(text)) = self.segments.pop_front() {
                return Ok(Some(text));
            }
        }
    }

    async fn next_of(&mut self, range: Range<u64>) -> Result<Bytes, BodyError> {
        let extent = match self.present.take() {
            Some(extent) => extent,
            None => self.arrive(range.clone()).await?,
        };
        let bytes = transmit::frame(&extent).await?;
        let sent = bytes.len() as u64;
        if sent < extent.length {
            let (position, length) = (extent.position + sent, extent.length - sent);
            self.present = Some(Extent { position, length, ..extent });
        }
        if let Some(Segment::Run(run)) = self.segments.front_mut() {
            run.start = range.start + sent;
        }
        self.taken += sent;
        self.playhead.advance(range.start + sent);
        Ok(bytes)
    }

    /// Present bytes at the start of `range`, as soon as there are any.
    async fn arrive(&mut self, range: Range<u64>) -> Result<Extent, BodyError> {
        let present = |file: &CacheFile| file.extent(range.clone());
        if let Some(extent) = present(&self.viewing.file) {
            return Ok(extent);
        }
        self.playhead.advance(range.start);
        // Biased, so that a byte that came together with bad news is still sent.
        tokio::select! {
            biased;
            arrived = self.viewing.file.wait_for(range.start) => arrived?,
            reason = &mut self.viewing.exhausted => return Err(BodyError::Exhausted(reason)),
            () = tokio::time::sleep(self.max_silence) => return Err(BodyError::Silent(range.start)),
        }
        present(&self.viewing.file).ok_or_else(|| io::Error::other("an announced byte is missing").into())
    }
}

#[cfg(test)]
#[path = "tests/body.rs"]
mod tests;
