//! A live channel as HLS: playlists that players poll, and segments.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{Stream, stream};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use url::form_urlencoded;

use super::{selector, viewer};
use crate::http::error::ApiError;
use crate::http::segments::Segments;
use crate::http::state::App;
use crate::http::wish;
use crate::live::hls::{NotReady, PlaylistAsk, Rendition, SegmentBody, SegmentReader, Shelf};
use crate::live::{Hold, LiveError, Means, Selector};
use crate::play::{Outcome, Representation};

/// The type of a playlist (RFC 8216, section 4).
const PLAYLIST: HeaderValue = HeaderValue::from_static("application/vnd.apple.mpegurl");

/// A playlist is another one each time.
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");

/// The bytes of a segment never change: a channel that starts anew gives its segments other names. An hour is more than
/// any window.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=3600, immutable");

/// How long a playlist may wait for the first segments. Players give a playlist ten to twenty seconds, and two short
/// segments of a channel take five.
const PATIENCE: Duration = Duration::from_secs(20);

/// Names a viewer in the addresses that its playlists hold, so that two behind one address count as two.
const VIEWER: &str = "viewer";

/// `GET|HEAD /ace/manifest.m3u8?id=`. A HEAD asks no engine for anything.
pub(super) async fn manifest(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Parts,
) -> Result<Response, ApiError> {
    let selector = selector(&request)?;
    if request.method == Method::HEAD {
        return Ok(playlist(unknown()));
    }
    let hold = app.live.open(&selector, viewer(peer, &request, Means::Hls)).await?;
    let session = Arc::clone(hold.session());
    let name = new_name()?;
    session.shelf().poll(name, || Some(hold));
    let base = format!("hls/{}/", session.stream_id());
    let text = session.shelf().master(&base, &query(name), PATIENCE).await?;
    Ok(playlist(text.into()))
}

/// `GET|HEAD /ace/hls/{channel}/{file}`: a playlist or a segment.
pub(super) async fn file(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Segments((channel, file)): Segments<(String, String)>,
    request: Parts,
) -> Result<Response, ApiError> {
    let selector = Selector::Either(wish::info_hash(&channel)?);
    let name = name(peer, &request);
    match Rendition::of_playlist(&file) {
        Some(_) if request.method == Method::HEAD => Ok(playlist(unknown())),
        Some(rendition) => {
            let shelf = poll(&app, &selector, name, (peer, &request)).await?;
            let query = query(name);
            let ask = PlaylistAsk { rendition, query: &query, patience: PATIENCE };
            Ok(playlist(shelf.playlist(ask).await?.into()))
        }
        None => segment(&app, &selector, &file, (name, &request)).await,
    }
}

/// The shelf of a channel, with whoever asks as one of its viewers. Who has watched until it ended learns of the end; a
/// player that was away for longer starts the channel anew.
async fn poll(
    app: &App,
    selector: &Selector,
    name: u64,
    (peer, request): (SocketAddr, &Parts),
) -> Result<Arc<Shelf>, ApiError> {
    let facts = viewer(peer, request, Means::Hls);
    if let Some(session) = app.live.session(selector)
        && session.shelf().poll(name, || session.hold(facts.clone())).is_some()
    {
        return Ok(Arc::clone(session.shelf()));
    }
    let ended = app.live.shelves().ended().into_iter();
    if let Some(shelf) = ended.rev().find(|shelf| shelf.poll(name, || None).is_some()) {
        return Ok(shelf);
    }
    let hold = app.live.open(selector, facts).await?;
    let shelf = Arc::clone(hold.session().shelf());
    shelf.poll(name, || Some(hold));
    Ok(shelf)
}

async fn segment(
    app: &App,
    selector: &Selector,
    file: &str,
    (name, request): (u64, &Parts),
) -> Result<Response, ApiError> {
    let (shelf, found) = find(app, selector, file).await?;
    let (length, guest) = (found.length(), shelf.guest(name));
    let representation = Representation::new(file, length, file);
    let outcome = Outcome::decide(&request.method, &request.headers, &representation);
    let (status, run) = match outcome {
        Outcome::Partial(run) => (StatusCode::PARTIAL_CONTENT, run),
        // No player asks for several runs of a segment, and a server may send the whole instead.
        Outcome::Full | Outcome::Multipart(_) => (StatusCode::OK, 0..length),
        Outcome::NotModified => (StatusCode::NOT_MODIFIED, 0..0),
        Outcome::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, 0..0),
        Outcome::Unsatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, 0..0),
    };
    let range = match status {
        StatusCode::PARTIAL_CONTENT => Some(format!("bytes {}-{}/{length}", run.start, run.end - 1)),
        StatusCode::RANGE_NOT_SATISFIABLE => Some(format!("bytes */{length}")),
        _ => None,
    };
    let sends = status.is_success() && request.method != Method::HEAD;
    let size = run.end - run.start;
    let behind = found.behind();
    let body = if sends { Body::from_stream(bytes(found.reader(run), guest, behind)) } else { Body::empty() };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let set: [(HeaderName, HeaderValue); 3] = [
        (header::CACHE_CONTROL, KEPT),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::ETAG, representation.etag),
    ];
    headers.extend(set);
    if status.is_success() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(representation.media_type));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    }
    if let Some(range) = range {
        let range = HeaderValue::try_from(range).expect("digits are legal in a header");
        headers.insert(header::CONTENT_RANGE, range);
    }
    Ok(response)
}

/// A segment, and the shelf on which it lies. No two shelves have segments of one name.
async fn find(app: &App, selector: &Selector, file: &str) -> Result<(Arc<Shelf>, SegmentBody), NotReady> {
    let running = app.live.session(selector).map(|session| Arc::clone(session.shelf()));
    for shelf in running.into_iter().chain(app.live.shelves().ended()) {
        match shelf.segment(file).await {
            Err(NotReady::NoSegment) => {}
            found => return found.map(|found| (shelf, found)),
        }
    }
    Err(NotReady::NoSegment)
}

/// The bytes of a segment, counted for whoever takes them.
fn bytes(
    reader: SegmentReader,
    guest: Option<Arc<Hold>>,
    behind: Duration,
) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold((reader, guest), move |(mut reader, guest)| async move {
        let next = reader.next().await.transpose()?;
        if let (Ok(bytes), Some(guest)) = (&next, &guest) {
            guest.handed(bytes.len(), behind);
        }
        Some((next, (reader, guest)))
    })
}

fn playlist(body: Body) -> Response {
    ([(header::CONTENT_TYPE, PLAYLIST), (header::CACHE_CONTROL, NOT_KEPT)], body).into_response()
}

/// What stands for a playlist where only its headers are wanted: its length is not known before it is written, and an
/// empty one would be said to have none.
fn unknown() -> Body {
    Body::from_stream(stream::empty::<io::Result<Bytes>>())
}

fn query(name: u64) -> String {
    format!("?{VIEWER}={name:016x}")
}

fn new_name() -> Result<u64, ApiError> {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| ApiError::Internal("the system has no random numbers".to_owned()))?;
    Ok(u64::from_ne_bytes(bytes))
}

/// Who polls: the name in the query, else one made of what is known of the player.
fn name(peer: SocketAddr, request: &Parts) -> u64 {
    let query = request.uri.query().unwrap_or_default();
    let given = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == VIEWER);
    given.and_then(|(_, value)| u64::from_str_radix(&value, 16).ok()).unwrap_or_else(|| {
        let mut hasher = DefaultHasher::new();
        (peer.ip(), request.headers.get(header::USER_AGENT).map(HeaderValue::as_bytes)).hash(&mut hasher);
        hasher.finish()
    })
}

impl From<NotReady> for ApiError {
    fn from(why: NotReady) -> Self {
        match why {
            NotReady::TooSoon => Self::Live(LiveError::Empty(PATIENCE)),
            NotReady::Ended(why) => Self::Live(LiveError::StartFailed(why)),
            NotReady::NoSegment | NotReady::NoSound => Self::NotFound(why.to_string()),
        }
    }
}
