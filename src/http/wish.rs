//! What a client wishes to play, read from path, query and body.

use std::net::SocketAddr;

use bytes::Bytes;
use url::Url;
use url::form_urlencoded;

use super::error::ApiError;
use crate::domain::{FileChoice, FileIndex, InfoHash};
use crate::source::Request;
use crate::source::torrent::{parse_magnet, parse_metainfo};

/// Largest accepted upload: no sane .torrent is larger, and every one is held in memory while it is read.
pub(super) const LARGEST_UPLOAD: usize = 10 << 20;

/// Most trackers taken from one request. Public lists hold about this many; more only helps those who
/// would use the server to knock on other doors.
const MOST_TRACKERS: usize = 100;

/// Reads an info-hash from a path segment.
pub(super) fn info_hash(text: &str) -> Result<InfoHash, ApiError> {
    text.parse().map_err(|error| ApiError::BadRequest(format!("`{text}` is not an info-hash: {error}")))
}

/// A request from path and query: `fileIndex=`, or `season=` and `episode=`, and any number of `tr=`.
pub(super) fn from_query(info_hash: InfoHash, query: Option<&str>) -> Result<Request, ApiError> {
    let (mut index, mut season, mut episode, mut trackers) = (None, None, None, Vec::new());
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match &*name {
            "fileIndex" => index = Some(number("fileIndex", &value)?),
            "season" => season = Some(number("season", &value)?),
            "episode" => episode = Some(number("episode", &value)?),
            "tr" => trackers.push(tracker(&value)?),
            _ => {}
        }
    }
    let file = match (index, season, episode) {
        (Some(index), _, _) => FileChoice::Index(FileIndex(index)),
        (None, Some(season), Some(episode)) => FileChoice::Episode { season, episode },
        (None, None, None) => FileChoice::Largest,
        (None, _, _) => {
            return Err(ApiError::BadRequest("season and episode belong together".to_owned()));
        }
    };
    if trackers.len() > MOST_TRACKERS {
        return Err(ApiError::BadRequest(format!("at most {MOST_TRACKERS} trackers are accepted")));
    }
    Ok(Request { trackers, ..Request::new(info_hash, file) })
}

/// Adds what the body of a prepare request says: nothing, a magnet link, or a .torrent file. The body may
/// stand in for the info-hash of the path, but never contradict it.
pub(super) fn from_body(
    named: Option<InfoHash>,
    query: Option<&str>,
    body: &Bytes,
) -> Result<Request, ApiError> {
    let said = read_body(body)?;
    let info_hash = match (named, said.as_ref().map(|said| said.info_hash)) {
        (Some(named), Some(said)) if named != said => {
            return Err(ApiError::BadRequest(format!("the body is of {said}, the address of {named}")));
        }
        (Some(hash), _) | (None, Some(hash)) => hash,
        (None, None) => {
            return Err(ApiError::BadRequest("name an info-hash, or send a magnet or .torrent".to_owned()));
        }
    };
    let mut request = from_query(info_hash, query)?;
    if let Some(said) = said {
        request.trackers.extend(said.trackers);
        request.trackers.truncate(MOST_TRACKERS);
        request.peers = said.peers;
        request.metainfo = said.metainfo;
    }
    Ok(request)
}

/// What a body says.
struct Said {
    info_hash: InfoHash,
    trackers: Vec<Url>,
    peers: Vec<SocketAddr>,
    metainfo: Option<Bytes>,
}

fn read_body(body: &Bytes) -> Result<Option<Said>, ApiError> {
    let text = body.trim_ascii();
    // Clients that post JSON by habit send an empty object.
    if text.is_empty() || text == b"{}" {
        return Ok(None);
    }
    if text.starts_with(b"magnet:") {
        let text = str::from_utf8(text)
            .map_err(|_| ApiError::BadRequest("the magnet link is not UTF-8".to_owned()))?;
        let magnet = parse_magnet(text).map_err(|error| ApiError::BadRequest(error.to_string()))?;
        let (info_hash, trackers, peers) = (magnet.info_hash, magnet.trackers, magnet.peers);
        return Ok(Some(Said { info_hash, trackers, peers, metainfo: None }));
    }
    if !text.starts_with(b"d") {
        return Err(ApiError::BadRequest("the body is neither a magnet link nor a .torrent file".to_owned()));
    }
    let metainfo = parse_metainfo(body).map_err(|error| ApiError::BadRequest(error.to_string()))?;
    Ok(Some(Said {
        info_hash: metainfo.info_hash,
        trackers: Vec::new(),
        peers: Vec::new(),
        metainfo: Some(body.clone()),
    }))
}

fn number(name: &str, value: &str) -> Result<u32, ApiError> {
    value.parse().map_err(|_| ApiError::BadRequest(format!("{name} must be a whole number, not `{value}`")))
}

fn tracker(value: &str) -> Result<Url, ApiError> {
    Url::parse(value)
        .ok()
        .filter(|url| matches!(url.scheme(), "udp" | "http" | "https") && url.has_host())
        .ok_or_else(|| ApiError::BadRequest(format!("`{value}` is not a udp, http or https tracker")))
}
