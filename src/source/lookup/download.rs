//! Downloads of .torrent files, step by step: an indexer may redirect to a magnet link, which no client follows.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::LOCATION;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::Miss;
use crate::net::Clients;

/// How long one place may take, from asking to the last byte.
const LIMIT: Duration = Duration::from_secs(8);

/// No real .torrent is larger.
const MOST_BYTES: usize = 10 << 20;

/// A chain of redirects longer than this is a loop in practice.
const MOST_STEPS: usize = 6;

/// What lies at an address.
pub(super) enum Body {
    /// Bytes that may be a .torrent file.
    Torrent(Bytes),
    /// The text of a magnet link.
    Magnet(String),
}

/// Fetches what lies at `url` and follows its redirects, each of which passes the guard. A trusted address may lie in
/// a private network, and so may where it redirects to on the same host and port; nothing else may.
pub(super) async fn follow(clients: &Clients, url: &Url, trusted: bool) -> Result<Body, Miss> {
    let going = async {
        let mut at = url.clone();
        for _ in 0..MOST_STEPS {
            let is_own = trusted && at.origin() == url.origin();
            let client = match clients.foreign_step(&at) {
                _ if is_own => clients.own_step(),
                Ok(client) => client,
                Err(_) => return Err(Miss::Unfit("lies in a private network")),
            };
            let response = client.get(at.clone()).send().await.map_err(|_| SILENT)?;
            let Some(next) = location(&response) else { return body(response).await.map(Body::Torrent) };
            if next.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("magnet:")) {
                return Ok(Body::Magnet(next));
            }
            let next = at.join(&next).map_err(|_| Miss::Unfit("redirects to nowhere"))?;
            if at.scheme() == "https" && next.scheme() != "https" {
                return Err(Miss::Unfit("redirects from https to something less"));
            }
            at = next;
        }
        Err(Miss::Unfit("redirects without end"))
    };
    timeout_at(Instant::now() + LIMIT, going).await.unwrap_or(Err(SILENT))
}

/// Fetches what lies at `url` as the client does, redirects included.
pub(super) async fn whole(client: &reqwest::Client, url: &Url) -> Result<Bytes, Miss> {
    let response = client.get(url.clone()).timeout(LIMIT).send().await.map_err(|_| SILENT)?;
    body(response).await
}

const SILENT: Miss = Miss::Unfit("does not answer");

/// Where a redirect leads.
fn location(response: &reqwest::Response) -> Option<String> {
    let header = response.headers().get(LOCATION).filter(|_| response.status().is_redirection())?;
    // Trackers put titles with raw bytes into magnet links.
    Some(String::from_utf8_lossy(header.as_bytes()).into_owned())
}

/// Reads an answer of at most 10 MiB. Its length is not believed, but counted.
async fn body(mut response: reqwest::Response) -> Result<Bytes, Miss> {
    let status = response.status();
    if !status.is_success() {
        let fault = status.is_server_error() || status == reqwest::StatusCode::TOO_MANY_REQUESTS;
        return Err(if fault { Miss::Unfit("answers with an error") } else { Miss::Absent });
    }
    let mut body = BytesMut::new();
    while let Some(part) = response.chunk().await.map_err(|_| SILENT)? {
        if body.len() + part.len() > MOST_BYTES {
            return Err(Miss::Unfit("sends more than a .torrent file can have"));
        }
        body.extend_from_slice(&part);
    }
    Ok(body.freeze())
}
