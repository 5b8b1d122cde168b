//! Small contents that are needed as a whole, such as subtitles.

use crate::cache::{CacheError, CacheFile};

/// Bytes that are read at a time.
const STEP: usize = 1 << 20;

/// Every byte of `file`, as soon as the last one has come. It has no time limit; cancel by dropping. The caller has
/// looked at the length.
///
/// # Errors
/// The cache can neither take nor give bytes.
pub async fn whole(file: &CacheFile) -> Result<Vec<u8>, CacheError> {
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < file.length() {
        let offset = bytes.len() as u64;
        let _wanted = file.playhead(offset);
        file.wait_for(offset).await?;
        let file = file.clone();
        let read = tokio::task::spawn_blocking(move || file.read_content(offset, STEP));
        bytes.extend(read.await.map_err(std::io::Error::other)??);
    }
    Ok(bytes)
}
