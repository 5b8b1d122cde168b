//! The addon protocol: one handler for every resource, because the path has to be read before it is decoded.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};

use super::error::ApiError;
use super::state::App;
use super::subtitles;
use crate::access::terms;
use crate::addon::{Asked, StreamLists};
use crate::links::PublicUrl;
use crate::live::channels::television::{self, TV};
use crate::profile::ProfileRef;
use crate::stremio::hops::VIA;
use crate::stremio::resource::{self, Addressed, PathError, Resource};
use crate::stremio::{self, Hops, Rendered};

/// Old clients look for the charset too.
const JSON: &str = "application/json; charset=utf-8";

/// `GET /manifest.json`, `/{resource}/{type}/{id}[/{extra}].json`, each also behind `/{profile}`.
pub(super) async fn get(State(app): State<Arc<App>>, request: Request) -> Result<Response, ApiError> {
    let Addressed { resource, profile } = resource::parse(request.uri().path())?;
    let profile = match &profile {
        Some(text) => Some(app.access.load(text).await),
        None => None,
    };
    let base = app.base(request.headers())?;
    match resource {
        Resource::Manifest => {
            let profile = profile.transpose()?;
            let profile = profile.as_deref().map(|it| &*it.profile);
            let json = app.manifests.of(&app.addon, &app.channels.lineup(), &base, profile);
            Ok(([(header::CONTENT_TYPE, JSON)], json).into_response())
        }
        Resource::Catalog { kind, id, extra } if kind == TV => {
            Ok(cached(&television::catalog(&app.channels.lineup(), &id, &extra)))
        }
        Resource::Catalog { kind, id, extra } => Ok(cached(&app.addon.catalog(&kind, &id, &extra))),
        Resource::Meta { kind, id } => match meta(&app, &kind, &id) {
            Some(meta) => Ok(cached(&meta)),
            // Clients show an error for it, and this is the only question where that is right.
            None => Err(ApiError::NotFound("this addon does not know the title".to_owned())),
        },
        Resource::Stream { kind, id } => match profile.transpose() {
            Ok(_) if kind == TV => Ok(cached(&television::streams(&app.channels.lineup(), &id, &base))),
            Ok(profile) => Ok(sent(streams(&app, request.headers(), &base, (&kind, &id), profile).await)),
            Err(error) => {
                tracing::info!(%error, "streams were asked for with a profile that cannot be used");
                Ok(cached(&StreamLists::none()))
            }
        },
        Resource::Subtitles { extra, .. } => {
            let profile = profile.transpose().ok().flatten();
            let play_as = profile.as_ref().and_then(|profile| profile.play_as());
            Ok(cached(&subtitles::list(&app, &extra, &base, play_as).await))
        }
    }
}

fn meta(app: &App, kind: &str, id: &str) -> Option<stremio::Response> {
    if kind == TV { television::meta(&app.channels.lineup(), id) } else { app.addon.meta(kind, id) }
}

async fn streams(
    app: &App,
    headers: &HeaderMap,
    base: &PublicUrl,
    (kind, id): (&str, &str),
    profile: Option<Arc<ProfileRef>>,
) -> Rendered {
    let Ok(id) = id.parse();
    let terms = profile.as_ref().map(|profile| terms(&profile.profile)).unwrap_or_default();
    let hops = Hops::read(headers.get_all(VIA).iter().filter_map(|value| value.to_str().ok()));
    let asked = Asked {
        kind,
        id: &id,
        base,
        profile: profile.as_deref(),
        terms: &terms,
        hops: &hops,
        now: SystemTime::now(),
    };
    app.streams.list(&asked).await
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
    sent(answer.render())
}

fn sent(answer: Rendered) -> Response {
    let headers =
        [(header::CACHE_CONTROL, answer.cache.cache_control()), (header::CONTENT_TYPE, JSON.to_owned())];
    (headers, answer.json).into_response()
}
