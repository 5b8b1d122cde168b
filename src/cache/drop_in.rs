//! Files of the operator's that are served as they are: those that he dropped into the cache folder
//! (`streaming-without-p2p`), and those of his media folder.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::CacheFile;
use crate::domain::{ContentKey, FileIndex, InfoHash};
use crate::release::is_video;

/// Smaller files are samples or leftovers (`streaming-without-p2p`: at least 1 MiB).
const SMALLEST: u64 = 1 << 20;

/// The file index that stands for "whatever the operator provided": no torrent has so many files.
const PROVIDED: FileIndex = FileIndex(u32::MAX);

/// A file written so recently may still be growing, and is looked at twice.
const FRESH: Duration = Duration::from_secs(5);

/// Time between the two looks. A copy writes many times within it.
const SECOND_LOOK: Duration = Duration::from_millis(250);

/// The video in `folder` whose name holds `info_hash` in either case; the largest if there are several.
/// Blocking.
pub(super) fn find(folder: &Path, info_hash: InfoHash) -> Option<CacheFile> {
    open(largest(folder, info_hash)?, info_hash)
}

/// An operator's file that is served as it is, unless it is still being written. Blocking.
pub(super) fn open(path: PathBuf, info_hash: InfoHash) -> Option<CacheFile> {
    let seen = tag(info_hash, &path)?;
    if is_fresh(&path) {
        thread::sleep(SECOND_LOOK);
    }
    let data = File::open(&path)
        .inspect_err(|error| tracing::warn!(path = %path.display(), %error, "a drop-in cannot be read"))
        .ok()?;
    if tag(info_hash, &path)? != seen {
        tracing::info!(path = %path.display(), "a drop-in is still being written");
        return None;
    }
    let length = data.metadata().ok()?.len();
    Some(CacheFile::whole(ContentKey { info_hash, file: PROVIDED }, seen, path, data, length))
}

/// Every drop-in with the info-hash in its name and its length. Blocking.
pub(super) fn all(folder: &Path) -> Vec<(InfoHash, String, u64)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.filter_map(Result::ok).filter_map(|entry| {
        let name = entry.file_name().into_string().ok().filter(|name| is_video(name))?;
        let info_hash = hash_in(&name)?;
        let data = fs::metadata(entry.path()).ok()?;
        (data.is_file() && data.len() >= SMALLEST).then_some((info_hash, name, data.len()))
    });
    entries.collect()
}

/// The only run of 40 hexadecimal digits in a name.
fn hash_in(name: &str) -> Option<InfoHash> {
    let mut runs = name.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() == 40);
    runs.next().filter(|_| runs.next().is_none())?.parse().ok()
}

/// What names the bytes of the file at `path`: it changes whenever the file does.
pub(super) fn tag(info_hash: InfoHash, path: &Path) -> Option<String> {
    let stamp = fs::metadata(path).ok()?;
    Some(format!("{info_hash}-{:x}-{:x}{:09x}", stamp.len(), stamp.mtime(), stamp.mtime_nsec()))
}

fn largest(folder: &Path, info_hash: InfoHash) -> Option<PathBuf> {
    let wanted = info_hash.to_string();
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let (path, _) = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let matches = name.to_ascii_lowercase().contains(&wanted) && is_video(&name);
            let data = if matches { fs::metadata(entry.path()).ok()? } else { return None };
            (data.is_file() && data.len() >= SMALLEST).then(|| (entry.path(), data.len()))
        })
        .max_by_key(|(_, length)| *length)?;
    Some(path)
}

fn is_fresh(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|data| data.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age < FRESH))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

    fn found(names: &[(&str, u64)]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, length) in names {
            File::create(folder.path().join(name)).unwrap().set_len(*length).unwrap();
        }
        find(folder.path(), HASH.parse().unwrap()).map(|file| file.name().to_owned())
    }

    #[test]
    fn the_name_holds_the_hash_the_size_is_a_mebibyte_and_the_extension_a_video() {
        let upper = format!("Film {}.MKV", HASH.to_ascii_uppercase());
        assert_eq!(found(&[(&upper, SMALLEST)]), Some(upper.clone()));
        assert_eq!(found(&[(&upper, SMALLEST - 1)]), None);
        assert_eq!(found(&[(&format!("{HASH}.txt"), SMALLEST)]), None);
        assert_eq!(found(&[(&format!("{}.mp4", &HASH[1..]), SMALLEST)]), None);
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn of_several_the_largest_is_served() {
        let (small, large) = (format!("{HASH}-sample.mp4"), format!("{HASH}.mp4"));
        assert_eq!(found(&[(&small, SMALLEST), (&large, 2 * SMALLEST)]), Some(large));
    }

    #[test]
    fn a_file_that_is_still_being_written_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("{HASH}.mp4"));
        fs::write(&path, vec![0; 2 << 20]).unwrap();
        let stop = std::sync::atomic::AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
                for _ in 0..10_000 {
                    if stop.load(std::sync::atomic::Ordering::Relaxed) {
                        break;
                    }
                    std::io::Write::write_all(&mut file, &[1; 1000]).unwrap();
                    thread::sleep(Duration::from_millis(1));
                }
            });
            let found = find(folder.path(), HASH.parse().unwrap());
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(found.is_none());
        });
        let found = find(folder.path(), HASH.parse().unwrap()).unwrap();
        assert!(found.is_current());
        fs::write(&path, vec![1; 1 << 20]).unwrap();
        assert!(!found.is_current());
    }
}
