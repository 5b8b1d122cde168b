//! What the live proxy tells of itself.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::IntoResponse;
use serde_json::json;

use crate::http::admin;
use crate::http::error::ApiError;
use crate::http::segments::Segments;
use crate::http::state::App;
use crate::live::SessionReport;

/// `GET /proxy/status`: all sessions, also those that ended a short while ago.
pub(in crate::http) async fn get_status(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> impl IntoResponse {
    let mut status = app.live.status();
    if !admin::is_operator(&app, peer, &request) {
        status.sessions.iter_mut().for_each(hide_addresses);
    }
    Json(status)
}

/// `GET /proxy/sessions`: the sessions that are on.
pub(in crate::http) async fn get_sessions(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> impl IntoResponse {
    let mut sessions: Vec<_> = app.live.sessions().iter().map(|session| session.report()).collect();
    if !admin::is_operator(&app, peer, &request) {
        sessions.iter_mut().for_each(hide_addresses);
    }
    Json(json!({ "sessions": sessions }))
}

/// `GET /proxy/sessions/{id}`: one session, by an id of either kind.
pub(in crate::http) async fn get_session(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Segments(id): Segments<String>,
    request: Request,
) -> Result<impl IntoResponse, ApiError> {
    let unknown = || ApiError::NotFound("there is no session of this channel".to_owned());
    let mut report = id.parse().ok().and_then(|id| app.live.report(id)).ok_or_else(unknown)?;
    if !admin::is_operator(&app, peer, &request) {
        hide_addresses(&mut report);
    }
    Ok(Json(report))
}

/// Where viewers live is for the operator alone.
fn hide_addresses(report: &mut SessionReport) {
    for viewer in &mut report.viewers {
        viewer.address = None;
    }
}
