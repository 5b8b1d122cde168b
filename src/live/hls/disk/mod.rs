//! The folder of all recordings, and how much of the disk they may take.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;

use super::body::Body;
use super::window::Window;

/// The disk, as all recordings share it.
#[derive(Debug)]
pub(super) struct Disk {
    folder: PathBuf,
    /// Most bytes of all recordings together.
    quota: u64,
    used: AtomicU64,
    /// The disk takes nothing at present; said once.
    refuses: AtomicBool,
    windows: Mutex<Vec<Weak<Mutex<Window>>>>,
}

/// A file of a recording. It is deleted when nobody knows it any more.
#[derive(Debug)]
pub(super) struct Stored {
    path: PathBuf,
    length: u64,
    disk: Arc<Disk>,
}

impl Disk {
    /// Takes over the folder and deletes what an earlier run left there.
    ///
    /// # Errors
    /// The folder cannot be read, or what is left in it not deleted.
    pub(super) fn open(folder: &Path, quota: u64) -> io::Result<Arc<Self>> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => Some(entries),
            // It is made with the first recording.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        for entry in entries.into_iter().flatten() {
            let entry = entry?;
            // Recordings are folders named by an id; what else lies there is somebody else's.
            let ours = entry
                .file_name()
                .to_str()
                .is_some_and(|name| name.len() == 40 && name.bytes().all(|digit| digit.is_ascii_hexdigit()));
            if ours && entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(Arc::new(Self {
            folder: folder.to_owned(),
            quota,
            used: AtomicU64::new(0),
            refuses: AtomicBool::new(false),
            windows: Mutex::default(),
        }))
    }

    /// Where recordings lie.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Bytes of all recordings together.
    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Lets the quota take segments of this window.
    pub(super) fn share(&self, window: &Arc<Mutex<Window>>) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.retain(|window| window.strong_count() > 0);
        windows.push(Arc::downgrade(window));
    }

    /// Writes a file, and gives up old segments for it where quota or disk ask for that. What the disk does not take
    /// stays in memory. Blocks.
    pub(super) fn store(self: &Arc<Self>, path: PathBuf, parts: Vec<Bytes>) -> Body {
        let length: u64 = parts.iter().map(|part| part.len() as u64).sum();
        let mut over = (self.used() + length).saturating_sub(self.quota);
        while over > 0 && self.give_up_oldest() {
            over = (self.used() + length).saturating_sub(self.quota);
        }
        let written = write(&path, &parts).or_else(|_| {
            // Most likely the disk is full. Two, because segments differ in size.
            let _ = [self.give_up_oldest(), self.give_up_oldest()];
            write(&path, &parts)
        });
        match written {
            Ok(()) => {
                if self.refuses.swap(false, Ordering::Relaxed) {
                    tracing::info!("the disk takes recordings of live channels again");
                }
                self.used.fetch_add(length, Ordering::Relaxed);
                Body::Disk(Arc::new(Stored { path, length, disk: Arc::clone(self) }))
            }
            Err(error) => {
                // What was written of it only takes room.
                let _ = fs::remove_file(&path);
                if !self.refuses.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "a recording cannot be written; live channels go on from memory");
                }
                Body::memory(parts)
            }
        }
    }

    /// Gives up the oldest segment of all recordings, if there is one that nobody needs to follow a channel.
    fn give_up_oldest(&self) -> bool {
        let windows: Vec<_> = {
            let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
            windows.iter().filter_map(Weak::upgrade).collect()
        };
        let lock =
            |window: &Arc<Mutex<Window>>| window.lock().unwrap_or_else(PoisonError::into_inner).oldest();
        let oldest =
            windows.iter().filter_map(|window| Some((lock(window)?, window))).min_by_key(|(date, _)| *date);
        let Some((_, window)) = oldest else { return false };
        let removed = window.lock().unwrap_or_else(PoisonError::into_inner).give_up_oldest();
        removed.is_some()
    }
}

impl Stored {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How long it is.
    pub(super) fn length(&self) -> u64 {
        self.length
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        // If somebody else deleted it, that is as well.
        let _ = fs::remove_file(&self.path);
        self.disk.used.fetch_sub(self.length, Ordering::Relaxed);
    }
}

/// Makes the folder too: it is the first file, or somebody has cleaned up.
fn write(path: &Path, parts: &[Bytes]) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let mut file = File::create(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))
}

#[cfg(test)]
mod tests;
