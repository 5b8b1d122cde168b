//! A live channel as one transport stream that never ends.

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
use http::{HeaderValue, Method, header};
use url::form_urlencoded;

use super::{selector, viewer};
use crate::http::error::ApiError;
use crate::http::state::App;
use crate::live::hls::Delayed;
use crate::live::{Ended, Means, Watching};

/// The type of a transport stream (RFC 3555, 4.2.9).
const TYPE: HeaderValue = HeaderValue::from_static("video/mp2t");

/// `GET|HEAD /ace/getstream?id=`. A HEAD asks no engine for anything: players send one before the GET.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Parts,
) -> Result<Response, ApiError> {
    let selector = selector(&request)?;
    if request.method == Method::HEAD {
        // A body of unknown size, because the length that a HEAD tells would be that of the stream.
        return Ok(media(Body::from_stream(stream::empty::<io::Result<Bytes>>())));
    }
    let facts = viewer(peer, &request, Means::Ts);
    let seat = match delay(&request)? {
        Some(delay) => Seat::Behind(app.live.watch_delayed(&selector, facts, delay).await?),
        None => Seat::Now(app.live.watch(&selector, facts).await?),
    };
    Ok(media(Body::from_stream(bytes(seat))))
}

/// How many seconds behind a viewer wants to be; `seekback` is what another proxy calls it.
fn delay(request: &Parts) -> Result<Option<Duration>, ApiError> {
    let query = request.uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let Some((name, value)) = pairs.find(|(name, _)| name == "delay" || name == "seekback") else {
        return Ok(None);
    };
    let seconds: u32 =
        value.parse().map_err(|_| ApiError::BadRequest(format!("`{name}` is a number of seconds")))?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds.into())))
}

/// A viewer at its place: at the newest bytes, or some time behind them.
enum Seat {
    Now(Watching),
    Behind(Delayed),
}

impl Seat {
    async fn next(&mut self) -> Option<Bytes> {
        match self {
            Self::Now(watching) => watching.next().await,
            Self::Behind(delayed) => delayed.next().await,
        }
    }

    fn ended(&self) -> Option<Ended> {
        match self {
            Self::Now(watching) => watching.ended().cloned(),
            Self::Behind(delayed) => delayed.ended(),
        }
    }
}

/// What a viewer gets until the session ends. One that failed is cut off, so that players see it as such.
fn bytes(seat: Seat) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(Some(seat), |seat| async {
        let mut seat = seat?;
        match (seat.next().await, seat.ended()) {
            (Some(bytes), _) => Some((Ok(bytes), Some(seat))),
            (None, Some(Ended::Failed(why))) => Some((Err(io::Error::other(why.to_string())), None)),
            (None, _) => None,
        }
    })
}

fn media(body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, TYPE);
    // There is no place to go to, and nothing to keep.
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("none"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
