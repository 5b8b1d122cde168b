//! Where contents lie on disk.
//!
//! ```text
//! <cache>/.lock                 held for as long as the process lives
//! <cache>/contents/<hash>-<n>/  one folder per content: data, layout, have
//! <cache>/<anything else>       the operator's own files (see `drop_in`)
//! ```

use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, SeekFrom, flock, seek};

use super::{CacheError, Layout};
use crate::domain::{ContentKey, FileIndex};

/// Bytes in one unit of `st_blocks`, whatever the file system's own block size (POSIX).
const STAT_BLOCK: u64 = 512;

/// Takes the folder for this process, creating it if needed.
pub(super) fn take(folder: &Path) -> Result<File, CacheError> {
    let unusable = |error: io::Error| CacheError::Unusable(format!("{}: {error}", folder.display()));
    fs::create_dir_all(contents(folder)).map_err(unusable)?;
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(".lock"))
        .map_err(unusable)?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(CacheError::InUse(folder.display().to_string())),
        Err(error) => Err(unusable(error.into())),
    }
}

/// The folder of one content.
#[derive(Debug, Clone)]
pub(super) struct ContentFolder(PathBuf);

/// Where the folders of contents lie.
pub(super) fn contents(cache: &Path) -> PathBuf {
    cache.join("contents")
}

impl ContentFolder {
    pub(super) fn of(cache: &Path, key: ContentKey) -> Self {
        Self(contents(cache).join(key.to_string()))
    }

    /// Every content folder, with the key its name says. Strangers are left alone.
    pub(super) fn all(cache: &Path) -> Vec<(ContentKey, Self)> {
        let Ok(entries) = fs::read_dir(contents(cache)) else { return Vec::new() };
        entries
            .filter_map(Result::ok)
            .filter_map(|entry| Some((parse_key(entry.file_name().to_str()?)?, Self(entry.path()))))
            .collect()
    }

    pub(super) fn layout(&self) -> PathBuf {
        self.0.join("layout")
    }

    pub(super) fn have(&self) -> PathBuf {
        self.0.join("have")
    }

    /// Opens the data file with exactly `span` bytes, sparse where nothing was written.
    pub(super) fn open_data(&self, span: u64) -> io::Result<File> {
        fs::create_dir_all(&self.0)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(self.0.join("data"))?;
        if file.metadata()?.len() != span {
            file.set_len(span)?;
        }
        Ok(file)
    }

    /// Bytes the data occupies on disk.
    pub(super) fn allocated(&self) -> u64 {
        fs::metadata(self.0.join("data")).map_or(0, |data| data.blocks() * STAT_BLOCK)
    }

    /// Unix seconds of the last write. A process that was killed had no time to record a use.
    pub(super) fn written_at(&self) -> u64 {
        fs::metadata(self.0.join("data")).map_or(0, |data| u64::try_from(data.mtime()).unwrap_or(0))
    }

    /// Deletes the content.
    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.0)
    }
}

/// The data file's modification time in nanoseconds since 1970.
pub(super) fn modified(file: &File) -> io::Result<u64> {
    let data = file.metadata()?;
    let seconds = u64::try_from(data.mtime()).unwrap_or(0);
    Ok(seconds.saturating_mul(1_000_000_000) + u64::try_from(data.mtime_nsec()).unwrap_or(0))
}

/// The pieces that lie wholly in written parts of a sparse file. A file system that cannot tell holes
/// reports everything as data, which only costs hashing.
pub(super) fn written_pieces(file: &File, layout: &Layout) -> Vec<usize> {
    let mut found = Vec::new();
    let mut position = 0;
    while let Ok(start) = seek(file, SeekFrom::Data(position)) {
        let end = seek(file, SeekFrom::Hole(start)).unwrap_or(layout.span).min(layout.span);
        if end <= start {
            break;
        }
        let first = start.div_ceil(layout.piece_length) as usize;
        let whole = (first..layout.pieces()).take_while(|piece| layout.piece_range(*piece).end <= end);
        found.extend(whole);
        position = end;
    }
    found
}

/// Whether no part of `range` was never written.
pub(super) fn is_written(file: &File, range: Range<u64>) -> bool {
    range.is_empty() || seek(file, SeekFrom::Hole(range.start)).is_ok_and(|hole| hole >= range.end)
}

fn parse_key(name: &str) -> Option<ContentKey> {
    let (info_hash, file) = name.split_once('-')?;
    Some(ContentKey { info_hash: info_hash.parse().ok()?, file: FileIndex(file.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn a_folder_has_one_owner() {
        let folder = tempfile::tempdir().unwrap();
        let first = take(folder.path()).unwrap();
        assert!(matches!(take(folder.path()), Err(CacheError::InUse(_))));
        drop(first);
        take(folder.path()).unwrap();
    }

    #[test]
    fn a_path_that_is_no_folder_is_reported_as_unusable() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(take(&file.path().join("cache")), Err(CacheError::Unusable(_))));
    }

    #[test]
    fn holes_are_not_taken_for_pieces() {
        let layout = Layout {
            length: 10 << 20,
            lead: 0,
            piece_length: 1 << 20,
            first_piece: 0,
            span: 10 << 20,
            hashes: Some(vec![[0; 20]; 10].into()),
        };
        let file = tempfile::tempfile().unwrap();
        file.set_len(layout.span).unwrap();
        assert_eq!(written_pieces(&file, &layout), [0usize; 0]);
        file.write_all_at(&vec![1; 2 << 20], 3 << 20).unwrap();
        file.write_all_at(&vec![1; 1 << 20], 9 << 20).unwrap();
        file.write_all_at(&[1; 4096], 6 << 20).unwrap();
        assert_eq!(written_pieces(&file, &layout), [3, 4, 9]);
    }
}
