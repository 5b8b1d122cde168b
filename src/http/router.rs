//! The table of all routes.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use http::{HeaderValue, StatusCode, header};
use tower::limit::ConcurrencyLimitLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use super::error::ApiError;
use super::state::App;
use super::{
    addon, admin, configure, library, live, metrics, pages, play, prepare, subtitles, viewport, wish,
};
use crate::links::route;

/// How long a magnet or .torrent may take to arrive.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Uploads that are read at the same time; each is held in memory, up to 10 MiB.
const MOST_UPLOADS: usize = 64;

/// Every route of the server.
///
/// Nothing here times out, compresses or collects a body: media routes must flow for as long as a film lasts.
pub fn router(app: Arc<App>) -> Router {
    let public = route::ADDON.iter().fold(Router::new(), |router, path| router.route(path, get(addon::get)));
    public
        .route(route::HOME, get(pages::get_home))
        .route(route::LOGO, get(pages::get_logo))
        .route(route::BACKGROUND, get(pages::get_background))
        .route(route::HEALTH, get(pages::get_health))
        .route(route::PLAY, media(get(play::play)))
        .route(route::PLAY_AS, media(get(play::play_as)))
        .route(route::PROXY, media(get(play::proxy)))
        .route(route::READY, media(get(play::ready)))
        .route(route::STATUS, get(prepare::get_status))
        .route(route::CAPTIONS, get(subtitles::get))
        .route(route::CAPTIONS_AS, get(subtitles::get_as))
        .route(route::MOVIE, get(library::get_movie))
        .route(route::SOURCE, media(get(library::get_stream)))
        .route(route::METRICS, get(metrics::get))
        .merge(live::routes())
        .merge(uploads())
        .merge(screens())
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .fallback(async || ApiError::NotFound("there is nothing at this address".to_owned()))
        .layer(CatchPanicLayer::custom(answer_panic))
        // Stremio and players in a browser come from other origins, and read errors too.
        .layer(from_fn(allow_every_origin))
        // The configure page and the operator's routes are not for other origins, so they stand outside that layer.
        .merge(configure::routes().layer(CatchPanicLayer::custom(answer_panic)))
        .merge(operator(&app).merge(live::operator(&app)).layer(CatchPanicLayer::custom(answer_panic)))
        .with_state(app)
}

fn uploads() -> Router<Arc<App>> {
    Router::new()
        .route(route::PREPARE, post(prepare::post_prepare).options(play::preflight))
        .route(route::PREPARE_UPLOAD, post(prepare::post_prepare_upload).options(play::preflight))
        .layer(DefaultBodyLimit::max(wish::LARGEST_UPLOAD))
        // These answers never wait for a preparation, so only a client that dawdles meets the limit.
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, UPLOAD_TIMEOUT))
        .layer(ConcurrencyLimitLayer::new(MOST_UPLOADS))
}

/// What an app tells of its screen. A page of another origin asks first whether it may.
fn screens() -> Router<Arc<App>> {
    Router::new()
        .route(route::VIEWPORT, post(viewport::post).options(play::preflight))
        .layer(DefaultBodyLimit::max(viewport::LARGEST))
}

fn operator(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route(route::ADMIN_STATUS, get(admin::get_status))
        .route(route::ADMIN_JOBS, get(admin::get_jobs))
        .route(route::ADMIN_JOB, delete(admin::delete_job))
        .route(route::ADMIN_CLEANUP, post(admin::post_cleanup))
        .route_layer(from_fn_with_state(Arc::clone(app), admin::guard))
}

/// A media route answers HEAD itself, because HEAD needs no byte of the content, and OPTIONS for browsers.
fn media(route: MethodRouter<Arc<App>>) -> MethodRouter<Arc<App>> {
    route.options(play::preflight)
}

async fn allow_every_origin(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// A panic ends the request that caused it and nothing else.
#[expect(clippy::needless_pass_by_value, reason = "CatchPanicLayer hands the panic over")]
fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
    ApiError::Internal(format!("a handler panicked: {}", text.unwrap_or("without a message"))).into_response()
}
