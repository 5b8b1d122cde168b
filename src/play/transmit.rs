//! The one place where bytes of a cache file become frames of a response, and where is known what of them can be had
//! without waiting for the disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use bytes::Bytes;

use crate::cache::Extent;

/// Most bytes in a frame. Smaller frames cost a system call each, larger ones only memory per viewer; hyper
/// itself queues up to 408 KiB.
pub(super) const FRAME: u64 = 256 * 1024;

/// Most bytes that are looked for, and so sent, at a time: a whole chunk, since a fast reader's socket takes one.
const WINDOW: u64 = super::outlet::LONGEST;

/// Bytes between two probes: as many as Linux reads ahead in one go, so that hardly anything less comes or leaves. A
/// probe is a system call, and a MiB in smaller steps cost a tenth of the time that sending it does.
const PROBE: usize = 128 * 1024;

/// Bytes that the system is asked to fetch when some of them have to be waited for: those, and the next as many.
#[cfg(target_os = "linux")]
const AHEAD: std::num::NonZeroU64 = std::num::NonZeroU64::new(2 * WINDOW).expect("it is not zero");

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
    let extent = extent.clone();
    tokio::task::spawn_blocking(move || load(&extent)).await.map_err(io::Error::other)?
}

/// What of a run is in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residence {
    /// So many bytes at its start: all of them, 1 MiB at most.
    Whole(u64),
    /// Not all of those; somebody who may wait has to [`fetch`] them.
    Partial,
    /// The kernel or the file system does not tell.
    Unknown,
}

/// What of the start of `run` is in memory.
///
/// One byte in every 128 KiB is probed, and the last one. The page cache takes and loses what nobody wrote or read in
/// crumbs in runs of that length, so that hardly anything is missing between two probes that succeed. A probe that
/// fails makes Linux fetch its page and no other, which the next probe there would take for the run: so what is
/// partial has to be fetched as a whole.
pub fn residence(run: &Extent) -> Residence {
    let window = run.length.min(WINDOW);
    let end = run.position + window;
    let mut probed = (run.position..end).step_by(PROBE).chain(end.checked_sub(1));
    let missing = probed.find_map(|position| match is_cached(&run.file, position) {
        Some(true) => None,
        Some(false) => Some(Residence::Partial),
        None => Some(Residence::Unknown),
    });
    missing.unwrap_or(Residence::Whole(window))
}

/// Brings the start of `run` into memory and returns how many bytes, at least one and at most 1 MiB. Blocking.
///
/// # Errors
/// The file cannot be read or is shorter than `run` says.
pub fn fetch(run: &Extent) -> io::Result<u64> {
    read_ahead(&run.file, run.position);
    let window = run.length.min(WINDOW);
    let mut part = vec![0; usize::try_from(window.min(FRAME)).map_err(io::Error::other)?];
    let mut fetched = 0;
    while fetched < window {
        let most = part.len().min(usize::try_from(window - fetched).map_err(io::Error::other)?);
        match run.file.read_at(&mut part[..most], run.position + fetched) {
            Ok(0) if fetched == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            // What is wrong there is seen when that is all there is to fetch.
            Ok(0) | Err(_) if fetched > 0 => break,
            Ok(read) => fetched += read as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(fetched)
}

/// The first bytes of `run`, at least one and at most 256 KiB. Blocking.
///
/// # Errors
/// The file cannot be read or is shorter than `run` says.
pub fn load(run: &Extent) -> io::Result<Bytes> {
    let length = usize::try_from(run.length.min(FRAME)).map_err(io::Error::other)?;
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

/// Whether the byte at `position` is in memory; nothing where the kernel or the file system cannot tell (preadv2(2):
/// `EOPNOTSUPP`). A byte behind the end of the file counts as missing.
#[cfg(target_os = "linux")]
fn is_cached(file: &File, position: u64) -> Option<bool> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};

    let mut byte = [0];
    let slices = &mut [io::IoSliceMut::new(&mut byte)];
    match preadv2(file, slices, position, ReadWriteFlags::NOWAIT) {
        Ok(read) => Some(read == 1),
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => None,
        Err(_) => Some(false),
    }
}

/// Has the system fetch bytes from `position` on; whether it does is its own affair.
#[cfg(target_os = "linux")]
fn read_ahead(file: &File, position: u64) {
    let _ = rustix::fs::fadvise(file, position, Some(AHEAD), rustix::fs::Advice::WillNeed);
}

/// Other systems cannot tell what is in memory.
#[cfg(not(target_os = "linux"))]
fn is_cached(_file: &File, _position: u64) -> Option<bool> {
    None
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
    use std::sync::Arc;

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

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_not_in_memory_as_a_whole_is_fetched_as_a_whole() {
        let content = vec![7; 3 * WINDOW as usize];
        let whole = extent(&content, 0, content.len() as u64);
        assert_eq!(fetch(&whole).unwrap(), WINDOW);
        if residence(&whole) == Residence::Unknown {
            return; // This folder has no disk behind it, or does not tell.
        }
        assert_eq!(residence(&whole), Residence::Whole(WINDOW));
        whole.file.sync_all().unwrap();
        rustix::fs::fadvise(&whole.file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
        read_blocking(&whole.file, 0, 4096).unwrap();
        // A probe brings its own page; asked again, the run must not seem to be there for that.
        assert_eq!([residence(&whole), residence(&whole)], [Residence::Partial; 2]);
        assert_eq!(fetch(&whole).unwrap(), WINDOW);
        assert_eq!(residence(&whole), Residence::Whole(WINDOW));
    }

    #[test]
    fn fetching_ends_with_the_file() {
        let promised = extent(b"0123456789", 4, 100);
        assert_eq!(fetch(&promised).unwrap(), 6);
        let beyond = extent(b"0123456789", 10, 100);
        assert_eq!(fetch(&beyond).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(load(&beyond).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
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
