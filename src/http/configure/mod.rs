//! The configure page: a profile as a form.
//!
//! The page is drawn by the server and works without any script: every button posts the whole form, and the answer is
//! the form as it is then. Order is the order of the fields. Secrets that are known already travel sealed.

mod action;
mod api;
mod choices;
mod device;
mod draft;
mod fields;
mod indexer_row;
mod install;
mod kept;
mod numbers;
mod origin;
mod page;
mod preview;
mod probe;
mod problem;
mod service_row;
mod view;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use http::{StatusCode, header};
use tower::limit::ConcurrencyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use super::state::App;
use crate::links::route;

/// Bytes of a posted form. A profile is smaller, and so is what another addon has in its link.
const LARGEST_FORM: usize = 256 << 10;

/// How long a form may take to arrive and a test to be answered.
const PATIENCE: Duration = Duration::from_secs(30);

/// Forms that are worked on at the same time.
const MOST_FORMS: usize = 32;

/// The assets change with a release, and the page names them without one.
const ASSET: &str = "no-cache";

/// The routes of the page. They are for no other origin, so they stand outside the layer that allows them all.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(route::CONFIGURE, get(page::get_new).post(page::post_new))
        .route(route::CONFIGURE_PROFILE, get(page::get_saved).post(page::post_saved))
        .route(route::CONFIGURE_SERVICE, post(api::post_service))
        .route(route::CONFIGURE_INDEXER, post(api::post_indexer))
        .route(route::CONFIGURE_PREVIEW, post(api::post_preview))
        .route(route::CONFIGURE_STYLE, get(get_style))
        .route(route::CONFIGURE_SCRIPT, get(get_script))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
        .layer(ConcurrencyLimitLayer::new(MOST_FORMS))
        .layer(from_fn(origin::guard))
}

async fn get_style() -> impl axum::response::IntoResponse {
    let text = include_str!("../../../manifest/configure/page.css");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, ASSET)], text)
}

async fn get_script() -> impl axum::response::IntoResponse {
    let text = include_str!("../../../manifest/configure/page.js");
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, ASSET)], text)
}
