//! The operator's channels as a list for other players.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use http::request::Parts;
use http::{HeaderMap, header};
use url::form_urlencoded;

use crate::http::error::ApiError;
use crate::http::state::App;
use crate::live::channels::playlist::{self, Form};

/// `GET /channels.m3u?format=ts|hls`: every channel with a link of this server.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    request: Parts,
) -> Result<impl IntoResponse, ApiError> {
    if !app.channels.are_wanted() {
        let why = "there are no channels: HEADWATER_CHANNELS names no list";
        return Err(ApiError::NotFound(why.to_owned()));
    }
    let form = form(request.uri.query().unwrap_or_default())?;
    let text = playlist::write(&app.channels.lineup(), &app.base(&headers)?, form);
    let headers = [
        (header::CONTENT_TYPE, "audio/x-mpegurl; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"channels.m3u\""),
        // The list may change at any time, and it is made in no time.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, text))
}

fn form(query: &str) -> Result<Form, ApiError> {
    let format = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "format");
    match format.as_ref().map_or("ts", |(_, value)| value) {
        "ts" => Ok(Form::Ts),
        "hls" => Ok(Form::Hls),
        _ => Err(ApiError::BadRequest("`format` is `ts` or `hls`".to_owned())),
    }
}
