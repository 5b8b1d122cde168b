//! The body of a media response: it walks the cache file and waits for what has not arrived yet.

use std::any::Any;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use http_body::{Frame, SizeHint};

use super::outlet::{Chunk, Outlet};
use super::walk::{Segment, Walk};
use crate::cache::{CacheError, CacheFile};

/// Longest wait for one missing byte. Cloudflare cuts a connection that is silent for 100 s; cutting
/// it first, and before the 85 s this server promises, lets the player ask again at once.
pub const MAX_SILENCE: Duration = Duration::from_secs(80);

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
///
/// Read as it is, it reads the file. A connection that can send a file by itself takes [`Self::into_chunks`] instead.
pub struct MediaBody {
    /// What is still to be said; nothing once the first frame was asked for.
    walk: Option<Box<Walk>>,
    frames: Frames<Bytes>,
}

/// The frames of a body: bytes, or chunks for an [`Outlet`].
pub struct Frames<T> {
    frames: Option<BoxStream<'static, Result<T, BodyError>>>,
    remaining: u64,
}

impl MediaBody {
    /// A body without bytes.
    pub fn empty() -> Self {
        Self { walk: None, frames: Frames { frames: None, remaining: 0 } }
    }

    /// A short text.
    pub(super) fn text(text: &'static str) -> Self {
        let frame = stream::once(async move { Ok(Bytes::from_static(text.as_bytes())) });
        Self { walk: None, frames: Frames { frames: Some(frame.boxed()), remaining: text.len() as u64 } }
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
        Self { walk: Some(Box::new(walk)), frames: Frames { frames: None, remaining } }
    }

    /// The same body for a connection that sends runs of a file by itself, unless it has begun or has none.
    pub fn into_chunks(self, outlet: Outlet) -> Result<Frames<Chunk>, Self> {
        let Some(walk) = self.walk else { return Err(self) };
        let frames = stream::try_unfold((*walk, outlet), |(mut walk, outlet)| async move {
            Ok(walk.next_chunk(&outlet).await?.map(|chunk| (chunk, (walk, outlet))))
        });
        Ok(Frames::of(frames, self.frames.remaining))
    }
}

impl http_body::Body for MediaBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(walk) = self.walk.take() {
            let frames = stream::try_unfold(*walk, |mut walk| async move {
                Ok(walk.next_bytes().await?.map(|bytes| (bytes, walk)))
            });
            self.frames = Frames::of(frames, self.frames.remaining);
        }
        Pin::new(&mut self.frames).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.frames.size_hint()
    }
}

impl<T: Buf + Send + 'static> Frames<T> {
    fn of(frames: impl Stream<Item = Result<T, BodyError>> + Send + 'static, remaining: u64) -> Self {
        let frames = frames.or_else(async |error| {
            tokio::time::sleep(LINGER).await;
            Err(error)
        });
        Self { frames: Some(frames.boxed()), remaining }
    }
}

impl<T: Buf> http_body::Body for Frames<T> {
    type Data = T;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<T>, BodyError>>> {
        let Some(frames) = &mut self.frames else { return Poll::Ready(None) };
        let polled = match ready!(frames.poll_next_unpin(context)) {
            Some(Ok(frame)) => {
                self.remaining = self.remaining.saturating_sub(frame.remaining() as u64);
                Ok(Frame::data(frame))
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

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

impl std::fmt::Debug for MediaBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaBody").field("frames", &self.frames).finish_non_exhaustive()
    }
}

impl<T> std::fmt::Debug for Frames<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").field("remaining", &self.remaining).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Viewing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Viewing").field("file", &self.file).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "tests/body.rs"]
mod tests;
