//! The host that has the files of items.

use std::sync::PoisonError;

use super::{ItemFile, Items, SHELF, sha1};
use crate::support::debrid::Reply;
use crate::support::indexers::ask::Ask;
use crate::support::indexers::upstream::Site;

/// A host with files.
pub(crate) struct Node {
    pub(super) items: Items,
}

impl Site for Node {
    fn answer(&mut self, ask: &Ask) -> Reply {
        let Some(path) = ask.path.strip_prefix(SHELF) else {
            return Reply::empty(404).noting(Some("no such path".to_owned()));
        };
        let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
        let Some((id, name)) = path.trim_start_matches('/').split_once('/') else { return Reply::empty(404) };
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let file = items.get(id).filter(|item| !item.is_dark);
        let file = file.and_then(|item| item.files.iter().find(|file| file.name == name));
        file.map_or_else(|| Reply::text(404, "Not Found"), |file| send(file, ask.header("range")))
    }
}

/// Sends a file or the one range that is asked for (RFC 9110, 14.2).
fn send(file: &ItemFile, range: &str) -> Reply {
    let total = file.bytes.len();
    let kind = if file.name.ends_with(".mp4") { "video/mp4" } else { "application/octet-stream" };
    let (status, bytes, content_range) = match bounds(range, total) {
        None => (200, file.bytes.as_slice(), None),
        Some((start, end)) if start >= end => {
            return Reply::empty(416).with("content-range", &format!("bytes */{total}"));
        }
        Some((start, end)) => {
            (206, &file.bytes[start..end], Some(format!("bytes {start}-{}/{total}", end - 1)))
        }
    };
    let reply = Reply::typed(status, kind, bytes.to_vec())
        .with("accept-ranges", &"bytes")
        .with("last-modified", &"Sat, 14 Mar 2015 21:10:42 GMT")
        .with("etag", &format!("\"{}\"", &sha1(&file.bytes)[..16]));
    match content_range {
        Some(range) => reply.with("content-range", &range),
        None => reply,
    }
}

fn bounds(range: &str, total: usize) -> Option<(usize, usize)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    match (first.parse::<usize>().ok(), last.parse::<usize>().ok()) {
        (Some(first), last) => Some((first, last.map_or(total, |last| total.min(last + 1)))),
        (None, Some(suffix)) => Some((total.saturating_sub(suffix), total)),
        (None, None) => None,
    }
}
