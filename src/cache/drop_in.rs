//! Files that an operator dropped into the cache folder (`streaming-without-p2p`).

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::CacheFile;
use crate::domain::{ContentKey, FileIndex, InfoHash};
use crate::release::is_video;

/// Smaller files are samples or leftovers (`streaming-without-p2p`: at least 1 MiB).
const SMALLEST: u64 = 1 << 20;

/// The file index that stands for "whatever the operator provided": no torrent has so many files.
const PROVIDED: FileIndex = FileIndex(u32::MAX);

/// The video in `folder` whose name holds `info_hash` in either case; the largest if there are several.
pub(super) fn find(folder: &Path, info_hash: InfoHash) -> Option<CacheFile> {
    let wanted = info_hash.to_string();
    let (path, length, name) = fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let matches = name.to_ascii_lowercase().contains(&wanted) && is_video(&name);
            let data = if matches { fs::metadata(entry.path()).ok()? } else { return None };
            (data.is_file() && data.len() >= SMALLEST).then(|| (entry.path(), data.len(), name))
        })
        .max_by_key(|(_, length, _)| *length)?;
    let data = File::open(&path)
        .inspect_err(|error| tracing::warn!(%name, %error, "a file in the cache folder cannot be read"))
        .ok()?;
    let stamp = data.metadata().ok()?;
    let tag = format!("{info_hash}-{length:x}-{:x}{:09x}", stamp.mtime(), stamp.mtime_nsec());
    Some(CacheFile::whole(ContentKey { info_hash, file: PROVIDED }, tag, name, data, length))
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
}
