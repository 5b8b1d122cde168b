//! The bytes of a segment: on disk, or in memory where the disk takes nothing.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::disk::Stored;

/// Bytes that a reader holds at once.
const PART: u64 = 64 << 10;

/// Where the bytes of a segment are.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// In a file, which lives as long as somebody knows it.
    Disk(Arc<Stored>),
    /// In memory, shared with the ring as long as that holds them.
    Memory(Arc<[Bytes]>),
}

impl Body {
    /// Keeps bytes in memory.
    pub(super) fn memory(parts: Vec<Bytes>) -> Self {
        Self::Memory(parts.into())
    }

    /// How many there are.
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Disk(stored) => stored.length(),
            Self::Memory(parts) => parts.iter().map(|part| part.len() as u64).sum(),
        }
    }

    /// All of them at once. Blocks.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn read_all(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::Disk(stored) => std::fs::read(stored.path()),
            Self::Memory(parts) => Ok(parts.concat()),
        }
    }

    /// Whether they are in memory.
    pub(super) fn is_in_memory(&self) -> bool {
        matches!(self, Self::Memory(_))
    }
}

/// The bytes of a segment for whoever sends them. It stays readable when the segment leaves the window.
#[derive(Debug, Clone)]
pub struct SegmentBody {
    body: Body,
    behind: Duration,
}

impl SegmentBody {
    pub(super) fn new(body: Body, behind: Duration) -> Self {
        Self { body, behind }
    }

    /// How many bytes there are.
    pub fn length(&self) -> u64 {
        self.body.length()
    }

    /// How far its beginning is behind the newest bytes of the channel.
    pub fn behind(&self) -> Duration {
        self.behind
    }

    /// Reads a run of them, half-open and within the length.
    pub fn reader(self, run: Range<u64>) -> SegmentReader {
        SegmentReader { body: self.body, file: None, run }
    }
}

/// Reads a segment piece by piece.
#[derive(Debug)]
pub struct SegmentReader {
    body: Body,
    file: Option<Arc<File>>,
    run: Range<u64>,
}

impl SegmentReader {
    /// The next bytes, at most 64 KiB; `None` after the last. Safe to drop and call again.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let most = self.run.end.saturating_sub(self.run.start).min(PART);
        if most == 0 {
            return Ok(None);
        }
        let bytes = match &self.body {
            Body::Memory(parts) => within(parts, self.run.start, most),
            Body::Disk(stored) => {
                let (stored, file, offset) = (Arc::clone(stored), self.file.clone(), self.run.start);
                let reading = tokio::task::spawn_blocking(move || read_at(&stored, file, offset, most));
                let (file, bytes) = reading.await.map_err(io::Error::other)??;
                self.file = Some(file);
                bytes
            }
        };
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.run.start += bytes.len() as u64;
        Ok(Some(bytes))
    }
}

fn read_at(
    stored: &Stored,
    file: Option<Arc<File>>,
    offset: u64,
    length: u64,
) -> io::Result<(Arc<File>, Bytes)> {
    let file = file.map_or_else(|| File::open(stored.path()).map(Arc::new), Ok)?;
    let mut bytes = BytesMut::zeroed(usize::try_from(length).map_err(io::Error::other)?);
    file.read_exact_at(&mut bytes, offset)?;
    Ok((file, bytes.freeze()))
}

/// At most `most` bytes from `offset`, as many as there are in one part.
fn within(parts: &[Bytes], mut offset: u64, most: u64) -> Bytes {
    for part in parts {
        let length = part.len() as u64;
        if offset < length {
            let end = length.min(offset.saturating_add(most));
            // Both are at most the length of the part, which is a usize.
            return part.slice(usize::try_from(offset).unwrap_or(0)..usize::try_from(end).unwrap_or(0));
        }
        offset -= length;
    }
    Bytes::new()
}
