//! Whether a live channel can be had.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use http::request::Parts;
use serde_json::json;

use super::selector;
use crate::http::error::ApiError;
use crate::http::state::App;

/// `GET /ace/preflight?id=`: a channel that is on answers for itself; another one is started, and let go again
/// unless somebody watches it soon.
pub(super) async fn get(State(app): State<Arc<App>>, request: Parts) -> Result<impl IntoResponse, ApiError> {
    let selector = selector(&request)?;
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
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)))
}
