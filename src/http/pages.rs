//! The pages and pictures a person sees before Stremio takes over.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, IntoResponse};
use http::{HeaderMap, header};

use super::error::ApiError;
use super::state::App;
use crate::addon::{BACKGROUND, LOGO};
use crate::links;

/// Pictures change with a release at most.
const A_DAY: &str = "max-age=86400, public";

const HOME: &str = include_str!("../../manifest/home.html");

/// `GET /`: how to install the addon.
pub(super) async fn get_home(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    let base = app.base(&headers)?;
    let manifest = links::manifest(&base);
    let page = HOME
        .replace("{manifest}", &escape(manifest.as_str()))
        .replace("{install}", &escape(&links::install(&manifest)))
        .replace("{web}", &escape(&links::web_install(&manifest)))
        .replace("{version}", env!("CARGO_PKG_VERSION"));
    Ok(Html(page))
}

/// `GET /logo.png`.
pub(super) async fn get_logo() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, A_DAY)], LOGO)
}

/// `GET /background.jpg`.
pub(super) async fn get_background() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, A_DAY)], BACKGROUND)
}

/// `GET /health`: the process answers.
pub(super) async fn get_health() -> &'static str {
    "ok"
}

/// The host comes from the request, so it must not become markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
