//! The one place where bytes of a cache file become frames of a response.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;

use crate::cache::Extent;

/// Most bytes in a frame. Smaller frames cost a system call each, larger ones only memory per viewer; hyper
/// itself queues up to 408 KiB.
pub(super) const FRAME: u64 = 256 * 1024;

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
