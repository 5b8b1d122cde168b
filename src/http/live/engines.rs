//! The AceStream engines: everybody may see them, the operator adds and removes them.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::config::{EngineAddress, EngineSettings};
use crate::http::error::ApiError;
use crate::http::segments::Segments;
use crate::http::state::App;

/// An engine as a request describes it: as the setting does, or part by part.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, untagged)]
enum Described {
    Text {
        url: String,
    },
    Parts {
        host: String,
        port: u16,
        #[serde(default)]
        forwarded: bool,
        vpn: Option<String>,
        name: Option<String>,
    },
}

/// `GET /engines`.
pub(super) async fn get(State(app): State<Arc<App>>) -> impl IntoResponse {
    Json(json!({ "engines": app.live.pool().list() }))
}

/// `POST /engines`: adds one, until the server stops.
pub(super) async fn post(State(app): State<Arc<App>>, body: Bytes) -> Result<impl IntoResponse, ApiError> {
    let wrong = |error: serde_json::Error| ApiError::BadRequest(format!("the body is no engine: {error}"));
    let engine = match serde_json::from_slice(&body).map_err(wrong)? {
        Described::Text { url } => read(&url)?,
        Described::Parts { host, port, forwarded, vpn, name } => {
            let address = read(&EngineAddress { host, port }.to_string())?.address;
            EngineSettings { address, forwarded, vpn, name }
        }
    };
    let address = engine.address.to_string();
    app.live.pool().add(engine).map_err(|error| ApiError::Conflict(error.to_string()))?;
    Ok((StatusCode::CREATED, Json(json!({ "success": true, "engine": address }))))
}

/// `DELETE /engines/{engine}`: takes one away. Channels there go on with another engine.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Segments(engine): Segments<String>,
) -> Result<impl IntoResponse, ApiError> {
    let address = read(&engine)?.address;
    app.live.pool().remove(&address).await.map_err(|error| ApiError::NotFound(error.to_string()))?;
    Ok(Json(json!({ "success": true, "engine": address.to_string() })))
}

/// `POST /engines/{engine}/drain`: lets one finish what it does, and gives it nothing new.
pub(super) async fn drain(
    State(app): State<Arc<App>>,
    Segments(engine): Segments<String>,
) -> Result<impl IntoResponse, ApiError> {
    let address = read(&engine)?.address;
    app.live.pool().drain(&address).map_err(|error| ApiError::NotFound(error.to_string()))?;
    Ok(Json(json!({ "success": true, "engine": address.to_string() })))
}

fn read(text: &str) -> Result<EngineSettings, ApiError> {
    text.parse().map_err(|error: crate::config::InvalidEngine| ApiError::BadRequest(error.to_string()))
}
