//! The last good list of an address, on disk, so that a restart without network has channels too.

use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use url::Url;

use super::{Channel, json, list};

/// One file in the data folder. It says which address it is of by a digest, because an address may hold a key.
#[derive(Debug)]
pub(super) struct Shelf {
    path: PathBuf,
}

impl Shelf {
    /// The place in this data folder.
    pub(super) fn new(data_dir: &Path) -> Self {
        Self { path: data_dir.join("channels.json") }
    }

    /// The channels that were kept for `url`; none if there are none, or if they are another's.
    pub(super) async fn load(&self, url: &Url) -> Vec<Channel> {
        let path = self.path.clone();
        let reading = tokio::task::spawn_blocking(move || fs::read_to_string(path));
        let Ok(Ok(text)) = reading.await else { return Vec::new() };
        if json::mark(&text).is_none_or(|of| of != mark(url)) {
            return Vec::new();
        }
        list::read(&text).map(|reading| reading.channels).unwrap_or_default()
    }

    /// Keeps the channels of `url` in place of what was kept before. A failure is told and has no other consequence.
    pub(super) async fn keep(&self, url: &Url, channels: &[Channel]) {
        let text = json::write(channels, &mark(url));
        let (path, fresh) = (self.path.clone(), self.path.with_extension("json.new"));
        let writing = tokio::task::spawn_blocking(move || {
            fs::write(&fresh, text)?;
            fs::rename(&fresh, &path)
        });
        if let Ok(Err(error)) = writing.await {
            tracing::warn!(%error, "the list of channels cannot be kept for the next start");
        }
    }
}

fn mark(url: &Url) -> String {
    HEXLOWER.encode(digest(&SHA256, url.as_str().as_bytes()).as_ref())
}
