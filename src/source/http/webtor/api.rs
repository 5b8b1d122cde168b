//! The calls of webtor's REST API (webtor-io/rest-api): store a torrent, list its files, export an address.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::domain::InfoHash;
use crate::source::SourceError;

/// How long a call may take. Storing a magnet takes as long as webtor's own search in the swarm; who waits for a film
/// has other sources by then.
const LIMIT: Duration = Duration::from_secs(12);

/// The longest list page has a thousand items of some hundred bytes; a .torrent file 10 MiB.
const MOST_BYTES: usize = 10 << 20;

/// The most items that webtor puts on one page.
const PAGE: usize = 1000;

/// No torrent that is accepted has more files and folders.
const MOST_PAGES: usize = 40;

/// A webtor, as its API shows it. Cheap to clone.
#[derive(Clone)]
pub(super) struct Api {
    base: Url,
    client: reqwest::Client,
}

/// A stored torrent.
#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    /// The info-hash.
    id: String,
    /// The only file of a torrent that is no folder.
    #[serde(default)]
    pub(super) file: Option<Item>,
}

/// A file or folder of a stored torrent.
#[derive(Debug, Deserialize)]
pub(super) struct Item {
    /// What it is exported by: the SHA-1 of its path.
    pub(super) id: String,
    /// The path, from a slash and the torrent's name on.
    pub(super) path: String,
    /// `file` or `directory`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Bytes.
    pub(super) size: u64,
    /// Which file of the torrent it is. Old versions leave it out.
    #[serde(default)]
    pub(super) index: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct List {
    #[serde(default)]
    items: Option<Vec<Item>>,
    items_count: usize,
}

#[derive(Deserialize)]
struct Exports {
    exports: ExportKinds,
}

#[derive(Deserialize)]
struct ExportKinds {
    download: Option<Export>,
}

#[derive(Deserialize)]
struct Export {
    url: String,
}

impl Api {
    pub(super) fn new(base: &Url, client: reqwest::Client) -> Self {
        let mut base = base.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Self { base, client }
    }

    /// Stores a torrent, given as a .torrent file or as a magnet link.
    pub(super) async fn submit(&self, torrent: Bytes) -> Result<Resource, SourceError> {
        json(self.client.post(self.url("resource/")?).body(torrent)).await
    }

    /// The .torrent file of a stored torrent.
    pub(super) async fn torrent(&self, info_hash: InfoHash) -> Result<Bytes, SourceError> {
        body(self.client.get(self.url(&format!("resource/{info_hash}.torrent"))?)).await
    }

    /// The first item of a stored torrent that `wanted` says yes to.
    pub(super) async fn find(
        &self,
        info_hash: InfoHash,
        wanted: impl Fn(&Item) -> bool,
    ) -> Result<Option<Item>, SourceError> {
        for page in 0..MOST_PAGES {
            let offset = page * PAGE;
            let path = format!("resource/{info_hash}/list?limit={PAGE}&offset={offset}");
            let list: List = json(self.client.get(self.url(&path)?)).await?;
            let items = list.items.unwrap_or_default();
            let is_last = items.is_empty() || offset + items.len() >= list.items_count;
            if let Some(found) = items.into_iter().find(&wanted) {
                return Ok(Some(found));
            }
            if is_last {
                break;
            }
        }
        Ok(None)
    }

    /// The address that an item can be downloaded from. It may hold a token.
    pub(super) async fn export(&self, info_hash: InfoHash, item: &str) -> Result<Url, SourceError> {
        let path = format!("resource/{info_hash}/export/{item}?types=download");
        let answer: Exports = json(self.client.get(self.url(&path)?)).await?;
        let none = || SourceError::NotHere("webtor has no address for the file".to_owned());
        let url = answer.exports.download.ok_or_else(none)?.url;
        self.base.join(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(none)
    }

    fn url(&self, path: &str) -> Result<Url, SourceError> {
        self.base.join(path).map_err(|_| SourceError::NotHere("webtor's address cannot be used".to_owned()))
    }
}

impl Resource {
    /// Whether it is the torrent of `info_hash`.
    pub(super) fn is(&self, info_hash: InfoHash) -> bool {
        self.id.parse() == Ok(info_hash)
    }
}

async fn json<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, SourceError> {
    let body = body(request).await?;
    // The error's text could repeat a part of the answer, and with it a token.
    serde_json::from_slice(&body)
        .map_err(|_| SourceError::NotHere("webtor answered something else than expected".to_owned()))
}

async fn body(request: reqwest::RequestBuilder) -> Result<Bytes, SourceError> {
    let silent = |_| SourceError::Transient("webtor does not answer".to_owned());
    let mut response = request.timeout(LIMIT).send().await.map_err(silent)?;
    match response.status() {
        status if status.is_success() => {}
        // It is still looking, or one of its parts is.
        status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            return Err(SourceError::Transient(format!("webtor answered {status}")));
        }
        status => return Err(SourceError::NotHere(format!("webtor answered {status}"))),
    }
    let mut body = BytesMut::new();
    while let Some(part) = response.chunk().await.map_err(silent)? {
        if body.len() + part.len() > MOST_BYTES {
            return Err(SourceError::NotHere("webtor's answer is too long".to_owned()));
        }
        body.extend_from_slice(&part);
    }
    Ok(body.freeze())
}
