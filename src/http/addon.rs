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
use crate::addon::Asked;
use crate::source::Terms;
use crate::stremio::hops::VIA;
use crate::stremio::resource::{self, Addressed, PathError, Resource};
use crate::stremio::{self, Hops};

/// `GET /manifest.json`, `/{resource}/{type}/{id}[/{extra}].json`, each also behind `/{profile}`.
pub(super) async fn get(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    // Profiles arrive with the configure page; until then every profile is the default one.
    let Addressed { resource, profile: _ } = resource::parse(request.uri().path())?;
    let base = app.base(request.headers())?;
    match resource {
        Resource::Manifest => Ok(json(&app.addon.manifest(&base))),
        Resource::Catalog { kind, id, extra } => Ok(cached(&app.addon.catalog(&kind, &id, &extra))),
        Resource::Meta { kind, id } => match app.addon.meta(&kind, &id) {
            Some(meta) => Ok(cached(&meta)),
            // The only answer that is ever "not found": for everything else clients would show an error.
            None => Err(ApiError::NotFound("this addon does not know the title".to_owned())),
        },
        Resource::Stream { kind, id } => {
            let Ok(id) = id.parse();
            let via = request.headers().get_all(VIA);
            let asked = Asked {
                kind: &kind,
                id: &id,
                base: &base,
                profile: None,
                terms: &Terms::default(),
                hops: &Hops::read(via.iter().filter_map(|value| value.to_str().ok())),
                now: SystemTime::now(),
            };
            Ok(cached(&*app.streams.list(&asked).await))
        }
        Resource::Subtitles { extra, .. } => Ok(cached(&subtitles::list(&app, &extra, &base).await)),
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
