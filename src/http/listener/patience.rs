//! How long a connection may keep silent.
//!
//! hyper has one timeout that runs from the moment it wants a request to the end of that request's headers,
//! so a short one cuts idle players off and a long one invites slow-header attacks. This timer gives it two:
//! long while nothing is heard, short from the first byte on.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::sender::Sender;

/// Counts the reads of one connection that brought something.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<AtomicU64>);

impl Heard {
    /// Wraps the connection so that its reads are counted here.
    pub(super) fn listen_to(&self, stream: Sender) -> Audible {
        Audible { stream, heard: self.clone() }
    }

    fn count(&self) -> u64 {
        // One task both reads and asks, so no order between threads is needed.
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection whose reads are counted.
#[derive(Debug)]
pub(super) struct Audible {
    stream: Sender,
    heard: Heard,
}

impl AsyncRead for Audible {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.heard.0.fetch_add(1, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Audible {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// The timer of one connection. hyper asks it only for the head of a request.
#[derive(Debug)]
pub(super) struct Patience {
    header_timeout: Duration,
    idle_timeout: Duration,
    heard: Heard,
    answered_before: AtomicBool,
}

impl Patience {
    /// A timer for the connection whose reads `heard` counts.
    pub(super) fn new(header_timeout: Duration, idle_timeout: Duration, heard: Heard) -> Self {
        Self { header_timeout, idle_timeout, heard, answered_before: AtomicBool::new(false) }
    }
}

impl Timer for Patience {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        // A client that connects and says nothing has shown no reason to be waited for.
        let first = !self.answered_before.swap(true, Ordering::Relaxed);
        let idle_timeout = if first { self.header_timeout } else { self.idle_timeout };
        Box::pin(HeadDeadline {
            sleep: Box::pin(tokio::time::sleep(idle_timeout)),
            after_first_byte: (!first).then_some(self.header_timeout),
            heard: self.heard.clone(),
            heard_before: self.heard.count(),
        })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

/// Ends when a head has taken too long. hyper asks it again after every read, which is when the first byte
/// shows.
struct HeadDeadline {
    sleep: Pin<Box<tokio::time::Sleep>>,
    after_first_byte: Option<Duration>,
    heard: Heard,
    heard_before: u64,
}

impl Future for HeadDeadline {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.heard.count() > self.heard_before
            && let Some(header_timeout) = self.after_first_byte.take()
        {
            self.sleep.as_mut().reset(tokio::time::Instant::now() + header_timeout);
        }
        self.sleep.as_mut().poll(cx)
    }
}

impl Sleep for HeadDeadline {}
