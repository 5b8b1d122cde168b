//! Which file of a torrent is to be fetched: the one asked for, or the one another source has opened already.

use crate::cache::{CacheFile, Layout};
use crate::domain::{FileChoice, FileIndex, Metainfo};
use crate::release::choose;
use crate::source::{Known, SourceError};

/// The file that `choice` means, or that `known` is.
///
/// # Errors
/// The torrent has no such file, or not exactly one that `known` can be.
pub(super) fn pick(
    metainfo: &Metainfo,
    choice: FileChoice,
    known: Option<&Known>,
) -> Result<FileIndex, SourceError> {
    let Some((file, layout)) = known.and_then(|known| Some((&known.file, known.file.layout()?))) else {
        return choose(&metainfo.files, choice).map_err(|error| SourceError::NoSuchFile(error.to_string()));
    };
    let found = if layout.hashes.is_some() { same(metainfo, file, layout) } else { alike(metainfo, file) };
    found.ok_or_else(|| SourceError::NotHere(format!("{} is not in this torrent", file.name())))
}

/// The file whose cache file is `file`.
fn same(metainfo: &Metainfo, file: &CacheFile, layout: &Layout) -> Option<FileIndex> {
    let key = file.key();
    let here = Layout::of(metainfo, key.file).filter(|_| key.info_hash == metainfo.info_hash)?;
    (here == *layout).then_some(key.file)
}

/// The only file with the length and the name of `file`. Services change the case of names.
fn alike(metainfo: &Metainfo, file: &CacheFile) -> Option<FileIndex> {
    let name = file.name().to_lowercase();
    let mut found = (0..).zip(&metainfo.files).filter(|(_, entry)| {
        !entry.padding && entry.length == file.length() && entry.name().to_lowercase() == name
    });
    let (index, _) = found.next()?;
    found.next().is_none().then_some(FileIndex(index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Cache, CacheLimits};
    use crate::domain::{ContentKey, FileEntry, InfoHash};

    fn metainfo(files: &[(&str, u64)]) -> Metainfo {
        let mut offset = 0;
        let mut entries = Vec::new();
        for (path, length) in files {
            entries.push(FileEntry { path: (*path).to_owned(), length: *length, offset, padding: false });
            offset += length;
        }
        Metainfo {
            info_hash: InfoHash::new([1; 20]),
            name: "Show".to_owned(),
            piece_length: 16384,
            pieces: vec![[0; 20]; offset.div_ceil(16384) as usize].into(),
            files: entries,
            private: false,
        }
    }

    /// What `pick` finds for a content that another source has opened with this layout, name and key.
    fn picked(metainfo: &Metainfo, layout: &Layout, name: &str, file: FileIndex) -> Result<u32, SourceError> {
        let folder = tempfile::tempdir().unwrap();
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(folder.path(), limits).unwrap();
        let key = ContentKey { info_hash: metainfo.info_hash, file };
        let known = Known { file: cache.content(key, layout, name).unwrap(), metainfo: None };
        pick(metainfo, FileChoice::Largest, Some(&known)).map(|index| index.0)
    }

    #[test]
    fn a_content_without_hashes_is_known_by_length_and_name_in_whatever_case() {
        let files = [("a/E01.mkv", 50_000), ("a/E02.mkv", 50_000), ("b/E03.mkv", 9), ("c/e03.MKV", 9)];
        let metainfo = metainfo(&files);
        let stand_in = FileChoice::Largest.stand_in().unwrap();
        let by = |name, length| picked(&metainfo, &Layout::unproved(length), name, stand_in);
        assert_eq!(by("e02.MKV", 50_000).unwrap(), 1);
        for (name, length) in [("E02.mkv", 50_001), ("E04.mkv", 50_000), ("E03.mkv", 9)] {
            let refused = by(name, length).unwrap_err();
            assert!(
                matches!(&refused, SourceError::NotHere(why) if why.contains("is not in this torrent")),
                "{name} with {length} bytes: {refused}"
            );
        }
    }

    #[test]
    fn a_content_with_hashes_is_this_very_file_or_none() {
        let metainfo = metainfo(&[("E01.mkv", 50_000), ("E02.mkv", 70_000)]);
        let layout = Layout::of(&metainfo, FileIndex(0)).unwrap();
        assert_eq!(picked(&metainfo, &layout, "E01.mkv", FileIndex(0)).unwrap(), 0);
        let other = Layout { hashes: Some(vec![[9; 20]; layout.pieces()].into()), ..layout };
        assert!(matches!(picked(&metainfo, &other, "E01.mkv", FileIndex(0)), Err(SourceError::NotHere(_))));
    }
}
