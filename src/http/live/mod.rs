//! The routes of live channels.

mod channels;
mod engines;
mod hls;
mod preflight;
mod status;
mod stream;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};
use http::header;
use http::request::Parts;
use url::form_urlencoded;

use super::error::ApiError;
use super::state::App;
use super::{admin, play};
use crate::links::route;
use crate::live::{Means, Selector, ViewerFacts};

/// What viewers ask for, and what is told of it.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(route::ACE_STREAM, get(stream::get).options(play::preflight))
        .route(route::ACE_MANIFEST, get(hls::manifest).options(play::preflight))
        .route(route::ACE_HLS, get(hls::file).options(play::preflight))
        .route(route::ACE_PREFLIGHT, get(preflight::get))
        .route(route::PROXY_STATUS, get(status::get_status))
        .route(route::PROXY_SESSIONS, get(status::get_sessions))
        .route(route::PROXY_SESSION, get(status::get_session))
        .route(route::ENGINES, get(engines::get))
        .route(route::CHANNELS, get(channels::get))
}

/// What only the operator may do.
pub(super) fn operator(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route(route::ENGINES, post(engines::post))
        .route(route::ENGINE, delete(engines::delete))
        .route(route::ENGINE_DRAIN, post(engines::drain))
        .route_layer(from_fn_with_state(Arc::clone(app), admin::guard))
}

/// The channel that a query names.
fn selector(request: &Parts) -> Result<Selector, ApiError> {
    let query = request.uri.query().unwrap_or_default();
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let pairs = pairs.iter().map(|(name, value)| (&**name, &**value));
    Selector::read(pairs).map_err(|error| ApiError::BadRequest(error.to_string()))
}

/// Who asks, for reports.
fn viewer(peer: SocketAddr, request: &Parts, means: Means) -> ViewerFacts {
    let name = request.headers.get(header::USER_AGENT).and_then(|name| name.to_str().ok());
    let user_agent = name.unwrap_or_default().to_owned();
    ViewerFacts { address: Some(peer.ip().to_canonical()), user_agent, means }
}
