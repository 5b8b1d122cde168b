//! The addon protocol: one handler for every resource, because the path has to be read before it is decoded.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;

use super::error::ApiError;
use super::state::App;
use super::subtitles;
use crate::addon::Answer;
use crate::stremio;
use crate::stremio::resource::{self, Addressed, PathError, Resource};

/// `GET /manifest.json`, `/{resource}/{type}/{id}[/{extra}].json`, each also behind `/{profile}`.
pub(super) async fn get(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    // Profiles arrive with the configure page; until then every profile is the default one.
    let Addressed { resource, profile: _ } = resource::parse(request.uri().path())?;
    let base = app.base(request.headers())?;
    if let Resource::Subtitles { extra, .. } = &resource {
        return Ok(cached(&subtitles::list(&app, extra, &base).await));
    }
    match app.addon.answer(&resource, &base, &app.signer, SystemTime::now()) {
        Answer::Manifest(manifest) => Ok(json(&manifest)),
        Answer::Resource(response) => Ok(cached(&response)),
        Answer::NotFound => Err(ApiError::NotFound("this addon does not know the title".to_owned())),
    }
}

impl From<PathError> for ApiError {
    fn from(error: PathError) -> Self {
        match error {
            PathError::NotFound => Self::NotFound(error.to_string()),
            PathError::BadEscape | PathError::NotUtf8 | PathError::NotANumber(_) => {
                Self::BadRequest(error.to_string())
            }
        }
    }
}

fn cached(answer: &stremio::Response) -> Response {
    ([(header::CACHE_CONTROL, answer.cache.cache_control())], json(answer)).into_response()
}

/// Old clients look for the charset too.
fn json(body: &impl Serialize) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], Json(body)).into_response()
}
