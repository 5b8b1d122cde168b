//! The asynchronous preparation routes (`async-stream-preparation`).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::error::ApiError;
use super::segments::Segments;
use super::state::App;
use super::wish::{self, LARGEST_UPLOAD};
use crate::domain::FileIndex;
use crate::links;
use crate::prepare::{Job, JobId, JobStatus};
use crate::source::{Request, Stage};

/// `POST /stream/prepare/{infoHash}`: starts or joins a preparation, and never waits for it.
pub(super) async fn post_prepare(
    State(app): State<Arc<App>>,
    Segments(info_hash): Segments<String>,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let info_hash = wish::info_hash(&info_hash)?;
    let request = wish::from_body(Some(info_hash), query.as_deref(), &received(body)?)?;
    Ok(started(&app, request).await)
}

/// `POST /stream/prepare`: the same for a client that has only a magnet link or a .torrent file.
pub(super) async fn post_prepare_upload(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let request = wish::from_body(None, query.as_deref(), &received(body)?)?;
    Ok(started(&app, request).await)
}

/// `GET /stream/status/{jobId}`.
pub(super) async fn get_status(
    State(app): State<Arc<App>>,
    Segments(job_id): Segments<String>,
) -> Result<Response, ApiError> {
    let job = find(&app, &job_id)?;
    Ok(fresh(Json(status_body(&app, &job))))
}

/// The living job of an id as text.
pub(super) fn find(app: &App, job_id: &str) -> Result<Arc<Job>, ApiError> {
    let id: JobId = job_id.parse().map_err(|()| ApiError::NoSuchJob)?;
    app.prepare.find(&id).ok_or(ApiError::NoSuchJob)
}

/// What a stream that is not ready yet is answered with: 202, or the failure.
pub(super) fn pending(job: &Job) -> Response {
    let body = match job.status() {
        JobStatus::Failed(error) => return ApiError::from(error).into_response(),
        _ => json!({
            "success": false,
            "status": word(job),
            "message": job.progress().message,
            "progress": job.progress().percent,
            "statusUrl": links::status(&job.id().to_string()),
        }),
    };
    (StatusCode::ACCEPTED, fresh(Json(body))).into_response()
}

/// The status word of a job.
pub(super) fn word(job: &Job) -> &'static str {
    match job.status() {
        JobStatus::Ready(_) => "ready",
        JobStatus::Failed(_) => "failed",
        JobStatus::Searching | JobStatus::Described(_) => match job.progress().stage {
            Stage::Preparing => "preparing",
            Stage::Connecting => "connecting",
            Stage::Downloading => "downloading",
        },
    }
}

/// The percentage of a job.
pub(super) fn percent(job: &Job) -> u8 {
    match job.status() {
        JobStatus::Ready(_) => 100,
        JobStatus::Failed(_) => 0,
        JobStatus::Searching | JobStatus::Described(_) => job.progress().percent,
    }
}

async fn started(app: &App, request: Request) -> Response {
    let job = app.start(request, None).await;
    let id = job.id().to_string();
    let (time, message) = match job.status() {
        JobStatus::Ready(_) => ("0 seconds", "Stream is ready."),
        _ => ("30-90 seconds", "Stream preparation started. Poll statusUrl for progress."),
    };
    fresh(Json(json!({
        "success": true,
        "jobId": id,
        "infoHash": job.id().info_hash,
        "fileIndex": index(&job),
        "statusUrl": links::status(&id),
        "streamUrl": links::ready(&id),
        "estimatedTime": time,
        "message": message,
    })))
}

/// The file that is really played, as soon as that is known.
fn index(job: &Job) -> FileIndex {
    match job.status() {
        JobStatus::Described(content) | JobStatus::Ready(content) if content.metainfo.is_some() => {
            content.index
        }
        _ => job.id().file,
    }
}

fn status_body(app: &App, job: &Job) -> Value {
    let id = job.id().to_string();
    let mut body = json!({
        "success": true,
        "jobId": id,
        "infoHash": job.id().info_hash,
        "fileIndex": index(job),
        "status": word(job),
        "progress": percent(job),
        "message": job.progress().message,
        "peers": app.swarm.peers(job.id().info_hash),
        "attempts": job.attempts().iter().map(|attempt| json!({
            "source": attempt.source,
            "after": u64::try_from(attempt.after.as_millis()).unwrap_or(u64::MAX),
            "milliseconds": u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
            "bytes": attempt.bytes,
            "running": attempt.running,
            "outcome": attempt.outcome,
        })).collect::<Vec<_>>(),
    });
    match job.status() {
        JobStatus::Ready(content) => {
            body["message"] = format!("Stream ready via {}", content.label).into();
            body["streamUrl"] = links::ready(&id).into();
            body["method"] = content.source.into();
            body["fileName"] = content.file.name().into();
            body["fileSize"] = content.file.length().into();
            body["verifiedBytes"] = content.file.verified_bytes().into();
            body["expiresAt"] = app.prepare.expires_at(job).into();
        }
        JobStatus::Described(content) => {
            body["fileName"] = content.file.name().into();
            body["fileSize"] = content.file.length().into();
            body["receivedBytes"] = content.file.received_bytes().into();
        }
        JobStatus::Failed(error) => {
            body["error"] = error.to_string().into();
            body["message"] = format!("Failed: {error}").into();
        }
        JobStatus::Searching => {}
    }
    body
}

fn received(body: Result<Bytes, BytesRejection>) -> Result<Bytes, ApiError> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge(LARGEST_UPLOAD),
        _ => ApiError::BadRequest(rejection.body_text()),
    })
}

/// Progress is only true now.
fn fresh(body: Json<Value>) -> Response {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], body).into_response()
}
