//! The sending side of a connection: bytes as they are, and runs of files by `sendfile`.
//!
//! No thread that serves ever waits for a disk here. What the page cache does not hold is read by a thread of the
//! blocking pool and sent from memory.

use std::fs::File;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::cache::Extent;
use crate::play::{Outlet, is_stand_in, load, resident};

/// More is to come at once, so that a head does not travel in a packet of its own (send(2)).
#[cfg(target_os = "linux")]
const MSG_MORE: i32 = 0x8000;
#[cfg(not(target_os = "linux"))]
const MSG_MORE: i32 = 0;

/// A connection that sends what its outlet's chunks stand for.
#[derive(Debug)]
pub(super) struct Sender {
    stream: TcpStream,
    outlet: Outlet,
    /// What was not in memory when it was to be sent.
    cold: Option<Cold>,
    /// Whether runs may still be given to `sendfile`; some file systems have none.
    sends_files: bool,
}

/// Where the next bytes of a run come from.
enum Origin {
    /// So many of them from the file.
    File(u64),
    Memory(Bytes),
}

/// A piece of a file that is read, or was read, by a thread that may wait.
#[derive(Debug)]
struct Cold {
    file: Arc<File>,
    position: u64,
    bytes: Reading,
}

#[derive(Debug)]
enum Reading {
    Begun(JoinHandle<io::Result<Bytes>>),
    Done(Bytes),
}

impl Sender {
    /// Sends on `stream` what is announced at `outlet`.
    pub(super) fn new(stream: TcpStream, outlet: Outlet) -> Self {
        Self { stream, outlet, cold: None, sends_files: cfg!(target_os = "linux") }
    }

    /// Sends `head` and the start of `run` behind it; returns how many bytes went of both together.
    fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        head: &[IoSlice<'_>],
        run: &Extent,
    ) -> Poll<io::Result<usize>> {
        let length: usize = head.iter().map(|slice| slice.len()).sum();
        let there = match self.poll_origin(cx, run) {
            // Nobody waits for the disk to be told what will come.
            Poll::Pending if length > 0 => return Pin::new(&mut self.stream).poll_write_vectored(cx, head),
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Ready(Ok(Origin::Memory(bytes))) => {
                let slices: Vec<_> = head.iter().copied().chain([IoSlice::new(&bytes)]).collect();
                return Pin::new(&mut self.stream).poll_write_vectored(cx, &slices);
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
            Poll::Ready(Ok(sent @ 1..)) => Poll::Ready(Ok(length + sent)),
            // What became of the run shows again when the head is known to be gone.
            _ if length > 0 => Poll::Ready(Ok(length)),
            Poll::Ready(Ok(0)) => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            Poll::Ready(Err(error)) if is_unsupported(&error) => {
                self.sends_files = false;
                self.poll_send(cx, head, run)
            }
            other => other,
        }
    }

    /// Where the start of `run` comes from; waits for the disk if it has to.
    fn poll_origin(&mut self, cx: &mut Context<'_>, run: &Extent) -> Poll<io::Result<Origin>> {
        if let Some(bytes) = ready!(self.poll_cold(cx, run))? {
            return Poll::Ready(Ok(Origin::Memory(bytes)));
        }
        let there = if self.sends_files { resident(run) } else { 0 };
        if there > 0 {
            return Poll::Ready(Ok(Origin::File(there)));
        }
        self.cold = Some(Cold::read(run));
        let bytes = ready!(self.poll_cold(cx, run))?;
        Poll::Ready(bytes.map(Origin::Memory).ok_or_else(|| io::ErrorKind::UnexpectedEof.into()))
    }

    /// The start of `run`, if it was read before.
    fn poll_cold(&mut self, cx: &mut Context<'_>, run: &Extent) -> Poll<io::Result<Option<Bytes>>> {
        let Some(cold) = &mut self.cold else { return Poll::Ready(Ok(None)) };
        let read = match &mut cold.bytes {
            Reading::Begun(task) => ready!(Pin::new(task).poll(cx)).map_err(io::Error::other)?,
            Reading::Done(bytes) => Ok(bytes.clone()),
        }?;
        cold.bytes = Reading::Done(read);
        let rest = cold.rest(run);
        if rest.is_none() {
            self.cold = None;
        }
        Poll::Ready(Ok(rest))
    }
}

impl Cold {
    fn read(run: &Extent) -> Self {
        let (file, position, run) = (Arc::clone(&run.file), run.position, run.clone());
        Self { file, position, bytes: Reading::Begun(tokio::task::spawn_blocking(move || load(&run))) }
    }

    /// What was read of the start of `run`, if there is any.
    fn rest(&self, run: &Extent) -> Option<Bytes> {
        let Reading::Done(bytes) = &self.bytes else { return None };
        let from = usize::try_from(run.position.checked_sub(self.position)?).ok()?;
        if !Arc::ptr_eq(&self.file, &run.file) || from >= bytes.len() {
            return None;
        }
        let length = usize::try_from(run.length).map_or(bytes.len(), |length| length.min(bytes.len() - from));
        Some(bytes.slice(from..from + length))
    }
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

/// Other systems are never asked, since nothing counts as resident there.
#[cfg(not(target_os = "linux"))]
fn send_file(_stream: &TcpStream, _run: &Extent, _most: u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether this kind of file cannot be sent so at all (sendfile(2): `EINVAL`; some layers say `ENOSYS`).
fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
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
            (None, None) => Pin::new(&mut self.stream).poll_write_vectored(cx, slices),
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
