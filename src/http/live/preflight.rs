//! Whether a live channel can be had.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderName, Method, header};
use serde_json::json;

use super::selector;
use crate::http::error::ApiError;
use crate::http::state::App;

/// The next answer may be another.
const NOT_KEPT: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// `GET|HEAD /ace/preflight?id=`: a channel that is on answers for itself; another one is started, and let go again
/// unless somebody watches it soon. A HEAD asks no engine for anything, as its answer would not be seen.
pub(super) async fn get(State(app): State<Arc<App>>, request: Parts) -> Result<Response, ApiError> {
    let selector = selector(&request)?;
    if request.method == Method::HEAD {
        return Ok((NOT_KEPT, [(header::CONTENT_TYPE, "application/json")]).into_response());
    }
    let body = match app.live.check(&selector).await {
        Ok(session) => {
            let report = session.report();
            json!({
                "ok": true,
                "infohash": session.info().and_then(|info| info.infohash),
                "is_live": report.is_live,
                "engine": report.container_id,
                "swarm": report.swarm,
                "client_count": report.client_count,
                "reason": null,
            })
        }
        Err(error) => json!({
            "ok": false,
            "infohash": app.live.known(&selector),
            "is_live": null,
            "engine": null,
            "swarm": null,
            "client_count": 0,
            "reason": error.to_string(),
        }),
    };
    Ok((NOT_KEPT, Json(body)).into_response())
}
