//! Opening the cache file of a content, the same for every source.

use crate::cache::{Cache, CacheFile, Layout};
use crate::domain::{ContentKey, FileChoice, FileIndex, InfoHash, Metainfo};

use super::SourceError;

/// Opens the cache file of one file of a torrent and proves what an unclean stop left in doubt.
///
/// # Errors
/// The torrent has no such file, or the cache refuses it.
pub(in crate::source) async fn open_content(
    cache: &Cache,
    metainfo: &Metainfo,
    index: FileIndex,
) -> Result<CacheFile, SourceError> {
    let missing = || SourceError::NoSuchFile(format!("the torrent has no file with index {index}"));
    let layout = Layout::of(metainfo, index).ok_or_else(missing)?;
    let name = metainfo.file(index).ok_or_else(missing)?.name().to_owned();
    open(cache, ContentKey { info_hash: metainfo.info_hash, file: index }, layout, name).await
}

/// Opens the cache file of a content of which nothing is known but its length in bytes and its name.
///
/// # Errors
/// The choice is one that no torrent could answer, another version of the content is in use, or the cache
/// refuses it.
pub(in crate::source) async fn open_unproved(
    cache: &Cache,
    info_hash: InfoHash,
    choice: FileChoice,
    length: u64,
    name: &str,
) -> Result<CacheFile, SourceError> {
    let unheard_of = || SourceError::NotHere("no torrent has such a file".to_owned());
    let key = ContentKey { info_hash, file: choice.stand_in().ok_or_else(unheard_of)? };
    let file = open(cache, key, Layout::unproved(length), name.to_owned()).await?;
    if file.length() != length {
        let reason = format!("another version of {} bytes is in use", file.length());
        return Err(SourceError::NotHere(reason));
    }
    Ok(file)
}

async fn open(
    cache: &Cache,
    key: ContentKey,
    layout: Layout,
    name: String,
) -> Result<CacheFile, SourceError> {
    let cache = cache.clone();
    let opening = tokio::task::spawn_blocking(move || {
        let file = cache.content(key, &layout, &name)?;
        // After an unclean stop: what cannot be proved is fetched again, never served.
        file.verify_claims()?;
        Ok::<_, SourceError>(file)
    });
    opening.await.map_err(|_| SourceError::Transient("opening the cache file was cut short".to_owned()))?
}
