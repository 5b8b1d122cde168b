//! A live channel as one transport stream that never ends.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{Stream, stream};
use http::request::Parts;
use http::{HeaderValue, Method, header};

use super::{selector, viewer};
use crate::http::error::ApiError;
use crate::http::state::App;
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
        return Ok(media(Body::empty()));
    }
    let watching = app.live.watch(&selector, viewer(peer, &request, Means::Ts)).await?;
    Ok(media(Body::from_stream(bytes(watching))))
}

/// What a viewer gets until the session ends. One that failed is cut off, so that players see it as such.
fn bytes(watching: Watching) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(Some(watching), |watching| async {
        let mut watching = watching?;
        match (watching.next().await, watching.ended()) {
            (Some(bytes), _) => Some((Ok(bytes), Some(watching))),
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
