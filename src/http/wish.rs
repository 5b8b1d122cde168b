//! What a client wishes to play, read from path, query and body.

use std::net::SocketAddr;

use bytes::Bytes;
use url::Url;
use url::form_urlencoded;

use super::error::ApiError;
use crate::domain::{FileChoice, FileIndex, InfoHash};
use crate::source::Request;
use crate::source::torrent::{
    MAX_WEB_ADDRESSES, MagnetHints, parse_magnet, parse_metainfo, parse_web_address,
};

/// Largest accepted upload: no sane .torrent is larger, and every one is held in memory while it is read.
pub(super) const LARGEST_UPLOAD: usize = 10 << 20;

/// Most trackers taken from one request. Public lists hold about this many; more only helps those who
/// would use the server to knock on other doors.
const MOST_TRACKERS: usize = 100;

/// Most peers taken from one request, as from a magnet link.
const MOST_PEERS: usize = 256;

/// Reads an info-hash from a path segment.
pub(super) fn info_hash(text: &str) -> Result<InfoHash, ApiError> {
    text.parse().map_err(|error| ApiError::BadRequest(format!("`{text}` is not an info-hash: {error}")))
}

/// Reads which file is meant from a path segment.
pub(super) fn file_choice(text: &str) -> Result<FileChoice, ApiError> {
    text.parse().map_err(|error| ApiError::BadRequest(format!("`{text}` {error}")))
}

/// A request from path and query: `fileIndex=`, or `season=` and `episode=`, and any number of `tr=`, `ws=`, `xs=`,
/// `as=` and `x.pe=`, which mean what they mean in a magnet link.
pub(super) fn from_query(info_hash: InfoHash, query: Option<&str>) -> Result<Request, ApiError> {
    let (mut index, mut season, mut episode, mut trackers) = (None, None, None, Vec::new());
    let (mut web_seeds, mut exact_sources, mut peers) = (Vec::new(), Vec::new(), Vec::new());
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match &*name {
            "fileIndex" => index = Some(number("fileIndex", &value)?),
            "season" => season = Some(number("season", &value)?),
            "episode" => episode = Some(number("episode", &value)?),
            "tr" => trackers.push(tracker(&value)?),
            "ws" => web_seeds.push(web_address("ws", &value)?),
            "xs" | "as" => exact_sources.push(web_address(&name, &value)?),
            "x.pe" => peers.push(peer(&value)?),
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
    if web_seeds.len().max(exact_sources.len()) > MAX_WEB_ADDRESSES {
        let most = format!("at most {MAX_WEB_ADDRESSES} of ws, and of xs and as together, are accepted");
        return Err(ApiError::BadRequest(most));
    }
    if peers.len() > MOST_PEERS {
        return Err(ApiError::BadRequest(format!("at most {MOST_PEERS} peers are accepted")));
    }
    Ok(Request { trackers, peers, web_seeds, exact_sources, ..Request::new(info_hash, file) })
}

/// Adds what the body of a prepare request says: nothing, a magnet link, or a .torrent file. The body may
/// stand in for the info-hash of the path, but never contradict it.
pub(super) fn from_body(
    named: Option<InfoHash>,
    query: Option<&str>,
    body: &Bytes,
) -> Result<Request, ApiError> {
    let said = read_body(body)?;
    let info_hash = match (named, said.as_ref().map(Said::info_hash)) {
        (Some(named), Some(said)) if named != said => {
            return Err(ApiError::BadRequest(format!("the body is of {said}, the address of {named}")));
        }
        (Some(hash), _) | (None, Some(hash)) => hash,
        (None, None) => {
            return Err(ApiError::BadRequest("name an info-hash, or send a magnet or .torrent".to_owned()));
        }
    };
    let mut request = from_query(info_hash, query)?;
    match said {
        Some(Said::Magnet(magnet)) => {
            request.trackers.extend(magnet.trackers);
            request.trackers.truncate(MOST_TRACKERS);
            request.peers.extend(magnet.peers);
            request.peers.truncate(MOST_PEERS);
            request.web_seeds.extend(magnet.web_seeds);
            request.web_seeds.truncate(MAX_WEB_ADDRESSES);
            request.exact_sources.extend(magnet.exact_sources);
            request.exact_sources.truncate(MAX_WEB_ADDRESSES);
        }
        Some(Said::Torrent(_, torrent)) => request.metainfo = Some(torrent),
        None => {}
    }
    Ok(request)
}

/// What a body says.
enum Said {
    Magnet(MagnetHints),
    Torrent(InfoHash, Bytes),
}

impl Said {
    fn info_hash(&self) -> InfoHash {
        match self {
            Self::Magnet(magnet) => magnet.info_hash,
            Self::Torrent(info_hash, _) => *info_hash,
        }
    }
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
        return Ok(Some(Said::Magnet(magnet)));
    }
    if !text.starts_with(b"d") {
        return Err(ApiError::BadRequest("the body is neither a magnet link nor a .torrent file".to_owned()));
    }
    let metainfo = parse_metainfo(body).map_err(|error| ApiError::BadRequest(error.to_string()))?;
    Ok(Some(Said::Torrent(metainfo.info_hash, body.clone())))
}

fn number(name: &str, value: &str) -> Result<u32, ApiError> {
    value.parse().map_err(|_| ApiError::BadRequest(format!("{name} must be a whole number, not `{value}`")))
}

fn peer(value: &str) -> Result<SocketAddr, ApiError> {
    let address = value.parse::<SocketAddr>().ok().filter(|address| address.port() != 0);
    address.ok_or_else(|| ApiError::BadRequest(format!("`{value}` is not the address and port of a peer")))
}

fn tracker(value: &str) -> Result<Url, ApiError> {
    Url::parse(value)
        .ok()
        .filter(|url| matches!(url.scheme(), "udp" | "http" | "https") && url.has_host())
        .ok_or_else(|| ApiError::BadRequest(format!("`{value}` is not a udp, http or https tracker")))
}

fn web_address(name: &str, value: &str) -> Result<Url, ApiError> {
    parse_web_address(value)
        .ok_or_else(|| ApiError::BadRequest(format!("{name} must be an http or https address")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

    fn from_query(query: &str) -> Result<Request, ApiError> {
        super::from_query(HASH.parse().unwrap(), Some(query))
    }

    fn texts(urls: &[Url]) -> Vec<&str> {
        urls.iter().map(Url::as_str).collect()
    }

    #[test]
    fn web_seeds_and_places_of_the_torrent_are_read_from_the_query() {
        let request =
            from_query("ws=http%3A%2F%2Fa.example%2F&xs=https://b.example/t&as=http://c.example/t").unwrap();
        assert_eq!(texts(&request.web_seeds), ["http://a.example/"]);
        assert_eq!(texts(&request.exact_sources), ["https://b.example/t", "http://c.example/t"]);
    }

    #[test]
    fn addresses_that_cannot_be_asked_and_too_many_of_them_are_refused() {
        for query in ["ws=ftp://a.example/", "xs=file:///etc/passwd", "as=nonsense"] {
            assert!(matches!(from_query(query), Err(ApiError::BadRequest(_))), "{query}");
        }
        let most = vec!["ws=http://a.example/"; MAX_WEB_ADDRESSES].join("&");
        assert_eq!(from_query(&most).unwrap().web_seeds.len(), MAX_WEB_ADDRESSES);
        assert!(matches!(from_query(&format!("{most}&ws=http://b.example/")), Err(ApiError::BadRequest(_))));
    }

    #[test]
    fn a_magnet_in_the_body_adds_its_addresses_to_those_of_the_query() {
        let magnet = format!("magnet:?xt=urn:btih:{HASH}&ws=http://b.example/&xs=http://c.example/t");
        let request = from_body(None, Some("ws=http://a.example/"), &Bytes::from(magnet)).unwrap();
        assert_eq!(texts(&request.web_seeds), ["http://a.example/", "http://b.example/"]);
        assert_eq!(texts(&request.exact_sources), ["http://c.example/t"]);
    }
}
