//! The one place where bytes of a cache file become frames of a response, and where is known what of them can be had
//! without waiting for the disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;

use crate::cache::Extent;

/// Most bytes in a frame. Smaller frames cost a system call each, larger ones only memory per viewer; hyper
/// itself queues up to 408 KiB.
pub(super) const FRAME: u64 = 256 * 1024;

/// Most bytes that are probed, and so sent, at a time. A socket hardly ever takes more at once.
const LOOK: u64 = 256 * 1024;

/// Bytes between two probes; less than the system reads ahead, so less than it forgets in one go.
const PROBE: u64 = 64 * 1024;

/// The least that is in memory with a byte of it.
const PAGE: u64 = 4096;

/// Bytes that the system is asked to fetch when some of them have to be waited for.
#[cfg(target_os = "linux")]
const AHEAD: std::num::NonZeroU64 = std::num::NonZeroU64::new(1 << 20).expect("it is not zero");

/// The first bytes of `extent`, at least one and at most [`FRAME`].
///
/// What the page cache holds is read at once on this thread, since handing 256 KiB to another thread
/// costs more than copying them; only a read that would wait for the disk goes to the blocking pool.
/// Fails if the file is shorter than the extent promises.
pub(super) async fn frame(extent: &Extent) -> io::Result<Bytes> {
    let length = usize::try_from(extent.length.min(FRAME)).map_err(io::Error::other)?;
    if let Some(bytes) = read_cached(&extent.file, extent.position, length) {
        return Ok(bytes);
    }
    let (file, position) = (Arc::clone(&extent.file), extent.position);
    tokio::task::spawn_blocking(move || read_blocking(&file, position, length))
        .await
        .map_err(io::Error::other)?
}

/// How many bytes at the start of `run` are in memory, 256 KiB at most; 0 also where that cannot be told.
///
/// One byte in every 64 KiB is probed, and the last one. The page cache loses what nobody reads in long runs, so hardly
/// anything is missing between two probes that succeed.
pub fn resident(run: &Extent) -> u64 {
    let end = run.position + run.length.min(LOOK);
    let (mut at, mut known) = (run.position, run.position);
    while at < end && is_cached(&run.file, at) {
        known = end.min((at / PAGE + 1) * PAGE);
        let next = (at / PROBE + 1) * PROBE;
        at = if at + 1 < end { next.min(end - 1) } else { end };
    }
    known - run.position
}

/// The first bytes of `run`, at least one and at most [`FRAME`], from the disk if they have to be. Has the system
/// fetch what follows. Blocking.
///
/// # Errors
/// The file cannot be read or is shorter than `run` says.
pub fn load(run: &Extent) -> io::Result<Bytes> {
    let length = usize::try_from(run.length.min(FRAME)).map_err(io::Error::other)?;
    read_ahead(&run.file, run.position);
    read_blocking(&run.file, run.position, length)
}

/// What can be had without waiting; nothing where the kernel or the file system cannot tell.
#[cfg(target_os = "linux")]
fn read_cached(file: &File, position: u64, length: usize) -> Option<Bytes> {
    use rustix::io::{ReadWriteFlags, preadv2};

    let mut buffer = vec![0; length];
    let slices = &mut [io::IoSliceMut::new(&mut buffer)];
    let read = preadv2(file, slices, position, ReadWriteFlags::NOWAIT).ok().filter(|&read| read > 0)?;
    buffer.truncate(read);
    Some(Bytes::from(buffer))
}

/// Whether the byte at `position` is in memory; `false` where the kernel or the file system cannot tell.
#[cfg(target_os = "linux")]
fn is_cached(file: &File, position: u64) -> bool {
    use rustix::io::{ReadWriteFlags, preadv2};

    let mut byte = [0];
    let slices = &mut [io::IoSliceMut::new(&mut byte)];
    preadv2(file, slices, position, ReadWriteFlags::NOWAIT) == Ok(1)
}

/// Has the system fetch bytes from `position` on; whether it does is its own affair.
#[cfg(target_os = "linux")]
fn read_ahead(file: &File, position: u64) {
    let _ = rustix::fs::fadvise(file, position, Some(AHEAD), rustix::fs::Advice::WillNeed);
}

/// Other systems cannot tell what is in memory.
#[cfg(not(target_os = "linux"))]
fn is_cached(_file: &File, _position: u64) -> bool {
    false
}

/// Other systems read ahead as they think best.
#[cfg(not(target_os = "linux"))]
fn read_ahead(_file: &File, _position: u64) {}

/// Other systems cannot tell whether a read would wait.
#[cfg(not(target_os = "linux"))]
fn read_cached(_file: &File, _position: u64, _length: usize) -> Option<Bytes> {
    None
}

fn read_blocking(file: &File, position: u64, length: usize) -> io::Result<Bytes> {
    let mut buffer = vec![0; length];
    file.read_exact_at(&mut buffer, position)?;
    Ok(Bytes::from(buffer))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn extent(content: &[u8], position: u64, length: u64) -> Extent {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        Extent { file: Arc::new(file), position, length }
    }

    #[tokio::test]
    async fn a_frame_is_the_start_of_the_extent() {
        let content: Vec<u8> = (0..=255).cycle().take(700_000).collect();
        let long = extent(&content, 1000, 600_000);
        let first = frame(&long).await.unwrap();
        assert!(!first.is_empty() && first.len() as u64 <= FRAME);
        assert_eq!(first, content[1000..1000 + first.len()]);
        assert_eq!(frame(&extent(&content, 5, 3)).await.unwrap(), content[5..8]);
    }

    #[tokio::test]
    async fn a_file_shorter_than_promised_is_an_error() {
        let error = frame(&extent(b"abc", 3, 10)).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn both_ways_of_reading_agree() {
        let extent = extent(b"0123456789", 0, 10);
        assert_eq!(read_blocking(&extent.file, 2, 5).unwrap(), "23456");
        if let Some(cached) = read_cached(&extent.file, 2, 5) {
            assert_eq!(cached, "23456");
        }
    }
}
