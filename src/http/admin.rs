//! What only the operator may do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Version, header};
use secrecy::ExposeSecret;
use serde_json::json;

use super::error::ApiError;
use super::prepare::{percent, word};
use super::segments::Segments;
use super::state::App;
use crate::prepare::{Job, JobId};

/// Headers that a proxy adds. Behind a proxy on this machine every viewer comes from loopback, so a request
/// that carries one of them is not taken for the operator's.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "cf-connecting-ip"];

/// How long sources may take to let go of what nobody watches, before a clean-up answers without it.
const LETTING_GO: Duration = Duration::from_secs(3);

/// Lets the operator through: the Bearer token if one is set, else a direct request from this machine that no
/// web page sent. A proxy on this machine may hide all of its traces; that it is there is known from the public
/// URL, or from HTTP/1.0, which proxies speak by default and people do not.
pub(super) async fn guard(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if is_operator(&app, peer, &request) { Ok(next.run(request).await) } else { Err(refusal(&app)) }
}

/// Whether [`guard`] lets a request through.
pub(super) fn is_operator(app: &App, peer: SocketAddr, request: &Request) -> bool {
    match &app.admin_token {
        Some(token) => bearer(request.headers()).is_some_and(|given| {
            verify_slices_are_equal(given.as_bytes(), token.expose_secret().as_bytes()).is_ok()
        }),
        None => {
            let modern = request.version() != Version::HTTP_10;
            let alone = app.public_url.is_none() && peer.ip().to_canonical().is_loopback();
            alone && modern && is_direct(request.headers())
        }
    }
}

/// `GET /api/admin/status`: what an operator looks at first, and what a leak would show in.
pub(super) async fn get_status(State(app): State<Arc<App>>) -> Result<impl IntoResponse, ApiError> {
    let cache = app.cache.clone();
    let usage = tokio::task::spawn_blocking(move || cache.usage())
        .await
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let jobs = app.prepare.jobs();
    Ok(Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "tasks": tokio::runtime::Handle::current().metrics().num_alive_tasks(),
        "jobs": jobs.len(),
        "viewers": jobs.iter().map(|job| job.viewers()).sum::<usize>(),
        "cache": usage,
        "services": app.debrid.health(),
        "indexers": app.discovery.health(),
    })))
}

/// `GET /api/admin/jobs`.
pub(super) async fn get_jobs(State(app): State<Arc<App>>) -> impl IntoResponse {
    let jobs = app.prepare.jobs();
    let rows: Vec<_> = jobs.iter().map(|job| job_row(&app, job)).collect();
    Json(json!({ "activeJobs": rows.len(), "jobs": rows }))
}

/// `DELETE /api/admin/jobs/{jobId}`: cancels a preparation.
pub(super) async fn delete_job(
    State(app): State<Arc<App>>,
    Segments(job_id): Segments<String>,
) -> Result<impl IntoResponse, ApiError> {
    let id: JobId = job_id.parse().map_err(|()| ApiError::NoSuchJob)?;
    if app.prepare.cancel(&id) { Ok(Json(json!({ "success": true }))) } else { Err(ApiError::NoSuchJob) }
}

/// `POST /admin/cleanup`: deletes every content that nobody watches.
pub(super) async fn post_cleanup(State(app): State<Arc<App>>) -> Result<impl IntoResponse, ApiError> {
    app.prepare.release_unwatched();
    let deadline = Instant::now() + LETTING_GO;
    let mut freed = 0;
    loop {
        let cache = app.cache.clone();
        let (more, usage) = tokio::task::spawn_blocking(move || (cache.clean(true), cache.usage()))
            .await
            .map_err(|error| ApiError::Internal(error.to_string()))?;
        freed += more;
        // What is left is watched, or its source has not let go of it yet.
        if usage.contents <= app.prepare.jobs().len() || Instant::now() >= deadline {
            let (contents, bytes) = (usage.contents, usage.bytes);
            let body = json!({ "success": true, "freedBytes": freed, "contents": contents, "bytes": bytes });
            return Ok(Json(body));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn job_row(app: &App, job: &Job) -> serde_json::Value {
    json!({
        "jobId": job.id().to_string(),
        "status": word(job),
        "progress": percent(job),
        "startedAt": job.id().started_at,
        "infoHash": job.id().info_hash,
        "viewers": job.viewers(),
        "message": job.progress().message,
        "peers": app.swarm.peers(job.id().info_hash),
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Neither proxied nor sent by a page: a page that rebinds its name to loopback still sends its own `Host`.
fn is_direct(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name =
        host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    let local = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    local
        && !headers.contains_key(header::ORIGIN)
        && FORWARDED.iter().all(|name| !headers.contains_key(*name))
}

fn refusal(app: &App) -> ApiError {
    if app.admin_token.is_some() {
        return ApiError::Unauthorized;
    }
    let how = "Without HEADWATER_ADMIN_TOKEN, admin routes answer on loopback only and not behind a proxy";
    ApiError::Forbidden(how.to_owned())
}
