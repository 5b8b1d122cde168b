//! The sending side of a connection: bytes as they are, and runs of files by `sendfile`.
//!
//! Threads that serve do not wait for a disk here: what the page cache lacks is brought there by a thread of the
//! blocking pool and leaves by `sendfile` then. What is in the cache is known by samples ([`residence`]), so that a
//! short read can remain. Where files cannot be sent so they are copied.

use std::fs::File;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::socket;
use crate::cache::Extent;
use crate::play::{Outlet, Residence, fetch, is_stand_in, load, residence};

/// More is to come at once, so that a head does not travel in a packet of its own (send(2)).
#[cfg(target_os = "linux")]
const MSG_MORE: i32 = 0x8000;
#[cfg(not(target_os = "linux"))]
const MSG_MORE: i32 = 0;

/// How long it is believed that bytes found in memory are still there. A fast reader takes a chunk in several writes
/// within that time, and a paused one comes back after it.
const BELIEVED: Duration = Duration::from_millis(500);

/// A connection that sends what its outlet's chunks stand for.
#[derive(Debug)]
pub(super) struct Sender {
    stream: TcpStream,
    outlet: Outlet,
    way: Way,
    /// What is being brought from the disk.
    fetching: Option<Fetching>,
    has_sent_files: bool,
}

/// How runs are sent.
#[derive(Debug)]
enum Way {
    /// By `sendfile`, once they are in memory.
    Files(Option<Seen>),
    /// Read and written: where `sendfile` is not known, and for file systems that have none or do not tell what is in
    /// memory.
    Copies(Option<Copied>),
}

/// Where the next bytes of a run come from.
enum Origin {
    /// So many of them from the file, without waiting for the disk.
    File(u64),
    Memory(Bytes),
}

/// Bytes of a file that were in memory a moment ago.
#[derive(Debug)]
struct Seen {
    // Not held, since connections stay long after an answer.
    file: Weak<File>,
    positions: Range<u64>,
    until: Instant,
}

/// Bytes of a file that were read and not written yet.
#[derive(Debug)]
struct Copied {
    file: Weak<File>,
    position: u64,
    bytes: Bytes,
}

/// Work of a thread that may wait for the disk.
#[derive(Debug)]
struct Fetching {
    file: Arc<File>,
    position: u64,
    task: JoinHandle<io::Result<Fetched>>,
}

#[derive(Debug)]
enum Fetched {
    /// So many bytes are in memory now.
    Present(u64),
    Copied(Bytes),
}

impl Sender {
    /// Sends on `stream` what is announced at `outlet`.
    pub(super) fn new(stream: TcpStream, outlet: Outlet) -> Self {
        let way = if cfg!(target_os = "linux") { Way::Files(None) } else { Way::Copies(None) };
        Self { stream, outlet, way, fetching: None, has_sent_files: false }
    }

    /// Sends `head` and the start of `run` behind it; returns how many bytes went of both together.
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        head: &[IoSlice<'_>],
        run: &Extent,
    ) -> Poll<io::Result<usize>> {
        let length: usize = head.iter().map(|slice| slice.len()).sum();
        // Nothing is fetched for whoever takes nothing.
        ready!(self.stream.poll_write_ready(cx))?;
        let there = match self.poll_origin(cx, run) {
            // Nobody waits for the disk to be told what will come.
            Poll::Pending if length > 0 => return Pin::new(&mut self.stream).poll_write_vectored(cx, head),
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(told(error, run))),
            Poll::Ready(Ok(Origin::Memory(bytes))) => {
                let slices: Vec<_> = head.iter().copied().chain([IoSlice::new(&bytes)]).collect();
                let sent = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, &slices))?;
                if sent == length + bytes.len() {
                    self.forget();
                }
                return Poll::Ready(Ok(sent));
            }
            Poll::Ready(Ok(Origin::File(there))) => there,
        };
        if length > 0 {
            let before = |stream: &TcpStream| SockRef::from(stream).send_vectored_with_flags(head, MSG_MORE);
            let sent = ready!(poll_io(&self.stream, cx, before))?;
            if sent < length {
                return Poll::Ready(Ok(sent));
            }
        }
        match poll_io(&self.stream, cx, |stream| send_file(stream, run, there)) {
            Poll::Ready(Ok(sent @ 1..)) => {
                if !std::mem::replace(&mut self.has_sent_files, true) {
                    socket::expect_files(&self.stream);
                }
                Poll::Ready(Ok(length + sent))
            }
            // What became of the run shows again when the head is known to be gone.
            _ if length > 0 => Poll::Ready(Ok(length)),
            Poll::Ready(Ok(0)) => Poll::Ready(Err(told(io::ErrorKind::UnexpectedEof.into(), run))),
            Poll::Ready(Err(error)) if is_unsupported(&error) => {
                self.way = Way::Copies(None);
                self.poll_send(cx, head, run)
            }
            Poll::Ready(Err(error)) if is_about_the_file(&error) => Poll::Ready(Err(told(error, run))),
            // Clients go away all the time.
            other => other,
        }
    }

    /// Where the start of `run` comes from; waits for the disk if it has to.
    fn poll_origin(&mut self, cx: &mut Context<'_>, run: &Extent) -> Poll<io::Result<Origin>> {
        loop {
            if self.fetching.is_some() {
                ready!(self.poll_fetched(cx))?;
            }
            match &mut self.way {
                Way::Files(seen) => {
                    if let Some(there) = seen.as_ref().and_then(|seen| seen.left(run)) {
                        return Poll::Ready(Ok(Origin::File(there)));
                    }
                    match residence(run) {
                        Residence::Whole(there) => *seen = Some(Seen::now(&run.file, run.position, there)),
                        Residence::Partial => {
                            self.fetching =
                                Some(Fetching::begin(run, |run| fetch(run).map(Fetched::Present)));
                        }
                        Residence::Unknown => self.way = Way::Copies(None),
                    }
                }
                Way::Copies(copied) => {
                    if let Some(bytes) = copied.as_ref().and_then(|copied| copied.left(run)) {
                        return Poll::Ready(Ok(Origin::Memory(bytes)));
                    }
                    self.fetching = Some(Fetching::begin(run, |run| load(run).map(Fetched::Copied)));
                }
            }
        }
    }

    /// Takes over what the disk has brought.
    fn poll_fetched(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(fetching) = &mut self.fetching else { return Poll::Ready(Ok(())) };
        let fetched = ready!(Pin::new(&mut fetching.task).poll(cx));
        let (file, position) = (Arc::clone(&fetching.file), fetching.position);
        self.fetching = None;
        match fetched.map_err(io::Error::other)?? {
            Fetched::Present(length) => self.way = Way::Files(Some(Seen::now(&file, position, length))),
            Fetched::Copied(bytes) => {
                self.way = Way::Copies(Some(Copied { file: Arc::downgrade(&file), position, bytes }));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Lets go of what was read for a body that has ended.
    fn forget(&mut self) {
        if let Way::Copies(copied) = &mut self.way {
            *copied = None;
        }
    }
}

impl Seen {
    fn now(file: &Arc<File>, position: u64, length: u64) -> Self {
        let until = Instant::now() + BELIEVED;
        Self { file: Arc::downgrade(file), positions: position..position + length, until }
    }

    /// How many bytes from the start of `run` on were there, if there were any and that is not long ago.
    fn left(&self, run: &Extent) -> Option<u64> {
        let is_same = is_of(&self.file, run) && self.positions.contains(&run.position);
        (is_same && Instant::now() < self.until).then(|| run.length.min(self.positions.end - run.position))
    }
}

impl Copied {
    /// What was read from the start of `run` on, if there is any.
    fn left(&self, run: &Extent) -> Option<Bytes> {
        let from = usize::try_from(run.position.checked_sub(self.position)?).ok()?;
        if !is_of(&self.file, run) || from >= self.bytes.len() {
            return None;
        }
        let left = self.bytes.len() - from;
        let length = usize::try_from(run.length).map_or(left, |length| length.min(left));
        Some(self.bytes.slice(from..from + length))
    }
}

impl Fetching {
    fn begin(run: &Extent, read: fn(&Extent) -> io::Result<Fetched>) -> Self {
        let (file, position, run) = (Arc::clone(&run.file), run.position, run.clone());
        Self { file, position, task: tokio::task::spawn_blocking(move || read(&run)) }
    }
}

fn is_of(file: &Weak<File>, run: &Extent) -> bool {
    std::ptr::eq(file.as_ptr(), Arc::as_ptr(&run.file))
}

/// Repeats `operation` until it is not interrupted, and waits while the socket takes nothing.
fn poll_io(
    stream: &TcpStream,
    cx: &mut Context<'_>,
    operation: impl Fn(&TcpStream) -> io::Result<usize>,
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_write_ready(cx))?;
        match stream.try_io(Interest::WRITABLE, || operation(stream)) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            done => return Poll::Ready(done),
        }
    }
}

/// Sends up to `most` bytes from the start of `run`; 0 if the file ends before them.
#[cfg(target_os = "linux")]
fn send_file(stream: &TcpStream, run: &Extent, most: u64) -> io::Result<usize> {
    let mut position = run.position;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    Ok(rustix::fs::sendfile(stream, &*run.file, Some(&mut position), most)?)
}

/// Other systems are never asked: nobody knows there what is in memory.
#[cfg(not(target_os = "linux"))]
fn send_file(_stream: &TcpStream, _run: &Extent, _most: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether this kind of file cannot be sent so at all (sendfile(2): `EINVAL`; some layers say `ENOSYS`).
fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

/// Whether `sendfile` failed for the disk and not for the client; a file server counts as a disk.
#[cfg(target_os = "linux")]
fn is_about_the_file(error: &io::Error) -> bool {
    use rustix::io::Errno;

    [Errno::IO, Errno::STALE].into_iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(not(target_os = "linux"))]
fn is_about_the_file(_error: &io::Error) -> bool {
    false
}

/// Tells the operator what is wrong with a file.
fn told(error: io::Error, run: &Extent) -> io::Error {
    tracing::warn!(%error, position = run.position, "a media response was cut: its file cannot be read");
    error
}

/// A stand-in without its run, or a run without its stand-in: a fault of this program. Nothing is sent.
fn mismatch() -> io::Error {
    io::Error::other("what was to be sent is not what was announced")
}

impl AsyncRead for Sender {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Sender {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if is_stand_in(bytes) {
            return Poll::Ready(Err(mismatch()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let place = slices.iter().position(|slice| is_stand_in(slice));
        match (place, self.outlet.collect()) {
            (None, None) => {
                self.forget();
                Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
            }
            (Some(place), Some(run)) if run.length == slices[place].len() as u64 => {
                self.poll_send(cx, &slices[..place], &run)
            }
            _ => Poll::Ready(Err(mismatch())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        // Without it hyper would want to copy what is to be sent.
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[path = "tests/sender.rs"]
mod tests;
