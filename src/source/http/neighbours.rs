//! The bytes around a file: what its first and last piece share with the files beside it in the torrent.

use std::ops::Range;
use std::time::Duration;

use http::{StatusCode, header};
use url::Url;

use crate::domain::{FileIndex, Metainfo};

/// More files than this within one piece are not worth their requests: the piece is taken without proof then.
const MOST_FILES: usize = 16;

/// How long all of them may take together. A player waits for the piece, and it can be had without them.
const LIMIT: Duration = Duration::from_secs(4);

/// Reads the bytes of `range` of the torrent from the files they belong to. `reach` says how to get at a file.
/// Padding is made up of zeros, as it is by definition (BEP 47). `None` if anything cannot be had exactly.
pub(super) async fn read(
    metainfo: &Metainfo,
    range: Range<u64>,
    reach: impl Fn(FileIndex) -> Option<(reqwest::Client, Url)>,
) -> Option<Vec<u8>> {
    // Beyond one piece this would no longer be an edge, and is not worth the memory.
    if range.end.checked_sub(range.start)? > u64::from(metainfo.piece_length) {
        return None;
    }
    let parts = parts(metainfo, &range);
    if parts.iter().filter(|part| !part.padding).count() > MOST_FILES {
        return None;
    }
    let reading = async {
        let mut bytes = Vec::with_capacity((range.end - range.start) as usize);
        for part in parts {
            let length = (part.range.end - part.range.start) as usize;
            if part.padding {
                bytes.resize(bytes.len() + length, 0);
                continue;
            }
            let (client, url) = reach(part.index)?;
            bytes.extend(fetch(&client, url, &part).await?);
        }
        (bytes.len() as u64 == range.end - range.start).then_some(bytes)
    };
    tokio::time::timeout(LIMIT, reading).await.ok().flatten()
}

/// The piece of one file that lies in the range.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    index: FileIndex,
    /// Bytes of the file.
    range: Range<u64>,
    /// Bytes of the whole file.
    total: u64,
    padding: bool,
}

fn parts(metainfo: &Metainfo, range: &Range<u64>) -> Vec<Part> {
    let first = metainfo.files.partition_point(|file| file.offset + file.length <= range.start);
    let touched = metainfo.files[first..].iter().zip(first..).take_while(|(file, _)| file.offset < range.end);
    touched
        .filter(|(file, _)| file.length > 0)
        .filter_map(|(file, index)| {
            let start = range.start.max(file.offset) - file.offset;
            let end = range.end.min(file.offset + file.length) - file.offset;
            let index = FileIndex(u32::try_from(index).ok()?);
            Some(Part { index, range: start..end, total: file.length, padding: file.padding })
        })
        .collect()
}

/// Exactly the bytes of `part`, from a file exactly as long as the torrent says.
async fn fetch(client: &reqwest::Client, url: Url, part: &Part) -> Option<Vec<u8>> {
    let (first, last) = (part.range.start, part.range.end - 1);
    let request = client.get(url).header(header::RANGE, format!("bytes={first}-{last}"));
    let mut response = request.send().await.ok()?;
    let length = part.range.end - part.range.start;
    let is_right = match response.status() {
        StatusCode::PARTIAL_CONTENT => response.headers().get(header::CONTENT_RANGE).is_some_and(|value| {
            value.as_bytes() == format!("bytes {first}-{last}/{}", part.total).as_bytes()
        }),
        // A server may send a whole file where all of it was asked for.
        StatusCode::OK => length == part.total && response.content_length() == Some(part.total),
        _ => false,
    };
    if !is_right {
        return None;
    }
    let mut bytes = Vec::with_capacity(length as usize);
    while let Some(chunk) = response.chunk().await.ok()? {
        if (bytes.len() + chunk.len()) as u64 > length {
            return None;
        }
        bytes.extend_from_slice(&chunk);
    }
    (bytes.len() as u64 == length).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{FileEntry, InfoHash};

    fn metainfo(lengths: &[(u64, bool)]) -> Metainfo {
        let mut offset = 0;
        let files = lengths
            .iter()
            .map(|&(length, padding)| {
                offset += length;
                FileEntry { path: "a".to_owned(), length, offset: offset - length, padding }
            })
            .collect();
        Metainfo {
            info_hash: InfoHash::new([0; 20]),
            name: "a".to_owned(),
            piece_length: 16 << 10,
            pieces: Arc::new([]),
            files,
            private: false,
        }
    }

    #[test]
    fn a_range_is_divided_among_the_files_it_touches() {
        let torrent = metainfo(&[(100, false), (0, false), (50, false), (30, true), (200, false)]);
        let parts: Vec<_> = parts(&torrent, &(90..190))
            .into_iter()
            .map(|part| (part.index.0, part.range, part.padding))
            .collect();
        assert_eq!(parts, [(0, 90..100, false), (2, 0..50, false), (3, 0..30, true), (4, 0..10, false)]);
    }

    #[tokio::test]
    async fn padding_is_zeros_and_needs_nobody() {
        let torrent = metainfo(&[(100, false), (28, true)]);
        assert_eq!(read(&torrent, 100..128, |_| None).await, Some(vec![0; 28]));
        assert_eq!(read(&torrent, 99..128, |_| None).await, None);
        assert_eq!(read(&torrent, 100..129, |_| None).await, None, "beyond the end of the torrent");
    }

    #[tokio::test]
    async fn what_is_more_than_a_piece_or_many_files_is_not_asked_for() {
        let torrent = metainfo(&[(1 << 20, true)]);
        assert_eq!(read(&torrent, 0..(16 << 10) + 1, |_| None).await, None);
        let crumbs = metainfo(&[(1, false); 17]);
        let asked = std::cell::Cell::new(false);
        let reach = |_| {
            asked.set(true);
            None
        };
        assert_eq!(read(&crumbs, 0..17, reach).await, None);
        assert!(!asked.get());
    }
}
