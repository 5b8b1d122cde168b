//! Starting a channel on an engine.

use std::time::Duration;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use reqwest::{Client, Response, StatusCode, header};
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use super::ask::{MOST_ANSWER, text};
use super::error::StartError;
use super::reply::{Refusal, Reply, at};
use crate::config::EngineAddress;
use crate::domain::InfoHash;
use crate::live::Selector;

/// How long an answer is waited for after the caller has given up, only to stop what it brings.
const LATE: Duration = Duration::from_secs(75);

/// The first byte of every packet of a transport stream (ISO/IEC 13818-1).
const SYNC: u8 = 0x47;

/// The two kinds of ids, as parameters of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdKind {
    Content,
    InfoHash,
}

/// What a start has brought.
#[derive(Debug)]
pub(super) enum Started {
    /// The answer that was asked for.
    Told(Reply),
    /// An engine that gives no JSON sends its reader elsewhere.
    Sent { playback: Url, infohash: Option<InfoHash> },
    /// An engine that gives no JSON sends the video at once; the first bytes may have been read already.
    Playing { first: Bytes, response: Response },
}

/// The ways in which a channel may be asked for, the likeliest first.
pub(super) fn kinds(selector: &Selector, learned: Option<IdKind>) -> Vec<IdKind> {
    match (selector, learned) {
        (Selector::Content(_), _) => vec![IdKind::Content],
        (Selector::InfoHash(_), _) => vec![IdKind::InfoHash],
        (Selector::Either(_), Some(IdKind::InfoHash)) => vec![IdKind::InfoHash, IdKind::Content],
        (Selector::Either(_), _) => vec![IdKind::Content, IdKind::InfoHash],
    }
}

/// Asks an engine to start a channel, by one kind of id after the other while `is_wanted` holds. An engine that gives
/// no JSON is asked without.
pub(super) async fn start(
    client: &Client,
    engine: &EngineAddress,
    id: InfoHash,
    kinds: &[IdKind],
    is_wanted: impl Fn() -> bool,
) -> Result<(Started, IdKind), StartError> {
    let mut refused = String::new();
    for kind in kinds {
        let mut outcome = once(client, address(engine, id, *kind, true), engine).await;
        if matches!(outcome, Err(Refusal::Json(_))) && is_wanted() {
            outcome = once(client, address(engine, id, *kind, false), engine).await;
        }
        match outcome {
            Ok(started) => return Ok((started, *kind)),
            Err(Refusal::Error(error)) => return Err(error),
            Err(Refusal::Content(text) | Refusal::Json(text)) => refused = text,
        }
        if !is_wanted() {
            break;
        }
    }
    Err(StartError::Refused { text: refused })
}

/// The address of a start. Each has a player id of its own: engines end what the same player had, and players that
/// chose their own would end each other's.
fn address(engine: &EngineAddress, id: InfoHash, kind: IdKind, wants_json: bool) -> Url {
    let mut pid = [0; 16];
    // Without randomness there is no server; an id of zeros still starts one channel.
    let _ = aws_lc_rs::rand::fill(&mut pid);
    let mut url = engine.url();
    url.set_path("ace/getstream");
    let name = match kind {
        IdKind::Content => "content_id",
        IdKind::InfoHash => "infohash",
    };
    url.query_pairs_mut().append_pair(name, &id.to_string()).append_pair("pid", &HEXLOWER.encode(&pid));
    if wants_json {
        url.query_pairs_mut().append_pair("format", "json");
    }
    url
}

async fn once(client: &Client, url: Url, engine: &EngineAddress) -> Result<Started, Refusal> {
    let answer = async {
        let response = client.get(url).send().await.map_err(|_| Refusal::Error(StartError::Unreachable))?;
        judge(response, engine).await
    };
    timeout(LATE, answer).await.unwrap_or(Err(Refusal::Error(StartError::Hang)))
}

async fn judge(mut response: Response, engine: &EngineAddress) -> Result<Started, Refusal> {
    match response.status() {
        StatusCode::OK => {}
        status if status.is_redirection() => {
            let place = response.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
            let playback = place.and_then(|place| at(engine, place));
            let playback = playback.ok_or(Refusal::Error(StartError::Malformed))?;
            return Ok(Started::Sent { infohash: named_in(&playback), playback });
        }
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            return Err(Refusal::Error(StartError::Overloaded));
        }
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            return Err(Refusal::Error(StartError::Unreachable));
        }
        status if status.is_server_error() => return Err(Refusal::Content(text(response).await)),
        _ => return Err(Refusal::Json(text(response).await)),
    }
    if is_video(&response) {
        return Ok(Started::Playing { first: Bytes::new(), response });
    }
    let mut body: Vec<u8> = Vec::new();
    let broken = |_| Refusal::Error(StartError::Unreachable);
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        // Some send video without a word about what it is.
        if body.is_empty() && piece.first() == Some(&SYNC) {
            return Ok(Started::Playing { first: piece, response });
        }
        body.extend_from_slice(&piece);
        if body.len() > MOST_ANSWER {
            return Err(Refusal::Error(StartError::Malformed));
        }
    }
    let answer: Value = serde_json::from_slice(&body).map_err(|_| Refusal::Error(StartError::Malformed))?;
    Reply::read(&answer, engine).map(Started::Told)
}

/// Whether the head of a response says that video follows.
pub(super) fn is_video(response: &Response) -> bool {
    let kind =
        response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("video/") || kind.starts_with("audio/") || kind.starts_with("application/octet-stream")
}

/// The info-hash in an address such as `/ace/r/<infohash>/<token>`.
fn named_in(url: &Url) -> Option<InfoHash> {
    let mut parts = url.path_segments()?;
    parts.find(|part| part.len() == 40).and_then(|part| part.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209";

    #[test]
    fn every_start_is_another_player() {
        let engine = EngineAddress { host: "ace".to_owned(), port: 6878 };
        let make = || address(&engine, ID.parse().unwrap(), IdKind::Content, true).to_string();
        let (one, other) = (make(), make());
        assert_ne!(one, other);
        assert!(one.starts_with(&format!("http://ace:6878/ace/getstream?content_id={ID}&pid=")), "{one}");
        assert!(one.ends_with("&format=json"), "{one}");
    }

    #[test]
    fn an_id_of_unknown_kind_is_tried_as_both_and_first_as_what_it_was_before() {
        let id = ID.parse().unwrap();
        let either = Selector::Either(id);
        assert_eq!(kinds(&either, None), [IdKind::Content, IdKind::InfoHash]);
        assert_eq!(kinds(&either, Some(IdKind::InfoHash)), [IdKind::InfoHash, IdKind::Content]);
        assert_eq!(kinds(&Selector::InfoHash(id), Some(IdKind::Content)), [IdKind::InfoHash]);
        assert_eq!(kinds(&Selector::Content(id), None), [IdKind::Content]);
    }

    #[test]
    fn redirects_name_the_content() {
        let named = |text: &str| named_in(&text.parse().unwrap()).map(|hash| hash.to_string());
        assert_eq!(named(&format!("http://e/ace/r/{ID}/00aa")).as_deref(), Some(ID));
        assert_eq!(named("http://e/ace/r/short/00aa"), None);
    }
}
